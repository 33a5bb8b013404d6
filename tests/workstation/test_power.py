"""The power goes before any step of a desk's day, and the disk forgets what it may: nothing is lost or goes twice.

One day holds it all: new messages and an attachment, a withdrawal, cards to renew and a secret to destroy, an answer
with a file, a courier, and the answer coming back.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import pytest

from crypto import envelope
from crypto.address import derive_address
from crypto.age.hybrid import Identity
from crypto.card import parse_card
from crypto.conversation import Message, authenticate_reply
from crypto.errors import NoMatchError
from crypto.labels import KIND_REPLY, TYPE_CARD
from crypto.payload import parse
from tests.workstation.filing import encrypt, lay
from tests.workstation.helpers import PERSONS, Organisation, make_mailbox, withdraw, write
from tests.workstation.power import LOSSES, Disk, Loss, PowerCutError, grep, watch
from tests.workstation.test_destruction import OVER, live_on
from tests.world import NOW
from workstation import files
from workstation.desk.uploads import Upload
from workstation.desk.work import Work
from workstation.spool import Spool

# Several processes share the steps. Not six: then one of them would have all steps at which two disks are tried.
PARTS = 7
ANSWER = "kanarie-in-antwoord"
FILE = b"kanarie-in-bestand" * 10
FILED = encrypt(b"kanarie-in-bijlage", key=bytes(range(32)))
TALK, GONE, NEW = make_mailbox(7), make_mailbox(8), make_mailbox(9)


@dataclass
class Portal:
    """What a courier has delivered; the first record of an address wins, as at the real one."""

    records: dict[bytes, bytes] = field(default_factory=dict)

    def take(self, record: bytes) -> None:
        assert self.records.setdefault(record[:32], record) == record, "one number for two messages"

    def visit(self, spool: Spool) -> None:
        """Carry chunks, then the replies that wait for nothing more; bring replies back."""
        for address in sorted(spool.list_outgoing_chunks()):
            self.take(spool.read_outgoing_chunk(address) or b"")
            spool.mark_chunks_sent([address])
        for address in sorted(spool.list_outgoing()):
            assert all(chunk in self.records for chunk in spool.read_parts(address)), "a reply without its chunks"
            self.take(spool.read_outgoing(address) or b"")
            spool.mark_sent(address)
        for address, record in self.records.items():
            if record[64] == KIND_REPLY and address not in spool.list_incoming():
                spool.put_incoming(address, record[65:])

    def read(self, organisation: Organisation) -> list[Message]:
        """Read all replies as the reporters' browsers do."""
        roster = organisation.keyset(OVER).roster
        read = []
        for record in self.records.values():
            for box in (TALK, GONE, NEW) if record[64] == KIND_REPLY else ():
                try:
                    opened = envelope.open(record[65:], [Identity(box.identity)])
                except NoMatchError:
                    continue
                claimed = parse(opened[0])
                read.append(authenticate_reply(opened, roster, box, (claimed.author, claimed.number), PERSONS))
        return read


@pytest.fixture(scope="module", autouse=True)
def quick() -> Iterator[None]:
    """Work out pure functions once: the same cards are spelled, checked and tried thousands of times here."""
    with pytest.MonkeyPatch.context() as patch:
        for name in (
            "crypto.card.encode_recipient",
            "crypto.card.decode_recipient",
            "crypto.payload.encode_recipient",
            "crypto.payload.decode_recipient",
            "crypto.age.hybrid.check_recipient",
            "crypto.age.hybrid.Identity.unwrap",
            "workstation.archive.Identity",
            "workstation.desk.receive.Identity",
            "workstation.keyring.workstation.recipient_of",
        ):
            patch.setattr(name, cache(resolve_name(name)))
        yield


@pytest.fixture(scope="module")
def evening(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Organisation:
    """Prepare everything for the day on which the power fails."""
    folder = tmp_path_factory.mktemp("evening")
    shutil.copytree(founded, folder / "organisation")
    organisation = Organisation(folder / "organisation")
    write(organisation, TALK, "kanarie-een")
    write(organisation, GONE, "kanarie-weg")
    with organisation.desk("anna") as work:
        for conversation in work.inbox():
            work.answer(conversation, "kanarie-eerste-antwoord", NOW)
    organisation.collect("anna")
    with organisation.desk("anna"):
        pass
    write(organisation, TALK, "kanarie-twee", number=1)
    write(organisation, NEW, "kanarie-nieuw", attachments=(FILED.attachment,))
    lay(organisation.spool("anna"), FILED)
    withdraw(organisation, GONE)
    live_on(organisation, OVER, ("bram", "chris"))
    # It is empty, and this day has to make it anew.
    (organisation.station("anna") / "outbox").rmdir()
    return organisation


def answer(work: Work) -> None:
    """Answer with a file, as the form does."""
    upload = Upload(files.name_temporary(work.keyring.folder / "attachments"), "foto.jpg")
    try:
        upload.write(FILE)
        upload.seek(0)
        assert upload.staged is not None
        conversation = next(c for c in work.inbox() if c.id == TALK.conversation)
        work.answer(conversation, ANSWER, OVER, [upload.staged])
    finally:
        upload.discard()


def is_answered(work: Work) -> bool:
    return any(m.payload.body.text == ANSWER for c in work.inbox() for m in c.messages)


def live_a_day(organisation: Organisation, evening: Organisation, portal: Portal) -> dict[str, Any]:
    """Unlock, answer unless that was done, lock; let the courier go; look again. Return what is there in the end."""
    with organisation.desk("anna", OVER) as work:
        assert not work.trouble
        if not is_answered(work) and not work.outbox.addresses() & answer_addresses(work):
            answer(work)
    portal.visit(organisation.spool("anna"))
    with organisation.desk("anna", OVER) as work:
        return describe(work, portal.read(evening)) | describe_told(work, portal)


def answer_addresses(work: Work) -> set[bytes]:
    """Return where answers lie; `destroyed` and what a desk tells its colleagues are none."""
    return {derive_address(TALK.reply_address_key, work.keyring.id, number) for number in range(4)}


def describe(work: Work, replies: list[Message]) -> dict[str, Any]:
    """Return everything that must be as if the power had stayed."""
    state, station, spool = work.keyring.state, work.keyring.folder, work.spool
    assert spool is not None
    attached = []
    for conversation in work.inbox():
        for message in conversation.messages:
            for attachment in message.payload.body.attachments:
                name = work.collector.attachments.name(conversation.id, attachment)
                attached.append(b"".join(work.collector.attachments.read_pieces(name, attachment)))
    return {
        "shown": {c.id: sorted(m.payload.body.text for m in c.messages) for c in work.inbox()},
        "attached": sorted(attached),
        "unreadable": work.unreadable,
        "trouble": (work.trouble, work.refusal),
        "withdrawn": state.withdrawn,
        "archives": set(state.archives),
        "cards": set(state.cards),
        "destroyed": dict(state.destroyed),
        "waiting": (work.outbox.addresses(), spool.list_outgoing(), spool.list_outgoing_chunks(), spool.list_chunks()),
        "kept": [len(list((station / name).iterdir())) for name in ("archive", "outbox")],
        "incoming": len(spool.list_incoming()),
        # A number that was taken for an answer that never came to be is left out, never used again.
        "replies": sorted((m.payload.kind, m.payload.body.text) for m in replies),
        "half": list(station.rglob(files.TEMPORARY_PREFIX + "*")),
    }


def describe_told(work: Work, portal: Portal) -> dict[str, Any]:
    """Return what colleagues know to have opened here, and which events hold here and were not delivered today."""
    events = [event for known in work.receiver.events.values() for event in known]
    return {
        "opened": {c.id: set(c.state.opened) for c in work.inbox()},
        "untold": {event.payload.address for event in events} - portal.records.keys(),
    }


def published_cards(organisation: Organisation) -> dict[tuple[bytes, int], bytes]:
    """Return the hashes of the cards that a courier may have taken, by workstation and week."""
    cards = [parse_card(d.payload) for d in organisation.documents("anna") if d.payload_type == TYPE_CARD]
    return {(card.workstation, card.week): card.hash for card in cards}


def copy_station(evening: Organisation, folder: Path) -> Organisation:
    for name in ("anna", "anna-spool"):
        shutil.copytree(evening.folder / name, folder / name)
    return Organisation(folder)


def fail(
    evening: Organisation, folder: Path, cut: int | None, monkeypatch: pytest.MonkeyPatch
) -> tuple[Disk, Portal, dict[str, Any]]:
    """Live the day until the power goes."""
    organisation, portal = copy_station(evening, folder), Portal()
    disk = Disk(folder, cut)
    with watch(disk, monkeypatch):
        try:
            described = live_a_day(organisation, evening, portal)
        except PowerCutError:
            described = {}
    return disk, portal, described


def recover(evening: Organisation, folder: Path, portal: Portal, expected: dict[str, Any]) -> None:
    """Live the day again on what is left, and find everything as it should be."""
    assert not grep(folder, b"kanarie")
    organisation = Organisation(folder)
    published = published_cards(organisation)
    assert live_a_day(organisation, evening, portal) == expected
    # A file whose answer never came to be may stay: nobody has its key.
    assert len(list((folder / "anna" / "attachments").iterdir())) <= len(expected["attached"]) + 1
    with organisation.unlocked("anna") as keyring:
        held = {week: card.hash for week, card in keyring.state.cards.items()} | keyring.state.destroyed
        own = {week: found for (workstation, week), found in published.items() if workstation == keyring.id}
    assert own
    assert own.items() <= held.items(), "a published card without its secret"
    assert not grep(folder, b"kanarie")


@pytest.fixture(scope="module")
def expected(evening: Organisation, tmp_path_factory: pytest.TempPathFactory) -> tuple[int, dict[str, Any]]:
    """Live the day without any cut; return how many steps it has, and what it leads to."""
    folder = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        disk, _portal, described = fail(evening, folder, None, patch)
    disk.check()
    assert {c: len(texts) for c, texts in described["shown"].items()} == {TALK.conversation: 4, NEW.conversation: 1}
    assert described["attached"] == sorted([FILE, FILED.data])
    assert described["replies"] == [("destroyed", ""), ("reply", ANSWER)]
    assert described["destroyed"]
    assert described["waiting"] == (set(), set(), set(), set())
    assert {c: len(told) for c, told in described["opened"].items()} == {TALK.conversation: 2, NEW.conversation: 1}
    # Of the evening before.
    assert len(described["untold"]) == 1
    assert not described["half"]
    return disk.steps, described


def try_cut(
    evening: Organisation,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: int,
    losses: tuple[Loss, ...],
    expected: dict[str, Any],
) -> None:
    disk, portal, _described = fail(evening, tmp_path / "day", step, monkeypatch)
    assert disk.dead
    # What follows on the rebuilt disk waits for no real one.
    monkeypatch.setattr(os, "fsync", lambda _descriptor: None)
    for loss in losses:
        disk.rebuild(tmp_path / loss, loss)
        try:
            recover(evening, tmp_path / loss, Portal(dict(portal.records)), expected)
        except AssertionError as error:
            raise AssertionError(f"step {step}, {loss}: {error}") from error
        shutil.rmtree(tmp_path / loss)
    shutil.rmtree(tmp_path / "day")


def test_power_cuts_here_and_there_cost_nothing(
    evening: Organisation, expected: tuple[int, dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sample of what the next test does at every step."""
    steps, described = expected
    for i, loss in enumerate(LOSSES):
        try_cut(evening, tmp_path, monkeypatch, steps * (2 * i + 1) // 8, (loss,), described)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_a_power_cut_at_every_single_step_costs_nothing(
    evening: Organisation,
    expected: tuple[int, dict[str, Any]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    part: int,
) -> None:
    """Messages, numbers, cards, files: all as if the power had stayed, whatever the disk forgot."""
    steps, described = expected
    assert steps > 100, "a day has many steps"
    # The strictest disk at every step, and at every sixth one of the others too: half a minute is enough.
    others: tuple[Loss, ...] = ("mixed", "killed", "torn")
    for step in range(part, steps, PARTS):
        more = (others[step // 6 % 3],) if step % 6 == 0 else ()
        try_cut(evening, tmp_path, monkeypatch, step, ("lost", *more), described)
