"""What the root holder gives to every workstation: roster, sealed credentials and everybody's cards, in one file.

    {"cards": [DSSE…], "credentials": {workstation id: b64 of an age file}, "roster": DSSE}     canonical JSON

It holds nothing secret that is not sealed; what is in it is signed by the root or by the workstations.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from crypto.encoding import check_b64u, check_keys, decode_b64, encode_b64, encode_b64u, parse_json, serialize_json
from crypto.errors import MalformedError
from crypto.verifying import Document, document_json, read_document

# 11 workstations with 24 cards of 2.5 kB each are 660 kB.
HANDOUT_SIZE: Final = 2**22


@dataclass(frozen=True, slots=True)
class Handout:
    """A roster and what goes with it; nothing in it is verified yet."""

    roster: Document
    cards: tuple[Document, ...]
    credentials: Mapping[bytes, bytes]


def serialize_handout(handout: Handout) -> bytes:
    """Return the bytes of the file."""
    return serialize_json(
        {
            "cards": [document_json(card) for card in handout.cards],
            "credentials": {encode_b64u(w): encode_b64(sealed) for w, sealed in handout.credentials.items()},
            "roster": document_json(handout.roster),
        }
    )


def parse_handout(data: bytes) -> Handout:
    """Read the file. Raises MalformedError."""
    fields = check_keys(parse_json(data), frozenset({"cards", "credentials", "roster"}))
    credentials = fields["credentials"]
    if not isinstance(fields["cards"], list) or not isinstance(credentials, dict):
        raise MalformedError("a handout has cards and credentials")
    if not all(isinstance(sealed, str) for sealed in credentials.values()):
        raise MalformedError("a credential is text")
    return Handout(
        roster=read_document(fields["roster"]),
        cards=tuple(read_document(card) for card in fields["cards"]),
        credentials={check_b64u(w): decode_b64(sealed) for w, sealed in credentials.items()},
    )
