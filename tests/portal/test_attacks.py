"""Hostile visitors at the real server, with the shipped workers and threads: honest ones are served meanwhile."""

import resource
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pytest

from portal.gate import RECORD_COUNT, RECORD_SIZE
from portal.site.headers import HEADERS
from portal.worker import PLACES
from tests.portal.helpers import BLOCK, Post
from tests.portal.servers import COURIER, Server, children, set_up, stop, wait_until
from tests.world import Team

pytestmark = pytest.mark.slow

CONNECTIONS = 300
SECONDS = 4.0
MEMORY = 150_000_000
AUTHORIZATION = COURIER["Authorization"]


def head(method: str, path: str, *lines: str) -> bytes:
    """Return the head of a request."""
    return "".join(f"{line}\r\n" for line in (f"{method} {path} HTTP/1.1", "Host: x", *lines, "")).encode("latin-1")


def body(call: str, size: int | str) -> bytes:
    """Return the head of a POST whose body has this size."""
    return head("POST", f"/api/v1/{call}", f"Content-Length: {size}")


FETCH = body("blocks/fetch", 128) + bytes(128)
LARGEST = RECORD_COUNT * RECORD_SIZE
CHUNK = b"1000\r\n" + bytes(4096) + b"\r\n"

# What each hostile connection sends at once, and again every fifth of a second for as long as the server lets it.
ATTACKS = {
    "nothing at all": (b"", b""),
    "a head that never ends, byte by byte": (b"GET / HTTP/1.1\r\nX-A: ", b"a"),
    "a head that never ends, fast": (b"GET / HTTP/1.1\r\n", b"X-A: " + b"a" * 1000 + b"\r\n"),
    "a block, byte by byte": (body("blocks", RECORD_SIZE), b"a"),
    "a block of which the last byte never comes": (body("blocks", RECORD_SIZE) + bytes(RECORD_SIZE - 1), b""),
    "sixteen blocks of which the last byte never comes": (body("blocks", LARGEST) + bytes(LARGEST - 1), b""),
    "sixteen whole blocks": (body("blocks", LARGEST) + bytes(LARGEST), b""),
    "chunks without end": (head("POST", "/api/v1/blocks", "Transfer-Encoding: chunked"), CHUNK),
    "a body beyond any size": (body("blocks", 10**12), bytes(100_000)),
    "thousands of records": (body("blocks", 5000 * RECORD_SIZE), bytes(RECORD_SIZE)),
    "many header lines": (head("GET", "/", *["X-A: a"] * 9000), b""),
    "large header lines": (head("GET", "/", *["X-A: " + "a" * 60_000] * 3), b""),
    "answers that nobody takes": (FETCH * 20, FETCH),
    "hundreds of requests at once": (head("GET", "/") * 400, b""),
    "a connection that is left open": (head("GET", "/"), b""),
    "an answered connection that is left open": (head("GET", "/", "Connection: close"), b""),
}


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory, release: Path, team: Team) -> Iterator[Server]:
    """Start a server with its shipped settings, but for the puzzle; what one attack leaves meets the next."""
    started = set_up(tmp_path_factory.mktemp("attacked"), release, team)
    yield started
    stop(started)


def attack(server: Server, count: int, first: bytes, then: bytes, until: Event) -> None:
    """Hold `count` connections that send and never read; make a new one for each that is closed."""
    made: list[socket.socket] = []
    rest: dict[socket.socket, bytes] = {}
    while not until.wait(0.2):
        for _ in range(count - len(made)):
            hostile = socket.create_connection(("127.0.0.1", server.port), timeout=5)
            hostile.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            hostile.setblocking(False)
            made.append(hostile)
            rest[hostile] = first
        for hostile in list(made):
            try:
                rest[hostile] = rest[hostile][hostile.send(rest[hostile]) :] if rest[hostile] else then
            except BlockingIOError:
                continue
            except OSError:
                made.remove(hostile)
                hostile.close()
    for hostile in made:
        hostile.close()


@contextmanager
def attacking(server: Server, first: bytes, then: bytes, count: int = CONNECTIONS) -> Iterator[None]:
    """Attack for as long as the block takes, and half a second before."""
    until = Event()
    with ThreadPoolExecutor(1) as pool:
        job = pool.submit(attack, server, count, first, then, until)
        try:
            time.sleep(0.5)
            yield
        finally:
            until.set()
        job.result()


def visit(server: Server) -> float:
    """Post, fetch and read as an honest visitor, on a connection of one's own; return the longest wait in seconds."""
    post, waits = Post(), []
    with server.client() as client:
        for method, path, content, status in (
            ("POST", "/api/v1/blocks", post.record, 204),
            ("POST", "/api/v1/blocks/fetch", post.address * 4, 200),
            ("GET", "/", b"", 200),
        ):
            start = time.monotonic()
            answer = client.request(method, path, content=content, headers=COURIER)
            waits.append(time.monotonic() - start)
            assert answer.status_code == status
            assert "fetch" not in path or answer.content == post.body * 4
    return max(waits)


def visit_until(server: Server, end: float) -> list[float]:
    """Visit again and again."""
    waits = []
    while time.monotonic() < end:
        waits.append(visit(server))
    return waits


def workers(server: Server) -> list[int]:
    """Return the processes that serve."""
    pids = children(server.process.pid)
    return [pid for pid in pids if b"upkeep" not in Path(f"/proc/{pid}/cmdline").read_bytes()]


def peak_memory(pid: int) -> int:
    """Return the most memory that a process ever held, in bytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


def open_sockets(pid: int) -> int:
    """Count the sockets of a process."""
    count = 0
    for path in Path(f"/proc/{pid}/fd").iterdir():
        try:
            count += str(path.readlink()).startswith("socket:")
        except FileNotFoundError:
            continue
    return count


@pytest.mark.parametrize("name", ATTACKS)
def test_honest_visitors_are_served_during_an_attack(attacked: Server, name: str) -> None:
    """Nothing of theirs is lost or late, no worker ends or grows, and no connection stays when the attack is over."""
    before = workers(attacked)
    first, then = ATTACKS[name]
    with attacking(attacked, first, then), ThreadPoolExecutor(2) as honest:
        end = time.monotonic() + SECONDS
        jobs = [honest.submit(visit_until, attacked, end) for _ in range(2)]
        waits = [wait for job in jobs for wait in job.result()]
    memory = [peak_memory(pid) for pid in before]
    assert max(waits) < 5
    assert workers(attacked) == before
    assert max(memory) < MEMORY
    wait_until(lambda: all(open_sockets(pid) < 10 for pid in before))
    assert "failed" not in attacked.log


def test_honest_visitors_are_served_when_every_place_is_taken(attacked: Server) -> None:
    """More silent connections than both workers have places: the oldest leave, and whoever comes is let in."""
    before = workers(attacked)
    with attacking(attacked, *ATTACKS["a head that never ends, byte by byte"], count=2 * PLACES + 100):
        wait_until(lambda: sum(open_sockets(pid) for pid in before) > 1.5 * PLACES)
        assert max(visit_until(attacked, time.monotonic() + SECONDS)) < 5
    assert workers(attacked) == before


def test_a_worker_that_runs_out_of_files_lets_the_next_in(attacked: Server) -> None:
    """Where the system allows few open files, the oldest connections leave, and no worker ends."""
    before = workers(attacked)
    visit(attacked)
    limits = {pid: resource.prlimit(pid, resource.RLIMIT_NOFILE) for pid in before}
    try:
        for pid, (_, hard) in limits.items():
            files = len(list(Path(f"/proc/{pid}/fd").iterdir()))
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (files + 50, hard))
        with attacking(attacked, *ATTACKS["nothing at all"], count=150):
            assert max(visit_until(attacked, time.monotonic() + SECONDS)) < 5
    finally:
        for pid, limit in limits.items():
            resource.prlimit(pid, resource.RLIMIT_NOFILE, limit)
    assert workers(attacked) == before


def test_a_slow_visitor_posts_a_block_among_slow_attackers(attacked: Server) -> None:
    """At 8,000 bytes a second a block takes eight seconds, and is stored."""
    post = Post()
    request = head("POST", "/api/v1/blocks", f"Content-Length: {RECORD_SIZE}", f"Authorization: {AUTHORIZATION}")
    first, then = ATTACKS["a block, byte by byte"]
    with (
        attacking(attacked, first, then, count=16),
        socket.create_connection(("127.0.0.1", attacked.port), timeout=5) as slow,
    ):
        slow.sendall(request)
        for start in range(0, RECORD_SIZE, 800):
            time.sleep(0.1)
            slow.sendall(post.record[start : start + 800])
        assert slow.recv(12) == b"HTTP/1.1 204"
    with attacked.client() as client:
        assert client.post("/api/v1/blocks/fetch", content=post.address * 4).content == post.body * 4


def test_a_slow_visitor_fetches_among_slow_attackers(attacked: Server) -> None:
    """Four blocks at some 50,000 bytes a second arrive whole while others never take theirs."""
    first, then = ATTACKS["answers that nobody takes"]
    with attacking(attacked, first, then, count=32), socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.settimeout(5)
        slow.connect(("127.0.0.1", attacked.port))
        slow.sendall(FETCH.replace(b"Host", b"Connection: close\r\nHost"))
        answer = b""
        while part := slow.recv(2048):
            answer += part
            time.sleep(0.04)
    assert len(answer.partition(b"\r\n\r\n")[2]) == 4 * BLOCK


def test_hundreds_of_requests_on_one_connection_are_answered_in_turn(attacked: Server) -> None:
    """Whether the answers are taken at once or not."""
    request = head("HEAD", "/") * 399 + head("HEAD", "/", "Connection: close")
    assert attacked.raw(request).count(b"HTTP/1.1 200 OK\r\n") == 400


def statuses(server: Server, request: bytes) -> list[int]:
    """Send a request and an end; return the status of each answer, and check that each carries the one set."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while part := connection.recv(65_536):
            answer += part
    found = [int(part[2:5]) for part in answer.split(b"HTTP/1.")[1:]]
    for name, value in HEADERS.items():
        assert answer.count(f"{name}: {value}\r\n".encode()) == len(found)
    return found


HEALTH = head("GET", "/healthz")
RECORDS = b"".join(Post().record for _ in range(RECORD_COUNT))
SMUGGLED = b"0\r\n\r\n" + HEALTH
SHAPES = {
    "Content-Length too small": (body("blocks/fetch", 100) + bytes(128), [400]),
    "Content-Length too large": (body("blocks/fetch", 128) + bytes(100), []),
    "Content-Length of nothing": (body("blocks/fetch", "") + bytes(128), [400]),
    "Content-Length of 4,000 digits": (body("blocks", "9" * 4000), [400]),
    "no Content-Length": (head("POST", "/api/v1/blocks/fetch") + bytes(128), [411]),
    **{
        f"Content-Length {text!r}": (
            head("POST", "/api/v1/blocks/fetch", f"Content-Length: {text}") + bytes(128),
            [400],
        )
        for text in ("-128", "+128", "1 28", "0x80", "128, 128", "1_28", "128.0", "1e2", "\xb2", "128\x0b", "128;")
    },
    "Content-Length twice": (
        head("POST", "/api/v1/blocks/fetch", "Content-Length: 128", "Content-Length: 128") + bytes(128),
        [400],
    ),
    "length and chunks": (
        head("POST", "/api/v1/blocks/fetch", "Content-Length: 128", "Transfer-Encoding: chunked") + SMUGGLED,
        [400],
    ),
    "chunks and length": (
        head("POST", "/api/v1/blocks/fetch", "Transfer-Encoding: chunked", "Content-Length: 128") + SMUGGLED,
        [400],
    ),
    "chunks, then another request": (
        head("POST", "/api/v1/blocks/fetch", "Transfer-Encoding: chunked") + SMUGGLED,
        [411],
    ),
    "chunks of a request without body": (head("GET", "/healthz", "Transfer-Encoding: chunked") + SMUGGLED, [411]),
    "chunks twice": (head("GET", "/", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked") + SMUGGLED, [400]),
    "chunks by another name": (head("GET", "/", "Transfer-Encoding: xchunked") + SMUGGLED, [400]),
    "a space before the colon": (head("GET", "/", "Transfer-Encoding : chunked") + SMUGGLED, [400]),
    "a folded line": (head("GET", "/", "X-A: a", " Transfer-Encoding: chunked") + SMUGGLED, [400]),
    "lines that end with LF alone": (b"GET / HTTP/1.1\nHost: x\n\n", [400]),
    "one line that ends with LF alone": (b"GET / HTTP/1.1\r\nHost: x\nX-A: a\r\n\r\n", [400]),
    "a line with a bare CR": (head("GET", "/", "X-A: a\rTransfer-Encoding: chunked"), [400]),
    "two hosts": (head("GET", "/", "Host: y"), [400]),
    "a body that is refused, then another request": (body("nothing", 5) + b"hello" + HEALTH, [404]),
    "a body that nobody asked for": (head("GET", "/", "Content-Length: 5") + b"hello" + HEALTH, [413]),
    "a right body, then another request": (FETCH + HEALTH, [200, 204]),
    "a body that is waited for": (
        head("POST", "/api/v1/blocks/fetch", "Content-Length: 128", "Expect: 100-continue") + bytes(128),
        [200],
    ),
    "an expectation that nobody has": (head("GET", "/", "Expect: 200-ok"), [400]),
    "HTTP/0.9": (b"GET /\r\n\r\n", [400]),
    "HTTP/2 at once": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9), [400]),
    "HTTP/2 by upgrade": (
        head("GET", "/", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"),
        [200],
    ),
    "TLS": (bytes.fromhex("16030100f0010000ec0303") + bytes(230), []),
    "an address of the web": (head("GET", "http://elsewhere.example/"), [200]),
    "an address without a path": (head("GET", "http://elsewhere.example"), [404]),
    "an asterisk": (head("OPTIONS", "*"), [404]),
    "a tunnel": (head("CONNECT", "elsewhere.example:443"), [404]),
    "a path of 2,000 characters": (head("GET", "/" + "a" * 2000), [404]),
    "a path of 3,000 characters": (head("GET", "/" + "a" * 3000), [400]),
    **{
        f"path {path!r}": (head("GET", path), [404])
        for path in (
            "/../config.toml",
            "/nl/../../config.toml",
            "/%2e%2e/%2e%2e/config.toml",
            "/..%2f..%2fconfig.toml",
            "/..%5c..%5cconfig.toml",
            "/\\..\\..\\config.toml",
            "//",
            "//nl/",
            "/./",
            "/nl//",
            "/%00",
            "/nl/%00.html",
            "/%c0%ae%c0%ae/config.toml",
            "/%e0%80%af",
            "/%ff%fe",
            "/%",
            "/%zz",
            "/api/v1/blocks/",
            "//api/v1/index",
            "/api/v1/blocks%00",
            "/API/v1/blocks",
            "/manifest.json%20",
            "/main.js.br",
        )
    },
    "a path with a NUL": (head("GET", "/\x00"), [400]),
    "a path with other bytes": (head("GET", "/\xff"), [400]),
    "a proxy's words": (head("GET", "/", "SCRIPT_NAME: /nl", "PATH_INFO: /x", "X-Forwarded-Proto: https"), [200]),
    "a proxy's words that contradict": (head("GET", "/", "X-Forwarded-Proto: http", "X-Forwarded-Ssl: on"), [200]),
    "seventeen records": (body("blocks", 17 * RECORD_SIZE), [413]),
    "sixteen records of nobody": (body("blocks", LARGEST) + RECORDS, [401]),
}


@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_of_a_request_has_one_answer(attacked: Server, name: str) -> None:
    """None is a 5xx, and no body is ever taken for a request."""
    request, expected = SHAPES[name]
    assert statuses(attacked, request) == expected
