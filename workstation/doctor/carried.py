"""What can be told of a spool and of the keyset in it without any key; nothing here is verified."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from crypto.card import parse_card
from crypto.errors import MalformedError
from crypto.freshness import parse_freshness
from crypto.roster import Roster, parse_roster
from crypto.week import day_of, week_number
from workstation.ceremony.published import Published, parse_published
from workstation.doctor.finding import Finding
from workstation.errors import UnfitFileError
from workstation.spool import Spool
from workstation.texts import translate as _

_SYNC_DAYS: Final = 2
_ROSTER_DAYS: Final = 21


def examine_spool(folder: Path, now: int) -> Iterator[Finding]:
    """Look at a spool; nothing in it is opened but the keyset and the note of the last synchronisation."""
    try:
        spool = Spool.look(folder)
        yield from _examine_files(spool)
        yield from _examine_synced(spool, now)
        yield from _examine_keyset(spool, now)
    except UnfitFileError as error:
        yield Finding(str(error), to_do=True)
    except OSError:
        text = _(
            "De gedeelde map kan niet worden gelezen. Haal de stick eruit, steek hem er weer in en probeer opnieuw."
        )
        yield Finding(text, to_do=True)


def _examine_files(spool: Spool) -> Iterator[Finding]:
    if not spool.is_writable():
        yield Finding(_("In de gedeelde map kan niet worden geschreven. Zet de stick van het slot."), to_do=True)
    if not spool.has_room():
        yield Finding(_("De gedeelde map is bijna vol. Open het bureau, of gebruik een grotere stick."), to_do=True)
    junk = spool.count_junk()
    if junk:
        yield Finding(
            _(
                "In de gedeelde map staan {count} vreemde of beschadigde bestanden. Was de stick in andere handen? "
                "Leeg dan de map incoming, open het bureau, synchroniseer, en open het bureau opnieuw."
            ).format(count=junk),
            to_do=True,
        )
    else:
        yield Finding(_("In de gedeelde map staat niets vreemds."))
    waiting = len(spool.list_outgoing())
    yield Finding(_("{count} berichten wachten op de koerier.").format(count=waiting))


def _examine_synced(spool: Spool, now: int) -> Iterator[Finding]:
    synced, today = spool.read_synced(), date.fromisoformat(day_of(now))
    if synced is None:
        yield Finding(_("Er is met deze map nog nooit gesynchroniseerd. Voer `sync` uit."), to_do=True)
        return
    age = today - date.fromisoformat(synced)
    if age < timedelta(0):
        text = _("Volgens deze map is gesynchroniseerd op {day}; dat is nog niet geweest. Zet de klokken gelijk.")
        yield Finding(text.format(day=synced), to_do=True)
    elif age >= timedelta(days=_SYNC_DAYS):
        text = _("Voor het laatst gesynchroniseerd op {day}. Voer `sync` uit: nieuwe berichten en antwoorden wachten.")
        yield Finding(text.format(day=synced), to_do=True)
    else:
        yield Finding(_("Voor het laatst gesynchroniseerd op {day}.").format(day=synced))


def _examine_keyset(spool: Spool, now: int) -> Iterator[Finding]:
    data = spool.read_keyset()
    if data is None:
        yield Finding(_("Er is nog geen lijst van vertrouwenspersonen opgehaald. Voer `sync` uit."), to_do=True)
        return
    try:
        published = parse_published(data)
        roster = parse_roster(published.roster.payload)
    except MalformedError:
        text = _("De lijst van vertrouwenspersonen in de gedeelde map is beschadigd. Voer `sync` uit.")
        yield Finding(text, to_do=True)
        return
    yield _examine_roster(roster, now)
    yield from _examine_cards(published, roster, now)
    yield _examine_vouchers(published, roster, now)


def _examine_roster(roster: Roster, now: int) -> Finding:
    left = (date.fromisoformat(roster.expires_on) - date.fromisoformat(day_of(now))).days
    number, day = roster.version, roster.expires_on
    if left < 0:
        text = _("Lijst nummer {number} is verlopen op {day}. Vraag de beheerder nu om een nieuwe.")
    elif left <= _ROSTER_DAYS:
        text = _("Lijst nummer {number} verloopt op {day}. Vraag de beheerder nu om een nieuwe.")
    else:
        return Finding(
            _("Lijst nummer {number} geldt tot en met {day}, zegt het portaal.").format(number=number, day=day)
        )
    return Finding(text.format(number=number, day=day), to_do=True)


def _examine_cards(published: Published, roster: Roster, now: int) -> Iterator[Finding]:
    there = set()
    for document in published.cards:
        with suppress(MalformedError):
            card = parse_card(document.payload)
            there.add((card.workstation, card.week))
    week = week_number(now)
    this = _("Voor deze week heeft het portaal geen kaart van {names}. Open daar het bureau en synchroniseer.")
    after = _("Voor volgende week heeft het portaal geen kaart van {names}. Open daar het bureau en synchroniseer.")
    for when, text in ((week, this), (week + 1, after)):
        names = ", ".join(w.name for w in roster.active.values() if (w.id, when) not in there)
        if names:
            yield Finding(text.format(names=names), to_do=True)
    if all((w, when) in there for w in roster.active for when in (week, week + 1)):
        yield Finding(_("Van elke werkplek heeft het portaal een kaart voor deze week en de volgende."))


def _examine_vouchers(published: Published, roster: Roster, now: int) -> Finding:
    weeks, persons = (week_number(now), week_number(now) - 1), set()
    for document in published.freshness:
        with suppress(MalformedError):
            statement = parse_freshness(document.payload)
            known = roster.active.get(statement.workstation)
            if known is not None and statement.week in weeks and statement.roster_hash == roster.hash:
                persons.add(known.person)
    counts = {"count": len(persons), "needed": roster.threshold}
    if len(persons) > roster.threshold:
        return Finding(_("{count} personen hebben de lijst bevestigd; {needed} zijn nodig.").format(**counts))
    text = _("{count} personen hebben de lijst bevestigd; {needed} zijn nodig. Vraag collega's het bureau te openen.")
    return Finding(text.format(**counts), to_do=True)
