"""A disk that loses what was not made durable, and a power cut before any of its steps.

The workstation's own primitives are watched while they work on real files: opening a new file, fsync, rename, unlink,
mkdir. A small journal knows what would survive: of a file the bytes it had at its last fsync, of a folder the names it
had at its own. POSIX promises no more; real file systems often keep more, so what survives is rebuilt in four ways.

    killed   the process ends; the disk has everything
    lost     nothing survives that was not synced
    torn     names survive, but files that were not synced are cut in half
    mixed    of the names that were not synced, every other one survives
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import pytest

Loss = Literal["killed", "lost", "torn", "mixed"]
LOSSES: Final[tuple[Loss, ...]] = ("killed", "lost", "torn", "mixed")


class PowerCutError(BaseException):
    """The power is gone; no handler of the program runs any more."""


@dataclass(eq=False)
class Inode:
    """A file: the bytes that survive, or None before its first fsync; or a folder with names, as seen and as synced."""

    folder: bool
    durable: bytes | None = None
    seen: dict[str, Inode] = field(default_factory=dict)
    synced: dict[str, Inode] = field(default_factory=dict)


@dataclass
class Disk:
    """The journal of everything below `root`; the power goes before step number `cut`."""

    root: Path
    cut: int | None = None
    steps: int = 0
    dead: bool = False
    top: Inode = field(init=False)
    opened: dict[int, Inode] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.top = _adopt(self.root)

    def step(self) -> None:
        """Count one step, or let the power go."""
        if self.dead or self.steps == self.cut:
            self.dead = True
            raise PowerCutError
        self.steps += 1

    def find(self, path: os.PathLike[str] | str) -> tuple[Inode, str] | None:
        """Return the folder in which a path lies, and its name there; None for what lies elsewhere."""
        # Text, since this is asked ten thousand times; links are not followed.
        root, absolute = str(self.root), os.path.abspath(path)  # noqa: PTH100
        if absolute != root and not absolute.startswith(root + "/"):
            return None
        parts = absolute[len(root) + 1 :].split("/") if absolute != root else []
        folder = self.top
        for part in parts[:-1]:
            if part not in folder.seen:
                raise FileNotFoundError(part)
            folder = folder.seen[part]
        return (folder, parts[-1]) if parts else (Inode(folder=True, seen={"": self.top}), "")

    def rebuild(self, target: Path, loss: Loss) -> None:
        """Make the disk as it is found after the power came back."""
        self._lay(self.top, self.root, target, loss, self.steps)

    def check(self) -> None:
        """Fail if anything was done past this journal."""
        seen = {(path, path.is_dir()) for path in self.root.rglob("*")}
        assert seen == set(_walk(self.top, self.root)), "a step that the journal does not know"

    def _lay(self, folder: Inode, source: Path, target: Path, loss: Loss, seed: int) -> None:
        target.mkdir(mode=0o700)
        for name, inode in _surviving(folder, loss, seed).items():
            if inode.folder:
                self._lay(inode, source / name, target / name, loss, seed)
            else:
                (target / name).write_bytes(self._content(inode, folder, source / name, loss))

    @staticmethod
    def _content(inode: Inode, folder: Inode, path: Path, loss: Loss) -> bytes:
        there = path.read_bytes() if folder.seen.get(path.name) is inode and path.exists() else None
        if inode.durable is not None:
            return inode.durable
        if loss == "killed":
            return there or b""
        return (there or b"")[: len(there or b"") // 2] if loss == "torn" else b""


def _surviving(folder: Inode, loss: Loss, seed: int) -> dict[str, Inode]:
    if loss in {"killed", "torn"}:
        return folder.seen
    if loss == "lost":
        return folder.synced
    names = sorted(folder.seen.keys() | folder.synced.keys())
    changed = [name for name in names if folder.seen.get(name) is not folder.synced.get(name)]
    chosen = {name: folder.seen if (i + seed) % 2 else folder.synced for i, name in enumerate(changed)}
    found = {name: chosen.get(name, folder.seen).get(name) for name in names}
    return {name: inode for name, inode in found.items() if inode is not None}


def _adopt(path: Path) -> Inode:
    if not path.is_dir():
        return Inode(folder=False, durable=path.read_bytes())
    names = {child.name: _adopt(child) for child in path.iterdir()}
    return Inode(folder=True, seen=names, synced=dict(names))


def _walk(folder: Inode, path: Path) -> Iterator[tuple[Path, bool]]:
    for name, inode in folder.seen.items():
        yield path / name, inode.folder
        yield from _walk(inode, path / name)


@contextmanager
def watch(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    """Let all steps of this process go through the disk's journal."""
    with monkeypatch.context() as patch:
        for name, make in _WATCHED.items():
            patch.setattr(os, name, make(disk, getattr(os, name)))
        yield disk


def _watch_open(disk: Disk, real: Callable[..., int]) -> Callable[..., int]:
    def opened(path: Any, flags: int, mode: int = 0o777, **more: Any) -> int:
        place = disk.find(path)
        assert place is None or not more, "the journal knows paths only"
        if place is None:
            return real(path, flags, mode, **more)
        folder, name = place
        new = name not in folder.seen
        if disk.dead or (new and flags & os.O_CREAT):
            disk.step()
        descriptor = real(path, flags, mode)
        if new:
            folder.seen[name] = Inode(folder=False)
        disk.opened[descriptor] = folder.seen[name]
        return descriptor

    return opened


def _watch_fsync(disk: Disk, _real: Callable[[int], None]) -> Callable[[int], None]:
    def fsync(descriptor: int) -> None:
        disk.step()
        inode = disk.opened[descriptor]
        if inode.folder:
            inode.synced = dict(inode.seen)
        else:
            size = os.fstat(descriptor).st_size
            path = f"/proc/self/fd/{descriptor}"
            inode.durable = Path(path).read_bytes()
            assert len(inode.durable) == size

    return fsync


def _watch_rename(disk: Disk, real: Callable[..., None]) -> Callable[..., None]:
    def rename(source: Any, target: Any) -> None:
        disk.step()
        old, new = disk.find(source), disk.find(target)
        assert old is not None, "what is renamed lies on this disk"
        assert new is not None, "and stays there"
        real(source, target)
        new[0].seen[new[1]] = old[0].seen.pop(old[1])

    return rename


def _watch_unlink(disk: Disk, real: Callable[..., None]) -> Callable[..., None]:
    def unlink(path: Any) -> None:
        place = disk.find(path)
        if place is None:
            real(path)
            return
        if disk.dead or os.path.lexists(path):
            disk.step()
        real(path)
        del place[0].seen[place[1]]

    return unlink


def _watch_mkdir(disk: Disk, real: Callable[..., None]) -> Callable[..., None]:
    def mkdir(path: Any, mode: int = 0o777) -> None:
        place = disk.find(path)
        if place is None:
            real(path, mode)
            return
        if disk.dead or not os.path.lexists(path):
            disk.step()
        real(path, mode)
        place[0].seen[place[1]] = Inode(folder=True)

    return mkdir


_WATCHED: Final[dict[str, Callable[[Disk, Any], Any]]] = {
    "open": _watch_open,
    "fsync": _watch_fsync,
    "rename": _watch_rename,
    "unlink": _watch_unlink,
    "mkdir": _watch_mkdir,
}


def grep(folder: Path, canary: bytes) -> list[Path]:
    """Return the regular files below a folder that hold these bytes."""
    paths = [path for path in folder.rglob("*") if stat.S_ISREG(path.lstat().st_mode)]
    return [path for path in paths if canary in path.read_bytes()]
