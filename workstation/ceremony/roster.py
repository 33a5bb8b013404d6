"""The roster: the root holder signs who the team is. spec: Keyset.

The rules of a next version:

1. its version is one higher than the last and names that one's hash; it lasts thirteen weeks;
2. who asks to be listed is listed as they asked; a request of a workstation that is listed already adds its cards only;
   a further workstation of a person has the name and affiliations of the others, since pages show one name a person;
3. a retired workstation stays listed for thirty weeks, so that its old replies can be verified, and never comes back;
4. the courier credential is made anew whenever somebody leaves, and kept otherwise;
5. the threshold of freshness is two persons, or one where there is only one;
6. a root that has handed over signs nothing more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from crypto import labels
from crypto.card import open_card
from crypto.encoding import digest
from crypto.errors import MalformedError, ProtocolError
from crypto.roster import Roster, Workstation, open_roster, parse_roster, serialize_roster
from crypto.signing import sign_document
from crypto.verifying import Document
from crypto.week import WEEK_SECONDS, day_of, week_number
from workstation.ceremony.credential import make_credential, seal_credential
from workstation.ceremony.enrolment import Request
from workstation.ceremony.handout import Handout
from workstation.ceremony.refusals import refuse
from workstation.ceremony.succession import find_predecessor
from workstation.errors import WorkstationError
from workstation.keyring.root import RootKeyring
from workstation.texts import translate as _

ROSTER_WEEKS: Final = 13
RETIRED_WEEKS: Final = 30
_THRESHOLD: Final = 2


@dataclass(frozen=True, slots=True)
class Changes:
    """What the root holder wants to change."""

    requests: Sequence[Request] = ()
    retire: Sequence[bytes] = ()


def make_roster(root: RootKeyring, changes: Changes, cards: Iterable[Document], now: int) -> Handout:
    """Sign the next roster, save the root's keyring, and return what every workstation gets.

    `cards` are further cards (of a keyset), so that somebody whose request is old still gets the credential. Raises
    WorkstationError if the roster would not be one.
    """
    if root.handed_over is not None:
        raise WorkstationError(
            _("Deze hoofdsleutel is overgedragen en tekent niets meer. De opvolger tekent de lijst.")
        )
    before = read_last(root)
    if before is None and not changes.requests:
        raise WorkstationError(
            _(
                "Er is nog niemand aangemeld. Voer eerst `init enrol` uit op elke werkplek, "
                "en geef elk bestand met --request."
            )
        )
    workstations = _list_workstations(root, before, changes, now)
    if changes.retire or root.credential is None:
        root.credential = make_credential()
    payload = serialize_roster(_next_version(root, before, workstations, now))
    roster = _check(payload)
    root.roster = sign_document(labels.TYPE_ROSTER, payload, root.signing)
    root.cards = _collect_cards(roster, [*root.cards, *(c for r in changes.requests for c in r.cards), *cards], now)
    root.save()
    return Handout(root.roster, tuple(root.cards), _seal_credentials(root, roster, now), root.successions)


def adopt_previous(root: RootKeyring, document: Document, successions: tuple[Document, ...] = ()) -> None:
    """Go on from a roster that this root signed elsewhere; an older one than is known changes nothing.

    `successions` came with it: a copy of the root from before it took over does not know them. Raises WorkstationError
    if this root did not sign the roster, or they do not lead to it. The caller saves.
    """
    try:
        previous = open_roster(document, root.pins)
        if successions:
            find_predecessor(root, successions)
    except ProtocolError as error:
        raise refuse(error) from None
    known = read_last(root)
    if known is None or previous.version > known.version:
        root.roster = document
        root.successions = root.successions or successions


def read_last(root: RootKeyring) -> Roster | None:
    """Return the last roster that this root signed."""
    return None if root.roster is None else parse_roster(root.roster.payload)


def _list_workstations(root: RootKeyring, before: Roster | None, changes: Changes, now: int) -> list[Workstation]:
    listed = {} if before is None else before.listed
    for request in changes.requests:
        if request.organisation != root.organisation:
            raise WorkstationError(_("Deze aanmelding is voor een andere organisatie."))
        known = listed.get(request.workstation.id)
        if known is not None and known.retired_on is not None:
            raise WorkstationError(_("Deze werkplek is eerder afgemeld. Maak op die computer een nieuwe werkplek."))
        listed.setdefault(request.workstation.id, request.workstation)
    _retire(listed, changes.retire, now)
    for request in changes.requests:
        _check_person(listed, request.workstation)
    oldest = day_of(now - RETIRED_WEEKS * WEEK_SECONDS)
    return [w for _id, w in sorted(listed.items()) if w.retired_on is None or w.retired_on >= oldest]


def _retire(listed: dict[bytes, Workstation], retire: Sequence[bytes], now: int) -> None:
    for workstation in retire:
        if workstation not in listed:
            raise WorkstationError(_("De werkplek die u wilt afmelden staat niet op de lijst."))
        if listed[workstation].retired_on is None:
            listed[workstation] = replace(listed[workstation], retired_on=day_of(now))


def _check_person(listed: Mapping[bytes, Workstation], new: Workstation) -> None:
    for other in listed.values():
        if other.id == new.id or other.retired_on is not None or other.person != new.person:
            continue
        if (other.name, sorted(other.affiliations)) != (new.name, sorted(new.affiliations)):
            raise WorkstationError(
                _(
                    "{person} staat al op de lijst als {name}, verbonden met: {affiliations}. "
                    "Maak de aanmelding opnieuw in een nieuwe map: voor een tweede werkplek met dezelfde gegevens, "
                    "voor iemand anders met een andere korte naam."
                ).format(person=new.person, name=other.name, affiliations=", ".join(other.affiliations) or "–")
            )


def _next_version(root: RootKeyring, before: Roster | None, workstations: Sequence[Workstation], now: int) -> Roster:
    assert root.credential is not None, "the caller has made one"
    persons = {w.person for w in workstations if w.retired_on is None}
    return Roster(
        organisation=root.organisation,
        version=1 if before is None else before.version + 1,
        previous=None if before is None else before.hash,
        expires_on=day_of(now + ROSTER_WEEKS * WEEK_SECONDS),
        threshold=max(1, min(_THRESHOLD, len(persons))),
        credential=digest(root.credential),
        workstations=tuple(workstations),
        hash=b"",
    )


def _check(payload: bytes) -> Roster:
    try:
        return parse_roster(payload)
    except MalformedError:
        raise WorkstationError(_("Op een lijst staan 1 tot 11 werkplekken. Er is niets veranderd.")) from None


def _collect_cards(roster: Roster, documents: Iterable[Document], now: int) -> list[Document]:
    kept: dict[tuple[bytes, int], Document] = {}
    for document in documents:
        try:
            card = open_card(document, roster)
        except ProtocolError:
            continue
        if card.week >= week_number(now):
            kept.setdefault((card.workstation, card.week), document)
    return [kept[key] for key in sorted(kept)]


def _seal_credentials(root: RootKeyring, roster: Roster, now: int) -> dict[bytes, bytes]:
    assert root.credential is not None, "the caller has made one"
    sealed: dict[bytes, bytes] = {}
    # Sorted by week: the first that is not over yet is the current one, or else the next that will be.
    cards = sorted((open_card(document, roster) for document in root.cards), key=lambda card: card.week)
    for card in cards:
        if card.week >= week_number(now) and card.workstation not in sealed:
            sealed[card.workstation] = seal_credential(root.credential, card.recipient)
    return sealed
