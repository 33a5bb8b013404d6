"""One recipient of one workstation for one week. spec: Keyset."""

from __future__ import annotations

from dataclasses import dataclass

from crypto import labels
from crypto.encoding import check_b64u, check_keys, check_organisation, digest, encode_b64u, parse_json, serialize_json
from crypto.errors import KeysetError
from crypto.recipient import decode_recipient, encode_recipient
from crypto.roster import Roster, signed_by
from crypto.verifying import Document
from crypto.week import decode_week, encode_week


@dataclass(frozen=True, slots=True)
class Card:
    """One workstation's recipient (1,216 bytes) for one week; `hash` is that of its payload."""

    organisation: str
    workstation: bytes
    week: int
    recipient: bytes
    hash: bytes


def open_card(document: Document, roster: Roster) -> Card:
    """Verify a card against the roster. Raises KeysetError, MalformedError."""
    card = parse_card(document.payload)
    workstation = roster.active.get(card.workstation)
    if workstation is None or not signed_by(document, labels.TYPE_CARD, workstation):
        raise KeysetError("signature")
    if card.organisation != roster.organisation:
        raise KeysetError("organisation")
    return card


def serialize_card(organisation: str, workstation: bytes, week: int, recipient: bytes) -> bytes:
    """Return a card's payload."""
    return serialize_json(
        {
            "organisation": organisation,
            "recipient": encode_recipient(recipient),
            "week": encode_week(week),
            "workstation": encode_b64u(workstation),
        }
    )


def parse_card(data: bytes) -> Card:
    """Read a card's payload. Raises MalformedError."""
    fields = check_keys(parse_json(data), frozenset({"organisation", "recipient", "week", "workstation"}))
    return Card(
        organisation=check_organisation(fields["organisation"]),
        workstation=check_b64u(fields["workstation"]),
        week=decode_week(fields["week"]),
        recipient=decode_recipient(fields["recipient"]),
        hash=digest(data),
    )
