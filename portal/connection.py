"""One visitor's connection: what has come, what must still go out, and how long it may take.

Everything here happens without waiting. A request is given to a thread when it is whole, and the thread's answer is
kept until the visitor has taken it, so that nobody's slowness holds a thread.
"""

import errno
import io
import socket
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final

from gunicorn import util  # type: ignore[import-untyped]
from gunicorn.http.message import Request  # type: ignore[import-untyped]
from gunicorn.http.unreader import Unreader  # type: ignore[import-untyped]

from portal import gate
from portal.errors import RefusalError

# Somebody who moves nothing is given up after so many seconds; Tor changes its circuit in less.
PATIENCE_SECONDS: Final = 30
# Bytes a second on the average, both ways; a telephone at the edge of its network has ten times as much.
SLOWEST_RATE: Final = 500
# A ticket is the largest thing in a head, below 1,000 bytes, and browsers add some 2,000.
HEAD_SIZE: Final = 16_384
# Before a connection is closed, the visitor may finish sending, or the answer could be lost (RFC 9112, 9.6).
_LINGER_SECONDS: Final = 2
_READ_SIZE: Final = 65_536


class Inbox(Unreader):  # type: ignore[misc]
    """What a visitor has sent and nobody has read; gunicorn's parser reads from it as from a socket that has ended."""

    def __len__(self) -> int:
        """Count the bytes; gunicorn always leaves the buffer at its end. Another thread may be reading meanwhile."""
        return int(self.buf.tell())

    def add(self, data: bytes) -> None:
        """Put in what came."""
        self.buf.seek(0, io.SEEK_END)
        self.buf.write(data)

    def has_head(self) -> bool:
        """Say whether the parser can decide: the head has ended, or it never will as it should."""
        data = self.buf.getvalue()
        return b"\r\n\r\n" in data or b"\n\n" in data or len(data) > HEAD_SIZE

    def chunk(self, size_hint: int | None = None) -> bytes:  # noqa: ARG002 - gunicorn's signature.
        """Say that there is no more."""
        return b""


@dataclass
class Outbox:
    """What gunicorn takes for the socket when it answers: it sends what can be sent now and keeps the rest.

    `size` counts the bytes that are kept. It is a number of its own, since the main thread asks for it while a thread
    answers.
    """

    socket: socket.socket
    size: int = 0
    _rest: deque[memoryview] = field(default_factory=deque)

    def keep(self, data: bytes) -> None:
        """Keep, to be sent later."""
        self._rest.append(memoryview(data))
        self.size += len(data)

    def sendall(self, data: bytes) -> None:
        """Send and keep. Raises: OSError, when the visitor has left."""
        self.keep(data)
        self.send_rest()

    def shutdown(self, _how: int) -> None:
        """Refuse: only the worker ends a connection, also where gunicorn wants to after an answer that broke off."""
        raise OSError(errno.ENOTCONN, "this is not a socket")

    def close(self) -> None:
        """Do nothing, for the same reason."""

    def send_rest(self) -> int:
        """Send of the rest what can be sent now; return how many bytes that were. Raises: OSError, as above."""
        sent = 0
        while self._rest:
            try:
                count = self.socket.send(self._rest[0])
            except BlockingIOError:
                break
            sent += count
            self.size -= count
            self._rest[0] = self._rest[0][count:]
            if not self._rest[0]:
                self._rest.popleft()
        return sent


class Connection:
    """A connection and its request; `client`, `server` and `sock` are gunicorn's names."""

    def __init__(self, raw: socket.socket, client: object, server: object) -> None:
        raw.setblocking(False)
        self.raw = raw
        self.client, self.server = client, server
        self.inbox, self.sock = Inbox(), Outbox(raw)
        self.request: Any = None
        # A thread has it; it is then neither read nor written nor given up.
        self.is_busy = False
        # The worker waits for something on it.
        self.is_watched = False
        self.deadline = monotonic() + PATIENCE_SECONDS
        self._count = 0
        self._missing = 0

    @property
    def is_idle(self) -> bool:
        """Say whether nothing has begun."""
        return not (self.is_busy or self.request or self.inbox or self.sock.size)

    @property
    def size(self) -> int:
        """Count the bytes that are kept for this visitor."""
        return len(self.inbox) + self.sock.size

    def receive(self) -> int:
        """Take what has come; return how many bytes, 0 at the end. Raises: OSError."""
        data = self.raw.recv(_READ_SIZE)
        if self.is_idle:
            self.wait()
        self.inbox.add(data)
        self._missing -= len(data)
        self._earn(len(data))
        return len(data)

    def send(self) -> bool:
        """Send what can be sent; say whether that was all. Raises: OSError."""
        self._earn(self.sock.send_rest())
        return not self.sock.size

    def wait(self, seconds: float = PATIENCE_SECONDS) -> None:
        """Give the visitor so many seconds from now."""
        self.deadline = monotonic() + seconds

    def has_request(self, config: object) -> bool:
        """Say whether a whole request is there, or all of it that will be read; it is then in `request`.

        Raises: gunicorn's errors, and OSError.
        """
        if self.request is None:
            if not self.inbox.has_head():
                return False
            self._count += 1
            self.request = Request(config, self.inbox, self.client, self._count)
            self._missing = self._expect() - len(self.inbox)
        return self._missing <= 0

    def end_request(self) -> None:
        """Forget the request, whatever of its body was not read too."""
        self.request.body.read()
        self.request = None

    def end(self) -> None:
        """Say that no more will come, and forget what was not read. Raises: OSError."""
        self.inbox = Inbox()
        self.raw.shutdown(socket.SHUT_WR)
        self.wait(_LINGER_SECONDS)

    def discard(self) -> bool:
        """Take what still comes after that; say whether the visitor has ended too. Raises: OSError."""
        return not self.raw.recv(_READ_SIZE)

    def _expect(self) -> int:
        """Return how long the body is; 0 for one that is refused unread, after which the connection must end."""
        told_to_send, self.request._expected_100_continue = self.request._expected_100_continue, False  # noqa: SLF001
        environ = _describe(self.request)
        try:
            gate.check(environ)
        except RefusalError:
            self.request.force_close()
            return 0
        size = int(environ["CONTENT_LENGTH"] or 0)
        if told_to_send and size > len(self.inbox):
            self.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        return size

    def _earn(self, count: int) -> None:
        # Whoever moves much at once does not earn the right to be silent for long.
        self.deadline = min(monotonic() + PATIENCE_SECONDS, self.deadline + count / SLOWEST_RATE)


def _describe(request: Any) -> Mapping[str, str]:  # noqa: ANN401 - gunicorn has no types.
    """Return of the later WSGI environment what the gate looks at."""
    headers = dict(request.headers)
    return {
        "REQUEST_METHOD": request.method,
        "PATH_INFO": util.unquote_to_wsgi_str(request.path),
        "HTTP_TRANSFER_ENCODING": headers.get("TRANSFER-ENCODING", ""),
        "CONTENT_LENGTH": headers.get("CONTENT-LENGTH", ""),
    }
