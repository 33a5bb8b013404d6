"""What is decided from method, path and length alone, before a byte of a body is read.

The nine calls and the sizes of their bodies stand here as data. A request that passes has a body of an allowed size,
or none.
"""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Final

from crypto.labels import BLOCK_SIZE, KEY_SIZE
from portal.errors import RefusalError

RECORD_SIZE: Final = KEY_SIZE + KEY_SIZE + 1 + BLOCK_SIZE
RECORD_COUNT: Final = 16
FETCH_COUNT: Final = 4
DELETE_COUNT: Final = 16
DOCUMENT_SIZE: Final = 65_536


@dataclass(frozen=True)
class Sizes:
    """The sizes in bytes that the body of one call may have."""

    allowed: Container[int]
    most: int


_NO_BODY: Final = Sizes(allowed=(0,), most=0)

# spec: Server, the table of calls. Flask answers HEAD wherever it answers GET.
CALLS: Final[Mapping[str, Mapping[str, Sizes]]] = {
    "/api/v1/keyset": {
        "GET": _NO_BODY,
        "HEAD": _NO_BODY,
        "PUT": Sizes(range(1, DOCUMENT_SIZE + 1), DOCUMENT_SIZE),
    },
    "/api/v1/ticket": {"GET": _NO_BODY, "HEAD": _NO_BODY},
    "/api/v1/blocks": {
        "POST": Sizes(range(RECORD_SIZE, RECORD_COUNT * RECORD_SIZE + 1, RECORD_SIZE), RECORD_COUNT * RECORD_SIZE),
    },
    "/api/v1/blocks/fetch": {"POST": Sizes((FETCH_COUNT * KEY_SIZE,), FETCH_COUNT * KEY_SIZE)},
    "/api/v1/blocks/delete": {"POST": Sizes((DELETE_COUNT * 2 * KEY_SIZE,), DELETE_COUNT * 2 * KEY_SIZE)},
    "/api/v1/index": {"GET": _NO_BODY, "HEAD": _NO_BODY},
    "/api/v1/intake": {"GET": _NO_BODY, "HEAD": _NO_BODY},
}


def check(environ: Mapping[str, object]) -> None:
    """Let a request pass or refuse it, from its WSGI environment.

    Raises: RefusalError; its status is 404, 405, 411, 413 or 400.
    """
    method, path = str(environ["REQUEST_METHOD"]), str(environ.get("PATH_INFO", ""))
    # `OPTIONS *` and an address without a path; Flask would answer the latter with a redirect. And it takes any number
    # of slashes at the beginning for one, so a call would be found that was not looked up here.
    if not path.startswith("/") or path.startswith("//"):
        raise RefusalError(404, "There is nothing here.")
    calls = CALLS.get(path)
    if calls is None and (path == "/api" or path.startswith("/api/")):
        raise RefusalError(404, "There is no such call; this server speaks version 1, under /api/v1/.")
    if calls is not None and method not in calls:
        raise RefusalError(405, "This call does not exist with this method.", allow=", ".join(sorted(calls)))
    _check_size(environ, (calls or {}).get(method, _NO_BODY))


def _check_size(environ: Mapping[str, object], sizes: Sizes) -> None:
    # gunicorn would read a chunked body without knowing its end, so nothing could be refused before it is there.
    if environ.get("HTTP_TRANSFER_ENCODING"):
        raise RefusalError(411, "A body must come with a Content-Length, not in chunks.")
    length = str(environ.get("CONTENT_LENGTH") or "")
    if not length and 0 not in sizes.allowed:
        raise RefusalError(411, "This call needs a body with a Content-Length.")
    # Twenty digits hold any length that is meant, and int() never meets a longer one.
    if length and not (length.isascii() and length.isdecimal() and len(length) <= 20):
        raise RefusalError(400, "The Content-Length is not a number.")
    size = int(length or 0)
    if size > sizes.most:
        raise RefusalError(413, f"The body is too large; at most {sizes.most} bytes are allowed here.")
    if size not in sizes.allowed:
        raise RefusalError(400, "The body does not have one of the sizes that this call allows.")
