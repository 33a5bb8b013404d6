"""Cards: one recipient a week, made twelve weeks ahead. spec: Keyset."""

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


def renew_cards(keyring: Keyring, now: int) -> int:
    """Make the cards of this week and the twelve that follow, where missing; return how many. Saves before returning.

    A card's secret must be safe on disk before anybody can seal to it.
    """
    week = week_number(now)
    missing = [w for w in range(week, week + WEEKS_AHEAD + 1) if w not in keyring.state.cards]
    for w in missing:
        keyring.make_card(w)
    if missing:
        keyring.save()
    return len(missing)


def remember_cards(keyring: Keyring, roster: Roster, documents: Iterable[Document], now: int) -> list[Card]:
    """Verify colleagues' cards and remember their hashes; return the cards. The caller saves.

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
    state = keyring.state
    for card in cards:
        state.known.setdefault(card.week, {})[card.workstation] = card.hash
    past = week_number(now) - 1
    state.known = {week: hashes for week, hashes in state.known.items() if week >= past}
    return cards


def _expected(keyring: Keyring, card: Card) -> bytes:
    if card.workstation == keyring.id:
        own = keyring.state.cards.get(card.week)
        # A card of ours that we did not make: a copy of this workstation is at work somewhere.
        return b"" if own is None else own.hash
    return keyring.state.known.get(card.week, {}).get(card.workstation, card.hash)
