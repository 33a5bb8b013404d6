"""What a workstation keeps of conversations: each message and event in a sealed file of its own. spec: Key table.

Files are named by HMAC(local key, conversation ‖ place) and all have one size, so the folder shows how many there are,
and nothing else. A file was authenticated before it was kept, and its recipient never leaves the keyring:
nobody else can have written one that opens.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from crypto.age import file as age
from crypto.age.hybrid import Identity, recipient_of
from crypto.envelope import pad, unpad
from crypto.errors import ForgedError, ProtocolError
from crypto.event import Known, read_known
from crypto.labels import BLOCK_SIZE
from workstation import files
from workstation.errors import UnfitFileError, WorkstationError
from workstation.texts import translate as _

# So many lost files in a row do not hide the ones after them.
_GAP: Final = 64


@dataclass(slots=True)
class Archive:
    """The archive folder. `local_key` names the files; the archive identities are the keyring's."""

    folder: Path
    local_key: bytes
    places: dict[bytes, int] = field(default_factory=dict)

    def load(
        self, identities: Mapping[bytes, bytes], tell: Callable[[int, int], None] = lambda _done, _total: None
    ) -> tuple[list[Known], int]:
        """Open all that is kept of these conversations into memory; return it, and how many files could not be read.

        `tell` is called before each file: how many were opened, of how many.
        """
        files.make_folder(self.folder)
        files.sweep(self.folder)
        names = {path.name for path in self.folder.iterdir()}
        opened: list[Known] = []
        for conversation, seed in identities.items():
            identity = Identity(seed)
            for name in self._list_names(conversation, names):
                tell(len(opened), len(names))
                with suppress(ProtocolError, UnfitFileError):
                    opened.append(_read(*self._unseal(name, identity), conversation))
        return opened, len(names) - len(opened)

    def keep(self, known: Known, seed: bytes) -> None:
        """Seal a message or event to its conversation's archive identity, durably, and check that it opens again.

        Raises WorkstationError if it does not, OSError if the disk is full.
        """
        conversation = known.payload.conversation
        place = self.places.get(conversation, 0)
        name = self._name(conversation, place)
        plaintext = pad(known.data, known.signature)
        files.write_atomic(self.folder / name, age.encrypt(plaintext, [recipient_of(seed)], os.urandom))
        files.drop_cache(self.folder / name)
        try:
            again = self._unseal(name, Identity(seed))
        except (ProtocolError, UnfitFileError):
            again = None
        if again != (known.data, known.signature):
            raise WorkstationError(_("Een bericht kon niet worden bewaard. Is de schijf vol of beschadigd?"))
        self.places[conversation] = place + 1

    def list_files(self, conversation: bytes) -> list[str]:
        """Return the names of a conversation's files, in the order in which they were kept. Raises OSError."""
        return self._list_names(conversation, {path.name for path in self.folder.iterdir()})

    def destroy(self, conversation: bytes) -> None:
        """Remove all that is kept of a conversation, durably. Raises OSError."""
        names = self.list_files(conversation)
        # The last one first: after a power cut, no gap hides what is left.
        for name in reversed(names):
            files.remove(self.folder / name)
        self.places.pop(conversation, None)

    def _list_names(self, conversation: bytes, present: set[str]) -> list[str]:
        found = []
        place, missing = 0, 0
        while missing < _GAP:
            name = self._name(conversation, place)
            place += 1
            if name in present:
                found.append(name)
                missing = 0
            else:
                missing += 1
        self.places[conversation] = place - _GAP
        return found

    def _name(self, conversation: bytes, place: int) -> str:
        return hmac.digest(self.local_key, conversation + place.to_bytes(4, "big"), "sha256").hex()

    def _unseal(self, name: str, identity: Identity) -> tuple[bytes, bytes]:
        sealed = files.read_file(self.folder / name, BLOCK_SIZE)
        return unpad(age.decrypt(sealed or b"", [identity]))


def open_file(sealed: bytes, conversation: bytes, seed: bytes) -> Known:
    """Open the bytes of an archive file of this conversation. Raises ProtocolError."""
    return _read(*unpad(age.decrypt(sealed, [Identity(seed)])), conversation)


def _read(data: bytes, signature: bytes, conversation: bytes) -> Known:
    known = read_known(data, signature)
    if known.payload.conversation != conversation:
        raise ForgedError("a file of another conversation")
    return known
