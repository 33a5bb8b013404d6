"""Replies that are written and not yet delivered: sealed records that the workstation keeps until the courier has them.

The spool may be lost or left elsewhere. So a reply is in this folder first, and is put into whichever spool is at hand
until that spool says that it was sent. Its chunks are not kept a second time: beside the record lies, for each of its
attachments, a list of their addresses, from which records are made again as often as a spool lacks them.

    <reply's address>                       its record of 65,601 bytes, and those that continue its text
    <reply's address>-<attachment's name>   for each chunk: address 32 ‖ delete hash 32

One file for all records of an answer: after a power cut there are all of them, or none.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from crypto.labels import KEY_SIZE, KIND_CHUNK
from crypto.letter import PIECE_COUNT
from workstation import files
from workstation.attachments import Attachments
from workstation.errors import UnfitFileError
from workstation.spool import RECORD_SIZE, WANTED_COUNT, Spool

_NAME: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_LIST: Final = re.compile(r"([0-9a-f]{64})-([0-9a-f]{64})", re.ASCII)
_ENTRY_SIZE: Final = 2 * KEY_SIZE


@dataclass(frozen=True, slots=True)
class _Part:
    """One attachment of a reply: the name of its file, and an entry of 64 bytes for each chunk."""

    name: str
    entries: tuple[bytes, ...]

    def addresses(self) -> Iterator[bytes]:
        return (entry[:KEY_SIZE] for entry in self.entries)


@dataclass(frozen=True, slots=True)
class Outbox:
    """The folder of undelivered records, by address."""

    folder: Path
    attachments: Attachments

    def add(self, records: Sequence[bytes], parts: Mapping[str, Iterable[bytes]] | None = None) -> None:
        """Keep an answer's records until they are delivered, after the lists of its parts (entries by name).

        Raises OSError.
        """
        files.make_folder(self.folder)
        address = records[0][:KEY_SIZE].hex()
        for name, entries in (parts or {}).items():
            files.write_atomic(self.folder / f"{address}-{name}", b"".join(entries))
        files.write_atomic(self.folder / address, b"".join(records))

    def addresses(self) -> set[bytes]:
        """Return the addresses of what is not delivered yet."""
        found = set()
        for first in self._list_firsts():
            found.add(first)
            with suppress(UnfitFileError):
                found |= {record[:KEY_SIZE] for record in self._read_records(first)}
        return found

    def settle(self, spool: Spool, arrived: set[bytes]) -> None:
        """Forget what was sent or has come back from the portal; put the rest into this spool, if it is not there.

        Raises UnfitFileError, OSError.
        """
        lists = self._list_parts()
        there = spool.list_outgoing()
        obstacle = None
        for address in self._list_firsts():
            try:
                parts = [self._read_part(address, name) for name in lists.pop(address, ())]
                records = self._read_records(address)
                waiting = [r for r in records if not (spool.was_sent(r) or r[:KEY_SIZE] in arrived)]
                if waiting:
                    self._pass_on(address, parts, waiting, spool, there)
                else:
                    self._forget(address, parts, spool)
            except UnfitFileError as error:
                # The other replies must not wait for this one.
                obstacle = error
        for address, names in lists.items():
            # A power cut came before the record: that reply was never written.
            for name in names:
                files.remove(self.folder / f"{address.hex()}-{name}")
        if obstacle is not None:
            raise obstacle

    def list_files(self, addresses: Collection[bytes]) -> list[str]:
        """Return the names of the attachments of those of these replies that are here."""
        return [name for address, names in self._list_parts().items() if address in addresses for name in names]

    def destroy(self, addresses: set[bytes], spool: Spool) -> None:
        """Remove these replies, and what the spool has of them, sent or not. Raises OSError."""
        lists = self._list_parts()
        spool.drop_replies(addresses)
        for address in addresses & (lists.keys() | set(self._list_firsts())):
            parts = []
            for name in lists.get(address, ()):
                # One that is damaged names no chunks; the message may, and is asked too.
                with suppress(UnfitFileError):
                    parts.append(self._read_part(address, name))
                files.remove(self.folder / f"{address.hex()}-{name}")
            self._forget(address, parts, spool)

    def _list_firsts(self) -> list[bytes]:
        return [bytes.fromhex(name) for name in self._list_names() if _NAME.fullmatch(name)]

    def _read_records(self, first: bytes) -> list[bytes]:
        path = self.folder / first.hex()
        data = files.read_file(path, PIECE_COUNT * RECORD_SIZE)
        if not data or len(data) % RECORD_SIZE:
            raise files.unfit(path)
        return [data[i : i + RECORD_SIZE] for i in range(0, len(data), RECORD_SIZE)]

    def _list_names(self) -> list[str]:
        return [path.name for path in self.folder.iterdir()] if self.folder.is_dir() else []

    def _list_parts(self) -> dict[bytes, list[str]]:
        lists: dict[bytes, list[str]] = {}
        for name in self._list_names():
            found = _LIST.fullmatch(name)
            if found is not None:
                lists.setdefault(bytes.fromhex(found[1]), []).append(found[2])
        return lists

    def _read_part(self, address: bytes, name: str) -> _Part:
        path = self.folder / f"{address.hex()}-{name}"
        data = files.read_file(path, WANTED_COUNT * _ENTRY_SIZE)
        if not data or len(data) % _ENTRY_SIZE:
            raise files.unfit(path)
        return _Part(name, tuple(data[i : i + _ENTRY_SIZE] for i in range(0, len(data), _ENTRY_SIZE)))

    def _forget(self, address: bytes, parts: list[_Part], spool: Spool) -> None:
        # The record last: as long as it is there, all of this is done again.
        spool.drop_parts(address, (chunk for part in parts for chunk in part.addresses()))
        for part in parts:
            files.remove(self.folder / f"{address.hex()}-{part.name}")
        files.remove(self.folder / address.hex())

    def _pass_on(
        self, address: bytes, parts: list[_Part], records: list[bytes], spool: Spool, there: set[bytes]
    ) -> None:
        # In this order: a courier that comes in between never carries a reply without its chunks.
        if parts:
            chunks = spool.list_outgoing_chunks() | spool.list_sent_chunks()
            for part in parts:
                spool.put_outgoing_chunks(self._make_records(part, chunks))
            spool.put_parts(address, (chunk for part in parts for chunk in part.addresses()))
        else:
            # A list that somebody else has laid there would hold the reply back for ever.
            spool.drop_parts(address, ())
        for record in records:
            if record[:KEY_SIZE] not in there or spool.read_outgoing(record[:KEY_SIZE]) != record:
                spool.put_outgoing(record)

    def _make_records(self, part: _Part, there: set[bytes]) -> Iterator[bytes]:
        for index, entry in enumerate(part.entries):
            if entry[:KEY_SIZE] not in there:
                block = self.attachments.read_block(part.name, index, len(part.entries))
                # spec: address 32 ‖ delete hash 32 ‖ kind 1 ‖ body 65,536
                yield entry + bytes([KIND_CHUNK]) + block
