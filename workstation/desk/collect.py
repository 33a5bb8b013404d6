"""Chunks of the spool → whole attachments of this workstation. spec: Steps, Receive 3.

Nothing is remembered between two looks but what lies on the disk: whatever was interrupted is done at the next look.
A courier cannot tell a chunk from filler. So what comes and is none is removed and stays wanted; and so that a portal
that has lost an attachment is not asked for all of it every day, from then on only its first missing chunk is wanted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from crypto.attachment import Attachment, ChunkKeys, chunk_address, count_chunks, decrypt_chunk, derive_keys, piece_size
from crypto.conversation import Message
from crypto.errors import ForgedError, ProtocolError
from workstation.attachments import Attachments
from workstation.errors import UnfitFileError
from workstation.spool import WANTED_COUNT, Spool


@dataclass(frozen=True, slots=True)
class _Case:
    """One attachment that may have chunks in the spool: the name of its file, its keys and addresses."""

    name: str
    attachment: Attachment
    keys: ChunkKeys
    addresses: tuple[bytes, ...]


@dataclass(slots=True)
class Collector:
    """Takes attachments out of spools. What it has derived it remembers, to be quick."""

    attachments: Attachments
    _cases: dict[str, _Case] = field(default_factory=dict)

    def collect(self, spool: Spool, messages: Iterable[Message]) -> None:
        """Take what is complete, remove what is nothing, ask for the rest. Raises UnfitFileError, OSError."""
        present = spool.list_chunks()
        wanted: list[bytes] = []
        for case in self._list_cases(messages):
            if not self.attachments.has(case.name, case.attachment) and not self._take(case, spool, present):
                wanted += self._list_lacking(case, present)
            elif present:
                # Taken just now, or before a power cut that came between keeping and removing.
                _drop(spool, present, case.addresses)
        spool.put_wanted(wanted[:WANTED_COUNT])

    def destroy(self, spool: Spool, messages: Iterable[Message]) -> None:
        """Remove the attachments of these messages, here and in the spool. Raises OSError."""
        for case in self._list_cases(messages):
            spool.drop_chunks(case.addresses)
            spool.drop_outgoing_chunks(case.addresses)
            self.attachments.destroy(case.name)
            self._cases.pop(case.name)

    def _list_cases(self, messages: Iterable[Message]) -> Iterator[_Case]:
        for message in messages:
            # What a copy encloses is the original's, and kept with that.
            enclosed = () if message.payload.kind == "copy" else message.payload.body.attachments
            for attachment in enclosed:
                name = self.attachments.name(message.payload.conversation, attachment)
                if name not in self._cases:
                    self._cases[name] = _derive(name, attachment)
                yield self._cases[name]

    def _take(self, case: _Case, spool: Spool, present: set[bytes]) -> bool:
        if not present.issuperset(case.addresses):
            self._examine(case, spool, present)
            return False
        try:
            self.attachments.keep(case.name, case.attachment, self._read_blocks(case, spool, present))
        except ForgedError:
            # Where each chunk was sound and all together are not, nobody can say which of them is wrong.
            if present.issuperset(case.addresses):
                _drop(spool, present, case.addresses)
            self.attachments.note_missed(case.name, next(a for a in case.addresses if a not in present))
            return False
        return True

    def _examine(self, case: _Case, spool: Spool, present: set[bytes]) -> None:
        """See whether the chunk that was missed is there after all; what else came is looked at when all is there."""
        missed = self.attachments.read_missed(case.name)
        if missed is None or missed not in present or missed not in case.addresses:
            return
        if self._read(case, case.addresses.index(missed), spool) is None:
            _drop(spool, present, [missed])
        else:
            self.attachments.forget_missed(case.name)

    def _read_blocks(self, case: _Case, spool: Spool, present: set[bytes]) -> Iterator[bytes]:
        sound = True
        for index, address in enumerate(case.addresses):
            block = self._read(case, index, spool)
            if block is None:
                # The others are looked at all the same, so that everything that is nothing goes at once.
                sound = False
                _drop(spool, present, [address])
            elif sound:
                yield block
        if not sound:
            raise ForgedError("chunks that are none")

    @staticmethod
    def _read(case: _Case, index: int, spool: Spool) -> bytes | None:
        """Return a block if it is the chunk that it should be."""
        size, count = case.attachment.size, len(case.addresses)
        try:
            block = spool.read_chunk(case.addresses[index])
            decrypt_chunk(case.keys, index, block or b"", piece_size(size, index), last=index == count - 1)
        except (ProtocolError, UnfitFileError):
            return None
        return block

    def _list_lacking(self, case: _Case, present: set[bytes]) -> list[bytes]:
        lacking = [address for address in case.addresses if address not in present]
        missed = self.attachments.read_missed(case.name)
        return [missed] if missed in lacking else lacking


def _derive(name: str, attachment: Attachment) -> _Case:
    keys = derive_keys(attachment.key)
    addresses = tuple(chunk_address(keys, index) for index in range(count_chunks(attachment.size)))
    return _Case(name, attachment, keys, addresses)


def _drop(spool: Spool, present: set[bytes], addresses: Iterable[bytes]) -> None:
    gone = present.intersection(addresses)
    spool.drop_chunks(gone)
    present -= gone
