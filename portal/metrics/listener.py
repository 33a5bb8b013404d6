"""The socket of the figures: a file of this machine, for the portal's own user and group, and no port of any network.

It is answered by a thread of the upkeep, one question at a time, each for a few seconds at most.
"""

import socket
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import BaseServer, UnixStreamServer
from threading import Thread, Timer
from typing import Any, Final

from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST

from portal import logs

_PATIENCE_SECONDS: Final = 3
_MODE: Final = 0o660


@contextmanager
def listening(path: Path | None, write: Callable[[], bytes]) -> Iterator[None]:
    """Show what `write` returns at `path` for as long as the block takes; without a path nowhere.

    If the socket cannot be made, that is written down: without figures the upkeep still works.
    """
    try:
        server = _Server(path, write) if path is not None else None
    except OSError as error:
        logs.report("The figures cannot be shown at [metrics] socket", error)
        server = None
    if server is None:
        yield
        return
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def ask(path: Path) -> str:
    """Return what is shown at `path`. Raises: OSError, if nobody answers."""
    connection = _Connection(path)
    try:
        connection.request("GET", "/metrics")
        return connection.getresponse().read().decode()
    finally:
        connection.close()


class _Server(UnixStreamServer):
    # The kernel lets so many wait; each is answered within seconds.
    request_queue_size = 5

    def __init__(self, path: Path, write: Callable[[], bytes]) -> None:
        self.write = write
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _remove_socket(path)
        super().__init__(str(path), _Handler)

    def server_bind(self) -> None:
        # Nobody may ask before the mode is right, whatever the umask was.
        super().server_bind()
        Path(str(self.server_address)).chmod(_MODE)

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - the library's types.
        # A time-out of its own would begin anew with each byte that somebody sends slowly.
        timer = Timer(_PATIENCE_SECONDS, _cut, (request,))
        timer.start()
        try:
            super().process_request(request, client_address)
        finally:
            timer.cancel()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401, ARG002 - the library's own would print the error.
        logs.log.info("A question for the figures was not answered.")


class _Handler(BaseHTTPRequestHandler):
    server_version = "vertrouwenspost"
    sys_version = ""
    error_content_type = "text/plain"
    error_message_format = "There is nothing here but /metrics.\n"

    def do_GET(self) -> None:
        """Show the figures."""
        server: BaseServer = self.server
        assert isinstance(server, _Server), "nobody else uses this handler"
        if self.path != "/metrics":
            self.send_error(404)
            return
        body = server.write()
        self.send_response(200)
        self.send_header("Content-Type", CONTENT_TYPE_LATEST)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Write nothing: the library would quote the question."""


class _Connection(HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=_PATIENCE_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def _remove_socket(path: Path) -> None:
    # A server that was killed leaves its socket. Anything else of that name is somebody's file.
    with suppress(FileNotFoundError):
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise FileExistsError(path)
        path.unlink()


def _cut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
