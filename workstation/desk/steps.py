"""What a counsellor does next about the list: one step at a time, the most urgent one.

Each says what is done, what to check, and what comes next, as the commands of the ceremonies do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from crypto.roster import Roster
from workstation.desk.letters import show_day
from workstation.desk.standing import (
    ROSTER_DAYS,
    Trouble,
    find_trouble,
    is_expired,
    is_expiring,
    is_sync_late,
    is_thinly_vouched,
    lacks_credential,
    lacks_next_card,
)
from workstation.desk.work import Work
from workstation.texts import translate as _

# What synchronising mends, so that the courier's key comes first.
_HARMLESS: Final[frozenset[Trouble]] = frozenset({"", "behind", "frozen", "unsynced"})


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its title, what was done, what to check, and what to do now, each a sentence or more.

    `is_due` is False where nothing needs doing.
    """

    title: str
    done: str
    check: str
    then: str
    is_due: bool = True


def find_step(work: Work, now: int) -> Step:
    """Return what to do next; where nothing needs doing, that."""
    roster = work.roster()
    if roster is None:
        return _enrol()
    return next(_list_due(work, roster, now), None) or _rest(roster)


def _list_due(work: Work, roster: Roster, now: int) -> Iterator[Step]:
    if work.keyring.id not in roster.active:
        yield _return(work, roster)
    if is_expired(roster, now):
        yield _replace(roster)
    if lacks_credential(work) and find_trouble(work, now) in _HARMLESS:
        yield _fetch_key(roster)
    if work.keyset is None:
        yield _mend(work, roster, now)
    if is_expiring(roster, now):
        yield _ask_for_next(roster)
    if is_sync_late(work, now):
        yield _sync()
    if lacks_next_card(work, now):
        yield _publish()
    if is_thinly_vouched(work):
        yield _call_colleagues()


def _enrol() -> Step:
    return Step(
        _("Laat uw werkplek op de lijst zetten"),
        _("De sleutels van deze werkplek zijn gemaakt. Zij staat nog op geen lijst."),
        _("De beheerder van de lijst belt u op. Vergelijk dan de woorden van de hoofdsleutel en van uw aanmelding."),
        _("Breng uw aanmelding naar de beheerder. U krijgt een uitdeelbestand terug: dat neemt u op deze pagina over."),
    )


def _return(work: Work, roster: Roster) -> Step:
    before = roster.listed.get(work.keyring.id)
    if before is None or before.retired_on is None:
        return Step(
            _("Deze werkplek staat niet op de lijst"),
            _("Lijst nummer {number} is hier bekend, en noemt deze werkplek niet.").format(number=roster.version),
            _("Bel de beheerder van de lijst. Is deze werkplek nieuw of teruggezet, vergelijk dan de acht woorden."),
            _("Breng uw aanmelding naar de beheerder. Neem het uitdeelbestand dat u terugkrijgt op deze pagina over."),
        )
    return Step(
        _("Deze werkplek is van de lijst gehaald"),
        _("De beheerder heeft deze werkplek afgemeld op {day}. Er komt niets nieuws meer bij.").format(
            day=show_day(before.retired_on)
        ),
        _("Klopt dat niet, bel dan de beheerder van de lijst op een nummer dat u al kende."),
        _("Lezen wat er is kan nog. Blijft u in het team, maak dan een nieuwe werkplek in een andere map."),
    )


def _replace(roster: Roster) -> Step:
    return Step(
        _("De lijst is verlopen"),
        _("Lijst nummer {number} gold tot en met {day}. Tot er een nieuwe is, kan niemand u schrijven.").format(
            number=roster.version, day=show_day(roster.expires_on)
        ),
        _("Staat de datum van deze computer goed?"),
        _("Bel de beheerder vandaag en vraag om een uitdeelbestand. Iedereen neemt het over en synchroniseert."),
    )


def _fetch_key(roster: Roster) -> Step:
    return Step(
        _("Haal de sleutel voor de koerier uit het uitdeelbestand"),
        _("Lijst nummer {number} geldt hier. De sleutel die daarbij hoort, is er nog niet.").format(
            number=roster.version
        ),
        _("Hebt u het uitdeelbestand van deze lijst? Vraag er anders de beheerder van de lijst om."),
        _("Neem het op deze pagina over. Sla daarna de sleutel op, voor de computer met netwerk, en synchroniseer."),
    )


def _mend(work: Work, roster: Roster, now: int) -> Step:
    makers: dict[Trouble, Callable[[Roster], Step]] = {
        "behind": _bring,
        "conflict": _stop,
        "former": _wait_for_server,
        "frozen": _wait_for_colleagues,
        "newer": _ask_for_newer,
        "signature": _follow,
        "unsynced": _bring,
    }
    make = makers.get(find_trouble(work, now))
    return _explain(work) if make is None else make(roster)


def _bring(roster: Roster) -> Step:
    return Step(
        _("Breng de lijst naar het portaal"),
        _("Lijst nummer {number} is hier overgenomen. Het portaal toont hem nog niet.").format(number=roster.version),
        _("Staan hieronder de mensen die u verwacht, en niemand anders?"),
        _("Synchroniseer, en laad deze pagina opnieuw. Ook uw collega's nemen de lijst over en synchroniseren."),
    )


def _stop(_roster: Roster) -> Step:
    return Step(
        _("Antwoord niet, en bel uw collega's"),
        _("Twee gegevens over dezelfde lijst of sleutel spreken elkaar tegen. Er is hier niets overgenomen."),
        _("Lees elkaar de acht woorden en het nummer van de lijst voor. Wie heeft een andere?"),
        _("Bel ook de beheerder van de lijst, op een nummer dat u al kende. Neem niets over tot u weet wat er is."),
    )


def _wait_for_server(_roster: Roster) -> Step:
    return Step(
        _("Wacht tot de site de nieuwe hoofdsleutel heeft"),
        _("Deze werkplek volgt de nieuwe beheerder. Het portaal toont nog de lijst van de vorige."),
        _("Vraag wie de server beheert of de nieuwe sleutel erin staat en de site opnieuw is gestart."),
        _("Synchroniseer daarna. Lezen kan intussen, antwoorden nog niet."),
    )


def _wait_for_colleagues(_roster: Roster) -> Step:
    return Step(
        _("Laat uw collega's de lijst bevestigen"),
        _("Te weinig mensen hebben deze week bevestigd dat de lijst klopt. De site is daarom dicht."),
        _("Staat de datum van deze computer goed?"),
        _("Vraag uw collega's vandaag hun bureau te openen en te synchroniseren. Synchroniseer daarna zelf."),
    )


def _ask_for_newer(roster: Roster) -> Step:
    return Step(
        _("Er is een nieuwere lijst dan de uwe"),
        _("Een collega bevestigde een lijst met een hoger nummer dan {number}.").format(number=roster.version),
        _("Vraag de beheerder van de lijst of dat klopt, en wat er veranderd is."),
        _("Vraag om het nieuwe uitdeelbestand, neem het op deze pagina over, en synchroniseer."),
    )


def _follow(_roster: Roster) -> Step:
    return Step(
        _("Het portaal toont een lijst van een andere hoofdsleutel"),
        _("Deze werkplek houdt zich aan de hoofdsleutel die zij kent. Er is niets overgenomen."),
        _("Bel de beheerder op een nummer dat u al kende: heeft een opvolger het overgenomen?"),
        _("Zo ja, vraag om het uitdeelbestand en neem het hier over. Zo nee, antwoord niet en bel uw collega's."),
    )


def _explain(work: Work) -> Step:
    return Step(
        _("Antwoorden kan nu niet"),
        work.refusal,
        _("Zit de stick erin, en staat de datum van deze computer goed?"),
        _("Synchroniseer, en laad deze pagina opnieuw. Blijft dit staan, bel dan de beheerder van de lijst."),
    )


def _ask_for_next(roster: Roster) -> Step:
    return Step(
        _("Vraag om een nieuwe lijst"),
        _("Lijst nummer {number} geldt nog tot en met {day}. Daarna gaat de site dicht.").format(
            number=roster.version, day=show_day(roster.expires_on)
        ),
        _("Weet de beheerder van de lijst het al? Eén van u belt."),
        _("Iedereen krijgt een uitdeelbestand, neemt het op deze pagina over en synchroniseert, vóór die dag."),
    )


def _sync() -> Step:
    return Step(
        _("Synchroniseer"),
        _("Uw kaarten zijn klaar en de lijst is bevestigd. Maar de koerier is al dagen niet geweest."),
        _("Loopt de koerier nog op de computer met netwerk?"),
        _("Synchroniseer, en laad deze pagina opnieuw. Doe dat elke dag."),
    )


def _publish() -> Step:
    return Step(
        _("Breng uw kaart voor volgende week naar het portaal"),
        _("De kaart is gemaakt. Zolang het portaal haar niet heeft, kan volgende week niemand u iets sturen."),
        _("Loopt de koerier nog op de computer met netwerk?"),
        _("Synchroniseer vóór maandag, en laad deze pagina opnieuw."),
    )


def _call_colleagues() -> Step:
    return Step(
        _("Vraag een collega het bureau te openen"),
        _("Net genoeg mensen hebben deze week bevestigd dat de lijst klopt."),
        _("Hieronder staat hoeveel mensen de lijst bevestigden, en hoeveel er nodig zijn."),
        _("Vraag een collega het bureau te openen en te synchroniseren. Anders kan de site dichtgaan."),
    )


def _rest(roster: Roster) -> Step:
    asked_on = date.fromisoformat(roster.expires_on) - timedelta(days=ROSTER_DAYS)
    return Step(
        _("U hoeft niets te doen"),
        _("De lijst geldt, uw kaarten liggen klaar en de koerier was er."),
        _("Staan hieronder de mensen die u verwacht, en niemand anders?"),
        _("Open het bureau en synchroniseer elke werkdag. Vraag vanaf {day} om een nieuwe lijst.").format(
            day=show_day(asked_on.isoformat())
        ),
        is_due=False,
    )
