"""What a counsellor must know before it is too late: roster, cards, freshness, synchronisation."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from crypto.roster import Roster
from crypto.week import day_of, week_number
from workstation.ceremony.published import Outlook
from workstation.desk.letters import show_day
from workstation.desk.work import Work
from workstation.texts import translate as _

_ROSTER_DAYS: Final = 21
_SYNC_DAYS: Final = 2


def list_notices(work: Work, now: int) -> list[str]:
    """Return what is wrong or soon will be, the most urgent first."""
    return [*_about_trouble(work), *_about_sync(work, now), *_about_roster(work, now)]


def _about_trouble(work: Work) -> Iterator[str]:
    if work.trouble:
        yield work.trouble
    if work.refusal and work.refusal != work.trouble:
        yield _("Antwoorden kan nu niet.") + " " + work.refusal
    if work.unreadable:
        yield _("{count} bewaarde berichten zijn beschadigd. Zet een reservekopie terug.").format(count=work.unreadable)
    if work.list_unopened():
        yield _(
            "Een collega kon een bericht openen dat ook voor u bestemd is. Bij u opent het niet. "
            "Bel een collega en de beheerder van de lijst: misschien krijgt iemand met opzet iets anders te lezen."
        )
    if work.renewal is not None and not work.renewal.vouched:
        yield _("Deze werkplek kan de lijst deze week nog niet bevestigen. Synchroniseer, vergrendel, en open opnieuw.")


def _about_sync(work: Work, now: int) -> Iterator[str]:
    synced = None if work.spool is None else work.spool.read_synced()
    if synced is None:
        yield _("Er is met deze map nog nooit gesynchroniseerd. Synchroniseer nu.")
    elif date.fromisoformat(day_of(now)) - date.fromisoformat(synced) >= timedelta(days=_SYNC_DAYS):
        yield _(
            "Voor het laatst gesynchroniseerd op {day}. Nieuwe berichten en antwoorden wachten. Synchroniseer nu."
        ).format(day=show_day(synced))


def _about_roster(work: Work, now: int) -> Iterator[str]:
    roster = work.roster()
    if roster is None:
        return
    left = (date.fromisoformat(roster.expires_on) - date.fromisoformat(day_of(now))).days
    if 0 <= left <= _ROSTER_DAYS:
        yield _("De lijst van vertrouwenspersonen verloopt op {day}. Vraag de beheerder nu om een nieuwe.").format(
            day=show_day(roster.expires_on)
        )
    if work.outlook is not None and not work.refusal:
        yield from _about_outlook(work.outlook, work.keyring.id, roster, now)


def _about_outlook(outlook: Outlook, own: bytes, roster: Roster, now: int) -> Iterator[str]:
    if (own, week_number(now) + 1) not in outlook.cards:
        yield _("Uw sleutel voor volgende week staat nog niet op het portaal. Synchroniseer.")
    if len(outlook.vouchers) <= roster.threshold:
        yield _(
            "Weinig collega's hebben deze week bevestigd dat de lijst klopt. "
            "Vraag hun het bureau te openen en te synchroniseren."
        )
