"""A worker of gunicorn whose threads never wait for a visitor.

gunicorn's own gives a thread to a connection and lets it wait there: for the first byte, for the rest of the head,
for the body, and until the answer has been taken. As many slow visitors as there are threads would then shut out all
others. Here the main thread moves the bytes of all connections (portal/connection.py), and a thread gets a whole
request.

What is given: each visitor has half a minute and more only for bytes that move; there are so many places and so much
memory, and whoever is slowest or largest goes first when they are full. What is not: whoever has more connections, or
more bandwidth, than all this can still shut others out, as everywhere; that is for the network before it.
"""

import errno
import socket
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from selectors import EVENT_READ, EVENT_WRITE
from time import monotonic
from typing import Final

from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]

from portal.connection import Connection
from portal.site.headers import HEADERS

# Connections of one worker. Well below 1,024, the number of open files that many systems allow a process.
PLACES: Final = 500
# Bytes of all requests and answers of one worker that wait for their visitors: 256 blocks.
WAITING_SIZE: Final = 16_777_216
# The sum is made once for so many bytes, since it goes over all connections.
_STEP_SIZE: Final = 1_048_576

_MALFORMED: Final = ("400 Bad Request", b"The request is not of a form that this server understands.\n")
_FAILED: Final = ("500 Internal Server Error", b"Something went wrong on our side; please try again later.\n")


class PlainWorker(ThreadWorker):  # type: ignore[misc]
    """A worker that answers what it cannot parse with the one set of headers, and does not write it down."""

    def init_process(self) -> None:
        """Begin without connections; gunicorn's method ends when the worker does."""
        self._connections: set[Connection] = set()
        self._unweighed = 0
        super().init_process()

    def accept(self, listener: socket.socket) -> None:
        """Take a connection, and in a full house that of the slowest away."""
        try:
            raw, client = listener.accept()
        except OSError as error:
            # Out of files: somebody has to leave before the next can come.
            if error.errno in {errno.EMFILE, errno.ENFILE}:
                self._give_up(lambda connection: -connection.deadline)
            elif error.errno not in {errno.EAGAIN, errno.ECONNABORTED}:
                raise
            return
        if len(self._connections) >= PLACES:
            self._give_up(lambda connection: -connection.deadline)
        connection = Connection(raw, client, listener.getsockname())
        self._connections.add(connection)
        self.nr_conns += 1
        self._watch(connection, EVENT_READ, self._read)

    def murder_keepalived(self, force: bool = False) -> None:  # noqa: FBT001, FBT002 - gunicorn's signature.
        """Close what took too long; gunicorn calls this at least every second."""
        now = monotonic()
        for connection in list(self._connections):
            if not connection.is_busy and (force or connection.deadline < now):
                self._close(connection)

    def _cap_keepalive(self, deadline: float) -> None:
        """Wait no longer than this for what has not begun; gunicorn calls it when it ends."""
        for connection in self._connections:
            if connection.is_idle:
                connection.deadline = min(connection.deadline, deadline)

    def _read(self, connection: Connection) -> None:
        count = connection.receive()
        if not count:
            self._close(connection)
            return
        self._make_room(count)
        if connection in self._connections:
            self._advance(connection)

    def _advance(self, connection: Connection) -> None:
        """Give the request to a thread once it is whole."""
        try:
            if not connection.has_request(self.cfg):
                return
        except Exception:  # noqa: BLE001 - whatever the parser stumbles over is not a request, and ends no worker.
            self.log.info("A request could not be parsed.")
            _answer(connection, *_MALFORMED)
            self._unwatch(connection)
            self._send(connection, keep=False)
            return
        self._unwatch(connection)
        connection.is_busy = True
        job = self.tpool.submit(self._work, connection)
        job.add_done_callback(lambda done: self.method_queue.defer(self._finish, connection, done))

    def _work(self, connection: Connection) -> bool:
        """Answer one request, in a thread; say whether another may follow it."""
        try:
            keep = bool(self.handle_request(connection.request, connection))
            if keep:
                connection.end_request()
        # gunicorn's way to say that an answer broke off in the middle; it has been written down.
        except StopIteration:
            return False
        except OSError:
            # The visitor has left; there is nobody to tell.
            return False
        except Exception:
            self.log.exception("A request failed outside the application.")
            _answer(connection, *_FAILED)
            return False
        return keep

    def _finish(self, connection: Connection, job: "Future[bool]") -> None:
        """Take a connection back from its thread."""
        connection.is_busy = False
        connection.wait()
        self._guard(connection, partial(self._send, keep=job.result()))
        self._make_room(connection.size)

    def _send(self, connection: Connection, *, keep: bool) -> None:
        """Send what is left of the answer, now or as soon as the visitor takes it; then read on, or end."""
        if not connection.send():
            self._watch(connection, EVENT_WRITE, partial(self._send, keep=keep))
        elif keep:
            connection.wait()
            self._watch(connection, EVENT_READ, self._read)
            self._advance(connection)
        else:
            connection.end()
            self._watch(connection, EVENT_READ, self._discard)

    def _discard(self, connection: Connection) -> None:
        if connection.discard():
            self._close(connection)

    def _make_room(self, count: int) -> None:
        """Close the largest until what waits for visitors fits, `count` bytes more; what is with a thread stays."""
        self._unweighed += count
        if self._unweighed < _STEP_SIZE:
            return
        self._unweighed = 0
        while sum(connection.size for connection in self._connections) > WAITING_SIZE:
            if not self._give_up(lambda connection: connection.size):
                return

    def _give_up(self, badness: Callable[[Connection], float]) -> bool:
        """Close the worst connection that no thread has; say whether there was one."""
        worst = max((each for each in self._connections if not each.is_busy), key=badness, default=None)
        if worst is not None:
            self._close(worst)
        return worst is not None

    def _watch(self, connection: Connection, event: int, then: Callable[[Connection], None]) -> None:
        self._unwatch(connection)
        self.poller.register(connection.raw, event, lambda _raw: self._guard(connection, then))
        connection.is_watched = True

    def _unwatch(self, connection: Connection) -> None:
        if connection.is_watched:
            self.poller.unregister(connection.raw)
            connection.is_watched = False

    def _guard(self, connection: Connection, step: Callable[[Connection], None]) -> None:
        """Take one step; whoever has left meanwhile is forgotten."""
        # One that was watched a moment ago may have had to leave since.
        if connection not in self._connections:
            return
        try:
            step(connection)
        except BlockingIOError:
            return
        except OSError:
            self._close(connection)

    def _close(self, connection: Connection) -> None:
        if connection in self._connections:
            self._connections.remove(connection)
            self.nr_conns -= 1
            self._unwatch(connection)
            connection.raw.close()


def _answer(connection: Connection, status: str, sentence: bytes) -> None:
    """Answer below the application, with the one set of headers and nothing about what was wrong."""
    lines = [
        f"HTTP/1.1 {status}",
        "Connection: close",
        "Content-Type: text/plain; charset=utf-8",
        f"Content-Length: {len(sentence)}",
        *(f"{name}: {value}" for name, value in HEADERS.items()),
    ]
    connection.sock.keep("\r\n".join(lines).encode("ascii") + b"\r\n\r\n" + sentence)
