"""A stick that is pulled out, fills up or was in other hands: faults below the workstation's own file functions."""

from __future__ import annotations

import errno
import os
import socket
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest

# Pulled out: from then on nothing works. Full: this one thing does not, and the next does again.
Fault = Literal["pulled", "full"]


@dataclass
class Stick:
    """Counts what is changed below a folder, and lets the change with this number fail."""

    folder: Path
    fails_at: int
    fault: Fault
    changes: int = 0

    @property
    def failed(self) -> bool:
        return self.changes > self.fails_at

    def look(self, path: object) -> None:
        if self.failed and self.fault == "pulled" and self._is_below(path):
            raise OSError(errno.EIO, "pulled out")

    def change(self, path: object) -> None:
        if not self._is_below(path):
            return
        self.changes += 1
        if self.changes - 1 == self.fails_at or (self.failed and self.fault == "pulled"):
            raise OSError(errno.EIO if self.fault == "pulled" else errno.ENOSPC, self.fault)

    def _is_below(self, path: object) -> bool:
        if isinstance(path, int):
            path = Path(f"/proc/self/fd/{path}").readlink()
        return Path(os.fsdecode(path)).is_relative_to(self.folder)  # type: ignore[arg-type]


@contextmanager
def faulty(monkeypatch: pytest.MonkeyPatch, folder: Path, fails_at: int, fault: Fault) -> Iterator[Stick]:
    """Let the change of this number fail. What is being written then is cut in half."""
    stick = Stick(folder, fails_at, fault)
    opened, fsync = os.open, os.fsync

    def watch(name: str, *, changes: bool) -> Callable[..., Any]:
        original = getattr(os, name)

        def watched(path: Any, *arguments: Any, **named: Any) -> Any:
            (stick.change if changes else stick.look)(path)
            return original(path, *arguments, **named)

        return watched

    def watch_open(path: Any, flags: int, *arguments: Any, **named: Any) -> int:
        (stick.change if flags & os.O_CREAT else stick.look)(path)
        return opened(path, flags, *arguments, **named)

    def watch_fsync(descriptor: int) -> None:
        try:
            stick.change(descriptor)
        except OSError:
            status = os.fstat(descriptor)
            if stat.S_ISREG(status.st_mode):
                os.ftruncate(descriptor, status.st_size // 2)
            raise
        fsync(descriptor)

    with monkeypatch.context() as patch:
        for name in ("rename", "unlink", "mkdir"):
            patch.setattr(os, name, watch(name, changes=True))
        for name in ("scandir", "stat", "lstat", "statvfs"):
            patch.setattr(os, name, watch(name, changes=False))
        patch.setattr(os, "open", watch_open)
        patch.setattr(os, "fsync", watch_fsync)
        yield stick


def lay_fifo(path: Path, _secret: Path) -> None:
    os.mkfifo(path)


def lay_socket(path: Path, _secret: Path) -> None:
    # A path may be too long for a socket's address; from inside its folder it is not.
    there = os.open(path.parent, os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as listener, suppress(OSError):
        listener.bind(f"/proc/self/fd/{there}/{path.name}")
    os.close(there)


def lay_device(path: Path, _secret: Path) -> None:
    # /dev/zero: whoever reads it to its end never comes back. Only root makes one.
    with suppress(PermissionError):
        os.mknod(path, 0o600 | stat.S_IFCHR, os.makedev(1, 5))


def lay_folder(path: Path, _secret: Path) -> None:
    path.mkdir()


def lay_full_folder(path: Path, _secret: Path) -> None:
    path.mkdir()
    (path / "x").write_bytes(b"x")


def lay_dangling(path: Path, _secret: Path) -> None:
    path.symlink_to("/nonexistent")


def lay_link_out(path: Path, _secret: Path) -> None:
    path.symlink_to("/etc/passwd")


def lay_link(path: Path, secret: Path) -> None:
    path.symlink_to(secret)


def lay_hard_link(path: Path, secret: Path) -> None:
    path.hardlink_to(secret)


def lay_copy(path: Path, secret: Path) -> None:
    path.write_bytes(secret.read_bytes())


def lay_enormous(path: Path, _secret: Path) -> None:
    with path.open("wb") as file:
        file.truncate(10 * 2**30)


def lay_empty(path: Path, _secret: Path) -> None:
    path.write_bytes(b"")


def lay_block(path: Path, _secret: Path) -> None:
    path.write_bytes(os.urandom(65_536))


def lay_record(path: Path, _secret: Path) -> None:
    path.write_bytes(os.urandom(65_601))


OBSTACLES: tuple[Callable[[Path, Path], None], ...] = (
    lay_fifo,
    lay_socket,
    lay_device,
    lay_folder,
    lay_full_folder,
    lay_dangling,
    lay_link_out,
    lay_link,
    lay_hard_link,
    lay_copy,
    lay_enormous,
    lay_empty,
    lay_block,
    lay_record,
)
