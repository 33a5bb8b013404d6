"""What may leave a spool: records and documents of the shape that a desk gives them, under their own names.

A courier has no key, so it sees the shape and nothing more: that bytes in it were exchanged shows where they arrive.
But nothing of another kind goes out, whatever an enemy has laid there or linked to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from crypto.card import parse_card
from crypto.encoding import parse_json
from crypto.errors import MalformedError
from crypto.freshness import parse_freshness
from crypto.labels import (
    BLOCK_SIZE,
    KEY_SIZE,
    KIND_CHUNK,
    KIND_HEAD,
    KIND_REPLY,
    TYPE_CARD,
    TYPE_FRESHNESS,
    TYPE_ROSTER,
)
from crypto.roster import parse_roster
from crypto.verifying import parse_document, read_document, serialize_document

# spec: address 32 ‖ delete hash 32 ‖ kind 1 ‖ body 65,536
_RECORD_SIZE: Final = 2 * KEY_SIZE + 1 + BLOCK_SIZE
# spec: Envelope. The first stanza is of the one kind that there is; a courier may not know more of age than this.
_ENVELOPE: Final = b"age-encryption.org/v1\n-> mlkem768x25519 "
_TYPES: Final[Mapping[str, tuple[str, Callable[[bytes], object]]]] = {
    "1": (TYPE_ROSTER, parse_roster),
    "2": (TYPE_CARD, parse_card),
    "3": (TYPE_FRESHNESS, parse_freshness),
}


def is_reply(address: bytes, record: bytes) -> bool:
    """Say whether this is a record with an envelope, for this address."""
    body = record[2 * KEY_SIZE + 1 :]
    return _is_record(address, record, {KIND_HEAD, KIND_REPLY}) and body.startswith(_ENVELOPE)


def is_chunk(address: bytes, record: bytes) -> bool:
    """Say whether this is a record with a chunk, for this address; a chunk itself looks like any random bytes."""
    return _is_record(address, record, {KIND_CHUNK})


def _is_record(address: bytes, record: bytes, kinds: set[int]) -> bool:
    return len(record) == _RECORD_SIZE and record.startswith(address) and record[2 * KEY_SIZE] in kinds


def is_document(name: str, data: bytes) -> bool:
    """Say whether this is a document of the keyset of the kind that its name says, in the one spelling it can have."""
    payload_type, parse = _TYPES[name[0]]
    try:
        document = parse_document(data)
        parse(document.payload)
    except MalformedError:
        return False
    return document.payload_type == payload_type and serialize_document(document) == data


def read_organisation(keyset: bytes) -> str | None:
    """Return the organisation that a keyset names, which nobody has verified; None if it is no keyset."""
    try:
        value = parse_json(keyset)
        return parse_roster(read_document(value["roster"] if isinstance(value, dict) else None).payload).organisation
    except (KeyError, MalformedError):
        return None
