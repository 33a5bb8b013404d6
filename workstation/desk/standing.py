"""How this workstation stands with its team: the facts on which both the warnings and the page of the list rest."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final, Literal

from crypto.encoding import digest
from crypto.errors import KeysetError, ProtocolError
from crypto.keyset import verify
from crypto.roster import Roster, open_roster
from crypto.week import day_of, week_number, week_start
from workstation.ceremony.card import open_cards
from workstation.ceremony.published import parse_published
from workstation.ceremony.succession import is_former
from workstation.desk.work import Work
from workstation.errors import UnfitFileError
from workstation.keyring.workstation import Keyring

# So long before a list ends, its root holder is to be asked for the next.
ROSTER_DAYS: Final = 21
_SYNC_DAYS: Final = 2

# What is wrong with the portal's list; "newer": a colleague vouches for a list that is not here; "": nothing is.
Trouble = Literal["", "behind", "conflict", "former", "frozen", "newer", "other", "signature", "unsynced"]


def read_synced(work: Work) -> str | None:
    """Return the day on which a courier was last done with this spool."""
    return None if work.spool is None else work.spool.read_synced()


def is_sync_late(work: Work, now: int) -> bool:
    """Say whether no courier was done with this spool for days, or ever."""
    synced = read_synced(work)
    return synced is None or _today(now) - date.fromisoformat(synced) >= timedelta(days=_SYNC_DAYS)


def is_expiring(roster: Roster, now: int) -> bool:
    """Say whether a list ends soon, and has not ended yet."""
    left = (date.fromisoformat(roster.expires_on) - _today(now)).days
    return 0 <= left <= ROSTER_DAYS


def is_expired(roster: Roster, now: int) -> bool:
    """Say whether a list has ended."""
    return day_of(now) > roster.expires_on


def lacks_next_card(work: Work, now: int) -> bool:
    """Say whether the portal, as far as it is known, has no card of this workstation for the next week."""
    return _is_served(work) and not has_published(work, week_number(now) + 1)


def has_published(work: Work, week: int) -> bool:
    """Say whether the portal serves this workstation's card of a week."""
    return work.outlook is not None and (work.keyring.id, week) in work.outlook.cards


def is_thinly_vouched(work: Work) -> bool:
    """Say whether one colleague on holiday could close the site."""
    roster = work.roster()
    if work.outlook is None or roster is None or not _is_served(work):
        return False
    return len(work.outlook.vouchers) <= roster.threshold


def holds_credential(work: Work) -> bool:
    """Say whether the courier's key here is the one that this list names."""
    roster, credential = work.roster(), work.keyring.state.credential
    return roster is not None and credential is not None and digest(credential) == roster.credential


def lacks_credential(work: Work) -> bool:
    """Say whether a courier could not work for this workstation, though it is on the list.

    A courier brings a newer list, but the key that goes with it comes with the handout only.
    """
    roster = work.roster()
    return roster is not None and work.keyring.id in roster.active and not holds_credential(work)


def find_last_card_day(keyring: Keyring, now: int) -> str | None:
    """Return the last day for which there is an own card, without a gap from today; None if there is none today."""
    week = week_number(now)
    if week not in keyring.state.cards:
        return None
    while week + 1 in keyring.state.cards:
        week += 1
    return day_of(week_start(week + 1) - 1)


def find_trouble(work: Work, now: int) -> Trouble:
    """Return what is wrong with the list that the portal showed to the courier."""
    if work.keyset is not None:
        return ""
    try:
        data = None if work.spool is None else work.spool.read_keyset()
    except UnfitFileError:
        return "other"
    if data is None:
        return "other" if work.spool is None else "unsynced"
    try:
        keyset = verify(data, work.keyring.pins, now)
        open_cards(work.keyring, keyset.roster, parse_published(data).cards)
        if _is_another(keyset.roster, work.keyring):
            return "conflict"
    except KeysetError as error:
        return _judge(work, data, error)
    except ProtocolError:
        pass
    return "other"


def _judge(work: Work, data: bytes, error: KeysetError) -> Trouble:
    document = parse_published(data).roster
    if error.reason == "signature":
        return "former" if is_former(work.keyring, document) else "signature"
    if error.reason == "rollback":
        pins = work.keyring.pins
        return "behind" if open_roster(document, pins).version < pins.minimum_roster_version else "newer"
    return error.reason if error.reason in {"conflict", "frozen"} else "other"


def _is_another(roster: Roster, keyring: Keyring) -> bool:
    state = keyring.state
    return (
        state.roster is not None
        and roster.version == state.roster_version
        and roster.hash != digest(state.roster.payload)
    )


def _is_served(work: Work) -> bool:
    return work.outlook is not None and not work.refusal


def _today(now: int) -> date:
    return date.fromisoformat(day_of(now))
