"""The limit of the server: the same gunicorn with the same settings, which reads the same body and answers at once.

`python -m bench.answering --config …` answers a request to /SIZE with so many bytes, and 204 if there are none.
"""

from __future__ import annotations

import os
from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from portal import config as configuration
from portal.server import PortalServer

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_MOST: Final = os.urandom(4_194_304)


def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Read the body, and answer."""
    environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    name = str(environ["PATH_INFO"]).strip("/")
    size = int(name) if name.isdecimal() else 0
    if size == 0:
        start_response("204 No Content", [])
        return []
    start_response("200 OK", [("Content-Type", "application/octet-stream"), ("Content-Length", str(size))])
    return [_MOST[:size]]


class AnsweringServer(PortalServer):
    """The portal's server with nothing of the portal behind it."""

    def load(self) -> Any:  # noqa: ANN401 - the portal's is a Flask application, this one a function; gunicorn takes both.
        """Return what answers."""
        return answer


if __name__ == "__main__":
    _parser = ArgumentParser()
    _parser.add_argument("--config", type=Path)
    _path = _parser.parse_args().config
    AnsweringServer(configuration.load(_path), _path).run()
