"""The list and this workstation's keys in words, as the page shows them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

from crypto.encoding import encode_b64u
from crypto.roster import Roster
from crypto.week import week_number
from workstation import files
from workstation.ceremony.enrolment import REQUEST_NAME, list_words, open_request
from workstation.ceremony.root import list_root_words
from workstation.desk.letters import show_day
from workstation.desk.standing import find_last_card_day, has_published, holds_credential, read_synced
from workstation.desk.work import Work
from workstation.errors import WorkstationError
from workstation.keyring.workstation import Keyring
from workstation.texts import translate as _

_REQUEST_SIZE: Final = 2**20

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Person:
    """Who is on the list; `count` is how many workstations they have."""

    name: str
    short: str
    affiliations: tuple[str, ...]
    count: int
    is_you: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """The list that this workstation holds, its last day, its words, who is on it, and who was (name and day)."""

    number: int
    day: str
    words: Words
    people: tuple[Person, ...]
    gone: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Keys:
    """What a workstation has: `facts` are pairs of what and how.

    The words are those of its root, and of its request where it still has to be listed.
    """

    facts: tuple[tuple[str, str], ...]
    root_words: Words
    request_words: Words
    has_credential: bool


def show_list(work: Work) -> Listed | None:
    """Return the list that this workstation holds, expired or not; None where it holds none."""
    document, roster = work.keyring.state.roster, work.roster()
    if document is None or roster is None:
        return None
    return Listed(
        number=roster.version,
        day=show_day(roster.expires_on),
        words=list_words(work.keyring.pins.root_key, document),
        people=_list_people(roster, work.keyring.state.me.person),
        gone=tuple((w.name, show_day(w.retired_on)) for w in roster.workstations if w.retired_on is not None),
    )


def show_keys(work: Work, now: int) -> Keys:
    """Return how it stands with this workstation's keys."""
    me = work.keyring.state.me
    facts = [
        (_("Van wie deze werkplek is"), f"{me.name} ({me.person})"),
        (_("Nummer van deze werkplek"), encode_b64u(work.keyring.id)),
        (_("Op de lijst"), _tell_listed(work)),
        *_tell_others(work),
        (_("Uw kaarten reiken tot en met"), _tell_cards(work.keyring, now)),
        (_("Uw kaarten op het portaal"), _tell_published(work, now)),
        (_("De lijst is deze week bevestigd door"), _tell_vouchers(work)),
        (_("Laatst gesynchroniseerd"), _tell_synced(work)),
        (_("Sleutel voor de koerier"), _tell_credential(work)),
    ]
    roster = work.roster()
    is_listed = roster is not None and work.keyring.id in roster.active
    return Keys(
        tuple(facts),
        root_words=list_root_words(me.root_key, me.organisation),
        request_words=() if is_listed else _read_request(work.keyring),
        has_credential=holds_credential(work),
    )


def _list_people(roster: Roster, me: str) -> tuple[Person, ...]:
    counts = Counter(w.person for w in roster.active.values())
    found = {w.person: w for w in roster.active.values()}
    people = (Person(w.name, w.person, w.affiliations, counts[w.person], w.person == me) for w in found.values())
    return tuple(sorted(people, key=lambda person: (not person.is_you, person.name, person.short)))


def _tell_listed(work: Work) -> str:
    roster = work.roster()
    listed = None if roster is None else roster.listed.get(work.keyring.id)
    if roster is None or listed is None:
        return _("nee")
    if listed.retired_on is not None:
        return _("nee, afgemeld op {day}").format(day=show_day(listed.retired_on))
    return _("ja, op lijst nummer {number}").format(number=roster.version)


def _tell_others(work: Work) -> list[tuple[str, str]]:
    roster, me = work.roster(), work.keyring
    active = {} if roster is None else roster.active
    numbers = [encode_b64u(w.id) for w in active.values() if w.person == me.state.me.person and w.id != me.id]
    return [(_("Uw andere werkplek"), number) for number in numbers]


def _tell_cards(keyring: Keyring, now: int) -> str:
    day = find_last_card_day(keyring, now)
    return _("er is geen kaart voor deze week") if day is None else show_day(day)


def _tell_published(work: Work, now: int) -> str:
    week = week_number(now)
    if work.outlook is None:
        return _("onbekend; synchroniseer")
    return {
        (True, True): _("deze week en volgende week"),
        (True, False): _("alleen deze week"),
        (False, True): _("alleen volgende week"),
        (False, False): _("nog geen"),
    }[has_published(work, week), has_published(work, week + 1)]


def _tell_vouchers(work: Work) -> str:
    roster = work.roster()
    if work.outlook is None or roster is None:
        return _("onbekend; synchroniseer")
    names = {w.person: w.name for w in roster.active.values()}
    told = ", ".join(sorted(names.get(person, person) for person in work.outlook.vouchers)) or "–"
    return _("{names} (nodig: {threshold})").format(names=told, threshold=roster.threshold)


def _tell_synced(work: Work) -> str:
    synced = read_synced(work)
    return _("nog nooit") if synced is None else show_day(synced)


def _tell_credential(work: Work) -> str:
    if holds_credential(work):
        return _("aanwezig")
    if work.keyring.state.credential is None:
        return _("ontbreekt; vraag de beheerder om een nieuw uitdeelbestand")
    return _("van een vorige lijst; vraag de beheerder om een nieuw uitdeelbestand")


def _read_request(keyring: Keyring) -> Words:
    """Return the words of the request that lies here: new cards would make other ones than those that were read."""
    try:
        data = files.read_file(keyring.folder / REQUEST_NAME, _REQUEST_SIZE)
        return () if data is None else open_request(data).words
    except WorkstationError:
        return ()
