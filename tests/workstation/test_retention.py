"""What is closed is kept until its day, and then it is gone from every desk; a later letter is read all the same."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

import pytest

from crypto.body import Body
from crypto.conversation import Draft
from crypto.event import Changes
from crypto.week import WEEK_SECONDS, day_of
from tests.workstation.filing import encrypt, lay, names_below
from tests.workstation.helpers import Organisation, make_mailbox, send, write
from tests.workstation.test_destruction import live_on
from tests.world import NOW
from workstation import files
from workstation.cases.urgency import Place, judge
from workstation.desk.case import show_case
from workstation.desk.work import Work
from workstation.keyring import content
from workstation.keyring.workstation import Keyring

pytestmark = pytest.mark.slow

FILED = encrypt(b"inhoud van een foto", key=bytes(range(32)))
UNTIL = day_of(NOW + 2 * WEEK_SECONDS)
OVER = NOW + 4 * WEEK_SECONDS


def close(organisation: Organisation, person: str = "anna") -> None:
    """Let somebody answer a conversation, close it and keep it for two weeks."""
    with organisation.desk(person) as work:
        (conversation,) = work.conversations.values()
        work.answer(conversation, "Tot ziens", NOW)
        (conversation,) = work.conversations.values()
        work.change(conversation, Changes(status="closed", keep_until=UNTIL, note="Afgerond"), NOW)
        assert next(iter(work.conversations.values())).state.status == "closed"
    organisation.collect(person)


def texts(work: Work) -> list[list[str]]:
    return [[letter.text for letter in conversation.letters] for conversation in work.conversations.values()]


def test_when_its_day_is_over_everything_of_a_closed_conversation_is_gone(organisation: Organisation) -> None:
    """Messages, files, events and the key they were kept under; on the desk that closed it, and on the others."""
    box = make_mailbox()
    write(organisation, box, "Hallo", attachments=(FILED.attachment,))
    with organisation.desk("anna"):
        pass
    lay(organisation.spool("anna"), FILED)
    close(organisation)
    live_on(organisation, NOW + WEEK_SECONDS)
    for person in ("anna", "bram"):
        with organisation.desk(person, NOW + WEEK_SECONDS) as work:
            assert texts(work) == [["Hallo", "Tot ziens"]]
    live_on(organisation, OVER)
    for person in ("anna", "bram"):
        with organisation.desk(person, OVER) as work:
            assert not work.conversations
            state = work.keyring.state
            assert box.conversation not in state.archives
            assert state.ended[box.conversation].done
            assert content.parse(content.serialize(state)) == state
        for folder in ("archive", "attachments", "outbox", "drafts"):
            assert not names_below(organisation.station(person) / folder)


def test_what_a_portal_still_has_does_not_bring_it_back(organisation: Organisation) -> None:
    """Old blocks are passed over, and are not tried again."""
    write(organisation, make_mailbox(), "Hallo")
    close(organisation)
    spool = organisation.spool("anna")
    blocks = {address: spool.read_incoming(address) or b"" for address in spool.list_incoming()}
    live_on(organisation, OVER)
    with organisation.desk("anna", OVER):
        pass
    for address, block in blocks.items():
        spool.put_incoming(address, block)
    for _again in range(2):
        with organisation.desk("anna", OVER) as work:
            assert not work.conversations
            assert not work.keyring.state.archives
            assert not [a for a in blocks if work.receiver.is_new(a)]


def test_a_letter_that_comes_later_is_read_and_answered(organisation: Organisation) -> None:
    """The code still works, and the answer takes a number that was never used."""
    box = make_mailbox()
    first = write(organisation, box, "Hallo")
    close(organisation)
    spool = organisation.spool("anna")
    before = spool.list_incoming()
    write(organisation, box, "Ik ben er weer", number=1, previous=first)
    (address,) = spool.list_incoming() - before
    block = spool.read_incoming(address) or b""
    spool.drop_incoming([address])
    live_on(organisation, OVER)
    with organisation.desk("anna", OVER):
        pass
    spool.put_incoming(address, block)
    with organisation.desk("anna", OVER) as work:
        assert texts(work) == [["Ik ben er weer"]]
        (conversation,) = work.conversations.values()
        assert (conversation.state.status, conversation.state.notes) == ("active", ())
        work.answer(conversation, "Welkom terug", OVER)
        (conversation,) = work.conversations.values()
        assert conversation.messages[-1].payload.number == 1
    # And it does not end again by the old closing.
    later = OVER + WEEK_SECONDS
    live_on(organisation, later)
    with organisation.desk("anna", later) as work:
        assert texts(work) == [["Ik ben er weer", "Welkom terug"]]


def test_a_new_letter_before_that_day_keeps_it(organisation: Organisation) -> None:
    """Whoever writes again has not finished."""
    box = make_mailbox()
    first = write(organisation, box, "Hallo")
    close(organisation)
    write(organisation, box, "Toch nog iets", number=1, previous=first)
    live_on(organisation, OVER)
    with organisation.desk("anna", OVER) as work:
        (found,) = texts(work)
        assert sorted(found) == ["Hallo", "Toch nog iets", "Tot ziens"]


def test_danger_that_nobody_answered_keeps_a_closed_conversation(organisation: Organisation) -> None:
    """Its day is over and it still stands on top of the list; the answer has a week to go out, then all of it goes."""
    body = Body("Hij staat voor de deur.", {"danger": ("yes",)}, 2)
    send(organisation, make_mailbox(), Draft("message", body, day_of(NOW), 0, None, {}))
    with organisation.desk("anna") as work:
        (conversation,) = work.conversations.values()
        work.change(conversation, Changes(status="closed", keep_until=UNTIL), NOW)
    live_on(organisation, OVER)
    with organisation.desk("anna", OVER) as work:
        (conversation,) = work.conversations.values()
        assert judge(conversation, day_of(OVER)).place == Place.DANGER
        assert show_case(work, conversation, day_of(OVER)).danger
        work.answer(conversation, "Bel 112.", OVER)
        work.take_in(OVER)
        (conversation,) = work.conversations.values()
        assert not show_case(work, conversation, day_of(OVER)).danger
    assert len(organisation.replies("anna")) == 1
    later = OVER + WEEK_SECONDS
    live_on(organisation, later)
    with organisation.desk("anna", later) as work:
        assert not work.conversations
        assert not work.keyring.state.archives


def test_a_clock_that_jumped_ends_nothing(organisation: Organisation) -> None:
    """A year ahead, with the keyset and the courier of today."""
    write(organisation, make_mailbox(), "Hallo")
    close(organisation)
    with organisation.desk("anna", NOW + 52 * WEEK_SECONDS) as work:
        assert texts(work) == [["Hallo", "Tot ziens"]]
    with organisation.desk("anna") as work:
        assert texts(work) == [["Hallo", "Tot ziens"]]


@pytest.mark.parametrize("step", range(6))
def test_what_was_interrupted_is_finished_by_the_next_start(
    organisation: Organisation, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, step: int
) -> None:
    """The disk fails at one of the removals or savings."""
    write(organisation, make_mailbox(), "Hallo")
    close(organisation)
    live_on(organisation, OVER)
    copy = Organisation(tmp_path / "copy")
    shutil.copytree(organisation.folder, copy.folder)
    with monkeypatch.context() as patch:
        count = [0]

        def fail(*_args: object, **_more: object) -> None:
            count[0] += 1
            if count[0] > step:
                raise OSError("stroom weg")

        remove, save = files.remove, Keyring.save
        patch.setattr("workstation.files.remove", lambda path: (fail(), remove(path)))
        patch.setattr("workstation.keyring.workstation.Keyring.save", lambda keyring: (fail(), save(keyring)))
        with suppress(OSError), copy.desk("anna", OVER):
            pass
    with copy.desk("anna", OVER) as work:
        assert not work.conversations
        assert not work.keyring.state.archives
    assert not names_below(copy.station("anna") / "archive")
