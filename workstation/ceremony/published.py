"""A keyset as the portal gave it, taken apart but not verified: each document has to prove itself."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from crypto.card import open_card
from crypto.encoding import check_keys, parse_json
from crypto.errors import MalformedError, ProtocolError
from crypto.freshness import open_freshness
from crypto.roster import Roster
from crypto.verifying import Document, read_document
from crypto.week import week_number


@dataclass(frozen=True, slots=True)
class Published:
    """The documents of a keyset; none of them is verified."""

    roster: Document
    cards: tuple[Document, ...]
    freshness: tuple[Document, ...]


def parse_published(data: bytes) -> Published:
    """Take a keyset apart. Raises MalformedError."""
    fields = check_keys(parse_json(data), frozenset({"cards", "freshness", "roster"}))
    if not isinstance(fields["cards"], list) or not isinstance(fields["freshness"], list):
        raise MalformedError("a keyset has lists of documents")
    return Published(
        roster=read_document(fields["roster"]),
        cards=tuple(read_document(card) for card in fields["cards"]),
        freshness=tuple(read_document(statement) for statement in fields["freshness"]),
    )


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a served keyset promises for the days to come."""

    cards: frozenset[tuple[bytes, int]]
    vouchers: frozenset[str]


def examine(published: Published, roster: Roster, now: int) -> Outlook:
    """Return whose cards of which week are served, and which persons vouch for this roster now."""
    weeks = (week_number(now), week_number(now) - 1)
    cards, vouchers = set(), set()
    for document in published.cards:
        with suppress(ProtocolError):
            card = open_card(document, roster)
            cards.add((card.workstation, card.week))
    for document in published.freshness:
        with suppress(ProtocolError):
            statement = open_freshness(document, roster)
            if statement.week in weeks and statement.roster_hash == roster.hash:
                vouchers.add(roster.active[statement.workstation].person)
    return Outlook(frozenset(cards), frozenset(vouchers))
