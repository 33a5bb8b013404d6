"""A real desk whose worker tries to get out, on request: `python -m tests.workstation.escapes FOLDER SPOOL PORT …`."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import json
import os
import resource
import signal
import socket
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from flask import Flask

from tests.world import NOW
from workstation.desk import serve
from workstation.desk.service import Place

PATH: Final = "/ontsnap"
# asm-generic/unistd.h: the same on every machine since 2020; the others here are asked of libc by name.
_IO_URING_SETUP: Final = 425
_PIDFD_OPEN: Final = 434
_PTRACE_SEIZE: Final = 0x4206
_TIOCSTI: Final = 0x5412
_PR_SET_DUMPABLE: Final = 4
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass
class Held:
    """Sockets that were open before, and an early thread: the worst that a process can bring along."""

    stream: socket.socket = field(default_factory=lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM))
    stream6: socket.socket = field(default_factory=lambda: socket.socket(socket.AF_INET6, socket.SOCK_STREAM))
    datagram: socket.socket = field(default_factory=lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    unbound: socket.socket = field(default_factory=lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM))
    local: socket.socket = field(default_factory=lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))


def _check(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def _fork() -> None:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)


def _spawn() -> None:
    os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)


def _execute() -> None:
    # An interpreter that does not exist: whether the call is there, without leaving if it is.
    script = Path("/proc/self/exe").resolve().parent / "bestaat-niet"
    try:
        os.execv(script, ["true"])  # noqa: S606
    except FileNotFoundError:
        return


def _in_thread(act: Callable[[], object]) -> Callable[[], None]:
    def run() -> None:
        caught: list[OSError] = []

        def attempt() -> None:
            try:
                act()
            except OSError as error:
                caught.append(error)

        thread = threading.Thread(target=attempt)
        thread.start()
        thread.join()
        for error in caught:
            raise error

    return run


def list_attempts(held: Held, port: int, port6: int, datagrams: int, victim: int) -> dict[str, Callable[[], object]]:
    """Return the ways out, by name; each raises OSError where it is closed."""
    here = ("127.0.0.1", datagrams)
    return {
        "connect over IPv4": lambda: socket.create_connection(("127.0.0.1", port)).close(),
        "connect over IPv6": lambda: socket.create_connection(("::1", port6)).close(),
        "connect a socket that was open": lambda: held.stream.connect(("127.0.0.1", port)),
        "connect an IPv6 socket that was open": lambda: held.stream6.connect(("::1", port6)),
        "connect a local socket": lambda: held.local.connect(f"\0vertrouwenspost-{port}"),
        "sendto with an address": lambda: held.datagram.sendto(b"sendto", here),
        "sendmsg with an address": lambda: held.datagram.sendmsg([b"sendmsg"], [], 0, here),
        "bind": lambda: held.unbound.bind(("127.0.0.1", 0)),
        "listen": lambda: held.unbound.listen(1),
        "new socket, stream": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM).close(),
        "new socket, datagram": lambda: socket.socket(socket.AF_INET6, socket.SOCK_DGRAM).close(),
        "new socket, raw": lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1).close(),
        "new socket, packet": lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0).close(),
        "new socket, netlink": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0).close(),
        "new socket, local": lambda: socket.socket(socket.AF_UNIX).close(),
        "socketpair": lambda: [each.close() for each in socket.socketpair()],
        "new socket in a new thread": _in_thread(lambda: socket.socket(socket.AF_INET).close()),
        "io_uring": lambda: os.close(_check(_libc.syscall(_IO_URING_SETUP, 1, ctypes.create_string_buffer(120)))),
        "pidfd": lambda: os.close(_check(_libc.syscall(_PIDFD_OPEN, victim, 0))),
        "ptrace": lambda: _check(_libc.ptrace(_PTRACE_SEIZE, victim, 0, 0)),
        # Of no bytes: whether the call is there, not what it reads.
        "process_vm_readv": lambda: _check(_libc.process_vm_readv(victim, None, 0, None, 0, 0)),
        "kill": lambda: os.kill(victim, 0),
        "fork": _fork,
        "spawn": _spawn,
        "execve": _execute,
        "memory as a file": lambda: os.close(os.memfd_create("x")),
        "typing at a terminal": _type_at_terminal,
        "dumps allowed again": lambda: _check(_libc.prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0)),
        "core dumps allowed again": lambda: _check(_libc.prlimit(0, resource.RLIMIT_CORE, bytes(16), None)),
    }


def _type_at_terminal() -> None:
    # /dev/null takes no such thing; a call that is there says so (ENOTTY).
    with Path("/dev/null").open("rb") as file:
        try:
            fcntl.ioctl(file, _TIOCSTI, b"x")
        except OSError as error:
            if error.errno != errno.ENOTTY:
                raise


def attempt_all(attempts: dict[str, Callable[[], object]]) -> dict[str, str]:
    """Try every way; return by name "out", or the name of the error."""
    done = {}
    for name, act in attempts.items():
        try:
            act()
            done[name] = "out"
        except OSError as error:
            done[name] = errno.errorcode.get(error.errno or 0, str(error))
    return done


class Trying(serve.Server):
    """The desk's server with one more page: what a hostile program in its process would do."""

    reach: tuple[int, int, int, int] = (0, 0, 0, 0)

    def load(self) -> Flask:
        held = Held()
        early, go = {}, threading.Event()

        def wait() -> None:
            go.wait()
            early.update(attempt_all({"new socket in an old thread": lambda: socket.socket().close()}))

        thread = threading.Thread(target=wait, daemon=True)
        thread.start()
        app = super().load()

        def attempt() -> str:
            go.set()
            thread.join()
            return json.dumps({**attempt_all(list_attempts(held, *self.reach)), **early, "pid": str(os.getpid())})

        app.add_url_rule(PATH, "ontsnap", attempt)
        app.add_url_rule(f"{PATH}/32", "ontsnap32", _call_as_32_bit)
        return app


def _call_as_32_bit() -> str:
    # mov eax, 20 (getpid); int 0x80; ret: how 32-bit programs call the kernel, with other numbers.
    import mmap  # noqa: PLC0415

    code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    code.write(b"\xb8\x14\x00\x00\x00\xcd\x80\xc3")
    address = ctypes.addressof(ctypes.c_char.from_buffer(code))
    return str(ctypes.CFUNCTYPE(ctypes.c_int)(address)())


def main() -> None:
    """Serve: folder, spool, port; three ports and a process to reach; and how: confined, open or without library."""
    folder, spool, port, *reach, how = sys.argv[1:]
    Trying.reach = tuple(int(each) for each in reach)  # type: ignore[assignment]
    if how == "open":
        serve.confine = lambda: None
    elif how == "without":
        sys.modules["pyseccomp"] = None  # type: ignore[assignment]
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    Trying(Place(Path(folder), Path(spool), int(port)), lambda: NOW).run()


if __name__ == "__main__":
    main()
