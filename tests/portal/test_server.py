"""The real server: gunicorn as `python -m portal serve` starts it, on a free port of this machine."""

import os
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from portal import config as configuration
from portal import server
from portal.errors import ConfigError
from portal.site.headers import HEADERS
from tests.portal.helpers import BLOCK, Post, solve
from tests.portal.servers import COURIER, ROOT, Server, children, is_gone, set_up, start, stop, wait_until
from tests.world import Team

pytestmark = pytest.mark.slow

CANARY = "kanarie4d2f"


@pytest.fixture
def running(tmp_path: Path, release: Path, team: Team) -> Iterator[Server]:
    """Start a server for this test alone, which may end it."""
    started = set_up(tmp_path, release, team)
    yield started
    stop(started)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, release: Path, team: Team) -> Iterator[Server]:
    """Start a server for all tests that only ask."""
    started = set_up(tmp_path_factory.mktemp("shared"), release, team)
    yield started
    stop(started)


def test_the_server_answers_the_calls_and_the_pages(shared: Server) -> None:
    """A ticket earned over HTTP posts a block that is then fetched."""
    post = Post()
    with shared.client() as client:
        headers = {"Authorization": solve(client.get("/api/v1/ticket").json())}
        assert client.post("/api/v1/blocks", content=post.record, headers=headers).status_code == 204
        fetched = client.post("/api/v1/blocks/fetch", content=post.address + bytes(96))
        assert fetched.content[:BLOCK] == post.body
        page = client.get("/", headers={"Accept-Encoding": "gzip, br"})
    assert page.text == "<h1>Begin</h1>"
    assert page.headers["Content-Encoding"] == "br"
    assert {name: page.headers[name] for name in HEADERS} == dict(HEADERS)
    assert page.headers["Server"] == "gunicorn"
    assert set(page.headers) - {name.lower() for name in HEADERS} <= {
        "server", "date", "connection", "content-type", "content-length", "content-encoding", "vary"
    }  # fmt: skip


MALFORMED = [
    f"GET /{CANARY} HTTP/9.9\r\nX-{CANARY}: {CANARY}\r\n\r\n",
    f"GET /{CANARY}\x00 HTTP/1.1\r\n\r\n",
    f"{CANARY} / {CANARY}\r\n\r\n",
    f"GET /{CANARY} HTTP/1.1\r\nBad Header {CANARY}: x\r\n\r\n",
    f"GET /{'a' * 3000}{CANARY} HTTP/1.1\r\nHost: x\r\n\r\n",
    f"GET / HTTP/1.1\r\nHost: x\r\nX-{CANARY}: {'a' * 5000}\r\n\r\n",
    "GET / HTTP/1.1\r\n" + "".join(f"X-{i}: {CANARY}\r\n" for i in range(60)) + "\r\n",
    f"POST /api/v1/blocks HTTP/1.1\r\nHost: x\r\nContent-Length: {CANARY}\r\n\r\n",
    f"POST /api/v1/blocks HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n{CANARY}",
    f"POST /api/v1/blocks HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: {CANARY}\r\n\r\n",
    f"POST /api/v1/blocks HTTP/1.1\r\nHost: x\r\nExpect: {CANARY}\r\nContent-Length: 5\r\n\r\n",
]


@pytest.mark.parametrize("request_text", MALFORMED)
def test_what_gunicorn_cannot_parse_gets_the_same_headers(shared: Server, request_text: str) -> None:
    """Also below the application every answer carries the one set, and repeats nothing."""
    answer = shared.raw(request_text.encode())
    assert answer.startswith(b"HTTP/1.1 400 "), answer[:80]
    head = answer.partition(b"\r\n\r\n")[0].decode()
    for name, value in HEADERS.items():
        assert f"{name}: {value}\r\n" in head + "\r\n"
    assert CANARY.encode() not in answer
    assert CANARY not in shared.log


@pytest.mark.parametrize(
    ("head", "status"),
    [
        ("POST /api/v1/blocks HTTP/1.1\r\nContent-Length: 50000000\r\n", b"413"),
        ("POST /api/v1/blocks HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n", b"413"),
        ("POST /api/v1/blocks HTTP/1.1\r\nTransfer-Encoding: chunked\r\n", b"411"),
        ("POST /api/v1/blocks HTTP/1.1\r\n", b"411"),
        ("GET /api/v1/index HTTP/1.1\r\nContent-Length: 1\r\n", b"413"),
    ],
)
def test_a_refused_body_is_not_waited_for(shared: Server, head: str, status: bytes) -> None:
    """The answer comes before a byte of the body was sent."""
    request = f"{head}Host: x\r\nConnection: close\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", shared.port), timeout=5) as connection:
        connection.sendall(request)
        assert connection.recv(12) == b"HTTP/1.1 " + status


def test_nothing_about_a_visitor_is_written_down(running: Server) -> None:
    """A canary in path, query, header, cookie and body is in no log and no file, but for the stored body."""
    secret = f"geheim-{CANARY}"
    visitor = {"X-Canary": secret, "Cookie": f"c={secret}", "User-Agent": secret, "Referer": f"https://{secret}/"}
    body = (CANARY * BLOCK)[:BLOCK].encode()
    with running.client() as client:
        for authorization in ({}, COURIER, {"Authorization": f"Ticket {secret}"}):
            headers = visitor | authorization
            client.get(f"/{secret}?q={secret}", headers=headers)
            client.get(f"/api/v1/intake?q={secret}", headers=headers)
            client.post(f"/api/v1/blocks?q={secret}", content=Post(body=body).record, headers=headers)
            client.post("/api/v1/blocks/fetch", content=secret.encode().ljust(128), headers=headers)
            client.post("/api/v1/blocks/delete", content=secret.encode().ljust(1024), headers=headers)
            client.put("/api/v1/keyset", content=secret.encode(), headers=headers)
            # gunicorn closes the connection after a large body that nobody read, so this one has its own.
            httpx.post(f"{running.url}/api/v1/keyset", content=secret.encode() * 9999, headers=headers)
    stop(running)
    assert CANARY not in running.log
    assert "127.0.0.1" not in running.log.replace(f"listens on {running.url}/", "")
    for path in running.folder.rglob("*"):
        if path.is_file():
            assert secret.encode() not in path.read_bytes(), path


def test_upkeep_ticks_expires_and_ends_with_the_server(running: Server) -> None:
    """The child process beside the workers ends when the server is killed without a chance to say goodbye."""
    pids = children(running.process.pid)
    upkeep = [pid for pid in pids if b"upkeep" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")]
    assert len(upkeep) == 1
    running.process.send_signal(signal.SIGKILL)
    running.process.wait()
    wait_until(lambda: all(is_gone(pid) for pid in pids))


def test_the_server_ends_when_it_is_told_to(running: Server) -> None:
    """SIGTERM ends server, workers and upkeep, with status 0."""
    pids = children(running.process.pid)
    assert len(pids) == 3
    stop(running)
    assert running.process.returncode == 0


def test_acknowledged_blocks_survive_a_kill(running: Server) -> None:
    """After kill -9 of server and workers in the middle of posting, every acknowledged block is there and whole."""
    acknowledged: list[Post] = []
    for _ in range(3):
        pids = [running.process.pid, *children(running.process.pid)]
        with ThreadPoolExecutor(4) as pool:
            jobs = [pool.submit(post_until_refused, running.url, acknowledged) for _ in range(4)]
            count = len(acknowledged)
            wait_until(lambda count=count: len(acknowledged) > count + 20)  # type: ignore[misc]
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
            for job in jobs:
                job.result()
        running.process.wait()
        wait_until(lambda pids=pids: all(is_gone(pid) for pid in pids))  # type: ignore[misc]
        running.process = start(running.folder, running.port).process
    with running.client() as client:
        for post in acknowledged:
            assert client.post("/api/v1/blocks/fetch", content=post.address * 4).content == post.body * 4


def post_until_refused(url: str, acknowledged: list[Post]) -> None:
    """Post blocks until the server is gone; note each that was acknowledged."""
    with httpx.Client(base_url=url, timeout=10) as client:
        while True:
            post = Post()
            try:
                answer = client.post("/api/v1/blocks", content=post.record, headers=COURIER)
            except httpx.TransportError:
                return
            if answer.status_code == 204:
                acknowledged.append(post)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "portal.example.org", "localhost.example.org"])  # noqa: S104 - refused.
def test_demo_keys_are_not_served_to_others(host: str) -> None:
    """With the demo's root key the server starts on a loopback address or not at all."""
    example = configuration.load(ROOT / "config.example.toml")
    assert example.demo
    with pytest.raises(ConfigError, match="demo's root key is known to everybody"):
        server.serve(replace(example, server=replace(example.server, host=host)), ROOT / "config.example.toml")
