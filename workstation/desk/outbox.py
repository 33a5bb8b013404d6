"""Replies that are written and not yet delivered: sealed records that the workstation keeps until the courier has them.

The spool may be lost or left elsewhere. So a reply is in this folder first, and is put into whichever spool is at hand
until that spool says that it was sent. Its chunks are not kept a second time: beside the record lies, for each of its
attachments, a list of their addresses, from which records are made again as often as a spool lacks them.

    <reply's address>                       one record of 65,601 bytes
    <reply's address>-<attachment's name>   for each chunk: address 32 ‖ delete hash 32
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from crypto.labels import KEY_SIZE, KIND_CHUNK
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

    def add(self, record: bytes, parts: Mapping[str, Iterable[bytes]] | None = None) -> None:
        """Keep a record until it is delivered, after the lists of its parts (entries by name). Raises OSError."""
        files.make_folder(self.folder)
        address = record[:KEY_SIZE].hex()
        for name, entries in (parts or {}).items():
            files.write_atomic(self.folder / f"{address}-{name}", b"".join(entries))
        files.write_atomic(self.folder / address, record)

    def addresses(self) -> set[bytes]:
        """Return the addresses of what is not delivered yet."""
        return {bytes.fromhex(name) for name in self._list_names() if _NAME.fullmatch(name)}

    def read(self, address: bytes) -> bytes | None:
        """Return one record. Raises UnfitFileError."""
        return files.read_exactly(self.folder / address.hex(), RECORD_SIZE)

    def settle(self, spool: Spool, arrived: set[bytes]) -> None:
        """Forget what was sent or has come back from the portal; put the rest into this spool, if it is not there.

        Raises UnfitFileError, OSError.
        """
        lists = self._list_parts()
        waiting = self.addresses()
        obstacle = None
        for address in waiting:
            try:
                parts = [self._read_part(address, name) for name in lists.pop(address, ())]
                if spool.was_sent(address) or address in arrived:
                    self._forget(address, parts, spool)
                else:
                    self._pass_on(address, parts, spool)
            except UnfitFileError as error:
                # The other replies must not wait for this one.
                obstacle = error
        for address, names in lists.items():
            # A power cut came before the record: that reply was never written.
            for name in names:
                files.remove(self.folder / f"{address.hex()}-{name}")
        if obstacle is not None:
            raise obstacle

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

    def _pass_on(self, address: bytes, parts: list[_Part], spool: Spool) -> None:
        # In this order: a courier that comes in between never carries a reply without its chunks.
        if parts:
            there = spool.list_outgoing_chunks() | spool.list_sent_chunks()
            for part in parts:
                spool.put_outgoing_chunks(self._make_records(part, there))
            spool.put_parts(address, (chunk for part in parts for chunk in part.addresses()))
        if address not in spool.list_outgoing():
            record = self.read(address)
            if record is not None:
                spool.put_outgoing(record)

    def _make_records(self, part: _Part, there: set[bytes]) -> Iterator[bytes]:
        for index, entry in enumerate(part.entries):
            if entry[:KEY_SIZE] not in there:
                block = self.attachments.read_block(part.name, index, len(part.entries))
                # spec: address 32 ‖ delete hash 32 ‖ kind 1 ‖ body 65,536
                yield entry + bytes([KIND_CHUNK]) + block
