"""The folder of ciphertext that courier and desk share; it may be a USB stick, and it may have been in other hands.

Nothing in it is believed: a name outside the pattern, a link, a file of another size is skipped and reported, never
opened. What is written appears whole or not at all.

    incoming/<address>            one block of 65,536 bytes, courier → desk
    wanted, chunks/<address>      which chunks the desk lacks; one block each, courier → desk
    outgoing/blocks/<address>     one record of 65,601 bytes, desk → courier
    outgoing/cover/<address>      the same; sealed to nobody, for the courier to post at random times
    outgoing/chunks/<address>     the same for a chunk; it is removed once the portal has it
    outgoing/parts/<address>      the addresses of the chunks that must be there before this reply
    outgoing/documents/<name>     signed documents of the keyset, desk → courier
    sent/blocks, sent/documents   what the portal has acknowledged; of a chunk only its name, in sent/chunks
    keyset.json, synced.json      the keyset as the portal gave it, and the day of the last synchronisation
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from heapq import nsmallest
from pathlib import Path
from typing import Final

from crypto.encoding import check_day, check_keys, parse_json, serialize_json
from crypto.errors import MalformedError
from crypto.labels import BLOCK_SIZE, KEY_SIZE, PREFIX_SIZE
from workstation import files, wellformed
from workstation.errors import UnfitFileError
from workstation.texts import translate as _

RECORD_SIZE: Final = 2 * KEY_SIZE + 1 + BLOCK_SIZE
DOCUMENT_SIZE: Final = 65_536
# 64 listed workstations and 33 cards of 2 kB stay far below this.
KEYSET_SIZE: Final = 2**20
# As many entries as a browser takes in.
INDEX_SIZE: Final = 2**20
# Chunks that are asked for at a time: 1 GiB. The rest comes later.
WANTED_COUNT: Final = 16_384
# Documents that are looked at in one go; 64 workstations publish fewer in a week.
DOCUMENT_COUNT: Final = 1_024
# So many bytes stay free for messages, whatever is attached to them.
ROOM_SIZE: Final = 2**26

_ADDRESS: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
# The digit sorts what the portal must know first to the front.
_DOCUMENT: Final = re.compile(
    r"(1-roster-[0-9]{6}|(2-card|3-freshness)-[0-9a-f]{16}-2[0-9]{3}-W[0-9]{2})\.json", re.ASCII
)
_FOLDERS: Final = (
    "incoming",
    "chunks",
    "outgoing/blocks",
    "outgoing/chunks",
    "outgoing/cover",
    "outgoing/parts",
    "outgoing/documents",
    "sent/blocks",
    "sent/chunks",
    "sent/documents",
)


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

    @classmethod
    def look(cls, folder: Path) -> Spool:
        """Return a spool to look at; nothing is made. Raises UnfitFileError if it is none, or not yet."""
        for path in (folder, *(folder / name for name in _FOLDERS)):
            if path.is_symlink() or not path.is_dir():
                raise UnfitFileError(
                    _(
                        "De gedeelde map {name} is er niet, of is niet af. Zit de stick erin? Voer dan `sync` uit."
                    ).format(name=files.printable(folder.name))
                )
        return cls(folder)

    def refuse_other(self, organisation: str) -> None:
        """Raise UnfitFileError if this spool is another organisation's, as far as what lies in it says so.

        Two sticks are easily mixed up: replies would be delivered where nobody looks for them, and count as sent.
        """
        known = wellformed.read_organisation(_peek(self.folder / "keyset.json", KEYSET_SIZE) or b"")
        if known is not None and known != organisation:
            raise UnfitFileError(
                _("De gedeelde map {name} hoort bij een andere organisatie. Er is niets mee gedaan.").format(
                    name=files.printable(self.folder.name)
                )
            )

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

    def drop_incoming(self, addresses: Iterable[bytes]) -> None:
        """Remove blocks of what was withdrawn, durably: when their card's secret is gone, nobody knows them again."""
        for address in addresses:
            _discard(self.folder / "incoming" / address.hex())
        files.sync_folder(self.folder / "incoming")

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

    def list_cover(self) -> set[bytes]:
        """Return the addresses of cover that the courier may post when it likes."""
        return _list_addresses(self.folder / "outgoing" / "cover", RECORD_SIZE)

    def put_cover(self, record: bytes) -> None:
        """Give the courier a record that says nothing; losing it does no harm."""
        assert len(record) == RECORD_SIZE, "a record has one size"
        files.write_whole(self.folder / "outgoing" / "cover" / record[:KEY_SIZE].hex(), record)

    def use_cover(self, address: bytes) -> None:
        """Let a record of cover go out with everything else, but never in the place of what waits or went."""
        name = address.hex()
        if any(os.path.lexists(self.folder / where / "blocks" / name) for where in ("outgoing", "sent")):
            _discard(self.folder / "outgoing" / "cover" / name)
            return
        with suppress(FileNotFoundError):
            files.move(self.folder / "outgoing" / "cover" / name, self.folder / "outgoing" / "blocks" / name)

    def mark_sent(self, address: bytes) -> None:
        """Move a record to what was sent, unless the desk has taken it back meanwhile. Raises UnfitFileError."""
        name = address.hex()
        with suppress(FileNotFoundError):
            files.move(self.folder / "outgoing" / "blocks" / name, self.folder / "sent" / "blocks" / name)

    def was_sent(self, record: bytes) -> bool:
        """Say whether the courier has delivered this record; another one under its address is not it."""
        return _peek(self.folder / "sent" / "blocks" / record[:KEY_SIZE].hex(), RECORD_SIZE) == record

    def drop_outgoing(self, address: bytes) -> None:
        """Remove a record that is none; the desk has the true one, and puts it here again."""
        _discard(self.folder / "outgoing" / "blocks" / address.hex())

    def drop_replies(self, addresses: Iterable[bytes]) -> None:
        """Remove replies, sent or not, with their lists of chunks."""
        for address in addresses:
            for folder in ("outgoing/blocks", "outgoing/parts", "sent/blocks"):
                _discard(self.folder / folder / address.hex())

    # -- chunks that go out, and the replies that wait for them

    def list_outgoing_chunks(self) -> set[bytes]:
        """Return the addresses of chunks that wait for the courier."""
        return _list_addresses(self.folder / "outgoing" / "chunks", RECORD_SIZE)

    def read_outgoing_chunk(self, address: bytes) -> bytes | None:
        """Return the record of one chunk."""
        return files.read_exactly(self.folder / "outgoing" / "chunks" / address.hex(), RECORD_SIZE)

    def put_outgoing_chunks(self, records: Iterable[bytes]) -> None:
        """Give the records of chunks to the courier."""
        folder = self.folder / "outgoing" / "chunks"
        for record in records:
            assert len(record) == RECORD_SIZE, "a record has one size"
            files.write_whole(folder / record[:KEY_SIZE].hex(), record)
        files.sync_folder(folder)

    def list_sent_chunks(self) -> set[bytes]:
        """Return the addresses of chunks that the portal has acknowledged, until their reply is sent too."""
        return _list_addresses(self.folder / "sent" / "chunks", 0)

    def mark_chunks_sent(self, addresses: Collection[bytes]) -> None:
        """Note that the portal has chunks, then drop their records: they are large, and can be made again."""
        for address in addresses:
            path = self.folder / "sent" / "chunks" / address.hex()
            _discard(path)
            # An obstacle is counted as junk, and the chunk is sent once more.
            with suppress(FileExistsError):
                files.open_new(path).close()
        files.sync_folder(self.folder / "sent" / "chunks")
        for address in addresses:
            _discard(self.folder / "outgoing" / "chunks" / address.hex())

    def read_parts(self, reply: bytes) -> list[bytes]:
        """Return the addresses of the chunks that must be at the portal before this reply."""
        return _read_addresses(self.folder / "outgoing" / "parts" / reply.hex())

    def put_parts(self, reply: bytes, addresses: Iterable[bytes]) -> None:
        """Say which chunks a reply names; to be done after they were put, and before the reply is."""
        _write_addresses(self.folder / "outgoing" / "parts" / reply.hex(), addresses)

    def drop_parts(self, reply: bytes, addresses: Iterable[bytes]) -> None:
        """Forget the chunks of a reply that was sent."""
        self.drop_outgoing_chunks(addresses)
        _discard(self.folder / "outgoing" / "parts" / reply.hex())

    def drop_outgoing_chunks(self, addresses: Iterable[bytes]) -> None:
        """Remove chunks that were to go out, and the marks of those that went."""
        for address in addresses:
            for folder in ("sent", "outgoing"):
                _discard(self.folder / folder / "chunks" / address.hex())

    # -- chunks that the desk lacks

    def read_wanted(self) -> list[bytes]:
        """Return the addresses of the chunks that the desk lacks."""
        return _read_addresses(self.folder / "wanted")

    def put_wanted(self, addresses: Collection[bytes]) -> None:
        """Ask the courier for chunks, for these and no others."""
        path = self.folder / "wanted"
        if not addresses:
            _discard(path)
            return
        # What is unfit gives way to what we write.
        with suppress(UnfitFileError):
            if set(self.read_wanted()) == set(addresses):
                return
        _write_addresses(path, addresses)

    def list_chunks(self) -> set[bytes]:
        """Return the addresses of the chunks that came in; a chunk cannot be told from filler here."""
        return _list_addresses(self.folder / "chunks", BLOCK_SIZE)

    def read_chunk(self, address: bytes) -> bytes | None:
        """Return one block."""
        return files.read_exactly(self.folder / "chunks" / address.hex(), BLOCK_SIZE)

    def put_chunk(self, address: bytes, block: bytes) -> None:
        """Keep a block that was wanted. After a power cut its name may be lost; then it is fetched again."""
        assert len(block) == BLOCK_SIZE, "a block has one size"
        files.write_whole(self.folder / "chunks" / address.hex(), block)

    def drop_chunks(self, addresses: Iterable[bytes]) -> None:
        """Remove chunks that were taken, or that are none."""
        for address in addresses:
            _discard(self.folder / "chunks" / address.hex())

    def has_room(self) -> bool:
        """Say whether there is room for more than messages."""
        status = os.statvfs(self.folder)
        return status.f_bavail * status.f_frsize > ROOM_SIZE

    def is_writable(self) -> bool:
        """Say whether one may write here; nothing is written."""
        return not os.statvfs(self.folder).f_flag & os.ST_RDONLY and os.access(self.folder, os.W_OK | os.X_OK)

    # -- documents of the keyset

    def list_documents(self) -> list[str]:
        """Return the names of documents that wait for the courier, in the order in which the portal takes them."""
        return _list_documents(self.folder / "outgoing" / "documents")

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
            try:
                files.write_atomic(path, data)
            except UnfitFileError:
                # A folder in its place is counted as junk; reading and answering do not wait for one document.
                return False
        return True

    def drop_document(self, name: str) -> None:
        """Take back a document that need not be sent any more."""
        assert _DOCUMENT.fullmatch(name), "names come from list_documents"
        _discard(self.folder / "outgoing" / "documents" / name)

    def mark_document_sent(self, name: str) -> None:
        """Move a document to what was sent, unless the desk has taken it back meanwhile. Raises UnfitFileError."""
        with suppress(FileNotFoundError):
            files.move(self.folder / "outgoing" / "documents" / name, self.folder / "sent" / "documents" / name)

    def resend_documents(self) -> bool:
        """Let everything that was published be published again, newer versions excepted; say whether there is any."""
        sent, waiting = self.folder / "sent" / "documents", set(self.list_documents())
        names = _list_documents(sent)
        for name in names:
            if name not in waiting:
                # A folder in its place is counted as junk.
                with suppress(UnfitFileError):
                    files.move(sent / name, self.folder / "outgoing" / "documents" / name)
        return bool(names)

    # -- what the courier leaves behind

    def read_keyset(self) -> bytes | None:
        """Return the keyset as the portal gave it; nothing in it is verified."""
        return files.read_file(self.folder / "keyset.json", KEYSET_SIZE)

    def put_keyset(self, data: bytes) -> None:
        """Keep the keyset. Raises UnfitFileError if a folder is in the way."""
        _write_over(self.folder / "keyset.json", data)

    def read_index(self) -> frozenset[bytes] | None:
        """Return the prefixes that the portal's index had at the last synchronisation; None if that is not known."""
        data = _peek(self.folder / "index", INDEX_SIZE)
        if data is None or len(data) % PREFIX_SIZE:
            return None
        return frozenset(data[i : i + PREFIX_SIZE] for i in range(0, len(data), PREFIX_SIZE))

    def put_index(self, data: bytes) -> None:
        """Keep the index. Raises UnfitFileError if a folder is in the way."""
        _write_over(self.folder / "index", data)

    def read_synced(self) -> str | None:
        """Return the day of the last complete synchronisation, as the courier's clock had it."""
        try:
            data = files.read_file(self.folder / "synced.json", DOCUMENT_SIZE)
            return None if data is None else check_day(check_keys(parse_json(data), frozenset({"day"}))["day"])
        except (UnfitFileError, MalformedError):
            return None

    def put_synced(self, day: str) -> None:
        """Note the day of a complete synchronisation. Raises UnfitFileError if a folder is in the way."""
        _write_over(self.folder / "synced.json", serialize_json({"day": day}))

    # -- what does not belong here

    def count_junk(self) -> int:
        """Return how many entries are not ours or damaged; none of them is ever opened."""
        blocks = sum(_count_other(self.folder / name, BLOCK_SIZE) for name in ("incoming", "chunks"))
        records = sum(
            _count_other(self.folder / "outgoing" / name, RECORD_SIZE) for name in ("blocks", "chunks", "cover")
        )
        marks = _count_other(self.folder / "sent" / "chunks", 0)
        parts = _count_other(self.folder / "outgoing" / "parts", None)
        documents = sum(
            not _is_document(entry) and not entry.name.startswith(files.TEMPORARY_PREFIX)
            for entry in _scan(self.folder / "outgoing" / "documents")
        )
        return blocks + records + marks + parts + documents

    def sweep(self, before: int) -> None:
        """Remove what was half written before this time (seconds since 1970); whoever wrote it was interrupted."""
        for folder in (self.folder, *(self.folder / name for name in _FOLDERS)):
            for entry in _scan(folder):
                if entry.name.startswith(files.TEMPORARY_PREFIX) and _is_older(entry, before):
                    _discard(Path(entry.path))


def _peek(path: Path, most: int = DOCUMENT_SIZE) -> bytes | None:
    try:
        return files.read_file(path, most)
    except UnfitFileError:
        return None


def _write_over(path: Path, data: bytes) -> None:
    try:
        files.write_atomic(path, data)
    except UnfitFileError:
        raise UnfitFileError(
            _("In de gedeelde map staat een map met de naam {name} in de weg. Haal die weg.").format(name=path.name)
        ) from None


def _discard(path: Path) -> None:
    # Not durably: what comes back after a power cut is dropped once more. A folder is junk, and stays for a person.
    with suppress(IsADirectoryError):
        path.unlink(missing_ok=True)


def _scan(folder: Path) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        yield from entries


def _is_whole(entry: os.DirEntry[str], size: int | None) -> bool:
    if _ADDRESS.fullmatch(entry.name) is None:
        return False
    try:
        return entry.is_file(follow_symlinks=False) and size in {None, entry.stat(follow_symlinks=False).st_size}
    except FileNotFoundError:
        # The other side has moved it just now.
        return False


def _is_document(entry: os.DirEntry[str]) -> bool:
    return _DOCUMENT.fullmatch(entry.name) is not None and entry.is_file(follow_symlinks=False)


def _is_older(entry: os.DirEntry[str], before: int) -> bool:
    try:
        return entry.stat(follow_symlinks=False).st_mtime < before
    except FileNotFoundError:
        return False


def _list_documents(folder: Path) -> list[str]:
    return nsmallest(DOCUMENT_COUNT, (entry.name for entry in _scan(folder) if _is_document(entry)))


def _list_addresses(folder: Path, size: int) -> set[bytes]:
    return {bytes.fromhex(entry.name) for entry in _scan(folder) if _is_whole(entry, size)}


def _count_other(folder: Path, size: int | None) -> int:
    # A half-written file of the other side is not junk: it will be gone or whole in a moment.
    return sum(
        not _is_whole(entry, size) and not entry.name.startswith(files.TEMPORARY_PREFIX) for entry in _scan(folder)
    )


def _read_addresses(path: Path) -> list[bytes]:
    data = files.read_file(path, WANTED_COUNT * KEY_SIZE) or b""
    addresses = [data[i : i + KEY_SIZE] for i in range(0, len(data), KEY_SIZE)]
    if len(data) % KEY_SIZE or addresses != sorted(set(addresses)):
        raise files.unfit(path)
    return addresses


def _write_addresses(path: Path, addresses: Iterable[bytes]) -> None:
    listed = sorted(set(addresses))
    assert len(listed) <= WANTED_COUNT, "what is read is bounded, so what is written is"
    files.write_atomic(path, b"".join(listed))
