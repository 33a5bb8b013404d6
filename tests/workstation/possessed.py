"""A converter that a file has taken over: `python -m tests.workstation.possessed WAY KIND`, or `starter SECONDS WAY`.

It is shut in as the real one is, and then does its worst. With `open-` before its way it is not shut in.
"""

from __future__ import annotations

import ctypes
import errno
import json
import mmap
import os
import resource
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, NoReturn

from workstation.viewing.limits import shut_in
from workstation.viewing.starter import Starter

_PTRACE_SEIZE: Final = 0x4206
_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def _fork() -> None:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)


def _start_thread() -> None:
    try:
        thread = threading.Thread(target=lambda: None)
        thread.start()
        thread.join()
    except RuntimeError:
        raise OSError(errno.EPERM, "no thread") from None


def _make_code() -> None:
    mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC).close()


def _turn_into_code() -> None:
    memory = mmap.mmap(-1, 4096)
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    _check(_libc.mprotect(ctypes.c_void_p(address), 4096, mmap.PROT_READ | mmap.PROT_EXEC))


def _execute() -> None:
    # A program that does not exist: whether the call is there, without leaving if it is.
    try:
        os.execv("/bestaat-niet", ["true"])  # noqa: S606
    except FileNotFoundError:
        return


def _make_folder() -> None:
    folder = Path(f"/tmp/vertrouwenspost-{os.getpid()}")  # noqa: S108
    folder.mkdir()
    folder.rmdir()


def _raise_limit() -> None:
    most = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, most)


ATTEMPTS: Final[dict[str, Callable[[], object]]] = {
    "open a file to read": lambda: os.close(os.open("/etc/passwd", os.O_RDONLY)),
    "open a file to write": lambda: os.close(os.open("/tmp", os.O_TMPFILE | os.O_RDWR, 0o600)),  # noqa: S108
    "look a file up": lambda: Path("/etc/passwd").stat(),
    "list a folder": lambda: list(Path("/").iterdir()),
    "read a link": lambda: Path("/proc/self/exe").readlink(),
    "go to a folder": lambda: os.chdir("/"),
    "make a folder": _make_folder,
    "socket": lambda: socket.socket().close(),
    "local socket": lambda: socket.socket(socket.AF_UNIX).close(),
    "socketpair": lambda: [each.close() for each in socket.socketpair()],
    "pipe": lambda: [os.close(each) for each in os.pipe()],
    "fork": _fork,
    "spawn": lambda: os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0),
    "execve": _execute,
    "thread": _start_thread,
    "signal to the starter": lambda: os.kill(os.getppid(), 0),
    "the starter's memory": lambda: _check(_libc.process_vm_readv(os.getppid(), None, 0, None, 0, 0)),
    "memory as a file": lambda: os.close(os.memfd_create("x")),
    "memory that runs": _make_code,
    "memory made to run": _turn_into_code,
    "dumps allowed": lambda: _check(_libc.prctl(4, 1, 0, 0, 0)),
    "limits set": _raise_limit,
    "sleep": lambda: time.sleep(0.001),
}


def attempt_all() -> dict[str, str]:
    """Try every way out; return by name "out", or the name of the error."""
    done = {}
    for name, act in ATTEMPTS.items():
        try:
            act()
            done[name] = "out"
        except OSError as error:
            done[name] = errno.errorcode.get(error.errno or 0, str(error))
    return done


def _eat() -> None:
    held = []
    while True:
        held.append(b"x" * 2**20)


def _flood() -> NoReturn:
    while True:
        os.write(1, b"\xff" * 65_536)


def _read_on() -> NoReturn:
    # All that comes after its own file, for whoever it may be.
    while True:
        os.read(0, 65_536)


def _spin() -> NoReturn:
    while True:
        pass


def act(way: str) -> None:
    """Do one thing."""
    if way == "escape":
        os.write(1, json.dumps(attempt_all()).encode())
    elif way == "lie":
        # Width and height that no page has, and a little of it.
        os.write(1, b"\x00\x00\x00\x01\xff\xff\xff\xff" + bytes(100_000))
    elif way == "half":
        os.write(1, b"\x00\x00\x00\x01\x00\x09\x00\x09" + bytes(100))
    elif way == "more":
        os.write(1, b"\x00\x00\x00\x01\x00\x01\x00\x01" + bytes(4))
    elif way == "crash":
        ctypes.string_at(0)
    elif way == "silent":
        os.close(1)
        _spin()
    else:
        {"hang": _spin, "eat": _eat, "flood": _flood, "read": _read_on}[way]()


def main() -> None:
    """Be a converter, or a starter that starts one."""
    way, *words = sys.argv[1:]
    if way == "starter":
        seconds, which = words
        command = (sys.executable, "-BEs", "-m", "tests.workstation.possessed", which)
        Starter(command=command, seconds=float(seconds)).serve()
        return
    if not way.startswith("open-"):
        shut_in()
    try:
        act(way.removeprefix("open-"))
    except MemoryError:
        os._exit(11)
    os._exit(0)


if __name__ == "__main__":
    main()
