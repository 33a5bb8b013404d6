"""A portal's calls answered by several gunicorn workers, with the clock of a test, for the tests of one session.

Run as a program it is that server: it reads its configuration, its clock's file and its number of workers from
standard input.
"""

import http.client
import mmap
import pickle
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

from flask import Flask

from portal.app import create_app
from portal.config import Config
from portal.server import PortalServer
from tests.portal.helpers import SettableClock
from tests.portal.servers import children, free_port, wait_until
from tests.world import NOW

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

ROOT = Path(__file__).resolve().parent.parent.parent
WORKERS = 4


class SharedClock(SettableClock):
    """A clock that stands still until it is set, in several processes at once."""

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), 8)

    @property
    def now(self) -> int:  # type: ignore[override]
        return int.from_bytes(self._memory[:8])

    @now.setter
    def now(self, seconds: int) -> None:
        self._memory[:8] = seconds.to_bytes(8)


@dataclass(frozen=True)
class Served:
    """A running server: its configuration and its clock."""

    config: Config
    clock: SharedClock
    pid: int

    def workers(self) -> list[int]:
        """Return the processes that answer now."""
        return children(self.pid)

    def forward(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
        """Answer as the server does; every request has a connection of its own, so any worker may take it."""
        headers = {name[5:].replace("_", "-"): value for name, value in environ.items() if name.startswith("HTTP_")}
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        path = environ["PATH_INFO"] + (f"?{query}" if (query := environ.get("QUERY_STRING")) else "")
        connection = http.client.HTTPConnection("127.0.0.1", self.config.server.port, timeout=60)
        try:
            connection.request(environ["REQUEST_METHOD"], path, body or None, headers)
            answer = connection.getresponse()
            start_response(f"{answer.status} {answer.reason}", answer.getheaders())
            return [answer.read()]
        finally:
            connection.close()


@contextmanager
def serving(config: Config, folder: Path) -> Iterator[Served]:
    """Serve a database with four workers."""
    path = folder / "clock"
    path.write_bytes(NOW.to_bytes(8))
    config = replace(config, server=replace(config.server, port=free_port(), workers=WORKERS, threads=2))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, str(Path(__file__))],
            cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, stdin=subprocess.PIPE, stdout=log, stderr=log,
        )  # fmt: skip
        assert process.stdin is not None
        with process.stdin as pipe:
            pickle.dump((config, path), pipe)
    served = Served(config, SharedClock(path), process.pid)
    try:
        wait_until(lambda: (folder / "log").read_text().count("Booting worker") == WORKERS)
        yield served
    finally:
        process.terminate()
        process.wait(timeout=30)


class _Server(PortalServer):
    """The portal with the clock of a test and without upkeep of its own: the test does that itself."""

    def __init__(self, config: Config, clock: SharedClock) -> None:
        self._clock = clock
        super().__init__(config, Path())

    def load(self) -> Flask:
        return create_app(self._config, clock=self._clock)

    def keep_upkeep(self) -> None:
        return


def _main() -> None:
    config, path = pickle.load(sys.stdin.buffer)  # noqa: S301 - our own parent's.
    clock = SharedClock(path)
    sys.modules["altcha.v2"].time = SimpleNamespace(time=clock, monotonic=time.monotonic)  # type: ignore[attr-defined]
    _Server(config, clock).run()


if __name__ == "__main__":
    _main()
