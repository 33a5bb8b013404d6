"""The load: one process of many visitors, each with a connection that it keeps.

Written for one thing: to cost less than what it measures. It knows as much HTTP/1.1 as gunicorn's answers need, sends
bytes that were prepared, and reads what comes back without keeping it. Run by `bench.crew`.
"""

from __future__ import annotations

import os
import re
import select
import selectors
import socket
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from bench.crew import Plan, serve
from crypto.labels import BLOCK_SIZE, KEY_SIZE, KIND_HEAD

# What a visitor sends next, in parts, given the Authorization header of their own.
Compose = Callable[[bytes], list[bytes]]

# A whole request fits, so that sending never waits for the server.
_BUFFER_SIZE: Final = 1_048_576
_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CLOSING: Final = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)
# Longer than the server lets anything wait.
_PATIENCE_SECONDS: Final = 60


@dataclass
class Authorizations:
    """Headers for whoever comes: a ticket serves some POSTs of one visitor, and then they take the next."""

    headers: list[str]
    uses: int

    def take(self) -> bytes | None:
        """Give out one that nobody has used; None when there is none."""
        return self.headers.pop().encode("ascii") if self.headers else None


@dataclass
class Visitor:
    """A visitor: their connection, and the answer that they are waiting for."""

    port: int
    connection: socket.socket = field(init=False)
    authorization: bytes = b""
    left: int = 0
    asked_at: float = 0.0
    head: bytes = b""
    missing: int = -1

    def connect(self) -> None:
        """Come in."""
        self.connection = socket.socket()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER_SIZE)
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connection.connect(("127.0.0.1", self.port))

    def ask(self, parts: list[bytes]) -> None:
        """Send a request."""
        self.head, self.missing, self.asked_at = b"", -1, time.monotonic()
        sent = self.connection.sendmsg(parts)
        if sent < sum(map(len, parts)):
            self.connection.sendall(b"".join(parts)[sent:])

    def read(self) -> str | None:
        """Read what has come; return the status once the answer is whole, "closed" if the server hung up."""
        try:
            data = self.connection.recv(_BUFFER_SIZE)
        except ConnectionError:
            data = b""
        if not data:
            return "closed"
        if self.missing >= 0:
            self.missing -= len(data)
        else:
            self.head += data
            end = self.head.find(b"\r\n\r\n")
            if end < 0:
                return None
            length = _LENGTH.search(self.head, 0, end)
            self.missing = end + 4 + (int(length[1]) if length else 0) - len(self.head)
        return self.head[9:12].decode("ascii") if self.missing <= 0 else None

    @property
    def is_shown_out(self) -> bool:
        """Whether the server closes the connection after this answer."""
        return _CLOSING.search(self.head) is not None


def prepare(plan: Plan) -> Callable[[], Plan]:
    """Connect all visitors; what is returned lets them ask until `requests` were answered, or until told to stop."""
    crowd = Crowd(
        visitors=[Visitor(plan["port"]) for _unused in range(plan["clients"])],
        compose=make_composer(plan),
        authorizations=Authorizations(list(plan["authorizations"]), plan["uses"]),
        left=plan["requests"],
    )
    for visitor in crowd.visitors:
        visitor.connect()
    return crowd.work


@dataclass
class Crowd:
    """All visitors of one process."""

    visitors: list[Visitor]
    compose: Compose
    authorizations: Authorizations
    left: int
    seconds: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    busy: set[int] = field(default_factory=set)

    def work(self) -> Plan:
        """Let everybody ask, and ask again when answered; return what came of it."""
        begun, processor = time.monotonic(), time.process_time()
        with selectors.EpollSelector() as selector:
            for visitor in self.visitors:
                selector.register(visitor.connection, selectors.EVENT_READ, visitor)
                self._ask(visitor)
            while self.busy and (events := selector.select(_PATIENCE_SECONDS)):
                for key, _mask in events:
                    self._hear(selector, key.data)
                if select.select([sys.stdin], [], [], 0)[0]:
                    self.left = 0
        self.statuses["no answer"] += len(self.busy)
        return {
            "begun": begun,
            "ended": time.monotonic(),
            "processor": time.process_time() - processor,
            "seconds": self.seconds,
            "statuses": self.statuses,
        }

    def _hear(self, selector: selectors.BaseSelector, visitor: Visitor) -> None:
        status = visitor.read()
        if status is None:
            return
        if id(visitor) in self.busy:
            self.busy.remove(id(visitor))
            self.seconds.append(time.monotonic() - visitor.asked_at)
            self.statuses[status] += 1
        if status == "closed" or visitor.is_shown_out:
            selector.unregister(visitor.connection)
            visitor.connection.close()
            visitor.connect()
            selector.register(visitor.connection, selectors.EVENT_READ, visitor)
        self._ask(visitor)

    def _ask(self, visitor: Visitor) -> None:
        if visitor.left == 0:
            visitor.authorization, visitor.left = self.authorizations.take() or b"", self.authorizations.uses
        if self.left > 0 and visitor.authorization:
            self.left -= 1
            visitor.left -= 1
            self.busy.add(id(visitor))
            visitor.ask(self.compose(visitor.authorization))


def make_composer(plan: Plan) -> Compose:
    """Return what writes the requests of a plan. Its `path` may be another than the call's own: the limit's."""
    call, path = plan["call"], plan["path"]
    if call == "submit":
        body = os.urandom(BLOCK_SIZE)
        size = 2 * KEY_SIZE + 1 + BLOCK_SIZE
        return lambda authorization: [
            _head("POST", path, authorization, size) + os.urandom(2 * KEY_SIZE) + bytes([KIND_HEAD]),
            body,
        ]
    if call == "fetch":
        # Two that are there and two that are not, as somebody who looks for an answer.
        present = [bytes.fromhex(address) for address in plan["present"]]
        count = len(present)

        def fetch(authorization: bytes) -> list[bytes]:
            first = int.from_bytes(os.urandom(4), "big") % count
            asked = present[first] + os.urandom(2 * KEY_SIZE) + present[(first + 1) % count]
            return [_head("POST", path, authorization, 4 * KEY_SIZE) + asked]

        return fetch
    return lambda authorization: [_head("GET", path, authorization, 0)]


def _head(method: str, path: str, authorization: bytes, size: int) -> bytes:
    lines = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {size}\r\nAuthorization: "
    return lines.encode("ascii") + authorization + b"\r\n\r\n"


if __name__ == "__main__":
    serve(prepare)
