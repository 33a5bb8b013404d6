"""Attachments that this workstation keeps: of each file its chunks, one after the other, encrypted as they came.

Files are named by HMAC(local key, conversation ‖ key ‖ digest ‖ size), so the folder shows how many attachments there
are and how large, and nothing else. Their keys stand in archived messages: what is read here is only as good as those.
A file is there whole and checked, or it is not there. spec: Workstation, Attachment.
"""

from __future__ import annotations

import hmac
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from crypto.attachment import Attachment, combine_digests, count_chunks, decrypt_chunk, derive_keys, piece_size
from crypto.encoding import digest
from crypto.errors import ForgedError, ProtocolError
from crypto.labels import BLOCK_SIZE, KEY_SIZE
from workstation import files
from workstation.errors import WorkstationError
from workstation.texts import translate as _

# A file with this ending remembers that the courier came back without a chunk, and holds the address of that chunk.
_MISSED: Final = ".missed"


class Readable(Protocol):
    """What gives bytes in their order."""

    def read(self, size: int, /) -> bytes:
        """Return so many bytes; fewer at the end."""


@dataclass(frozen=True, slots=True)
class Attachments:
    """The attachments folder. `local_key` names the files."""

    folder: Path
    local_key: bytes

    @classmethod
    def open(cls, folder: Path, local_key: bytes) -> Attachments:
        """Open the folder, or make it, and remove what was left half-written. Raises UnfitFileError, OSError."""
        files.make_folder(folder)
        files.sweep(folder)
        return cls(folder, local_key)

    def name(self, conversation: bytes, attachment: Attachment) -> str:
        """Return the name of an attachment's file: 64 hexadecimal digits."""
        fixed = conversation + attachment.key + attachment.digest + attachment.size.to_bytes(8, "big")
        return hmac.digest(self.local_key, fixed, "sha256").hex()

    def has(self, name: str, attachment: Attachment) -> bool:
        """Say whether a file of the right size is here."""
        return files.is_regular(self.folder / name, count_chunks(attachment.size) * BLOCK_SIZE)

    def keep(self, name: str, attachment: Attachment, blocks: Iterable[bytes]) -> None:
        """Write all blocks of an attachment, in their order and each of them checked before.

        Raises ForgedError if together they are not what the author signed; then nothing is kept. Raises OSError.
        """
        digests = []
        with files.replace_whole(self.folder / name) as file:
            for block in blocks:
                digests.append(digest(block))
                file.write(block)
            if combine_digests(digests) != attachment.digest:
                raise ForgedError("not the attachment that the message names")
        self.forget_missed(name)

    def adopt(self, name: str, staged: Path) -> None:
        """Keep what this workstation has encrypted itself, already durable. Raises OSError."""
        files.move(staged, self.folder / name)

    def read_block(self, name: str, index: int, count: int) -> bytes:
        """Return one of the `count` blocks of a file. Raises UnfitFileError if it is not there."""
        path = self.folder / name
        file = files.open_regular(path, count * BLOCK_SIZE)
        if file is None:
            raise files.unfit(path)
        with file:
            file.seek(index * BLOCK_SIZE)
            block = file.read(BLOCK_SIZE)
        if len(block) != BLOCK_SIZE:
            raise files.unfit(path)
        return block

    def check(self, name: str, attachment: Attachment) -> None:
        """Read a file through, in a few blocks of memory.

        Raises WorkstationError if the disk gives back something else; it is removed then, so that it is fetched again.
        """
        try:
            for _piece in self.read_pieces(name, attachment):
                pass
        except (ProtocolError, WorkstationError):
            files.remove(self.folder / name)
            raise WorkstationError(
                _("De bijlage op deze computer is beschadigd. Bij de volgende synchronisatie wordt ze weer opgehaald.")
            ) from None

    def read_pieces(self, name: str, attachment: Attachment) -> Generator[bytes]:
        """Yield the bytes of the file, a chunk at a time; the last of them only after everything was checked.

        Raises ProtocolError, UnfitFileError in the middle: what was given until then is not the file.
        """
        path = self.folder / name
        file = files.open_regular(path, count_chunks(attachment.size) * BLOCK_SIZE)
        if file is None:
            raise files.unfit(path)
        with file:
            held = b""
            for piece in decrypt_file(file, attachment):
                if piece and held:
                    yield held
                held = piece or held
        if held:
            yield held

    def destroy(self, name: str) -> None:
        """Remove a file and what was noted of it, durably. Raises OSError."""
        self.forget_missed(name)
        files.remove(self.folder / name)

    def read_missed(self, name: str) -> bytes | None:
        """Return the address of the first chunk that the courier was sent for and could not bring; None if all came."""
        try:
            return files.read_exactly(self.folder / f"{name}{_MISSED}", KEY_SIZE)
        except WorkstationError:
            return None

    def note_missed(self, name: str, address: bytes) -> None:
        """Remember that a chunk could not be brought. Raises OSError."""
        if self.read_missed(name) != address:
            files.write_atomic(self.folder / f"{name}{_MISSED}", address)

    def forget_missed(self, name: str) -> None:
        """Forget it: the chunk is there after all. Raises OSError."""
        (self.folder / f"{name}{_MISSED}").unlink(missing_ok=True)


def decrypt_file(file: Readable, attachment: Attachment) -> Iterator[bytes]:
    """Yield the pieces of an attachment whose chunks a file gives one after the other; the last one may be fill.

    Raises ProtocolError: in the middle, or at the end if together they are not what the author signed.
    """
    keys = derive_keys(attachment.key)
    count = count_chunks(attachment.size)
    digests = []
    for index in range(count):
        block = file.read(BLOCK_SIZE)
        digests.append(digest(block))
        yield decrypt_chunk(keys, index, block, piece_size(attachment.size, index), last=index == count - 1)
    if combine_digests(digests) != attachment.digest:
        raise ForgedError("not the attachment that the message names")
