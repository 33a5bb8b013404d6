"""The desk's process cannot reach a network, another process or another program; and it still serves."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import platform
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.workstation.escapes import PATH
from tests.workstation.filing import BOUNDARY
from tests.workstation.helpers import PASSPHRASE, Organisation, make_mailbox, write
from workstation.confine import ALLOWED, REFUSED
from workstation.content import ROOT

# Real processes.
pytestmark = pytest.mark.slow

CANARY = "kanarie-9b1c"
# What only a privileged person may do, or what a machine may lack.
PRIVILEGED = {"new socket, raw", "new socket, packet", "ptrace", "io_uring"}


@dataclass
class Listeners:
    """Everything on this machine that would hear a process that got out."""

    stream: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    stream6: socket.socket = field(default_factory=lambda: socket.create_server(("::1", 0), family=socket.AF_INET6))
    datagram: socket.socket = field(default_factory=lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    local: socket.socket = field(default_factory=lambda: socket.socket(socket.AF_UNIX))

    def open(self) -> list[str]:
        self.datagram.bind(("127.0.0.1", 0))
        self.local.bind(f"\0vertrouwenspost-{self.stream.getsockname()[1]}")
        self.local.listen(1)
        return [str(each.getsockname()[1]) for each in (self.stream, self.stream6, self.datagram)]

    def heard(self) -> list[str]:
        heard = []
        for name, listener in vars(self).items():
            listener.settimeout(0.2)
            with contextlib.suppress(TimeoutError):
                while True:
                    if name == "datagram":
                        heard.append(listener.recv(100).decode())
                    else:
                        listener.accept()[0].close()
                        heard.append(name)
        return heard

    def close(self) -> None:
        for each in vars(self).values():
            each.close()


@dataclass
class Desk:
    """A real desk in its own processes, and a browser without a browser."""

    process: subprocess.Popen[str]
    port: int
    listeners: Listeners
    cookie: str = ""
    page: str = ""
    below: str = ""
    location: str = ""

    def ask(self, path: str = "/", body: bytes = b"", kind: str = "application/x-www-form-urlencoded") -> int:
        headers = {"Host": f"127.0.0.1:{self.port}", "Sec-Fetch-Site": "same-origin", "Cookie": self.cookie}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        if body:
            connection.request("POST", self.below + path, body, {**headers, "Origin": "null", "Content-Type": kind})
        else:
            connection.request("GET", self.below + path, headers=headers)
        answer = connection.getresponse()
        self.page = answer.read().decode()
        if self.below:
            self.page = self.page.replace(f"{self.below}/", "/")
        self.location = answer.headers["Location"] or ""
        self.cookie = (answer.headers.get("Set-Cookie") or self.cookie).partition(";")[0]
        connection.close()
        return answer.status

    def token(self) -> str:
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.page)
        assert found is not None
        return found[1]

    def unlock(self) -> None:
        self.below = ""
        self.ask()
        form = f"csrf_token={self.token()}&passphrase={PASSPHRASE.replace(' ', '+')}"
        assert self.ask("/openen", form.encode()) == 303
        # From here on everything is found below a path of this unlocking.
        self.below = self.location.rstrip("/")
        assert self.ask() == 200

    def status(self, pid: str) -> dict[str, str]:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return {name: value.strip() for name, _colon, value in (line.partition(":") for line in lines)}


@contextmanager
def served(organisation: Organisation, how: str) -> Iterator[Desk]:
    """Start a desk: confined, open, or without the library."""
    listeners = Listeners()
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    arguments = [str(organisation.station("anna")), str(organisation.spool("anna").folder), str(port)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    victim = subprocess.Popen(["sleep", "600"])
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.workstation.escapes", *arguments, *listeners.open(), str(victim.pid), how],
        cwd=ROOT,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    desk = Desk(process, port, listeners)
    try:
        wait_for(lambda: desk.ask() == 200)
        yield desk
    finally:
        process.terminate()
        victim.kill()
        process.wait(20)
        victim.wait(20)
        assert process.stderr is not None
        process.stderr.close()
        listeners.close()


def wait_for(done: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while True:
        with contextlib.suppress(OSError, http.client.HTTPException):
            if done():
                return
        assert time.monotonic() < end, "it did not start"
        time.sleep(0.1)


def test_from_inside_the_desk_no_way_leads_out(organisation: Organisation) -> None:
    """New and old sockets, other families, other processes, other programs; from old threads and new ones."""
    with served(organisation, "confined") as desk:
        assert desk.ask(PATH) == 200
        tried = json.loads(desk.page)
        status = desk.status(tried.pop("pid"))
        assert len(tried) == 30
        assert set(tried.values()) <= {"EPERM", "ENOSYS"}, tried
        assert desk.listeners.heard() == []
        assert (status["Seccomp"], status["NoNewPrivs"]) == ("2", "1")
        for pid in (desk.process.pid, status["Pid"]):
            limits = Path(f"/proc/{pid}/limits").read_text()
            assert re.search(r"^Max core file size +0 +0 ", limits, re.MULTILINE)


def test_without_confinement_the_same_ways_are_open(organisation: Organisation) -> None:
    """So the test before this one can fail."""
    with served(organisation, "open") as desk:
        assert desk.ask(PATH) == 200
        tried = json.loads(desk.page)
        assert desk.status(tried.pop("pid"))["Seccomp"] == "0"
        closed = {name: how for name, how in tried.items() if how != "out"}
        assert set(closed) <= (set() if os.geteuid() == 0 else PRIVILEGED) | {"io_uring"}, closed
        heard = desk.listeners.heard()
        assert {"stream", "stream6", "local", "sendto", "sendmsg"} == set(heard)
        assert heard.count("stream") == heard.count("stream6") == 2


@pytest.mark.skipif(platform.machine() != "x86_64", reason="only there two kinds of calls live in one process")
def test_a_call_of_another_machine_ends_the_process(organisation: Organisation) -> None:
    """Its numbers mean other calls; nothing honest makes one. The arbiter starts a fresh worker, locked."""
    with served(organisation, "confined") as desk:
        desk.unlock()
        with pytest.raises((OSError, http.client.HTTPException)):
            desk.ask(f"{PATH}/32")
        wait_for(lambda: desk.ask() == 200)
        assert "passphrase" in desk.page


def test_the_confined_desk_unlocks_shows_answers_and_takes_a_file(organisation: Organisation) -> None:
    """Over real HTTP, in the process that gunicorn made; the file and the answer lie in the spool."""
    write(organisation, make_mailbox(), f"Er stond een auto {CANARY}")
    with served(organisation, "confined") as desk:
        desk.unlock()
        (path,) = set(re.findall(r'href="(/gesprek/[^"]+)"', desk.page))
        desk.ask(path)
        assert CANARY in desk.page
        parts = [("csrf_token", desk.token().encode()), ("text", b"Goed dat u schrijft.")]
        body = b"".join(
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + value + b"\r\n"
            for name, value in parts
        )
        body += f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\n'.encode()
        body += os.urandom(300_000) + f"\r\n--{BOUNDARY}--\r\n".encode()
        assert desk.ask(f"{path}/antwoord", body, f"multipart/form-data; boundary={BOUNDARY}") == 303
        desk.ask(path)
        assert "Goed dat u schrijft." in desk.page
        spool = organisation.spool("anna")
        assert len(organisation.replies("anna")) == 1
        assert len(spool.list_outgoing_chunks()) >= 5
        link = re.findall(r'href="(/bijlage/[^"]+)"', desk.page)[0]
        desk.ask(link)
        form = f"csrf_token={desk.token()}".encode()
        # What was sent can be taken out again: reading, decrypting and streaming work too.
        headers = {"Host": f"127.0.0.1:{desk.port}", "Sec-Fetch-Site": "same-origin", "Cookie": desk.cookie}
        connection = http.client.HTTPConnection("127.0.0.1", desk.port, timeout=60)
        kind = {"Origin": "null", "Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", desk.below + link, form, {**headers, **kind})
        assert len(connection.getresponse().read()) == 300_000
        connection.close()


def test_without_the_library_the_desk_starts_and_says_so(organisation: Organisation) -> None:
    """Less protection is told in a sentence; the work goes on."""
    with served(organisation, "without") as desk:
        desk.unlock()
        desk.process.terminate()
        assert desk.process.stderr is not None
        said = desk.process.stderr.read()
    assert "kan zelf niet worden afgesloten van het netwerk" in said
    assert "libseccomp2" in said
    assert said.count("\n") == 1


def test_no_call_is_both_allowed_and_refused() -> None:
    """And none that leads out is allowed; what stands in neither list does not exist."""
    assert not set(ALLOWED) & set(REFUSED)
    leading = {"socket", "connect", "bind", "listen", "sendto", "sendmsg", "execve", "fork", "clone", "ioctl", "kill"}
    assert not leading & set(ALLOWED)
