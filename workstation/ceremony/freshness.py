"""Freshness: this workstation's word on which roster and cards hold this week. spec: Keyset."""

from __future__ import annotations

from dataclasses import dataclass

from crypto import labels
from crypto.freshness import Freshness, serialize_freshness
from crypto.roster import Roster, Workstation
from crypto.signing import sign_document
from crypto.verifying import Document
from crypto.week import week_number
from workstation.keyring.workstation import Keyring


@dataclass(frozen=True, slots=True)
class Statement:
    """A signed statement, and the workstations whose cards it could not name."""

    document: Document
    absent: tuple[Workstation, ...]


def sign_freshness(keyring: Keyring, roster: Roster, now: int) -> Statement:
    """Sign that this roster and all cards known for this week and the next hold."""
    week = week_number(now)
    cards = {w: _list_cards(keyring, roster, w) for w in (week, week + 1)}
    absent = tuple(w for i, w in roster.active.items() if any(i not in of_week for of_week in cards.values()))
    statement = Freshness(
        organisation=roster.organisation,
        workstation=keyring.id,
        week=week,
        roster_version=roster.version,
        roster_hash=roster.hash,
        cards=cards,
    )
    document = sign_document(labels.TYPE_FRESHNESS, serialize_freshness(statement), keyring.state.signing)
    return Statement(document, absent)


def _list_cards(keyring: Keyring, roster: Roster, week: int) -> dict[bytes, bytes]:
    cards = {w: h for w, h in keyring.state.known.get(week, {}).items() if w in roster.active}
    own = keyring.state.cards.get(week)
    if own is not None:
        cards[keyring.id] = own.hash
    return cards
