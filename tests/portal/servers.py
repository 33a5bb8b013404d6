"""The real server, for the tests that need one: `python -m portal serve` on a free port of this machine."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx

from crypto.encoding import encode_b64u
from crypto.verifying import serialize_document
from portal import config as configuration
from portal import database, migrating
from tests.portal.helpers import credential_of
from tests.world import Team

ROOT = Path(__file__).resolve().parent.parent.parent
COURIER = {"Authorization": "Courier " + encode_b64u(credential_of())}


@dataclass
class Server:
    """A running server: its folder, its process and how to talk to it."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=30)

    def raw(self, request: bytes) -> bytes:
        """Send bytes as they are; return all that comes back until the server closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(request)
            answer = b""
            while part := connection.recv(65_536):
                answer += part
        return answer


SQLITE = "sqlite:///var/portal.sqlite"


def write_config(folder: Path, release: Path, root_key: bytes, port: int, url: str = SQLITE) -> Path:
    """Write a configuration for a server in this folder."""
    text = (ROOT / "config.example.toml").read_text()
    for old, new in (
        ("WrxNvNhI_P0R9mCRebnYxAknGsWjk94aO37Zpjn-odw", encode_b64u(root_key)),
        ('id = "demo"', 'id = "proef"'),
        ('"var/release"', f'"{release}"'),
        ("cost = 500", "cost = 1"),
        ('prefix = "000"', 'prefix = "0"'),
        ("tick_minutes = 30", "tick_minutes = 1"),
        ("port = 8000", f"port = {port}"),
        (SQLITE, url),
    ):
        assert old in text
        text = text.replace(old, new)
    path = folder / "config.toml"
    path.write_text(text)
    return path


def free_port() -> int:
    """Ask the system for a port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def start(folder: Path, port: int) -> Server:
    """Start the server in `folder` and wait until it answers."""
    running = Server(folder, port, launch(folder))
    # Two workers and the upkeep; a worker that comes later would outlive a kill of those before.
    wait_until(lambda: answers(running) and len(children(running.process.pid)) == 3)
    return running


def launch(folder: Path) -> subprocess.Popen[bytes]:
    """Start the server in `folder`."""
    with (folder / "log").open("ab") as log:
        command = [sys.executable, "-m", "portal", "serve", "--config", str(folder / "config.toml")]
        return subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)


def answers(running: Server) -> bool:
    """Tell whether the server answers."""
    assert running.process.poll() is None, running.log
    try:
        return httpx.get(f"{running.url}/healthz").status_code == 204
    except httpx.TransportError:
        return False


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
    """Wait until a condition holds, and fail if it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "this took too long"
        time.sleep(0.05)


def children(pid: int) -> list[int]:
    """Return the processes that a process has started, in any of its threads."""
    texts = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    return [int(child) for text in texts for child in text.split()]


def is_upkeep(pid: int) -> bool:
    """Tell whether a server's child is its upkeep, rather than a worker."""
    try:
        return b"upkeep" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except FileNotFoundError:
        return False


def is_gone(pid: int) -> bool:
    """Tell whether a process has ended, be it that nobody has asked for its status yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def set_up(folder: Path, release: Path, team: Team, url: str = SQLITE) -> Server:
    """Start a server in `folder` whose team has published its roster."""
    port = free_port()
    path = write_config(folder, release, team.pins.root_key, port, url)
    store = database.connect(configuration.load(path).store.url)
    migrating.migrate(store)
    store.engine.dispose()
    started = start(folder, port)
    with started.client() as client:
        roster = serialize_document(team.roster_document)
        assert client.put("/api/v1/keyset", content=roster).status_code == 204
    return started


def stop(running: Server) -> None:
    """End a server that this test has started, and whatever it has started."""
    pids = children(running.process.pid) if running.process.poll() is None else []
    running.process.terminate()
    try:
        running.process.wait(timeout=25)
    except subprocess.TimeoutExpired:
        running.process.kill()
        running.process.wait()
    wait_until(lambda: all(is_gone(pid) for pid in pids))
