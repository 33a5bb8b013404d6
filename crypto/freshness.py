"""A workstation's statement which roster and cards hold this week. spec: Keyset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from crypto import labels
from crypto.encoding import (
    check_b64u,
    check_integer,
    check_keys,
    check_organisation,
    encode_b64u,
    parse_json,
    serialize_json,
)
from crypto.errors import KeysetError, MalformedError
from crypto.roster import Roster, signed_by
from crypto.verifying import Document
from crypto.week import decode_week, encode_week


@dataclass(frozen=True, slots=True)
class Freshness:
    """A workstation's word on which roster and which cards hold; cards by week and workstation."""

    organisation: str
    workstation: bytes
    week: int
    roster_version: int
    roster_hash: bytes
    cards: Mapping[int, Mapping[bytes, bytes]]


def open_freshness(document: Document, roster: Roster) -> Freshness:
    """Verify a statement of freshness against the roster. Raises KeysetError, MalformedError."""
    statement = parse_freshness(document.payload)
    workstation = roster.active.get(statement.workstation)
    if workstation is None or not signed_by(document, labels.TYPE_FRESHNESS, workstation):
        raise KeysetError("signature")
    if statement.organisation != roster.organisation:
        raise KeysetError("organisation")
    return statement


def serialize_freshness(statement: Freshness) -> bytes:
    """Return a freshness statement's payload."""
    return serialize_json(
        {
            "cards": {
                encode_week(week): {encode_b64u(w): encode_b64u(h) for w, h in cards.items()}
                for week, cards in statement.cards.items()
            },
            "organisation": statement.organisation,
            "roster": {"hash": encode_b64u(statement.roster_hash), "version": statement.roster_version},
            "week": encode_week(statement.week),
            "workstation": encode_b64u(statement.workstation),
        }
    )


def parse_freshness(data: bytes) -> Freshness:
    """Read a freshness statement's payload. Raises MalformedError."""
    fields = check_keys(parse_json(data), frozenset({"cards", "organisation", "roster", "week", "workstation"}))
    roster = check_keys(fields["roster"], frozenset({"hash", "version"}))
    week = decode_week(fields["week"])
    cards = check_keys(fields["cards"], frozenset({encode_week(week), encode_week(week + 1)}))
    if not all(isinstance(of_week, dict) for of_week in cards.values()):
        raise MalformedError("a statement's cards are by workstation")
    return Freshness(
        organisation=check_organisation(fields["organisation"]),
        workstation=check_b64u(fields["workstation"]),
        week=week,
        roster_version=check_integer(roster["version"], 1),
        roster_hash=check_b64u(roster["hash"]),
        cards={decode_week(w): {check_b64u(i): check_b64u(h) for i, h in c.items()} for w, c in cards.items()},
    )
