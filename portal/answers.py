"""The shapes of answers: bytes, nothing, or one plain sentence."""

from typing import Final

from flask import Response

from portal.errors import RefusalError

# A part of a rewrite, or PostgreSQL coming back, takes about so long.
RETRY_SECONDS: Final = 5


def octets(body: bytes) -> Response:
    """Answer with bytes that only their reader understands."""
    return Response(body, content_type="application/octet-stream")


def json(body: bytes) -> Response:
    """Answer with JSON that is already serialised."""
    return Response(body, content_type="application/json")


def nothing() -> Response:
    """Answer 204: done, and there is nothing to say."""
    answer = Response(status=204)
    del answer.headers["Content-Type"]
    return answer


def sentence(status: int, text: str, *, allow: str | None = None) -> Response:
    """Answer one sentence; `allow` lists the methods that exist, for status 405."""
    answer = Response(f"{text}\n", status, content_type="text/plain; charset=utf-8")
    if allow:
        answer.headers["Allow"] = allow
    return answer


def busy(text: str) -> Response:
    """Answer 503 for a while that passes by itself: whoever asks again after some seconds may be served."""
    answer = sentence(503, text)
    answer.headers["Retry-After"] = str(RETRY_SECONDS)
    return answer


def refuse(refusal: RefusalError) -> Response:
    """Answer a refused request."""
    return sentence(refusal.status, refusal.sentence, allow=refusal.allow)
