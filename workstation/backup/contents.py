"""What is in a backup, and in which order. spec: Backup.

    for each entry: length of the head (4) ‖ head ‖ bytes       head: canonical JSON {"name", "size"}

The first entry, `contents`, says whose it is and holds the keys of the archive: those fields of the keyring that are
named here and no others, so never a signing key, a card's secret or the courier credential. Then come files under the
names that they have in the workstation's folder: archived messages, attachments, undelivered answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from crypto.encoding import (
    Json,
    check_b64u,
    check_day,
    check_integer,
    check_keys,
    check_object,
    encode_b64u,
    parse_json,
    serialize_json,
)
from crypto.errors import MalformedError
from workstation.backup.stream import PIECE_SIZE, Opener, damaged
from workstation.errors import WorkstationError
from workstation.keyring import content
from workstation.keyring.state import Person, State
from workstation.texts import translate as _

# What goes along of a keyring. A new field stays behind unless somebody writes it down here.
_KEPT: Final = ("archives", "ended", "local_key", "me", "roster", "roster_version", "successions", "withdrawn")
_KEYS: Final = frozenset({"day", "files", "keyring", "size", "workstation"})
_NAME: Final = re.compile(r"(archive|attachments|outbox)/[0-9a-f]{64}|outbox/[0-9a-f]{64}-[0-9a-f]{64}", re.ASCII)
_HEAD_SIZE: Final = 1_024
_FIRST: Final = "contents"


class Writable(Protocol):
    """What takes bytes in their order."""

    def write(self, data: bytes, /) -> object:
        """Take bytes."""


@dataclass(frozen=True, slots=True)
class Contents:
    """Whose backup of which day it is; `files` are the names in the archive, by conversation; `size` is of all files.

    `workstation` is the id of the one that it was made on.
    """

    day: str
    workstation: bytes
    keyring: Mapping[str, Json]
    files: Mapping[bytes, tuple[str, ...]]
    size: int

    @property
    def me(self) -> Person:
        """Whose workstation it was."""
        return content.parse_person(self.keyring["me"])

    def merge(self, state: State) -> State:
        """Return the state of a new workstation with everything that was kept of the old one."""
        return content.parse({**check_object(content.serialize(state)), **self.keyring})


def keep_fields(state: State) -> dict[str, Json]:
    """Return those fields of a keyring that go into a backup."""
    fields = check_object(content.serialize(state))
    return {name: fields[name] for name in _KEPT}


def write_contents(target: Writable, contents: Contents) -> None:
    """Write the first entry."""
    files: dict[str, Json] = {encode_b64u(c): list(names) for c, names in contents.files.items()}
    fields: dict[str, Json] = {
        "day": contents.day,
        "files": files,
        "keyring": dict(contents.keyring),
        "size": contents.size,
        "workstation": encode_b64u(contents.workstation),
    }
    data = serialize_json(fields)
    write_head(target, _FIRST, len(data))
    target.write(data)


def write_head(target: Writable, name: str, size: int) -> None:
    """Begin an entry of so many bytes."""
    head = serialize_json({"name": name, "size": size})
    target.write(len(head).to_bytes(4, "big") + head)


def read_contents(source: Opener) -> Contents:
    """Read the first entry. Raises WorkstationError."""
    try:
        name, size = _read_head(source)
        return _parse_contents(source.read(size if name == _FIRST else 0))
    except MalformedError:
        raise refuse_version() from None


class Entry:
    """One file of a backup, to be read once and to its end before the next one."""

    def __init__(self, source: Opener, name: str, size: int) -> None:
        self.name = name
        self.size = size
        self._source = source
        self._left = size

    def read(self, size: int, /) -> bytes:
        """Return so many bytes; fewer at the end. Raises WorkstationError if the backup is damaged."""
        data = self._source.read(min(size, self._left))
        self._left -= len(data)
        return data

    def pieces(self) -> Iterator[bytes]:
        """Yield what is left, a piece at a time."""
        while self._left:
            yield self.read(PIECE_SIZE)


def read_entries(source: Opener) -> Iterator[Entry]:
    """Yield the files of a backup, whose contents were read before. Raises WorkstationError."""
    while not source.at_end:
        try:
            name, size = _read_head(source)
        except MalformedError:
            raise damaged() from None
        if _NAME.fullmatch(name) is None:
            raise damaged()
        entry = Entry(source, name, size)
        yield entry
        for _piece in entry.pieces():
            pass


def refuse_version() -> WorkstationError:
    """Return the error about a backup that another version of this program has made."""
    return WorkstationError(_("De reservekopie is door een andere versie van dit programma gemaakt."))


def _parse_contents(data: bytes) -> Contents:
    fields = check_keys(parse_json(data), _KEYS)
    contents = Contents(
        day=check_day(fields["day"]),
        workstation=check_b64u(fields["workstation"]),
        # Backups from before a root could hand over do not name what led to it.
        keyring=check_keys({"successions": [], **check_object(fields["keyring"])}, frozenset(_KEPT)),
        files={check_b64u(c): _check_names(names) for c, names in check_object(fields["files"]).items()},
        size=check_integer(fields["size"], 0),
    )
    if contents.files.keys() != {check_b64u(c) for c in check_object(contents.keyring["archives"])}:
        raise MalformedError("each conversation has its key")
    content.parse_person(contents.keyring["me"])
    return contents


def _read_head(source: Opener) -> tuple[str, int]:
    size = int.from_bytes(source.read(4), "big")
    if size > _HEAD_SIZE:
        raise MalformedError("a head is short")
    fields = check_keys(parse_json(source.read(size)), frozenset({"name", "size"}))
    if not isinstance(fields["name"], str):
        raise MalformedError("a name is text")
    return fields["name"], check_integer(fields["size"], 0)


def _check_names(value: Json) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise MalformedError("names are a list")
    names = tuple(name for name in value if isinstance(name, str))
    if len(names) != len(value):
        raise MalformedError("a name is text")
    return names
