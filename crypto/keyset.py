"""Who the counsellors are and which keys hold this week: roster, cards, freshness. spec: Keyset.

The rules, which `verify` applies in this order, any failure of which means that nobody may be sealed to:

1. the roster is signed by the pinned root, for this organisation;
2. it is not older than the release's minimum and has not expired;
3. statements of freshness count when an active workstation of this roster made them for this week or the last;
4. none of them names a higher roster version, or another roster of this version;
5. enough persons name exactly this roster;
6. every card is signed by an active workstation, and no two differ for one workstation and week;
7. every card that a statement requires is there, and is that card;
8. somebody is left to seal to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crypto import labels
from crypto.card import Card, open_card
from crypto.encoding import check_keys, digest, parse_json, serialize_json
from crypto.errors import KeysetError, MalformedError
from crypto.freshness import Freshness, parse_freshness
from crypto.roster import Pins, Roster, open_roster, signed_by
from crypto.verifying import Document, document_json, read_document
from crypto.week import day_of, in_grace, week_number


@dataclass(frozen=True, slots=True)
class Keyset:
    """A verified roster and, for each active workstation, its card of this week or None."""

    roster: Roster
    cards: Mapping[bytes, Card | None]


def serialize_keyset(roster: Document, cards: Sequence[Document], freshness: Sequence[Document]) -> bytes:
    """Return the bytes that `GET /api/v1/keyset` answers."""
    return serialize_json(
        {
            "cards": [document_json(card) for card in cards],
            "freshness": [document_json(statement) for statement in freshness],
            "roster": document_json(roster),
        }
    )


def verify(data: bytes, pins: Pins, now: int) -> Keyset:
    """Verify a keyset at `now` (seconds since 1970); see the rules above.

    A server that withholds everything newer than a week, together with as many colluding persons as the threshold,
    can still present an old roster until it expires. Raises KeysetError, MalformedError.
    """
    fields = check_keys(parse_json(data), frozenset({"cards", "freshness", "roster"}))
    if not isinstance(fields["cards"], list) or not isinstance(fields["freshness"], list):
        raise MalformedError("a keyset has lists of documents")
    roster = open_roster(read_document(fields["roster"]), pins)
    if roster.version < pins.minimum_roster_version:
        raise KeysetError("rollback")
    if day_of(now) > roster.expires_on:
        raise KeysetError("expired")
    week = week_number(now)
    statements = _counting(roster, [read_document(d) for d in fields["freshness"]], week)
    _check_freshness(roster, statements)
    cards = _collect(roster, [read_document(d) for d in fields["cards"]])
    _check_required(statements, cards, week)
    return Keyset(roster, _choose(roster, cards, now))


def _counting(roster: Roster, documents: Sequence[Document], week: int) -> list[Freshness]:
    statements = []
    for document in documents:
        statement = parse_freshness(document.payload)
        workstation = roster.active.get(statement.workstation)
        if workstation is None or statement.week not in (week, week - 1):
            continue
        if signed_by(document, labels.TYPE_FRESHNESS, workstation) and statement.organisation == roster.organisation:
            statements.append(statement)
    return statements


def _check_freshness(roster: Roster, statements: Sequence[Freshness]) -> None:
    persons = set()
    for statement in statements:
        if statement.roster_version == roster.version and statement.roster_hash == roster.hash:
            persons.add(roster.active[statement.workstation].person)
        elif statement.roster_version >= roster.version:
            raise KeysetError("rollback" if statement.roster_version > roster.version else "conflict")
    if len(persons) < roster.threshold:
        raise KeysetError("frozen")


def _collect(roster: Roster, documents: Sequence[Document]) -> dict[tuple[bytes, int], Card]:
    cards: dict[tuple[bytes, int], Card] = {}
    for document in documents:
        card = open_card(document, roster)
        if cards.setdefault((card.workstation, card.week), card).hash != card.hash:
            raise KeysetError("conflict")
    return cards


def _check_required(statements: Sequence[Freshness], cards: Mapping[tuple[bytes, int], Card], week: int) -> None:
    for statement in statements:
        for workstation, card_hash in statement.cards.get(week, {}).items():
            card = cards.get((workstation, week))
            if card is None:
                raise KeysetError("missing")
            if card.hash != card_hash:
                raise KeysetError("conflict")


def _choose(roster: Roster, cards: Mapping[tuple[bytes, int], Card], now: int) -> dict[bytes, Card | None]:
    week = week_number(now)
    chosen = {}
    for workstation in roster.active:
        card = cards.get((workstation, week))
        if card is None and in_grace(now):
            card = cards.get((workstation, week - 1))
        chosen[workstation] = card
    if not any(chosen.values()):
        raise KeysetError("nobody")
    return chosen


def fingerprint(verifying_key: bytes, payload: bytes, words: Sequence[str]) -> list[str]:
    """Return eight words to compare by telephone: 96 bits over a key and what it signed."""
    # spec: the first 96 bits of H(label ‖ verifying key ‖ payload)
    number = int.from_bytes(digest(labels.FINGERPRINT + verifying_key + payload)[:12], "big")
    return [words[number >> 12 * (7 - i) & 0xFFF] for i in range(8)]
