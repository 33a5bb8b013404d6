"""The folder of ciphertext that courier and desk share; it may be a USB stick, and it may have been in other hands.

Nothing in it is believed: a name outside the pattern, a link, a file of another size is skipped and reported, never
opened. What is written appears whole or not at all.

    incoming/<address>            one block of 65,536 bytes, courier → desk
    outgoing/blocks/<address>     one record of 65,601 bytes, desk → courier
    outgoing/documents/<name>     signed documents of the keyset, desk → courier
    sent/blocks, sent/documents   what the portal has acknowledged
    keyset.json, synced.json      the keyset as the portal gave it, and the day of the last synchronisation
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from crypto.encoding import check_day, check_keys, parse_json, serialize_json
from crypto.errors import MalformedError
from crypto.labels import BLOCK_SIZE, KEY_SIZE
from workstation import files
from workstation.errors import UnfitFileError
from workstation.texts import translate as _

RECORD_SIZE: Final = 2 * KEY_SIZE + 1 + BLOCK_SIZE
DOCUMENT_SIZE: Final = 65_536
# 64 listed workstations and 33 cards of 2 kB stay far below this.
KEYSET_SIZE: Final = 2**20

_ADDRESS: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
# The digit sorts what the portal must know first to the front.
_DOCUMENT: Final = re.compile(
    r"(1-roster-[0-9]{6}|(2-card|3-freshness)-[0-9a-f]{16}-2[0-9]{3}-W[0-9]{2})\.json", re.ASCII
)
_FOLDERS: Final = ("incoming", "outgoing/blocks", "outgoing/documents", "sent/blocks", "sent/documents")


@dataclass(frozen=True, slots=True)
class Spool:
    """One spool folder. Raises UnfitFileError for what is not ours, OSError when the stick is full or gone."""

    folder: Path

    @classmethod
    def open(cls, folder: Path, *, create: bool = False) -> Spool:
        """Open a spool folder; make one only with `create`: a stick that is not plugged in must not become a folder."""
        if not create and not folder.is_dir():
            raise UnfitFileError(
                _("De gedeelde map {name} is er niet. Zit de USB-stick erin?").format(name=files.printable(folder.name))
            )
        files.make_folder(folder)
        for name in _FOLDERS:
            files.make_folder(folder / name.partition("/")[0])
            files.make_folder(folder / name)
        return cls(folder)

    # -- blocks that came in

    def list_incoming(self) -> set[bytes]:
        """Return the addresses under which a whole block lies."""
        return _list_addresses(self.folder / "incoming", BLOCK_SIZE)

    def read_incoming(self, address: bytes) -> bytes | None:
        """Return one block."""
        return files.read_exactly(self.folder / "incoming" / address.hex(), BLOCK_SIZE)

    def put_incoming(self, address: bytes, block: bytes) -> None:
        """Keep a block; a damaged one in its place is replaced."""
        assert len(block) == BLOCK_SIZE, "a block has one size"
        files.write_atomic(self.folder / "incoming" / address.hex(), block)

    # -- records that go out

    def list_outgoing(self) -> set[bytes]:
        """Return the addresses of records that wait for the courier."""
        return _list_addresses(self.folder / "outgoing" / "blocks", RECORD_SIZE)

    def read_outgoing(self, address: bytes) -> bytes | None:
        """Return one record."""
        return files.read_exactly(self.folder / "outgoing" / "blocks" / address.hex(), RECORD_SIZE)

    def put_outgoing(self, record: bytes) -> None:
        """Give a record to the courier."""
        assert len(record) == RECORD_SIZE, "a record has one size"
        files.write_atomic(self.folder / "outgoing" / "blocks" / record[:KEY_SIZE].hex(), record)

    def mark_sent(self, address: bytes) -> None:
        """Move a record to what was sent."""
        name = address.hex()
        files.move(self.folder / "outgoing" / "blocks" / name, self.folder / "sent" / "blocks" / name)

    def was_sent(self, address: bytes) -> bool:
        """Say whether the courier has delivered the record of this address."""
        return _is_regular(self.folder / "sent" / "blocks" / address.hex(), RECORD_SIZE)

    # -- documents of the keyset

    def list_documents(self) -> list[str]:
        """Return the names of documents that wait for the courier, in the order in which the portal takes them."""
        names = os.listdir(self.folder / "outgoing" / "documents")  # noqa: PTH208 - names, not paths, are checked.
        return sorted(name for name in names if _DOCUMENT.fullmatch(name))

    def read_document(self, name: str) -> bytes | None:
        """Return one document that waits."""
        assert _DOCUMENT.fullmatch(name), "names come from list_documents"
        return files.read_file(self.folder / "outgoing" / "documents" / name, DOCUMENT_SIZE)

    def put_document(self, name: str, data: bytes, *, again: bool = False) -> bool:
        """Give a document to the courier, unless the same was sent before; say whether it now waits."""
        assert _DOCUMENT.fullmatch(name), "document names are made by the ceremonies"
        if not again and _peek(self.folder / "sent" / "documents" / name) == data:
            return False
        path = self.folder / "outgoing" / "documents" / name
        if _peek(path) != data:
            files.write_atomic(path, data)
        return True

    def drop_document(self, name: str) -> None:
        """Take back a document that need not be sent any more."""
        assert _DOCUMENT.fullmatch(name), "names come from list_documents"
        files.remove(self.folder / "outgoing" / "documents" / name)

    def mark_document_sent(self, name: str) -> None:
        """Move a document to what was sent."""
        files.move(self.folder / "outgoing" / "documents" / name, self.folder / "sent" / "documents" / name)

    def resend_documents(self) -> bool:
        """Let everything that was published be published again, newer versions excepted; say whether there is any."""
        sent, waiting = self.folder / "sent" / "documents", set(self.list_documents())
        names = [path.name for path in sent.iterdir() if _DOCUMENT.fullmatch(path.name)]
        for name in names:
            if name not in waiting:
                files.move(sent / name, self.folder / "outgoing" / "documents" / name)
        return bool(names)

    # -- what the courier leaves behind

    def read_keyset(self) -> bytes | None:
        """Return the keyset as the portal gave it; nothing in it is verified."""
        return files.read_file(self.folder / "keyset.json", KEYSET_SIZE)

    def put_keyset(self, data: bytes) -> None:
        """Keep the keyset."""
        files.write_atomic(self.folder / "keyset.json", data)

    def read_synced(self) -> str | None:
        """Return the day of the last complete synchronisation, as the courier's clock had it."""
        try:
            data = files.read_file(self.folder / "synced.json", DOCUMENT_SIZE)
            return None if data is None else check_day(check_keys(parse_json(data), frozenset({"day"}))["day"])
        except (UnfitFileError, MalformedError):
            return None

    def put_synced(self, day: str) -> None:
        """Note the day of a complete synchronisation."""
        files.write_atomic(self.folder / "synced.json", serialize_json({"day": day}))

    # -- what does not belong here

    def count_junk(self) -> int:
        """Return how many entries are not ours or damaged; none of them is ever opened."""
        incoming = _count_other(self.folder / "incoming", BLOCK_SIZE)
        outgoing = _count_other(self.folder / "outgoing" / "blocks", RECORD_SIZE)
        documents = sum(
            not _DOCUMENT.fullmatch(entry.name) and not entry.name.startswith(files.TEMPORARY_PREFIX)
            for entry in _scan(self.folder / "outgoing" / "documents")
        )
        return incoming + outgoing + documents


def _peek(path: Path) -> bytes | None:
    try:
        return files.read_file(path, DOCUMENT_SIZE)
    except UnfitFileError:
        return None


def _scan(folder: Path) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        yield from entries


def _is_whole(entry: os.DirEntry[str], size: int) -> bool:
    if _ADDRESS.fullmatch(entry.name) is None or not entry.is_file(follow_symlinks=False):
        return False
    return entry.stat(follow_symlinks=False).st_size == size


def _list_addresses(folder: Path, size: int) -> set[bytes]:
    return {bytes.fromhex(entry.name) for entry in _scan(folder) if _is_whole(entry, size)}


def _count_other(folder: Path, size: int) -> int:
    # A half-written file of the other side is not junk: it will be gone or whole in a moment.
    return sum(
        not _is_whole(entry, size) and not entry.name.startswith(files.TEMPORARY_PREFIX) for entry in _scan(folder)
    )


def _is_regular(path: Path, size: int) -> bool:
    try:
        status = path.lstat()
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and status.st_size == size
