"""Case events between desks: who learns what, what holds, and what a colleague who missed something gets."""

from __future__ import annotations

import os
from dataclasses import replace
from random import Random

import pytest

from crypto import envelope
from crypto.age.hybrid import Identity
from crypto.conversation import first_allow, next_allow
from crypto.errors import NoMatchError
from crypto.event import Changes
from tests.workstation.helpers import PERSONS, Organisation, make_mailbox, write
from tests.world import NOW
from workstation.cases.inbox import Conversation
from workstation.cases.state import CaseState
from workstation.desk.events import make_head, write_event
from workstation.desk.passing import pass_on
from workstation.desk.work import Work
from workstation.spool import Spool

# Real envelopes between real folders.
pytestmark = pytest.mark.slow


def only(work: Work) -> Conversation:
    (conversation,) = work.conversations.values()
    return conversation


def comparable(state: CaseState) -> CaseState:
    return replace(state, opened={}, time=0)


def settle(organisation: Organisation, persons: tuple[str, ...] = PERSONS, rounds: int = 2) -> None:
    """Let every desk look, and every courier carry, until nobody has anything to say."""
    for _round in range(rounds):
        for person in persons:
            with organisation.desk(person):
                pass
            organisation.collect(person)


def test_what_one_desk_changes_holds_on_the_others(organisation: Organisation) -> None:
    """Status, assignment, due day, labels and notes; and after a restart they hold still."""
    write(organisation, make_mailbox(), "Hallo")
    changes = Changes(
        status="paused", assigned="bram", due="2026-12-01", labels={"Aangifte": True}, note="Belt met de wijkagent."
    )
    with organisation.desk("anna") as work:
        work.change(only(work), changes, NOW)
        held = only(work).state
    organisation.collect("anna")
    for person in ("anna", "bram", "chris"):
        with organisation.desk(person) as work:
            state = only(work).state
            assert comparable(state) == comparable(held)
            assert (state.status, state.assigned, state.due, state.labels) == (
                "paused",
                "bram",
                "2026-12-01",
                ("Aangifte",),
            )
            assert [note.text for note in state.notes] == ["Belt met de wijkagent."]


def test_desks_that_saw_the_same_blocks_in_any_order_agree(organisation: Organisation) -> None:
    """Everybody changes something at the same time, and every courier brings it in an order of its own."""
    random = Random(47)  # noqa: S311 - an order that can be told again
    write(organisation, make_mailbox(), "Hallo")
    settle(organisation)
    for turn in range(3):
        for person in PERSONS:
            with organisation.desk(person) as work:
                change = Changes(
                    status=random.choice(["active", "paused"]),
                    assigned=random.choice(["", *PERSONS]),
                    labels={random.choice("abc"): random.choice([True, False])},
                    note=f"{person} {turn}",
                )
                work.change(only(work), change, NOW)
    records = []
    for person in PERSONS:
        spool = organisation.spool(person)
        records += [spool.read_outgoing(address) or b"" for address in spool.list_outgoing()]
        for address in spool.list_outgoing():
            spool.mark_sent(address)
    for person in PERSONS:
        random.shuffle(records)
        for start in range(0, len(records), 4):
            for record in records[start : start + 4]:
                organisation.bring(record[:32], record[65:], [person])
            with organisation.desk(person):
                pass
    states = []
    for person in PERSONS:
        with organisation.desk(person) as work:
            states.append(only(work).state)
    assert len(states[0].notes) == 9
    assert states[0] == states[1] == states[2]


def test_an_excluded_counsellor_learns_nothing_and_changes_nothing(organisation: Organisation) -> None:
    """Their cards do not open it; and what they sign about it themselves is as if it were not there."""
    box = make_mailbox()
    write(organisation, box, "Niet voor Chris", persons=("anna", "bram"))
    with organisation.desk("anna") as work:
        work.change(only(work), Changes(note="Het gaat over Chris."), NOW)
        messages = work.receiver.messages[box.conversation]
    organisation.collect("anna")
    with organisation.desk("chris") as work:
        assert not work.conversations
        identities = [Identity(card.identity) for card in work.keyring.state.cards.values()]
        for address in work.spool.list_incoming() if work.spool else ():
            with pytest.raises(NoMatchError):
                envelope.open(organisation.spool("chris").read_incoming(address) or b"", identities)
        # Even with the conversation's keys in hand, which a colleague might have shown them.
        assert work.keyset is not None
        forged, record = write_event(
            work.keyring, work.keyset, messages, Changes(status="closed", keep_until="2027-01-01"), 2, NOW
        )
        assert work.keyring.id == forged.payload.author
    organisation.bring(record[:32], record[65:])
    with organisation.desk("bram") as work:
        assert only(work).state.status == "active"
        assert [note.text for note in only(work).state.notes] == ["Het gaat over Chris."]


def test_who_is_left_out_later_is_told_nothing_more(organisation: Organisation) -> None:
    """From the narrower list on, events are not sealed to them, and theirs decide nothing."""
    box = make_mailbox()
    first = write(organisation, box, "Iedereen")
    with organisation.desk("chris") as work:
        work.change(only(work), Changes(assigned="chris", note="Ik doe dit."), NOW)
    organisation.collect("chris")
    narrowed = next_allow(first_allow(PERSONS), ("anna", "bram"))
    write(organisation, box, "Niet meer Chris", number=1, previous=first, allow=narrowed)
    with organisation.desk("anna") as work:
        assert only(work).state.assigned == ""
        work.change(only(work), Changes(note="Zonder Chris."), NOW)
        assert [note.text for note in only(work).state.notes] == ["Ik doe dit.", "Zonder Chris."]
    organisation.collect("anna")
    with organisation.desk("chris") as work:
        assert [note.text for note in only(work).state.notes] == ["Ik doe dit."]


def test_a_replayed_or_moved_event_changes_nothing(organisation: Organisation) -> None:
    """The server may give the same bytes under other addresses as often as it likes."""
    write(organisation, make_mailbox(), "Hallo")
    with organisation.desk("anna") as work:
        work.change(only(work), Changes(assigned="anna"), NOW)
        work.change(only(work), Changes(assigned="bram"), NOW)
    spool = organisation.spool("anna")
    blocks = [(spool.read_outgoing(address) or b"")[65:] for address in spool.list_outgoing()]
    organisation.collect("anna")
    with organisation.desk("chris") as work:
        before = only(work).state
    for block in blocks:
        organisation.bring(os.urandom(32), block)
    for _again in range(2):
        with organisation.desk("chris") as work:
            assert only(work).state == before
            assert len(work.receiver.events[only(work).id]) == len(blocks) + 1


def test_a_new_workstation_gets_what_it_missed_from_a_colleague(organisation: Organisation) -> None:
    """The reporter's own signed bytes, the colleague's replies and the events; and of no other conversation."""
    box, other = make_mailbox(), make_mailbox(8)
    write(organisation, box, "Hallo allemaal")
    write(organisation, other, "Niet voor Chris", persons=("anna", "bram"))
    with organisation.desk("anna") as work:
        found = work.conversations[box.conversation]
        work.answer(found, "Dag", NOW)
        work.change(work.conversations[box.conversation], Changes(note="Eerste gesprek."), NOW)
    organisation.collect("anna")
    settle(organisation)
    handout = organisation.hand_out([organisation.enrol("chris", folder="chris2")])
    move_in(organisation, "chris2", handout)
    with organisation.desk("chris2") as work:
        # The blocks are all there, and none was sealed to this workstation.
        assert not work.conversations
    with organisation.desk("bram") as work:
        (missed,) = work.list_missed()
        assert (missed.workstation.person, missed.conversation.id) == ("chris", box.conversation)
        work.pass_on(missed.workstation.id, NOW)
        assert not work.list_missed()
    carry(organisation, "bram", "chris2")
    with organisation.desk("chris2") as work:
        found = only(work)
        assert found.id == box.conversation
        assert [letter.text for letter in found.letters] == ["Hallo allemaal", "Dag"]
        assert [note.text for note in found.state.notes] == ["Eerste gesprek."]
        work.answer(found, "Hier ben ik weer", NOW)
    # On other desks nothing is left to pass on either.
    organisation.collect("bram")
    with organisation.desk("anna") as work:
        assert not work.list_missed()


def test_what_a_workstation_holds_without_having_been_sealed_it_need_not_be_given(organisation: Organisation) -> None:
    """It tells so itself, whoever passed it on, or whatever backup it comes from."""
    write(organisation, make_mailbox(), "Hallo allemaal")
    settle(organisation)
    handout = organisation.hand_out([organisation.enrol("chris", folder="chris2")])
    move_in(organisation, "chris2", handout)
    with organisation.desk("bram") as work:
        (missed,) = work.list_missed()
        assert work.keyset is not None
        # Bram's desk stops before it can tell.
        records, _told = pass_on(work.keyset, missed)
    for record in records:
        organisation.bring(record[:32], record[65:], ["chris2"])
    with organisation.desk("anna") as work:
        assert work.list_missed()
    with organisation.desk("chris2") as work:
        assert work.conversations
    carry(organisation, "chris2", "anna")
    with organisation.desk("anna") as work:
        assert not work.list_missed()


def test_nobody_can_pass_on_what_the_newest_list_forbids(organisation: Organisation) -> None:
    """A colleague who seals it to the excluded counsellor all the same does not get it into their desk."""
    box = make_mailbox()
    write(organisation, box, "Niet voor Chris", persons=("anna", "bram"))
    with organisation.desk("anna") as work:
        (message,) = work.receiver.messages[box.conversation]
        assert work.keyset is not None
        card = next(card for w, card in work.keyset.cards.items() if work.keyset.roster.active[w].person == "chris")
        assert card is not None
        assert not work.list_missed()
    record = make_head(os.urandom(32), envelope.seal(message.data, message.signature, [card.recipient], os.urandom))
    organisation.bring(record[:32], record[65:])
    with organisation.desk("chris") as work:
        assert not work.conversations


def test_a_desk_that_should_have_opened_a_message_and_could_not_says_so(organisation: Organisation) -> None:
    """The envelope names Bram and is not sealed to him: Anna's desk tells his which message she opened."""
    box = make_mailbox()
    first = write(organisation, box, "Voor allen")
    settle(organisation)
    write(organisation, box, "Heimelijk", number=1, previous=first)
    # A hostile sender: the same payload, with another stanza where Bram's should be.
    spool = organisation.spool("anna")
    with organisation.desk("anna") as work:
        hidden = next(m for m in work.receiver.messages[box.conversation] if m.payload.number == 1)
        assert work.keyset is not None
        recipients = [
            card.recipient
            for w, card in work.keyset.cards.items()
            if card is not None and work.keyset.roster.active[w].person != "bram"
        ]
    block = envelope.seal(hidden.data, hidden.signature, recipients, os.urandom)
    Spool.put_incoming(organisation.spool("bram"), hidden.payload.address, block)
    organisation.collect("anna")
    assert spool.list_incoming()
    with organisation.desk("bram") as work:
        assert work.list_unopened() == {hidden.payload.address}
    with organisation.desk("chris") as work:
        assert not work.list_unopened()


def test_an_event_and_cover_look_alike_to_whoever_cannot_open_them(organisation: Organisation) -> None:
    """The same size, kind and format, and twelve stanzas of which none opens."""
    write(organisation, make_mailbox(), "Hallo", persons=("anna", "bram"))
    with organisation.desk("anna") as work:
        work.change(only(work), Changes(note="Kort"), NOW)
        spool = organisation.spool("anna")
        cover = [path.read_bytes() for path in (spool.folder / "outgoing" / "cover").iterdir()]
        events = [spool.read_outgoing(address) or b"" for address in spool.list_outgoing()]
    assert cover
    shapes = {(len(record), record[64], record[65:89], record[65:].count(b"\n-> mlkem768x25519 ")) for record in cover}
    assert shapes == {(len(r), r[64], r[65:89], r[65:].count(b"\n-> mlkem768x25519 ")) for r in events}
    assert len(shapes) == 1
    with organisation.unlocked("chris") as keyring:
        identities = [Identity(card.identity) for card in keyring.state.cards.values()]
    for record in (*cover, *events):
        with pytest.raises(NoMatchError):
            envelope.open(record[65:], identities)


def move_in(organisation: Organisation, folder: str, handout: object) -> None:
    """Let a workstation in another folder take part, with a spool of its own that holds what the others hold."""
    for person in (*PERSONS, folder):
        organisation.take(person, handout)  # type: ignore[arg-type]
    organisation.publish((*PERSONS, folder))
    anna = organisation.spool("anna")
    for address in anna.list_incoming():
        organisation.bring(address, anna.read_incoming(address) or b"", [folder])


def carry(organisation: Organisation, sender: str, receiver: str) -> None:
    """Bring what a desk wrote to one more courier as well."""
    spool = organisation.spool(sender)
    for address in spool.list_outgoing():
        organisation.bring(address, (spool.read_outgoing(address) or b"")[65:], [receiver])
