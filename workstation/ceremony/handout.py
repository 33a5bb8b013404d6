"""What the root holder gives to every workstation: roster, sealed credentials and everybody's cards, in one file.

    {"cards": [DSSE…], "credentials": {workstation id: b64 of an age file}, "roster": DSSE, "successions": [DSSE…]}

It is canonical JSON; `successions` is there only once a root has handed over. It holds nothing secret that is not
sealed; what is in it is signed by a root or by the workstations. Without credentials it is what a root hands over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from crypto.encoding import (
    Json,
    check_b64u,
    check_keys,
    check_object,
    decode_b64,
    encode_b64,
    encode_b64u,
    parse_json,
    serialize_json,
)
from crypto.errors import MalformedError
from crypto.verifying import Document, document_json, read_document
from workstation.errors import WorkstationError
from workstation.texts import translate as _

# 11 workstations with 24 cards of 2.5 kB each are 660 kB.
HANDOUT_SIZE: Final = 2**22


@dataclass(frozen=True, slots=True)
class Handout:
    """A roster and what goes with it; nothing in it is verified yet."""

    roster: Document
    cards: tuple[Document, ...]
    credentials: Mapping[bytes, bytes]
    successions: tuple[Document, ...] = ()


def serialize_handout(handout: Handout) -> bytes:
    """Return the bytes of the file."""
    fields: dict[str, Json] = {
        "cards": [document_json(card) for card in handout.cards],
        "credentials": {encode_b64u(w): encode_b64(sealed) for w, sealed in handout.credentials.items()},
        "roster": document_json(handout.roster),
    }
    if handout.successions:
        fields["successions"] = [document_json(succession) for succession in handout.successions]
    return serialize_json(fields)


def open_handout(data: bytes) -> Handout:
    """Read the file that a person was given. Raises WorkstationError."""
    try:
        return parse_handout(data)
    except MalformedError:
        raise WorkstationError(_("Dit is geen uitdeelbestand, of het is beschadigd.")) from None


def parse_handout(data: bytes) -> Handout:
    """Read the file. Raises MalformedError."""
    value = check_object(parse_json(data))
    if value.get("successions") == []:
        raise MalformedError("successions are left out where there are none")
    fields = check_keys({"successions": [], **value}, frozenset({"cards", "credentials", "roster", "successions"}))
    credentials, successions = fields["credentials"], fields["successions"]
    if not all(isinstance(field, list) for field in (fields["cards"], successions)) or not isinstance(
        credentials, dict
    ):
        raise MalformedError("a handout has cards and credentials")
    if not all(isinstance(sealed, str) for sealed in credentials.values()):
        raise MalformedError("a credential is text")
    return Handout(
        roster=read_document(fields["roster"]),
        cards=tuple(read_document(card) for card in fields["cards"]),
        credentials={check_b64u(w): decode_b64(sealed) for w, sealed in credentials.items()},
        successions=tuple(read_document(succession) for succession in successions),
    )
