"""What a workstation does every week, and after every handout: learn the roster, renew cards, vouch for both, publish.

Done by `card` and at every unlocking of the desk. Repeating it changes nothing; interrupting it loses nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace

from crypto.encoding import digest
from crypto.errors import KeysetError, ProtocolError
from crypto.roster import Pins, Roster, Workstation, open_roster
from crypto.verifying import Document, serialize_document
from crypto.week import day_of, encode_week, week_number
from workstation.ceremony.card import WEEKS_AHEAD, last_destroyed, open_cards, remember_cards, renew_cards
from workstation.ceremony.credential import try_credential
from workstation.ceremony.freshness import sign_freshness
from workstation.ceremony.handout import Handout
from workstation.ceremony.published import Published, parse_published
from workstation.ceremony.refusals import refuse, refuse_handout
from workstation.ceremony.succession import find_root, is_former
from workstation.errors import UnfitFileError, WorkstationError
from workstation.keyring.workstation import Keyring
from workstation.spool import Spool
from workstation.texts import translate as _


@dataclass(frozen=True, slots=True)
class Renewal:
    """What was done: new cards, documents that now wait for the courier, and who has no card to vouch for.

    `vouched` is False where this workstation knows too little to sign this week's freshness.
    """

    cards: int
    waiting: int
    vouched: bool
    absent: tuple[Workstation, ...]


def check_handout(keyring: Keyring, handout: Handout, now: int) -> Roster:
    """Verify a handout under the pinned root, or one to which that has handed over. Changes nothing.

    Raises WorkstationError.
    """
    pins, path = find_root(keyring, handout.successions)
    try:
        roster = _check(keyring, handout.roster, pins, now)
    except ProtocolError as error:
        if is_former(keyring, handout.roster, path):
            raise WorkstationError(
                _("Deze lijst is van de vorige beheerder. Vraag de nieuwe beheerder om het uitdeelbestand.")
            ) from None
        raise refuse_handout(error) from None
    if keyring.id not in roster.active:
        raise WorkstationError(_("Deze werkplek staat niet (meer) op de lijst. Bel de beheerder van de lijst."))
    try:
        open_cards(keyring, roster, handout.cards)
    except ProtocolError as error:
        raise refuse_handout(error) from None
    return roster


def take_handout(keyring: Keyring, spool: Spool, handout: Handout, now: int) -> Roster:
    """Verify a handout under the pinned root and keep what it brings. Saves. Raises WorkstationError, OSError.

    Colleagues' cards go into the spool as well: the statement that names them must never be at the portal without them.
    """
    pins, path = find_root(keyring, handout.successions)
    roster = check_handout(keyring, handout, now)
    state = keyring.state
    with _wholly(keyring):
        cards = remember_cards(keyring, roster, handout.cards)
        # One saving for all: root and roster never differ on the disk.
        state.me, state.successions = replace(state.me, root_key=pins.root_key), (*state.successions, *path)
        state.roster, state.roster_version = handout.roster, roster.version
        identities = [card.identity for card in state.cards.values()]
        credential = try_credential(handout.credentials.get(keyring.id, b""), identities, roster)
        state.credential = credential or state.credential
        keyring.save()
    documents = {digest(document.payload): document for document in handout.cards}
    for card in cards:
        if card.week >= week_number(now):
            spool.put_document(_name_card(card.workstation, card.week), serialize_document(documents[card.hash]))
    return roster


@contextmanager
def _wholly(keyring: Keyring) -> Iterator[None]:
    """Let the state in memory be as before, should it not come onto the disk: a desk goes on after that."""
    state = keyring.state
    known = {week: dict(hashes) for week, hashes in state.known.items()}
    before = {field.name: getattr(state, field.name) for field in fields(state)} | {"known": known}
    try:
        yield
    except BaseException:
        for name, value in before.items():
            setattr(state, name, value)
        raise


def renew(keyring: Keyring, spool: Spool, now: int) -> Renewal:
    """Do what is due and put documents into the spool. Saves. Raises WorkstationError, OSError."""
    if week_number(now) <= last_destroyed(keyring):
        raise WorkstationError(
            _("De klok van deze computer staat weken achter. Zet de datum goed; daarna werkt alles weer.")
        )
    made = renew_cards(keyring, now)
    published = _read_published(spool)
    try:
        roster = _learn(keyring, published, now)
    except ProtocolError as error:
        raise refuse(error) from None
    if roster is None or keyring.id not in roster.active:
        return Renewal(made, 0, vouched=False, absent=())
    statement = sign_freshness(keyring, roster, now)
    # A colleague without a card stays absent; but who never saw the portal's keyset may merely not know it yet.
    vouched = not statement.absent or (published is not None and published.roster == keyring.state.roster)
    waiting = _publish(keyring, spool, published, roster, statement.document if vouched else None, now)
    return Renewal(made, waiting, vouched, statement.absent)


def _read_published(spool: Spool) -> Published | None:
    try:
        data = spool.read_keyset()
        return None if data is None else parse_published(data)
    except (ProtocolError, UnfitFileError):
        return None


def _learn(keyring: Keyring, published: Published | None, now: int) -> Roster | None:
    state = keyring.state
    before = (state.roster, {week: dict(hashes) for week, hashes in state.known.items()})
    if published is not None:
        try:
            remember_cards(keyring, _adopt(keyring, published.roster, now), published.cards)
        except KeysetError as error:
            # A conflict is an alarm. Any other keyset is no use, and the roster that we have still is.
            if error.reason == "conflict":
                raise
    if before != (state.roster, state.known):
        keyring.save()
    return None if state.roster is None else open_roster(state.roster, keyring.pins)


def _adopt(keyring: Keyring, document: Document, now: int) -> Roster:
    roster = _check(keyring, document, keyring.pins, now)
    keyring.state.roster, keyring.state.roster_version = document, roster.version
    return roster


def _check(keyring: Keyring, document: Document, pins: Pins, now: int) -> Roster:
    roster = open_roster(document, pins)
    state = keyring.state
    if roster.version < pins.minimum_roster_version:
        raise KeysetError("rollback")
    if (
        state.roster is not None
        and roster.version == state.roster_version
        and digest(state.roster.payload) != roster.hash
    ):
        raise KeysetError("conflict")
    if day_of(now) > roster.expires_on:
        raise KeysetError("expired")
    return roster


def _publish(  # noqa: PLR0913, PLR0917 - what is known, where it goes, and when
    keyring: Keyring, spool: Spool, published: Published | None, roster: Roster, statement: Document | None, now: int
) -> int:
    week = week_number(now)
    assert keyring.state.roster is not None, "a verified roster is kept"
    wanted = {f"1-roster-{roster.version:06}.json": keyring.state.roster}
    for w in sorted(keyring.state.cards):
        # A clock that once ran ahead has left cards that the portal does not take yet.
        if week <= w <= week + WEEKS_AHEAD:
            wanted[_name_card(keyring.id, w)] = keyring.sign_card(w)
    if statement is not None:
        wanted[f"3-freshness-{_short(keyring.id)}-{encode_week(week)}.json"] = statement
    _drop_stale(spool, roster, keyring.id, wanted)
    due = {
        keyring.state.roster,
        statement,
        *(keyring.sign_card(w) for w in (week, week + 1) if w in keyring.state.cards),
    }
    shown = set() if published is None else {published.roster, *published.cards, *published.freshness}
    waiting = 0
    for name, document in wanted.items():
        # What the portal ought to show and does not is sent again: it may have been restored from an older copy.
        again = published is not None and document in due and document not in shown
        waiting += spool.put_document(name, serialize_document(document), again=again)
    return waiting


def _drop_stale(spool: Spool, roster: Roster, own: bytes, wanted: Collection[str]) -> None:
    active = {_short(workstation) for workstation in roster.active}
    newest = min(wanted)
    for name in spool.list_documents():
        number, _kind, about = name.split("-", 2)
        # Several workstations may share a spool: beside our own, only what nobody takes any more is dropped.
        older = name < newest if number == "1" else about[:16] not in active
        if older or (about.startswith(_short(own)) and name not in wanted):
            spool.drop_document(name)


def _name_card(workstation: bytes, week: int) -> str:
    return f"2-card-{_short(workstation)}-{encode_week(week)}.json"


def _short(workstation: bytes) -> str:
    return workstation.hex()[:16]
