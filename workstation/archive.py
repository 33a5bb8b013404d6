"""What a workstation keeps of conversations: each message in a sealed file of its own. spec: Key table.

Files are named by HMAC(local key, conversation ‖ place) and all have one size, so the folder shows how many messages
there are, and nothing else. A file was authenticated before it was kept, and its recipient never leaves the keyring:
nobody else can have written one that opens.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from crypto.age import file as age
from crypto.age.hybrid import Identity, recipient_of
from crypto.conversation import Message
from crypto.envelope import pad, unpad
from crypto.errors import ForgedError, ProtocolError
from crypto.labels import BLOCK_SIZE
from crypto.payload import message_id, parse
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

    def load(self, identities: Mapping[bytes, bytes]) -> tuple[list[Message], int]:
        """Open every message of these conversations into memory; return them and how many files could not be read."""
        files.make_folder(self.folder)
        files.sweep(self.folder)
        names = {path.name for path in self.folder.iterdir()}
        messages = []
        for conversation, seed in identities.items():
            identity = Identity(seed)
            for name in self._list_names(conversation, names):
                message = self._open(name, conversation, identity)
                if message is not None:
                    messages.append(message)
        return messages, len(names) - len(messages)

    def keep(self, message: Message, seed: bytes) -> None:
        """Seal a message to its conversation's archive identity, durably, and check that it opens again.

        Raises WorkstationError if it does not, OSError if the disk is full.
        """
        conversation = message.payload.conversation
        place = self.places.get(conversation, 0)
        name = self._name(conversation, place)
        plaintext = pad(message.data, message.signature)
        files.write_atomic(self.folder / name, age.encrypt(plaintext, [recipient_of(seed)], os.urandom))
        files.drop_cache(self.folder / name)
        try:
            kept = self._unseal(name, Identity(seed))
        except (ProtocolError, UnfitFileError):
            kept = None
        if kept != (message.data, message.signature):
            raise WorkstationError(_("Een bericht kon niet worden bewaard. Is de schijf vol of beschadigd?"))
        self.places[conversation] = place + 1

    def list_files(self, conversation: bytes) -> list[str]:
        """Return the names of a conversation's files, in the order in which they were kept. Raises OSError."""
        return self._list_names(conversation, {path.name for path in self.folder.iterdir()})

    def destroy(self, conversation: bytes) -> None:
        """Remove every message of a conversation, durably. Raises OSError."""
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

    def _open(self, name: str, conversation: bytes, identity: Identity) -> Message | None:
        try:
            return _read_message(*self._unseal(name, identity), conversation)
        except (ProtocolError, UnfitFileError):
            return None

    def _unseal(self, name: str, identity: Identity) -> tuple[bytes, bytes]:
        sealed = files.read_file(self.folder / name, BLOCK_SIZE)
        return unpad(age.decrypt(sealed or b"", [identity]))


def open_file(sealed: bytes, conversation: bytes, seed: bytes) -> Message:
    """Open the bytes of an archive file of this conversation. Raises ProtocolError."""
    return _read_message(*unpad(age.decrypt(sealed, [Identity(seed)])), conversation)


def _read_message(data: bytes, signature: bytes, conversation: bytes) -> Message:
    payload = parse(data)
    if payload.conversation != conversation:
        raise ForgedError("a file of another conversation")
    return Message(message_id(data), payload, data, signature)
