"""What a counsellor has typed and not sent: an answer, a note, a text to hand over; each sealed. spec: Workstation.

A draft is sealed to its conversation's archive identity. So whoever has the public half alone can keep one and not read
it, and with the key of a conversation its drafts are gone, too. A file is named by HMAC(local key, conversation ‖ tag)
and has one of three sizes, so the folder shows how many drafts there are and roughly how long; not whose, and not what.

A file for each form, because a locked desk can keep and not read: what came from one must not need another's words.

What is not given: that a file is the newest. Whoever can write to the folder can put an older one back.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from crypto.age import file as age
from crypto.age.hybrid import Identity, recipient_of
from crypto.encoding import check_day, check_keys, parse_json, serialize_json
from crypto.errors import MalformedError, ProtocolError
from workstation import files
from workstation.errors import WorkstationError
from workstation.texts import translate as _

# Of the plaintext: a page or twenty; the longest answer there can be; that, all of it signs that JSON must escape.
SIZES: Final = (2**16, 2**19, 2**22)
_LENGTH_SIZE: Final = 4
# Header and tags of an age file are a few kB.
_FILE_SIZE: Final = SIZES[-1] + 2**16


@dataclass(frozen=True, slots=True)
class Kind:
    """A form whose words are kept: what the names of its files end with before hashing, and its fields.

    `words` are the fields in which somebody writes; the others are chosen, and stand in the conversation too.
    """

    tag: bytes
    fields: tuple[str, ...]
    words: tuple[str, ...]


# Without a tag: so drafts that were kept before there were notes are still found.
ANSWER: Final = Kind(b"", ("text", "gist", "summary", "track", "next"), ("text", "gist", "summary"))
NOTE: Final = Kind(b"note", ("note", "label"), ("note", "label"))
# Its text is a passage: on a page of several forms each field has a name of its own.
HANDOVER: Final = Kind(b"handover", ("recipient", "until", "passage"), ("recipient", "passage"))
KINDS: Final = (ANSWER, NOTE, HANDOVER)


@dataclass(frozen=True, slots=True)
class Draft:
    """What was typed, by field, and on which day."""

    day: str
    typed: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of one draft; it takes drafts of its kind, and gives none out."""

    path: Path
    recipient: bytes
    kind: Kind

    def keep(self, draft: Draft) -> None:
        """Seal a draft; it replaces the one before, whole or not at all. Raises WorkstationError, OSError."""
        files.write_atomic(self.path, age.encrypt(_pad(_serialize(draft, self.kind)), [self.recipient], os.urandom))


@dataclass(frozen=True, slots=True)
class Drafts:
    """The folder of drafts. `local_key` names the files; the archive identities are the keyring's."""

    folder: Path
    local_key: bytes

    @classmethod
    def prepare(cls, folder: Path, local_key: bytes) -> Drafts:
        """Make the folder, or take the one that is there. Raises UnfitFileError."""
        files.make_folder(folder)
        return cls(folder, local_key)

    def slot(self, conversation: bytes, seed: bytes, kind: Kind) -> Slot:
        """Return the place of a conversation's draft of this kind."""
        return Slot(self._path(conversation, kind), recipient_of(seed), kind)

    def open(self, conversation: bytes, seed: bytes, kind: Kind) -> Draft | None:
        """Open a conversation's draft, if there is one. Raises UnfitFileError if it is damaged."""
        path = self._path(conversation, kind)
        sealed = files.read_file(path, _FILE_SIZE)
        if sealed is None:
            return None
        try:
            return _parse(_unpad(age.decrypt(sealed, [Identity(seed)])), kind)
        except ProtocolError:
            raise files.unfit(path) from None

    def discard(self, conversation: bytes, kind: Kind) -> None:
        """Remove a conversation's draft of this kind, if there is one. Raises OSError."""
        path = self._path(conversation, kind)
        if path.exists():
            files.remove(path)

    def destroy(self, conversation: bytes) -> None:
        """Remove everything that was typed into a conversation. Raises OSError."""
        for kind in KINDS:
            self.discard(conversation, kind)

    def sweep(self, conversations: Iterable[bytes]) -> None:
        """Remove what belongs to none of these: nobody can open it any more. Raises OSError."""
        files.sweep(self.folder)
        known = {self._path(conversation, kind) for conversation in conversations for kind in KINDS}
        for path in self.folder.iterdir():
            if path not in known:
                files.remove(path)

    def _path(self, conversation: bytes, kind: Kind) -> Path:
        # spec: name = HMAC(H(local key ‖ drafts), conversation id ‖ tag of the kind)
        return self.folder / hmac.digest(self.local_key, conversation + kind.tag, "sha256").hex()


def _serialize(draft: Draft, kind: Kind) -> bytes:
    return serialize_json({"day": draft.day, **{name: draft.typed.get(name, "") for name in kind.fields}})


def _parse(data: bytes, kind: Kind) -> Draft:
    fields = check_keys(parse_json(data), frozenset({"day", *kind.fields}))
    typed = {name: value for name, value in fields.items() if name != "day" and isinstance(value, str)}
    if len(typed) != len(kind.fields):
        raise MalformedError("a field of a draft that is no text")
    return Draft(check_day(fields["day"]), typed)


def _pad(data: bytes) -> bytes:
    size = next((size for size in SIZES if _LENGTH_SIZE + len(data) <= size), None)
    if size is None:
        raise WorkstationError(_("Dit is te lang om als concept te bewaren. Verdeel het over meer antwoorden."))
    return (len(data).to_bytes(_LENGTH_SIZE, "big") + data).ljust(size, b"\0")


def _unpad(padded: bytes) -> bytes:
    length = int.from_bytes(padded[:_LENGTH_SIZE], "big")
    data = padded[_LENGTH_SIZE : _LENGTH_SIZE + length]
    try:
        canonical = _pad(data) == padded
    except WorkstationError:
        canonical = False
    # Padding again catches a wrong size, a short body and non-zero fill alike.
    if not canonical:
        raise MalformedError("padding is not canonical")
    return data
