"""Files: written whole or not at all, so that they survive a power cut; read as if an enemy had prepared them."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from workstation.errors import UnfitFileError
from workstation.texts import translate as _

FILE_MODE: Final = 0o600
FOLDER_MODE: Final = 0o700
TEMPORARY_PREFIX: Final = ".half-"


def make_folder(folder: Path) -> None:
    """Make a folder for this person only, or accept the one that is there. Raises UnfitFileError if it is a link."""
    try:
        new = [each for each in (folder, *folder.parents) if not each.exists()]
        folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        proper = stat.S_ISDIR(folder.lstat().st_mode)
        # A file survives a power cut no better than the name of the folder that it is in.
        for each in new:
            sync_folder(each.parent)
    except OSError:
        proper = False
    if not proper:
        raise UnfitFileError(_("De map {name} kan niet worden gebruikt.").format(name=printable(folder.name)))


def write_atomic(path: Path, data: bytes) -> None:
    """Write a file so that after a power cut either the old or the new one is there, whole.

    What is not given: that the old bytes are gone from the disk. Raises OSError; UnfitFileError for a folder.
    """
    with replace_whole(path) as file:
        file.write(data)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file whole or not at all; that its name survives a power cut is for `sync_folder` to see to.

    For files that come by the hundred: a folder is slow to sync. Raises OSError; UnfitFileError for a folder.
    """
    with _replace(path) as file:
        file.write(data)


@contextmanager
def replace_whole(path: Path) -> Iterator[BinaryIO]:
    """Give a new file to write; it takes the path's place, durably, if the block ends well, and is gone otherwise.

    Raises OSError; UnfitFileError for a folder.
    """
    with _replace(path) as file:
        yield file
    sync_folder(path.parent)


@contextmanager
def _replace(path: Path) -> Iterator[BinaryIO]:
    temporary = name_temporary(path.parent)
    try:
        with open_new(temporary) as file:
            yield file
            make_durable(file)
        temporary.rename(path)
    except IsADirectoryError:
        temporary.unlink(missing_ok=True)
        raise unfit(path) from None
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def name_temporary(folder: Path) -> Path:
    """Return the path of a file that is not finished yet; `sweep` removes it if it never is."""
    return folder / f"{TEMPORARY_PREFIX}{secrets.token_hex(8)}"


def open_new(path: Path) -> BinaryIO:
    """Make a file that is not there yet, readable for this person only. Raises OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, FILE_MODE)
    return os.fdopen(descriptor, "wb")


def make_durable(file: BinaryIO) -> None:
    """Bring what was written onto the disk. Raises OSError."""
    file.flush()
    os.fsync(file.fileno())


def move(source: Path, target: Path) -> None:
    """Move a file within one file system, durably. Raises OSError; UnfitFileError if a folder is in the way."""
    try:
        source.rename(target)
    except IsADirectoryError:
        raise unfit(target) from None
    sync_folder(target.parent)
    sync_folder(source.parent)


def drop_cache(path: Path) -> None:
    """Ask the system to forget its copy of a durable file, so that the next reading is the disk's own word.

    A wish: some file systems keep it all the same. Raises OSError.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)


def remove(path: Path) -> None:
    """Remove a file, durably, if it is there. Raises OSError."""
    path.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sweep(folder: Path) -> None:
    """Remove what a power cut left half-written; only for folders that a single process writes."""
    for path in folder.glob(f"{TEMPORARY_PREFIX}*"):
        path.unlink(missing_ok=True)


def open_regular(path: Path, most: int) -> BinaryIO | None:
    """Open a regular file of at most `most` bytes; None if there is none.

    Raises UnfitFileError for a link, a pipe, a device, a folder, something larger or unreadable.
    """
    try:
        # Merely opening a device can do something.
        if not stat.S_ISREG(path.lstat().st_mode):
            raise unfit(path)
        # Meanwhile it may have become another: a link is not followed, and opening a pipe does not wait for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError:
        raise unfit(path) from None
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or status.st_size > most:
        os.close(descriptor)
        raise unfit(path)
    return os.fdopen(descriptor, "rb")


def read_file(path: Path, most: int) -> bytes | None:
    """Read a regular file of at most `most` bytes; None if there is none.

    Raises UnfitFileError for a link, a pipe, a device, a folder, something larger or unreadable.
    """
    file = open_regular(path, most)
    if file is None:
        return None
    with file:
        # Asked for as much as there may be, Python would set aside all of that memory first.
        size = os.fstat(file.fileno()).st_size
        data = file.read(size + 1)
    if len(data) > size:
        # It grew meanwhile; what we write never does.
        raise unfit(path)
    return data


def read_exactly(path: Path, size: int) -> bytes | None:
    """Read a regular file of exactly this size; None if there is none. Raises UnfitFileError."""
    data = read_file(path, size)
    if data is not None and len(data) != size:
        raise unfit(path)
    return data


def printable(name: str) -> str:
    """Return a file's name without anything that could write elsewhere on a terminal or turn text around."""
    return name[:80].encode("ascii", "replace").decode("ascii") if name.isprintable() else "?"


def is_regular(path: Path, size: int) -> bool:
    """Say whether a regular file of exactly this size lies here."""
    try:
        status = path.lstat()
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and status.st_size == size


def unfit(path: Path) -> UnfitFileError:
    """Return the error about a file that is not what it must be."""
    return UnfitFileError(
        _("Het bestand {name} is niet wat het moet zijn en wordt overgeslagen.").format(name=printable(path.name))
    )
