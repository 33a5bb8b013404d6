"""What a counsellor must know before it is too late: roster, cards, freshness, synchronisation."""

from __future__ import annotations

from collections.abc import Iterator

from workstation.desk.letters import show_day
from workstation.desk.standing import (
    is_expiring,
    is_sync_late,
    is_thinly_vouched,
    lacks_credential,
    lacks_next_card,
    read_synced,
)
from workstation.desk.work import Work
from workstation.texts import translate as _


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
    synced = read_synced(work)
    if synced is None:
        yield _("Er is met deze map nog nooit gesynchroniseerd. Synchroniseer nu.")
    elif is_sync_late(work, now):
        yield _(
            "Voor het laatst gesynchroniseerd op {day}. Nieuwe berichten en antwoorden wachten. Synchroniseer nu."
        ).format(day=show_day(synced))


def _about_roster(work: Work, now: int) -> Iterator[str]:
    roster = work.roster()
    if roster is None:
        return
    if is_expiring(roster, now):
        yield _("De lijst van vertrouwenspersonen verloopt op {day}. Vraag de beheerder nu om een nieuwe.").format(
            day=show_day(roster.expires_on)
        )
    if lacks_credential(work):
        yield _("De koerier heeft een nieuwe sleutel nodig. Neem het nieuwste uitdeelbestand over.")
    if lacks_next_card(work, now):
        yield _("Uw sleutel voor volgende week staat nog niet op het portaal. Synchroniseer.")
    if is_thinly_vouched(work):
        yield _(
            "Weinig collega's hebben deze week bevestigd dat de lijst klopt. "
            "Vraag hun het bureau te openen en te synchroniseren."
        )
