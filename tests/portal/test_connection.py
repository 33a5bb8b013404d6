"""One connection: how long a visitor may take, without waiting for it."""

import socket
from collections.abc import Iterator

import pytest
from gunicorn.config import Config  # type: ignore[import-untyped]

from portal.connection import HEAD_SIZE, PATIENCE_SECONDS, SLOWEST_RATE, Connection
from portal.gate import RECORD_SIZE


class Time:
    """A clock that is moved by hand."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    """Stop the clock."""
    stopped = Time()
    monkeypatch.setattr("portal.connection.monotonic", stopped)
    return stopped


@pytest.fixture
def pair(time: Time) -> Iterator[tuple[socket.socket, Connection]]:
    """Give a visitor and their connection, made now."""
    assert time.now
    visitor, raw = socket.socketpair()
    with visitor, raw:
        yield visitor, Connection(raw, ("127.0.0.1", 1), ("127.0.0.1", 2))


def survives(pair: tuple[socket.socket, Connection], time: Time, *, rate: int, seconds: int, begin: bytes) -> bool:
    """Say whether a visitor who sends `rate` bytes a second is not given up for so many seconds."""
    visitor, connection = pair
    visitor.sendall(begin)
    connection.receive()
    for _ in range(seconds):
        time.now += 1
        if time.now > connection.deadline:
            return False
        if rate == 0:
            continue
        visitor.sendall(b"a" * rate)
        connection.receive()
    return True


HEAD = f"POST /api/v1/blocks HTTP/1.1\r\nHost: x\r\nContent-Length: {RECORD_SIZE}\r\n\r\n".encode()


def test_a_trickle_ends_after_half_a_minute(pair: tuple[socket.socket, Connection], time: Time) -> None:
    """A byte a second gains hardly anything."""
    assert not survives(pair, time, rate=1, seconds=PATIENCE_SECONDS + 2, begin=b"G")


def test_whoever_is_slow_and_steady_may_go_on(pair: tuple[socket.socket, Connection], time: Time) -> None:
    """At the slowest rate a block takes over two minutes, and is waited for."""
    assert survives(pair, time, rate=SLOWEST_RATE, seconds=RECORD_SIZE // SLOWEST_RATE, begin=HEAD)


def test_whoever_sent_much_at_once_may_not_be_silent_for_longer(
    pair: tuple[socket.socket, Connection], time: Time
) -> None:
    """Fifty thousand bytes at once would be a hundred seconds at the slowest rate; they earn none."""
    assert not survives(pair, time, rate=0, seconds=PATIENCE_SECONDS + 1, begin=HEAD + bytes(50_000))


def test_a_request_is_there_when_its_body_is(pair: tuple[socket.socket, Connection]) -> None:
    """Not when its head is, nor one byte earlier; and what follows belongs to the next."""
    visitor, connection = pair
    request = HEAD.replace(str(RECORD_SIZE).encode(), b"128").replace(b"/blocks", b"/blocks/fetch") + bytes(128)
    for part, whole in ((request[:20], False), (request[20:-1], False), (request[-1:] + b"GET", True)):
        visitor.sendall(part)
        connection.receive()
        assert connection.has_request(Config()) is whole
    assert connection.request.body.read() == bytes(128)
    connection.end_request()
    assert connection.inbox.buf.getvalue() == b"GET"
    assert not connection.has_request(Config())


def test_a_head_without_an_end_is_not_kept(pair: tuple[socket.socket, Connection]) -> None:
    """Beyond any head that is meant, the parser decides, and refuses."""
    visitor, connection = pair
    visitor.sendall(b"GET / HTTP/1.1\r\n" + b"X-A: a\r\n" * (HEAD_SIZE // 8))
    connection.receive()
    with pytest.raises(Exception, match="No more data"):
        connection.has_request(Config())


def test_what_is_kept_is_counted(pair: tuple[socket.socket, Connection]) -> None:
    """What came and was not read, and what the visitor has not taken; nothing when both are done."""
    visitor, connection = pair
    visitor.sendall(HEAD + bytes(1000))
    connection.receive()
    assert connection.size == len(HEAD) + 1000
    assert not connection.has_request(Config())
    assert connection.size == 1000
    connection.request.body.read()
    assert connection.size == 0
    answer = bytes(10_000_000)
    connection.sock.sendall(answer)
    taken = 0
    while not connection.send():
        taken += len(visitor.recv(65_536))
        assert taken + connection.size <= len(answer)
    assert taken > 0
    assert connection.size == 0
    visitor.settimeout(1)
    while taken < len(answer):
        taken += len(visitor.recv(65_536))
