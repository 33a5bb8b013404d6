"""What stands around every room: the gate before, the one set of headers after, an answer to whatever fails between."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from flask import Flask, Response
from sqlalchemy.exc import InternalError, NotSupportedError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException

from portal import answers, gate, logs
from portal.errors import RefusalError
from portal.site import headers

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_SENTENCES: Final = {
    400: "The request is not of a form that this server understands.",
    404: "There is nothing here.",
    405: "This does not exist with this method.",
    413: "The body is too large.",
}


def surround(app: Flask) -> None:
    """Put the gate, the headers and the answers to failures around `app`."""
    app.register_error_handler(RefusalError, answers.refuse)
    app.register_error_handler(HTTPException, _refuse_framework)
    # Locked, full, out of reach, too many at once, or read-only, which PostgreSQL calls an internal error, and not
    # supported while it is the copy of another.
    for error in (OperationalError, InternalError, NotSupportedError, PoolTimeoutError):
        app.register_error_handler(error, _store_unreachable)
    app.register_error_handler(Exception, _fail)
    app.wsgi_app = _Surroundings(app.wsgi_app)  # type: ignore[method-assign] # Flask's own way to wrap an application.


class _Surroundings:
    """A WSGI application around another; outside Flask, so that no failure inside it can lose the headers."""

    def __init__(self, inner: "WSGIApplication") -> None:
        self._inner = inner

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request, as PEP 3333 has it."""

        def start(status: str, own: list[tuple[str, str]], *exc_info: object) -> object:
            return start_response(status, headers.complete(own), *exc_info)  # type: ignore[arg-type]

        inner: WSGIApplication = self._inner
        try:
            gate.check(environ)
        except RefusalError as refusal:
            inner = answers.refuse(refusal)
        return inner(environ, start)  # type: ignore[arg-type]


def _refuse_framework(error: HTTPException) -> Response:
    status = error.code or 500
    allow = dict(error.get_headers()).get("Allow")
    return answers.sentence(status, _SENTENCES.get(status, "The request cannot be answered."), allow=allow)


def _store_unreachable(error: Exception) -> Response:
    logs.report("The store did not answer", error)
    return answers.busy("The store cannot be reached at this moment; nothing was changed, please try again later.")


def _fail(error: Exception) -> Response:
    logs.report("A request failed", error)
    return answers.sentence(500, "Something went wrong on our side; please try again later.")
