"""The secrets of old cards go: what was recorded at the portal then opens nowhere any more. spec: Destruction.

A clock that jumped must cost nothing. So a term is over only when three agree on it, none of whom is believed alone:

1. this computer's clock;
2. a statement of freshness in the spool's keyset, signed by a colleague – alone in a team, one's own, which the portal
   has taken;
3. the day of the courier's last complete synchronisation: then the spool has what the portal had.

Before that, every block of the spool was tried with the card, and what it opened was kept: the desk sees to it.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import date
from typing import Final

from crypto.errors import ProtocolError
from crypto.freshness import Freshness, open_freshness
from crypto.roster import Roster, open_roster
from crypto.verifying import Document
from crypto.week import week_number
from workstation.ceremony.card import list_over
from workstation.ceremony.published import parse_published
from workstation.errors import UnfitFileError
from workstation.keyring.workstation import Keyring
from workstation.spool import Spool

_FIRST_MONDAY: Final = date(1970, 1, 5)


def find_week(keyring: Keyring, spool: Spool, now: int) -> int | None:
    """Return the week that certainly has begun; None where nobody but a clock says which one it is."""
    synced = spool.read_synced()
    stated = _find_stated(keyring, spool)
    if synced is None or stated is None:
        return None
    return min(week_number(now), stated, (date.fromisoformat(synced) - _FIRST_MONDAY).days // 7)


def list_due(keyring: Keyring, spool: Spool, now: int) -> list[int]:
    """Return the weeks of the cards whose secrets are to be destroyed."""
    week = find_week(keyring, spool, now)
    return [] if week is None else list_over(keyring, week)


def destroy_due(keyring: Keyring, spool: Spool, now: int) -> list[int]:
    """Destroy the secrets whose term is over, and what is known of older weeks; return their weeks. Saves.

    To be done when every block of the spool has been tried and what opened is kept. Raises OSError. What is not given:
    that the disk forgets the keyring's earlier bytes.
    """
    week = find_week(keyring, spool, now)
    if week is None:
        return []
    due = list_over(keyring, week)
    for over in due:
        keyring.destroy_card(over)
    known = keyring.state.known
    keyring.state.known = {w: hashes for w, hashes in known.items() if w >= week - 1}
    if due or len(keyring.state.known) < len(known):
        keyring.save()
    return due


def _find_stated(keyring: Keyring, spool: Spool) -> int | None:
    document = keyring.state.roster
    try:
        data = spool.read_keyset()
        if document is None or data is None:
            return None
        roster = open_roster(document, keyring.pins)
        statements = list(_open_statements(parse_published(data).freshness, roster))
    except (ProtocolError, UnfitFileError):
        return None
    me = keyring.state.me.person
    alone = {w.person for w in roster.active.values()} <= {me}
    return max((s.week for s in statements if alone or roster.active[s.workstation].person != me), default=None)


def _open_statements(documents: Iterable[Document], roster: Roster) -> Iterable[Freshness]:
    for document in documents:
        with suppress(ProtocolError):
            yield open_freshness(document, roster)
