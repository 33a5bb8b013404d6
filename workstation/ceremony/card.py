"""Cards: one recipient a week, made twelve weeks ahead; their secrets go five weeks after their week. spec: Keyset."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from crypto.card import Card, open_card
from crypto.errors import KeysetError, ProtocolError
from crypto.roster import Roster
from crypto.verifying import Document
from crypto.week import week_number
from workstation.keyring.workstation import Keyring

WEEKS_AHEAD: Final = 12
# Whole weeks for which a secret is kept after the week of its card: the destruction term.
TERM_WEEKS: Final = 5


def renew_cards(keyring: Keyring, now: int) -> int:
    """Make the cards of this week and the twelve that follow, where missing; return how many. Saves before returning.

    A card's secret must be safe on disk before anybody can seal to it. No week up to the last one whose secret was
    destroyed gets a card: with a clock that runs behind it would be a second one.
    """
    week = week_number(now)
    first = max(week, last_destroyed(keyring) + 1)
    missing = [w for w in range(first, week + WEEKS_AHEAD + 1) if w not in keyring.state.cards]
    for w in missing:
        keyring.make_card(w)
    if missing:
        keyring.save()
    return len(missing)


def last_destroyed(keyring: Keyring) -> int:
    """Return the last week whose card's secret was destroyed; -1 if there is none."""
    return max(keyring.state.destroyed, default=-1)


def list_over(keyring: Keyring, week: int) -> list[int]:
    """Return the weeks of those cards whose destruction term is over in this week."""
    return sorted(w for w in keyring.state.cards if w + TERM_WEEKS < week)


def remember_cards(keyring: Keyring, roster: Roster, documents: Iterable[Document]) -> list[Card]:
    """Verify cards and remember their hashes; return the cards. The caller saves. Raises KeysetError ("conflict")."""
    cards = open_cards(keyring, roster, documents)
    for card in cards:
        keyring.state.known.setdefault(card.week, {})[card.workstation] = card.hash
    return cards


def open_cards(keyring: Keyring, roster: Roster, documents: Iterable[Document]) -> list[Card]:
    """Verify cards and return them; nothing is remembered.

    What no workstation of the roster signed is left out: it is worth nothing to anybody. Raises KeysetError
    ("conflict") when a card differs from one that was seen before for the same workstation and week.
    """
    cards = []
    for document in documents:
        try:
            card = open_card(document, roster)
        except ProtocolError:
            continue
        if _expected(keyring, card) != card.hash:
            raise KeysetError("conflict")
        cards.append(card)
    return cards


def _expected(keyring: Keyring, card: Card) -> bytes:
    if card.workstation == keyring.id:
        own = keyring.state.cards.get(card.week)
        # A card of ours that we did not make: a copy of this workstation is at work somewhere.
        return keyring.state.destroyed.get(card.week, b"") if own is None else own.hash
    return keyring.state.known.get(card.week, {}).get(card.workstation, card.hash)
