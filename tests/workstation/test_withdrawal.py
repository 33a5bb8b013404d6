"""A reporter takes the conversation back: what goes, what stays, and what a power cut in between changes: nothing."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from crypto import envelope, labels, payload
from crypto.body import Body
from crypto.conversation import Draft, compose_message, first_allow, list_recipients
from crypto.mailbox import Mailbox
from crypto.signing import sign
from crypto.week import day_of
from tests.workstation.filing import answer, encrypt, lay, names_below, pieces_of, sit_down
from tests.workstation.helpers import PERSONS, Organisation, make_mailbox, read_reply, withdraw, write
from tests.workstation.test_desk import Browser
from tests.world import NOW
from workstation.desk.letters import title
from workstation.keyring import content
from workstation.keyring.state import Withdrawn
from workstation.keyring.workstation import Keyring

pytestmark = pytest.mark.slow

FILED = encrypt(b"inhoud van een foto", key=bytes(range(32)))


def converse(organisation: Organisation, box: Mailbox) -> set[str]:
    """Let box and Anna talk, with a file each; one reply was sent, one waits. Return the files that this made."""
    write(organisation, box, "Hallo", attachments=(FILED.attachment,))
    before = everything(organisation)
    with organisation.desk("anna"):
        pass
    lay(organisation.spool("anna"), FILED)
    with organisation.desk("anna") as work:
        found = next(c for c in work.inbox() if c.id == box.conversation)
        work.answer(found, "Eerste antwoord", NOW)
    organisation.collect("anna")
    browser = sit_down(organisation)
    path = browser.open_first()
    assert answer(browser, path, "Tweede antwoord", [("x.bin", pieces_of(100))]).status_code == 303
    browser.get()
    browser.post("/vergrendelen")
    made = everything(organisation) - before
    assert len([name for name in made if name.startswith("anna/archive/")]) == 4
    assert len([name for name in made if name.startswith("anna/attachments/")]) == 2
    return made - {"anna/notes"}


def everything(organisation: Organisation) -> set[str]:
    """Return the names of all files of Anna's desk and her spool, without the cover, which is of no conversation."""
    folders = (organisation.station("anna"), organisation.folder / "anna-spool")
    paths = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(organisation.folder)) for path in paths if path.parent.name != "cover"}


def test_a_withdrawal_destroys_all_of_its_conversation_and_says_so_once(organisation: Organisation) -> None:
    """Messages, files, identity, replies and blocks; another conversation stays as it is."""
    box, other = make_mailbox(), make_mailbox(8)
    made = converse(organisation, box)
    write(organisation, other, "Een ander")
    with organisation.desk("anna"):
        pass
    archived = {name for name in made if "/archive/" in name}
    incoming = {address.hex() for address in organisation.spool("anna").list_incoming()}
    withdraw(organisation, box)
    (withdrawal,) = {address.hex() for address in organisation.spool("anna").list_incoming()} - incoming
    with organisation.desk("anna") as work:
        assert [c.id for c in work.inbox()] == [other.conversation]
        assert box.conversation not in work.receiver.messages
        state = work.keyring.state
        assert box.conversation not in state.archives
        assert box.conversation not in state.numbers
        assert state.withdrawn == {box.conversation: Withdrawn("2026-11-18", None)}
    left = everything(organisation)
    assert archived
    assert not made & left
    kept = {Path(name).name for name in left if "incoming" in name}
    assert withdrawal in kept
    assert len(kept) == 2
    # The other conversation's message, what this desk told about it, and nothing else.
    assert len([name for name in left if "/archive/" in name]) == 2
    (record,) = organisation.collect("anna")
    said = read_reply(organisation, box, record)
    assert (said.payload.kind, said.payload.number, said.payload.body) == ("destroyed", 2, Body())
    for _again in range(2):
        with organisation.desk("anna") as work:
            assert not work.outbox.addresses()
            assert not organisation.replies("anna")


def test_what_comes_back_of_a_withdrawn_conversation_is_removed_and_not_taken_in(organisation: Organisation) -> None:
    """The portal may still have it, a colleague may still answer, and the reporter's old page may still send."""
    box = make_mailbox()
    write(organisation, box, "Hallo")
    with organisation.desk("bram") as work:
        work.answer(work.inbox()[0], "Antwoord van Bram", NOW)
    spool = organisation.spool("anna")
    blocks = {address: spool.read_incoming(address) or b"" for address in spool.list_incoming()}
    with organisation.desk("anna"):
        pass
    withdraw(organisation, box)
    with organisation.desk("anna"):
        pass
    organisation.collect("anna")
    stays = spool.list_incoming()
    for address, block in blocks.items():
        spool.put_incoming(address, block)
    organisation.collect("bram")
    write(organisation, box, "Ik schrijf toch nog", number=2)
    withdraw(organisation, box, number=3)
    for _again in range(2):
        with organisation.desk("anna") as work:
            assert not work.inbox()
            assert not organisation.replies("anna")
            assert not work.receiver.messages
    assert not names_below(organisation.station("anna") / "archive")
    # Two withdrawals and our own answer say no more than the keyring remembers.
    assert stays < spool.list_incoming()
    assert len(spool.list_incoming()) == len(stays) + 1


def test_a_withdrawal_goes_before_the_messages_that_come_with_it(
    organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A desk that was closed for a week never keeps what it need not."""
    box = make_mailbox()
    write(organisation, box, "Hallo")
    write(organisation, box, "Nog iets", number=1)
    withdraw(organisation, box, number=2)
    kept: list[object] = []
    monkeypatch.setattr("workstation.desk.receive.Receiver.keep", lambda _self, message: kept.append(message))
    with organisation.desk("anna") as work:
        assert not work.keyring.state.archives
        assert work.keyring.state.withdrawn.keys() == {box.conversation}
    assert not kept
    assert len(organisation.spool("anna").list_incoming()) == 1
    (record,) = organisation.collect("anna")
    assert read_reply(organisation, box, record).payload.number == 0


def test_without_a_keyset_all_is_destroyed_and_answered_later(organisation: Organisation) -> None:
    """Destroying needs nobody's key."""
    box = make_mailbox()
    converse(organisation, box)
    withdraw(organisation, box)
    keyset = organisation.spool("anna").read_keyset() or b""
    organisation.spool("anna").put_keyset(b"{}")
    with organisation.desk("anna") as work:
        assert work.refusal
        assert not work.inbox()
        assert not work.keyring.state.archives
    assert not names_below(organisation.station("anna") / "archive")
    assert not organisation.replies("anna")
    organisation.spool("anna").put_keyset(keyset)
    with organisation.desk("anna"):
        pass
    (record,) = organisation.collect("anna")
    assert read_reply(organisation, box, record).payload.kind == "destroyed"


def test_the_desk_shows_a_withdrawal_by_its_day_alone(organisation: Organisation) -> None:
    """What was open is gone at the next page, and what was typed there too."""
    box = make_mailbox()
    write(organisation, box, "kanarie-in-bericht")
    browser = sit_down(organisation)
    path = browser.open_first()
    assert browser.post(f"{path}/antwoord", {"text": "kanarie-in-antwoord", "next": "nooit"}).status_code == 303
    withdraw(organisation, box)
    browser.get()
    assert_withdrawn(browser, box)
    assert "kanarie-in" not in browser.page
    assert "/gesprek/" not in browser.page
    sessions = browser.client.application.session_interface
    assert "kanarie-in" not in str(sessions._known)  # type: ignore[attr-defined]
    assert browser.get(path).status_code == 404
    browser.post("/vergrendelen")
    assert browser.unlock().status_code == 303
    browser.get()
    assert_withdrawn(browser, box)


def assert_withdrawn(browser: Browser, box: Mailbox) -> None:
    """Check that the list shows one withdrawn conversation, by its short name and day."""
    assert "<summary>Teruggetrokken (1)</summary>" in browser.page
    (shown,) = re.findall(r'<p class="withdrawn aside">(.*?)</p>', browser.page)
    assert shown == f"{title(box.conversation)} · 18 november"


def test_an_attachment_that_was_wanted_is_not_fetched_any_more(organisation: Organisation) -> None:
    """Neither are the chunks that came already kept."""
    box = make_mailbox()
    filed = encrypt(os.urandom(100_000))
    write(organisation, box, "Hallo", attachments=(filed.attachment,))
    with organisation.desk("anna"):
        pass
    spool = organisation.spool("anna")
    assert spool.read_wanted()
    lay(spool, filed, leave_out=[0])
    withdraw(organisation, box)
    with organisation.desk("anna"):
        pass
    assert not spool.read_wanted()
    assert not spool.list_chunks()


def forge(organisation: Organisation, box: Mailbox, kind: str) -> None:
    """Bring a withdrawal that is not the reporter's."""
    keyset = organisation.keyset()
    honest = compose_message(box, keyset, first_allow(PERSONS), Draft("withdraw", Body(), day_of(NOW), 1, None, {}))
    with organisation.unlocked("bram") as keyring:
        colleague = keyring.state.signing
    other = make_mailbox(9)
    assert honest.contact is not None
    written = {
        "moved": replace(honest, address=bytes(32)),
        "other recipient": replace(honest, mailbox=other.recipient),
        "other contact": replace(honest, contact=replace(honest.contact, reply_address_key=bytes(32))),
        "not for us": replace(honest, sealed={}),
        "organisation": replace(honest, organisation="andere"),
        "in its name": replace(honest, author=other.conversation),
    }.get(kind, honest)
    data = payload.serialize(written)
    key = {"colleague": colleague, "colleague's tag": colleague, "stranger": other.signing}.get(kind, box.signing)
    tag = labels.SIGN_WORKSTATION if kind in {"colleague's tag", "tag"} else labels.SIGN_MAILBOX
    block = envelope.seal(data, sign(tag, data, key), list_recipients(keyset, honest), os.urandom)
    organisation.bring(honest.address, block)


@pytest.mark.parametrize(
    "kind",
    [
        "colleague",
        "colleague's tag",
        "stranger",
        "tag",
        "moved",
        "other recipient",
        "other contact",
        "not for us",
        "organisation",
        "in its name",
    ],
)
def test_a_forged_withdrawal_changes_nothing(organisation: Organisation, kind: str) -> None:
    """Nobody destroys a conversation but whoever holds its code."""
    box = make_mailbox()
    write(organisation, box, "Hallo")
    with organisation.desk("anna") as work:
        work.answer(work.inbox()[0], "Dag", NOW)
    before = everything(organisation)
    forge(organisation, box, kind)
    with organisation.desk("anna") as work:
        assert not work.keyring.state.withdrawn
        assert len(work.inbox()[0].messages) == 2
    assert before <= everything(organisation)


def test_another_reporters_withdrawal_is_their_own(organisation: Organisation) -> None:
    """It takes back nothing else, and is answered in its own mailbox."""
    box, other = make_mailbox(), make_mailbox(8)
    write(organisation, box, "Hallo")
    withdraw(organisation, other, number=0)
    with organisation.desk("anna") as work:
        assert [c.id for c in work.inbox()] == [box.conversation]
        assert work.keyring.state.withdrawn.keys() == {other.conversation}


def kinds(organisation: Organisation, records: list[bytes]) -> list[tuple[str, int]]:
    read = [read_reply(organisation, make_mailbox(), record).payload for record in records]
    return [(each.kind, each.number) for each in read]


class PowerCutError(OSError):
    """The power is gone."""


@contextmanager
def power_until(monkeypatch: pytest.MonkeyPatch, step: int) -> Iterator[list[int]]:
    """Let so many files be named or removed, and then none any more; tell how many were asked for."""
    asked = [0]
    rename, unlink = Path.rename, Path.unlink

    def count() -> None:
        asked[0] += 1
        if asked[0] > step:
            raise PowerCutError("stroom weg")

    def cut_rename(path: Path, target: Path) -> Path:
        count()
        return rename(path, target)

    def cut_unlink(path: Path, *, missing_ok: bool = False) -> None:
        if os.path.lexists(path):
            count()
        unlink(path, missing_ok=missing_ok)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", cut_rename)
        patch.setattr(Path, "unlink", cut_unlink)
        yield asked


def test_a_power_cut_at_any_step_is_repaired_by_the_next_start(
    organisation: Organisation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it came between: all is destroyed in the end, and `destroyed` is said exactly once."""
    # Power that goes is what is simulated here; waiting for the disk proves nothing.
    monkeypatch.setattr(os, "fsync", lambda _descriptor: None)
    # And a gap hides what stands after it, however few messages there are.
    monkeypatch.setattr("workstation.archive._GAP", 1)
    box = make_mailbox()
    made = converse(organisation, box)
    withdraw(organisation, box)
    step, cut = 0, True
    while cut:
        copy = Organisation(tmp_path / f"{step}")
        shutil.copytree(organisation.folder, copy.folder)
        with power_until(monkeypatch, step) as asked:
            try:
                with copy.desk("anna") as work:
                    assert not work.inbox() or not work.keyring.state.withdrawn
            except PowerCutError:
                pass
        cut = asked[0] > step
        delivered = kinds(copy, copy.collect("anna")) if step % 2 else []
        with copy.desk("anna") as work:
            assert not work.inbox()
            assert work.keyring.state.withdrawn == {box.conversation: Withdrawn("2026-11-18", None)}
            assert not work.keyring.state.archives
        assert not made & everything(copy), step
        records = copy.replies("anna")
        delivered += kinds(copy, copy.collect("anna"))
        assert [kind for kind, _number in delivered if kind == "destroyed"] == ["destroyed"], step
        assert len({number for _kind, number in delivered}) == len(delivered), step
        with copy.desk("anna") as work:
            assert not work.outbox.addresses()
            assert not copy.replies("anna")
        # The withdrawal and the answer to it.
        assert len(copy.spool("anna").list_incoming()) == 2, step
        assert len(records) <= 1, step
        shutil.rmtree(copy.folder)
        step += 1
    assert step > 15


@pytest.mark.parametrize("restart", [False, True], ids=["open", "restarted"])
def test_an_answer_that_the_keyring_could_not_note_goes_out_once(
    organisation: Organisation, monkeypatch: pytest.MonkeyPatch, *, restart: bool
) -> None:
    """It waits for the keyring; and after a restart it is not written again, with a keyset or without."""
    box = make_mailbox()
    write(organisation, box, "Hallo")
    withdraw(organisation, box)
    spool = organisation.spool("anna")
    keyset = spool.read_keyset() or b""
    save, saved = Keyring.save, [0]

    def save_once(keyring: Keyring) -> None:
        saved[0] += 1
        if saved[0] > 1:
            raise OSError("vol")
        save(keyring)

    with monkeypatch.context() as patch:
        patch.setattr(Keyring, "save", save_once)
        with organisation.desk("anna") as work:
            for _again in range(3):
                work.take_in(NOW)
                assert "kan niet worden gebruikt" in work.trouble
                assert len(names_below(organisation.station("anna") / "outbox")) == 1
                assert not organisation.replies("anna")
            patch.undo()
            if not restart:
                work.take_in(NOW)
    if restart:
        spool.put_keyset(b"{}")
        with organisation.desk("anna"):
            pass
    records = organisation.collect("anna")
    with organisation.desk("anna") as work:
        assert not work.outbox.addresses()
    spool.put_keyset(keyset)
    assert kinds(organisation, records) == [("destroyed", 0)]
    # Another stick, which knows nothing of what was sent.
    spool.folder.rename(organisation.folder / "elders")
    organisation.spool("anna").put_keyset(keyset)
    with organisation.desk("anna"):
        assert not organisation.replies("anna")


def test_a_keyring_from_before_withdrawals_opens(organisation: Organisation) -> None:
    """Nobody loses their keys to a newer version."""
    with organisation.unlocked("anna") as keyring:
        value = content.serialize(keyring.state)
        keyring.state.withdrawn[bytes(32)] = Withdrawn("2026-11-18", (b"x", bytes(64)))
        assert content.parse(content.serialize(keyring.state)) == keyring.state
    assert value.pop("withdrawn") == {}
    assert not content.parse(value).withdrawn
