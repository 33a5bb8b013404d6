"""Portals on loopback: the real one, and one that misbehaves as it is told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from werkzeug.serving import make_server

from portal import config as configuration
from portal import database, migrating
from portal.app import create_app
from portal.site import manifest
from workstation.content import ROOT


@contextmanager
def real_portal(folder: Path, organisation: str, root_key: bytes, clock: Callable[[], int]) -> Iterator[str]:
    """Serve the real portal on the database of this folder, at first a fresh one; give its address."""
    release = folder / "release"
    if not release.is_dir():
        release.mkdir(parents=True)
        (release / "index.html").write_text("<h1>Begin</h1>")
        manifest.write(release, date(2026, 11, 21))
    example = configuration.load(ROOT / "config.example.toml")
    config = replace(
        example,
        organisation=replace(example.organisation, id=organisation, root_key=root_key),
        site=replace(example.site, release=release),
        store=replace(example.store, url=f"sqlite:///{folder / 'portal.sqlite'}"),
        ticket=replace(example.ticket, cost=1, highest_cost=4, prefix="0"),
    )
    store = database.connect(config.store.url)
    migrating.migrate(store)
    store.engine.dispose()
    server = make_server("127.0.0.1", 0, create_app(config, clock=clock), threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Answer:
    """How a misbehaving portal answers one call."""

    status: int = 204
    body: bytes = b""
    # A body of so many bytes, sent without end or slowly.
    endless: bool = False
    drip_seconds: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Stub:
    """A portal that answers as the test says, by method and path, and remembers what it was asked."""

    answers: dict[tuple[str, str], Answer]
    asked: list[tuple[str, str, bytes]] = field(default_factory=list)
    url: str = ""
    sent: int = 0


class Handler(BaseHTTPRequestHandler):
    """Answers as the stub of its server says."""

    def _answer(self) -> None:
        stub: Stub = self.server.stub  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        stub.asked.append((self.command, self.path, body))
        # A courier that has had enough hangs up.
        with suppress(OSError):
            self._send(stub, stub.answers.get((self.command, self.path), Answer(404)))
        self.close_connection = True

    def _send(self, stub: Stub, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if not answer.endless:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        while answer.endless and stub.sent < 2**31:
            stub.sent += self.wfile.write(bytes(2**16))
        if not answer.drip_seconds:
            self.wfile.write(answer.body)
            return
        for byte in answer.body:
            time.sleep(answer.drip_seconds)
            self.wfile.write(bytes([byte]))

    do_GET = do_POST = do_PUT = _answer  # noqa: N815 - the parent's names

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@contextmanager
def stub_portal(stub: Stub) -> Iterator[Stub]:
    """Serve a misbehaving portal."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.stub = stub  # type: ignore[attr-defined]
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    stub.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield stub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
