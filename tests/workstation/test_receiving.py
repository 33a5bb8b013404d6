"""From a block in the spool to an answer in the mailbox."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from crypto import envelope, labels, payload
from crypto.address import delete_hash, derive_address, derive_delete_token
from crypto.body import Body
from crypto.conversation import Draft, compose_message, compose_reply, first_allow, list_recipients, next_allow
from crypto.mailbox import Mailbox, derive
from crypto.payload import Payload
from crypto.signing import sign
from crypto.week import day_of
from tests.workstation.helpers import ORGANISATION, PERSONS, Organisation, make_mailbox, read_reply, write
from tests.world import NOW
from workstation.cases.inbox import excerpt
from workstation.desk.work import Work
from workstation.errors import WorkstationError

# Real envelopes, sealed and opened by the dozen, and a disk that is waited for.
pytestmark = pytest.mark.slow

DAY = 24 * 3600


def texts(work: Work) -> list[list[str]]:
    return [[m.payload.body.text for m in conversation.messages] for conversation in work.inbox()]


def seal_for(organisation: Organisation, box: Mailbox, changes: dict[str, object]) -> bytes:
    """Let a reporter send a message of which some fields are not as they should be; return its address."""
    keyset = organisation.keyset()
    draft = Draft("message", Body("Vals", {}, 1), day_of(NOW), 0, None, {})
    honest = compose_message(box, keyset, first_allow(PERSONS), draft)
    written = replace(honest, **changes)  # type: ignore[arg-type]
    data = payload.serialize(written)
    signature = sign(labels.SIGN_MAILBOX, data, box.signing)
    block = envelope.seal(data, signature, list_recipients(keyset, honest), os.urandom)
    organisation.bring(honest.address, block)
    return honest.address


def test_a_report_is_read_answered_and_the_answer_opens_in_the_mailbox(organisation: Organisation) -> None:
    """The whole way through the workstation, without any network."""
    box = make_mailbox()
    write(organisation, box, "Er stond een auto voor de deur.")
    with organisation.desk("anna") as work:
        (conversation,) = work.inbox()
        assert conversation.waiting
        work.answer(conversation, "Goed dat u schrijft.\r\n\r\nBel mij.", NOW)
        assert not work.inbox()[0].waiting
    (record,) = organisation.collect("anna")
    assert read_reply(organisation, box, record).payload.body.text == "Goed dat u schrijft.\n\nBel mij."


def test_a_reply_lies_where_the_reporter_looks_and_can_be_deleted_by_them(organisation: Organisation) -> None:
    """Address and delete hash follow from the keys that the report brought along."""
    box = make_mailbox()
    write(organisation, box, "Hallo")
    with organisation.desk("anna") as work:
        work.answer(work.inbox()[0], "Dag", NOW)
        own = work.keyring.id
    (record,) = organisation.collect("anna")
    address = derive_address(box.reply_address_key, own, 0)
    assert record[:32] == address
    assert record[32:64] == delete_hash(derive_delete_token(box.reply_delete_key, address))
    assert record[64] == labels.KIND_REPLY


def test_a_colleagues_reply_stands_in_the_conversation_on_every_desk(organisation: Organisation) -> None:
    """Whoever may read a conversation reads the whole of it."""
    write(organisation, make_mailbox(), "Hallo")
    with organisation.desk("anna") as work:
        work.answer(work.inbox()[0], "Dag", NOW)
    organisation.collect("anna")
    with organisation.desk("bram") as work:
        assert texts(work) == [["Hallo", "Dag"]]
        assert not work.inbox()[0].waiting


def test_ones_own_reply_that_comes_back_is_shown_once(organisation: Organisation) -> None:
    """The portal lists replies to their author as well."""
    write(organisation, make_mailbox(), "Hallo")
    with organisation.desk("anna") as work:
        work.answer(work.inbox()[0], "Dag", NOW)
    organisation.collect("anna")
    for _again in range(2):
        with organisation.desk("anna") as work:
            assert texts(work) == [["Hallo", "Dag"]]
            assert not work.outbox.addresses()


def test_two_replies_of_one_author_have_two_numbers_and_a_chain(organisation: Organisation) -> None:
    """Numbers survive locking; each reply names the one before it."""
    box = make_mailbox()
    write(organisation, box, "Hallo")
    for text in ("Een", "Twee"):
        with organisation.desk("anna") as work:
            work.answer(work.inbox()[0], text, NOW)
    first, second = sorted(
        (read_reply(organisation, box, record) for record in organisation.collect("anna")),
        key=lambda m: m.payload.number,
    )
    assert [first.payload.number, second.payload.number] == [0, 1]
    assert second.payload.previous == first.id


def test_what_was_read_is_read_without_the_spool_and_without_its_card(organisation: Organisation) -> None:
    """The archive alone suffices: blocks expire at the portal and cards are destroyed."""
    write(organisation, make_mailbox(), "Hallo")
    with organisation.desk("anna"):
        pass
    with organisation.unlocked("anna") as keyring:
        keyring.state.cards.clear()
        keyring.save()
    organisation.folder.joinpath("anna-spool").rename(organisation.folder / "elders")
    with organisation.desk("anna") as work:
        assert texts(work) == [["Hallo"]]
        assert "USB" in work.trouble
        with pytest.raises(WorkstationError):
            work.answer(work.inbox()[0], "Dag", NOW)


def test_an_excluded_counsellor_sees_nothing(organisation: Organisation) -> None:
    """Exclusion is cryptographic: the block lies in the spool and does not open."""
    write(organisation, make_mailbox(), "Niet voor Chris", persons=("anna", "bram"))
    with organisation.desk("chris") as work:
        assert not work.inbox()
        assert not list((organisation.station("chris") / "archive").iterdir())
    with organisation.desk("bram") as work:
        assert texts(work) == [["Niet voor Chris"]]


def test_a_reply_is_not_sealed_to_whom_the_reporter_excluded(organisation: Organisation) -> None:
    """The desk follows the newest allow-list it has seen."""
    box = make_mailbox()
    first = write(organisation, box, "Iedereen")
    narrowed = next_allow(first_allow(PERSONS), ("anna", "bram"))
    write(organisation, box, "Niet meer Chris", number=1, previous=first, allow=narrowed)
    with organisation.desk("anna") as work:
        work.answer(work.inbox()[0], "Begrepen", NOW)
    organisation.collect("anna")
    with organisation.desk("chris") as work:
        assert texts(work) == [["Iedereen"]]
    with organisation.desk("bram") as work:
        assert texts(work) == [["Iedereen", "Niet meer Chris", "Begrepen"]]


@pytest.mark.parametrize(
    "changes",
    [
        {"organisation": "andere"},
        {"address": bytes(32)},
        {"conversation": bytes(32)},
        {"author": bytes(32)},
        {"sealed": {}},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_message_with_a_false_field_is_not_shown(organisation: Organisation, changes: dict[str, object]) -> None:
    """Relayed from another organisation, moved, in another's name, or not saying that it was sealed to us."""
    seal_for(organisation, make_mailbox(), changes)
    with organisation.desk("anna") as work:
        assert not work.inbox()
        assert not list((organisation.station("anna") / "archive").iterdir())


def test_nobody_continues_a_conversation_with_other_keys(organisation: Organisation) -> None:
    """Recipient and contact are trusted on first use."""
    box = make_mailbox()
    write(organisation, box, "Eerste")
    with organisation.desk("anna"):
        pass
    other = make_mailbox(9)
    keyset = organisation.keyset()
    draft = Draft("message", Body("Ander adres", {}, 1), day_of(NOW), 1, None, {})
    written = replace(compose_message(box, keyset, first_allow(PERSONS), draft), mailbox=other.recipient)
    data = payload.serialize(written)
    organisation.deliver(written, (data, sign(labels.SIGN_MAILBOX, data, box.signing)), keyset)
    with organisation.desk("anna") as work:
        assert texts(work) == [["Eerste"]]


def test_a_counsellor_cannot_write_in_the_reporters_name(organisation: Organisation) -> None:
    """The tag of a workstation's signature is not that of a mailbox, and neither is its key."""
    box = make_mailbox()
    write(organisation, box, "Hallo")
    with organisation.unlocked("bram") as keyring:
        signing = keyring.state.signing
    keyset = organisation.keyset()
    draft = Draft("message", Body("Trek het in", {}, 1), day_of(NOW), 1, None, {})
    written = compose_message(box, keyset, first_allow(PERSONS), draft)
    data = payload.serialize(written)
    for tag in (labels.SIGN_MAILBOX, labels.SIGN_WORKSTATION):
        organisation.deliver(written, (data, sign(tag, data, signing)), keyset)
        with organisation.desk("anna") as work:
            assert texts(work) == [["Hallo"]]


def _forge_reply(organisation: Organisation, box: Mailbox, signing: bytes, author: bytes) -> None:
    with organisation.desk("anna") as work:
        messages = work.receiver.messages[box.conversation]
        keyset = organisation.keyset()
        draft = Draft("reply", Body("Ik ben Bram"), day_of(NOW), 0, None, {})
        station = replace(next(w for w in keyset.roster.workstations if w.person == "bram"), id=author)
        written: Payload = compose_reply(station, keyset, messages, draft)
    data = payload.serialize(written)
    organisation.deliver(written, (data, sign(labels.SIGN_WORKSTATION, data, signing)), keyset)


def test_a_reply_signed_outside_the_roster_is_not_shown(organisation: Organisation) -> None:
    """Neither with a colleague's id and another key, nor with an id of one's own."""
    box = make_mailbox()
    write(organisation, box, "Hallo")
    bram = next(w.id for w in organisation.keyset().roster.workstations if w.person == "bram")
    for author in (bram, bytes(32)):
        _forge_reply(organisation, box, os.urandom(32), author)
        with organisation.desk("anna") as work:
            assert texts(work) == [["Hallo"]]


def test_a_reply_without_its_message_waits_for_it(organisation: Organisation) -> None:
    """A courier may bring the answer before the question."""
    box = make_mailbox()
    write(organisation, box, "Hallo")
    message = next(iter(organisation.spool("bram").list_incoming()))
    held = organisation.folder / "bram-spool" / "incoming" / message.hex()
    block = held.read_bytes()
    held.unlink()
    with organisation.desk("anna") as work:
        work.answer(work.inbox()[0], "Dag", NOW)
    organisation.collect("anna")
    with organisation.desk("bram") as work:
        assert not work.inbox()
        organisation.spool("bram").put_incoming(message, block)
        work.take_in(NOW)
        assert texts(work) == [["Hallo", "Dag"]]


def test_filler_is_tried_once_and_remembered_under_seal(organisation: Organisation) -> None:
    """What did not open is not tried at every unlocking; the notes tell a thief nothing."""
    address = os.urandom(32)
    organisation.bring(address, os.urandom(65_536))
    with organisation.desk("anna") as work:
        assert not work.receiver.is_new(address)
    with organisation.desk("anna") as work:
        assert work.receiver.notes.tried[address] == frozenset(work.keyring.state.cards)
    assert address not in (organisation.station("anna") / "notes").read_bytes()


def test_a_block_that_did_not_open_is_tried_again_with_new_cards_only(organisation: Organisation) -> None:
    """After a later week's card is made, only that one is left to try."""
    address = os.urandom(32)
    organisation.bring(address, os.urandom(65_536))
    with organisation.desk("anna") as work:
        known = set(work.keyring.state.cards)
    with organisation.unlocked("anna") as keyring:
        keyring.make_card(max(known) + 1)
        keyring.save()
    with organisation.desk("anna") as work:
        assert work.receiver.notes.tried[address] == known | {max(known) + 1}


def test_damaged_notes_cost_time_and_nothing_else(organisation: Organisation) -> None:
    """The notes are a convenience."""
    write(organisation, make_mailbox(), "Hallo")
    with organisation.desk("anna"):
        pass
    (organisation.station("anna") / "notes").write_bytes(b"kapot")
    with organisation.desk("anna") as work:
        assert texts(work) == [["Hallo"]]


def test_a_lost_spool_does_not_lose_a_reply(organisation: Organisation, tmp_path: Path) -> None:
    """The stick was lost before the courier saw it; the next stick gets the reply."""
    write(organisation, make_mailbox(), "Hallo")
    with organisation.desk("anna") as work:
        work.answer(work.inbox()[0], "Dag", NOW)
    for path in (organisation.folder / "anna-spool" / "outgoing" / "blocks").iterdir():
        path.rename(tmp_path / path.name)
    with organisation.desk("anna") as work:
        assert work.outbox.addresses() == organisation.spool("anna").list_outgoing() != set()


def test_an_obstacle_in_the_spool_keeps_no_other_reply_back(organisation: Organisation) -> None:
    """An enemy made a folder where a reply should lie; the next one is passed on, and the page tells."""
    write(organisation, make_mailbox(), "Hallo")
    with organisation.desk("anna") as work:
        contact = work.inbox()[0].first.contact
        assert contact is not None
        address = derive_address(contact.reply_address_key, work.keyring.id, 0)
        obstacle = organisation.folder / "anna-spool" / "outgoing" / "blocks" / address.hex()
        obstacle.mkdir()
        work.answer(work.inbox()[0], "Een", NOW)
        work.answer(work.inbox()[0], "Twee", NOW)
        assert len(organisation.replies("anna")) == 1
        work.take_in(NOW)
        assert address.hex() in work.trouble
        obstacle.rmdir()
        work.take_in(NOW)
        assert len(organisation.replies("anna")) == 2
        assert not work.trouble


def test_a_power_cut_before_the_copy_loses_no_reply(
    organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sealed record was safe already: it is sent, and comes back into the conversation."""
    write(organisation, make_mailbox(), "Hallo")
    with monkeypatch.context() as patch, organisation.desk("anna") as work:
        patch.setattr(type(work.receiver), "keep", _cut)
        with pytest.raises(OSError, match="stroom"):
            work.answer(work.inbox()[0], "Dag", NOW)
    with organisation.desk("anna"):
        organisation.collect("anna")
    with organisation.desk("anna") as work:
        assert texts(work) == [["Hallo", "Dag"]]
        work.answer(work.inbox()[0], "Nog iets", NOW)
        assert work.inbox()[0].messages[-1].payload.number == 1


def _cut(*_args: object) -> None:
    raise OSError("stroom weg")


def test_a_damaged_archive_file_is_counted_and_hides_no_other(organisation: Organisation) -> None:
    """The messages after it are still found."""
    box = make_mailbox()
    previous = None
    for number in range(3):
        previous = write(organisation, box, f"Bericht {number}", number, previous)
    with organisation.desk("anna") as work:
        name = work.receiver.archive._name(box.conversation, 1)
        lost = [m.payload.body.text for m in work.receiver.messages[box.conversation]][1]
    for path in (organisation.folder / "anna-spool" / "incoming").iterdir():
        path.unlink()
    (organisation.station("anna") / "archive" / name).write_bytes(b"kapot")
    with organisation.desk("anna") as work:
        assert work.unreadable == 1
        assert [[t for t in (f"Bericht {n}" for n in range(3)) if t != lost]] == texts(work)


def test_a_message_that_the_disk_does_not_give_back_is_not_taken_for_kept(
    organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The counsellor is told, and the next time it is imported anew."""
    write(organisation, make_mailbox(), "Hallo")
    with monkeypatch.context() as patch:
        patch.setattr("workstation.archive.age.encrypt", lambda *_args: bytes(100))
        with organisation.desk("anna") as work:
            assert "kon niet worden bewaard" in work.trouble
            assert not work.inbox()
    with organisation.desk("anna") as work:
        assert texts(work) == [["Hallo"]]


def test_archive_files_have_one_size_and_names_that_tell_nothing(organisation: Organisation) -> None:
    """A long and a short message, a report, a reply and an event look alike on the disk."""
    box = make_mailbox()
    write(organisation, box, "kort")
    write(organisation, make_mailbox(8), "lang " * 4_000)
    with organisation.desk("anna") as work:
        work.answer(work.inbox()[0], "antwoord", NOW)
    paths = list((organisation.station("anna") / "archive").iterdir())
    assert len(paths) == 5
    assert len({path.stat().st_size for path in paths}) == 1
    assert not any(box.conversation.hex()[:8] in path.name for path in paths)


def test_the_frozen_keyset_lets_a_counsellor_read_and_not_answer(organisation: Organisation) -> None:
    """Three weeks without synchronisation: nobody can tell who is still in the team."""
    write(organisation, make_mailbox(), "Hallo")
    later = NOW + 21 * DAY
    with organisation.desk("anna", later) as work:
        assert texts(work) == [["Hallo"]]
        assert "Synchroniseer" in work.refusal
        with pytest.raises(WorkstationError, match="Synchroniseer"):
            work.answer(work.inbox()[0], "Dag", later)
        assert not work.outbox.addresses()


@pytest.mark.parametrize("text", ["", "  \n ", "met \x00 nul", "x" * 400_000])
def test_an_answer_that_cannot_be_sent_takes_no_number(organisation: Organisation, text: str) -> None:
    """Empty, with a control character, or too long: the counsellor is told, and nothing is used up."""
    write(organisation, make_mailbox(), "Hallo")
    with organisation.desk("anna") as work:
        with pytest.raises(WorkstationError):
            work.answer(work.inbox()[0], text, NOW)
        work.answer(work.inbox()[0], "Dag", NOW)
        assert work.inbox()[0].messages[-1].payload.number == 0


def test_those_who_wait_stand_first_and_among_them_the_newest(organisation: Organisation) -> None:
    """The inbox answers one question: who waits for us."""
    for seed in (1, 2, 3):
        write(organisation, make_mailbox(seed), f"Melding {seed}")
    with organisation.desk("anna") as work:
        answered = work.inbox()[0]
        work.answer(answered, "Dag", NOW)
        assert [c.waiting for c in work.inbox()] == [True, True, False]
        assert work.inbox()[-1].id == answered.id


def test_an_excerpt_is_one_short_line(organisation: Organisation) -> None:
    """Fifty lines of shouting take no more room in the list than a sentence."""
    write(organisation, make_mailbox(), "eerste regel\n\n" + "woord " * 500)
    with organisation.desk("anna") as work:
        shown = excerpt(work.inbox()[0])
        assert shown.startswith("eerste regel woord")
        assert len(shown) <= 92
        assert "\n" not in shown


def test_a_foreign_organisations_report_does_not_open(organisation: Organisation) -> None:
    """The same words are another mailbox elsewhere."""
    elsewhere = derive(bytes(11), "andere")
    seal_for(organisation, elsewhere, {"organisation": "andere"})
    with organisation.desk("anna") as work:
        assert not work.inbox()
    assert ORGANISATION != "andere"
