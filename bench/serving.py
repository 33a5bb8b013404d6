"""A server and its processes: begun, watched from outside, and ended. What it has cost, the kernel tells."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).resolve().parent.parent
_PATIENCE_SECONDS: Final = 30
_TICKS_PER_SECOND: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Server:
    """gunicorn, on a port of this machine."""

    pid: int
    port: int

    @property
    def workers(self) -> list[int]:
        """The processes that answer; not the upkeep beside them."""
        return [pid for pid in list_children(self.pid) if b"upkeep" not in _read(pid, "cmdline").split(b"\0")]

    def read_peak(self) -> int:
        """Return the most memory (bytes) that a worker has held at a time."""
        return max(_read_peak(pid) for pid in self.workers)


@contextmanager
def serving(module: str, config: Path, port: int, workers: int) -> Iterator[Server]:
    """Run a module that serves, with its words in a log beside the configuration, until the block ends."""
    command = [sys.executable, "-m", *module.split(), "--config", str(config)]
    with (config.parent / "log").open("ab") as log:
        process = subprocess.Popen(command, cwd=_ROOT, stdout=log, stderr=log)  # noqa: S603 - ourselves
    server = Server(process.pid, port)
    try:
        _await(server, process, workers)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            _kill(process)


def free_port() -> int:
    """Ask the system for a port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def list_children(pid: int) -> list[int]:
    """Return the processes that a process has started."""
    return [int(child) for child in _read(pid, f"task/{pid}/children").split()]


def read_processor(pids: Sequence[int]) -> float:
    """Return the processor's seconds that processes have used since they were started."""
    ticks = 0
    for pid in pids:
        # The name of a program may hold anything; after it come fields by number, 14 and 15 of the whole line.
        fields = _read(pid, "stat").rpartition(b")")[2].split()
        ticks += sum(map(int, fields[11:13]))
    return ticks / _TICKS_PER_SECOND


def _read_peak(pid: int) -> int:
    found = re.search(rb"^VmHWM:\s+(\d+) kB$", _read(pid, "status"), re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


def _read(pid: int, name: str) -> bytes:
    # A process may have ended meanwhile; it costs nothing any more.
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/{name}").read_bytes()
    return b""


def _await(server: Server, process: subprocess.Popen[bytes], workers: int) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while len(server.workers) < workers or not _answers(server.port):
        if time.monotonic() > deadline or process.poll() is not None:
            raise RuntimeError("The server that was to be measured does not answer.")
        time.sleep(0.05)


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 5) as probe:
        probe.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        return probe.recv(12) == b"HTTP/1.1 204"
    return False


def _kill(process: subprocess.Popen[bytes]) -> None:
    for pid in list_children(process.pid):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.kill()
    process.wait()
