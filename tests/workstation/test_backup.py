"""A workstation is lost, and comes back as another one of the same person: nothing that was kept is gone."""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
import tracemalloc
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from crypto.address import derive_address
from crypto.encoding import encode_b64u
from crypto.event import CaseEvent, Changes
from crypto.labels import BLOCK_SIZE
from crypto.mailbox import Mailbox
from tests.workstation.filing import encrypt, lay, names_below
from tests.workstation.helpers import (
    CHEAP,
    ORGANISATION,
    PASSPHRASE,
    Organisation,
    make_mailbox,
    read_reply,
    withdraw,
    write,
)
from tests.workstation.power import grep
from tests.workstation.test_cli import list_eight, run
from tests.world import NOW
from workstation.archive import Archive
from workstation.backup.making import make_backup
from workstation.backup.progress import Progress
from workstation.backup.rehearsal import rehearse
from workstation.backup.restoring import Restored, Wish, restore
from workstation.backup.stream import PIECE_SIZE, Opener, Sealer
from workstation.desk.letters import title
from workstation.desk.work import Work
from workstation.errors import PassphraseError, WorkstationError
from workstation.keyring import content
from workstation.keyring.sealing import COST
from workstation.keyring.state import Ended
from workstation.keyring.workstation import Keyring, open_keyring

pytestmark = pytest.mark.slow

BOX, OTHER = make_mailbox(7), make_mailbox(8)
FILED = encrypt(os.urandom(100_000), key=bytes(range(32)))


def hush(_line: str) -> None:
    """Tell nobody."""


@pytest.fixture
def backup(organisation: Organisation, tmp_path: Path) -> Path:
    """Back up Anna's workstation: two conversations, a file, a reply that was delivered and one that was not."""
    write(organisation, BOX, "kanarie-een", attachments=(FILED.attachment,))
    write(organisation, OTHER, "kanarie-ander")
    lay(organisation.spool("anna"), FILED)
    with organisation.desk("anna") as work:
        say(work, BOX, "kanarie-bezorgd")
    organisation.collect("anna")
    with organisation.desk("anna") as work:
        say(work, BOX, "kanarie-onderweg")
    return back_up(organisation, tmp_path / "anna.kopie")


def say(work: Work, box: Mailbox, text: str) -> None:
    work.answer(next(c for c in work.inbox() if c.id == box.conversation), text, NOW)


def back_up(organisation: Organisation, target: Path) -> Path:
    with organisation.unlocked("anna") as keyring:
        make_backup(keyring, PASSPHRASE, target, NOW, hush, CHEAP)
    return target


def bring_back(organisation: Organisation, backup: Path, name: str = "nieuw", *withdrawn: str) -> Restored:
    wish = Wish(backup, organisation.folder / name, ORGANISATION, withdrawn)
    return restore(wish, PASSPHRASE, NOW, hush, CHEAP)


def secrets_of(organisation: Organisation) -> list[bytes]:
    with organisation.unlocked("anna") as keyring:
        state = keyring.state
        assert state.credential is not None
        return [state.signing, state.credential, *(card.identity for card in state.cards.values())]


def open_all(backup: Path) -> bytes:
    """Return a backup's plaintext."""
    with backup.open("rb") as file:
        opener, data = Opener(file, PASSPHRASE), b""
        while not opener.at_end:
            data += opener.read(1)
    return data


def test_a_backup_holds_no_key_to_write_or_to_listen_with(organisation: Organisation, backup: Path) -> None:
    """Neither a card's secret, nor the signing key, nor the courier's; but what opens the archive."""
    plain = open_all(backup)
    for secret in secrets_of(organisation):
        assert secret not in plain
        assert encode_b64u(secret).encode() not in plain
    with organisation.unlocked("anna") as keyring:
        for seed in keyring.state.archives.values():
            assert encode_b64u(seed).encode() in plain
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert b"kanarie-" not in backup.read_bytes()
    assert b'"anna"' not in backup.read_bytes()


def test_a_new_field_of_the_keyring_stays_behind_unless_somebody_decides(organisation: Organisation) -> None:
    """The fields that go along are written down."""
    with organisation.unlocked("anna") as keyring:
        fields = content.serialize(keyring.state)
    assert isinstance(fields, dict)
    left = {"cards", "credential", "destroyed", "known", "numbers", "signing"}
    assert fields.keys() - left == {
        "archives",
        "ended",
        "local_key",
        "me",
        "roster",
        "roster_version",
        "successions",
        "withdrawn",
    }


@dataclass(frozen=True)
class Typed:
    """A person at the keyboard, with their pass phrase in a file."""

    capsys: pytest.CaptureFixture[str]
    secret: Path

    def __call__(self, *arguments: object, code: int = 0) -> str:
        found, out, err = run(self.capsys, *arguments, "--passphrase-file", self.secret)
        assert found == code, err
        return out if code == 0 else err


@pytest.fixture
def typed(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Typed:
    """Type commands at a fixed hour, with cheap pass phrases."""
    secret = tmp_path / "wachtzin"
    secret.write_text(PASSPHRASE)
    monkeypatch.setattr("workstation.cli.read_clock", lambda: NOW)
    monkeypatch.setattr("workstation.commands.backups.make_backup", lambda *args: make_backup(*args, CHEAP))
    monkeypatch.setattr("workstation.commands.backups.build", lambda *args: restore(*args, CHEAP))
    return Typed(capsys, secret)


def test_a_lost_workstation_comes_back_by_commands_and_answers_under_a_new_id(
    organisation: Organisation, typed: Typed, tmp_path: Path, backup: Path
) -> None:
    """Backup, rehearsal, loss, restoring, list, card, desk; and the reporter reads what both have written."""
    backup.unlink()
    kept = tmp_path / "usb" / "anna.kopie"
    kept.parent.mkdir()
    said = typed("backup", "--folder", organisation.station("anna"), "--out", kept)
    assert "2 gesprekken, 4 berichten, 1 bijlagen" in said
    said = typed("rehearse", "--from", kept)
    assert "2 gesprekken, 4 berichten, 1 bijlagen gaan open" in said
    assert "1 antwoorden waren nog niet bezorgd" in said
    assert "is goed" in said
    with organisation.unlocked("anna") as keyring:
        lost, cards = keyring.id, {card.hash for card in keyring.state.cards.values()}
    shutil.rmtree(organisation.station("anna"))
    shutil.rmtree(organisation.folder / "anna-spool")

    said = typed("restore", "--from", kept, "--folder", organisation.station("anna"), "--organisation", ORGANISATION)
    (retire,) = re.findall(r"--retire=\S{43}", said)
    assert retire == f"--retire={encode_b64u(lost)}"
    _root_words, words = list_eight(said)
    with organisation.unlocked("anna") as keyring:
        new = keyring.id
        assert new != lost
        assert not cards & {card.hash for card in keyring.state.cards.values()}
        assert keyring.state.numbers == {}
    request = ("--request", organisation.station("anna") / "aanmelding.json")
    handout = tmp_path / "uitdeelbestand.json"
    said = typed("roster", "--root", organisation.folder / "root", *request, retire, "--compared", "--out", handout)
    assert words in said
    courier = ("--credential-file", tmp_path / "koerier")
    for person in ("anna", "bram", "chris"):
        spool = ("--spool", organisation.folder / f"{person}-spool")
        typed("card", "--folder", organisation.station(person), *spool, "--handout", handout, *courier)
    organisation.publish()

    with organisation.desk("anna") as work:
        assert not work.refusal
        assert not work.unreadable
        texts = {m.payload.body.text for c in work.inbox() for m in c.messages}
        assert texts == {"kanarie-een", "kanarie-ander", "kanarie-bezorgd", "kanarie-onderweg"}
        name = work.collector.attachments.name(BOX.conversation, FILED.attachment)
        assert b"".join(work.collector.attachments.read_pieces(name, FILED.attachment)) == FILED.data
        say(work, BOX, "kanarie-nieuw")
        say(work, OTHER, "kanarie-nieuw-ander")
    write(organisation, BOX, "kanarie-terug", number=1)
    records = organisation.collect("anna")
    read = [
        read_reply(organisation, box, r).payload
        for box in (BOX, OTHER)
        for r in records
        if belongs(r, box, (lost, new))
    ]
    found = sorted((p.author == new, p.number, p.body.text) for p in read)
    # What the lost one had not delivered goes out too, and is authentic although it was retired.
    assert found == [(False, 1, "kanarie-onderweg"), (True, 0, "kanarie-nieuw"), (True, 0, "kanarie-nieuw-ander")]
    with organisation.desk("anna") as work:
        # What the new one tells colleagues: what it holds (that went with the courier), and that it opened this.
        told = [e.payload for known in work.receiver.events.values() for e in known if e.payload.author == new]
        held = [e for e in told if e.changes.relayed.keys() == {new}]
        (opened,) = (e for e in told if e not in held)
        assert {e.conversation for e in held} == {BOX.conversation, OTHER.conversation}
        assert opened.changes.opened
        assert work.outbox.addresses() == {opened.address}
        assert not organisation.replies("anna")
        assert "kanarie-terug" in {m.payload.body.text for c in work.inbox() for m in c.messages}
    with organisation.desk("bram") as work:
        assert {"kanarie-onderweg", "kanarie-nieuw"} <= {m.payload.body.text for c in work.inbox() for m in c.messages}
    assert not grep(organisation.folder, b"kanarie-")
    assert not grep(tmp_path / "usb", b"kanarie-")


def belongs(record: bytes, box: Mailbox, workstations: tuple[bytes, ...]) -> bool:
    places = [derive_address(box.reply_address_key, w, number) for w in workstations for number in range(3)]
    return record[:32] in places


def test_a_workstation_that_is_not_on_the_list_does_not_answer(organisation: Organisation, backup: Path) -> None:
    """Nobody would believe it. It reads, and says why."""
    bring_back(organisation, backup)
    shutil.rmtree(organisation.station("anna"))
    (organisation.folder / "nieuw").rename(organisation.station("anna"))
    with organisation.desk("anna") as work:
        assert len(work.inbox()) == 2
        assert "staat niet op de lijst" in work.refusal
        with pytest.raises(WorkstationError, match="staat niet op de lijst"):
            say(work, BOX, "te vroeg")
        assert not work.keyring.state.numbers


def kept(keyring: Keyring) -> list[tuple[str, bytes]]:
    """Return what a workstation's archive holds, each file of it: its kind, and its conversation."""
    archive = Archive(keyring.folder / "archive", keyring.derive_local(b"archive"))
    known, unreadable = archive.load(keyring.state.archives)
    assert not unreadable
    return sorted(("event" if isinstance(k, CaseEvent) else "message", k.payload.conversation) for k in known)


def test_what_the_team_noted_comes_back(organisation: Organisation, backup: Path) -> None:
    """What a case is, and what a colleague has to read of it yet; none of it is counted as a message or an answer."""
    note(organisation, BOX, "kanarie-notitie")
    with organisation.unlocked("anna") as keyring:
        there = kept(keyring)
    assert [kind for kind, _conversation in there] == ["event"] * 3 + ["message"] * 4
    backup.unlink()
    back_up(organisation, backup)
    rehearsed = rehearse(backup, PASSPHRASE, hush)
    assert (rehearsed.messages, rehearsed.attachments, rehearsed.waiting) == (4, 1, 1)
    assert (rehearsed.broken, rehearsed.missing) == (0, 0)
    done = bring_back(organisation, backup)
    assert (done.messages, done.broken) == (4, 0)
    restored = open_keyring(organisation.folder / "nieuw", PASSPHRASE)
    assert kept(restored) == there
    restored.close()
    shutil.rmtree(organisation.station("anna"))
    (organisation.folder / "nieuw").rename(organisation.station("anna"))
    with organisation.desk("anna") as work:
        state = next(c.state for c in work.inbox() if c.id == BOX.conversation)
        assert ([n.text for n in state.notes], state.labels) == (["kanarie-notitie"], ("kanarie",))
    organisation.collect("anna")
    with organisation.desk("bram") as work:
        state = next(c.state for c in work.inbox() if c.id == BOX.conversation)
        assert [n.text for n in state.notes] == ["kanarie-notitie"]


def note(organisation: Organisation, box: Mailbox, text: str) -> None:
    """Let Anna note something about a conversation; her courier does not come."""
    with organisation.desk("anna") as work:
        conversation = next(c for c in work.inbox() if c.id == box.conversation)
        work.change(conversation, Changes(note=text, labels={"kanarie": True}), NOW)


def test_a_damaged_event_is_told_at_the_rehearsal(organisation: Organisation, backup: Path) -> None:
    """It is a file of the archive like any other."""
    with organisation.unlocked("anna") as keyring:
        archive = Archive(keyring.folder / "archive", keyring.derive_local(b"archive"))
        # The message is kept first, and then what the desk tells of it.
        (archive.folder / archive.list_files(OTHER.conversation)[1]).write_bytes(bytes(BLOCK_SIZE))
    backup.unlink()
    back_up(organisation, backup)
    rehearsed = rehearse(backup, PASSPHRASE, hush)
    assert (rehearsed.messages, rehearsed.broken, rehearsed.missing) == (4, 1, 0)


def test_what_has_ended_stays_ended_and_keeps_from_making_a_backup_until_it_is_gone(
    organisation: Organisation, backup: Path
) -> None:
    """A portal that still has its blocks brings nothing back on a restored workstation either."""
    backup.unlink()
    ended = Ended("2026-11-18", {BOX.conversation: 3}, 5, done=False)
    with organisation.unlocked("anna") as keyring:
        keyring.state.ended[BOX.conversation] = ended
        keyring.save()
    with pytest.raises(WorkstationError, match="nog niet helemaal vernietigd"):
        back_up(organisation, backup)
    assert not backup.exists()
    with organisation.desk("anna") as work:
        assert not work.trouble
    bring_back(organisation, back_up(organisation, backup))
    restored = open_keyring(organisation.folder / "nieuw", PASSPHRASE)
    assert restored.state.ended == {BOX.conversation: replace(ended, done=True)}
    assert kept(restored) == [("event", OTHER.conversation), ("message", OTHER.conversation)]
    restored.close()


def test_what_was_withdrawn_before_the_backup_does_not_come_back(organisation: Organisation, backup: Path) -> None:
    """Neither its messages nor its key are in it; only id and day."""
    backup.unlink()
    withdraw(organisation, BOX, number=1)
    with organisation.desk("anna"):
        pass
    organisation.collect("anna")
    bring_back(organisation, back_up(organisation, backup))
    restored = open_keyring(organisation.folder / "nieuw", PASSPHRASE)
    assert restored.state.withdrawn.keys() == {BOX.conversation}
    assert restored.state.archives.keys() == {OTHER.conversation}
    assert kept(restored) == [("event", OTHER.conversation), ("message", OTHER.conversation)]
    restored.close()
    assert not names_below(organisation.folder / "nieuw" / "attachments")


def test_a_withdrawal_that_is_not_finished_keeps_from_making_a_backup(
    organisation: Organisation, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is to be destroyed must not escape into a file."""
    backup.unlink()
    withdraw(organisation, BOX, number=1)
    with monkeypatch.context() as patch, organisation.desk("bram"):
        patch.setattr("workstation.desk.withdrawals.Withdrawals.finish", lambda *_args: None)
        with organisation.desk("anna"):
            pass
    with pytest.raises(WorkstationError, match="nog niet helemaal vernietigd"):
        back_up(organisation, backup)
    assert not backup.exists()
    with organisation.desk("anna"):
        pass
    back_up(organisation, backup)


def test_what_a_colleague_knows_to_be_withdrawn_is_left_out(organisation: Organisation, backup: Path) -> None:
    """By the short name that every desk shows; with its key, files, undelivered answers and notes."""
    note(organisation, BOX, "kanarie-notitie")
    backup.unlink()
    back_up(organisation, backup)
    name = title(BOX.conversation)
    done = bring_back(organisation, backup, "nieuw", name, "FFF-FFF")
    assert (done.conversations, done.messages, done.unknown) == (1, 1, ("FFF-FFF",))
    folder = organisation.folder / "nieuw"
    restored = open_keyring(folder, PASSPHRASE)
    assert restored.state.withdrawn.keys() == {BOX.conversation}
    assert restored.state.archives.keys() == {OTHER.conversation}
    assert kept(restored) == [("event", OTHER.conversation), ("message", OTHER.conversation)]
    restored.close()
    assert not names_below(folder / "attachments")
    assert not names_below(folder / "outbox")
    with pytest.raises(WorkstationError, match="zes tekens"):
        bring_back(organisation, backup, "ander", "A1")


def test_a_restored_workstation_learns_of_a_withdrawal_that_is_sealed_to_it(
    organisation: Organisation, backup: Path
) -> None:
    """Once it is listed; what was withdrawn in between it can learn from colleagues only."""
    with organisation.unlocked("anna") as keyring:
        lost = keyring.id
    withdraw(organisation, OTHER, number=1)
    bring_back(organisation, backup)
    shutil.rmtree(organisation.station("anna"))
    (organisation.folder / "nieuw").rename(organisation.station("anna"))
    request = (organisation.station("anna") / "aanmelding.json").read_bytes()
    handout = organisation.hand_out([request], [lost])
    for person in ("anna", "bram", "chris"):
        organisation.take(person, handout)
    organisation.publish()
    with organisation.desk("anna") as work:
        # In between: the block lies there, sealed to a card that nobody has any more.
        assert {c.id for c in work.inbox()} == {BOX.conversation, OTHER.conversation}
    with organisation.desk("bram") as work:
        assert work.keyring.state.withdrawn.keys() == {OTHER.conversation}
        # The answer that the lost one had not delivered, and what the new one holds of two conversations.
        assert len(organisation.spool("anna").list_outgoing()) == 3
    withdraw(organisation, BOX, number=1)
    with organisation.desk("anna") as work:
        assert {c.id for c in work.inbox()} == {OTHER.conversation}
        assert work.keyring.state.withdrawn.keys() == {BOX.conversation}
    # What the lost one had not delivered goes with it, and so does the event; what goes out is the confirmation.
    (record,) = organisation.collect("anna")
    assert read_reply(organisation, BOX, record).payload.kind == "destroyed"


@pytest.mark.parametrize("act", ["rehearse", "restore"])
@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        ("wrong pass phrase", "wachtzin past niet"),
        ("no backup", "geen reservekopie"),
        ("empty", "geen reservekopie"),
        ("not there", "is er niet"),
        ("truncated", "beschadigd of niet volledig"),
        ("cut at a piece", "beschadigd of niet volledig"),
        ("changed", "beschadigd of niet volledig"),
        ("swapped", "beschadigd of niet volledig"),
        ("extended", "beschadigd of niet volledig"),
        ("changed header", ""),
    ],
)
def test_what_is_no_whole_backup_is_one_sentence(  # noqa: C901 - ten ways to spoil a file
    organisation: Organisation, backup: Path, typed: Typed, act: str, spoil: str, sentence: str
) -> None:
    """And nothing half-made stays behind."""
    whole = backup.read_bytes()
    sealed = PIECE_SIZE + 17
    start = whole.index(b"\n", 30) + 1 + 24
    if spoil == "wrong pass phrase":
        typed.secret.write_text("andere gewone losse woorden")
    elif spoil == "no backup":
        backup.write_bytes(b"geen kopie" * 100)
    elif spoil == "empty":
        backup.write_bytes(b"")
    elif spoil == "not there":
        backup.unlink()
    elif spoil == "truncated":
        backup.write_bytes(whole[:-100])
    elif spoil == "cut at a piece":
        backup.write_bytes(whole[: start + 3 * sealed])
    elif spoil == "changed":
        place = start + 2 * sealed + 50
        backup.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
    elif spoil == "swapped":
        pieces = [whole[start + i * sealed : start + (i + 1) * sealed] for i in range(4)]
        moved = pieces[0] + pieces[2] + pieces[1] + pieces[3]
        backup.write_bytes(whole[:start] + moved + whole[start + 4 * sealed :])
    elif spoil == "extended":
        backup.write_bytes(whole + b"x")
    else:
        backup.write_bytes(whole.replace(b'"time":1', b'"time":2'))
    folder = organisation.folder / "nieuw"
    before = names_below(organisation.folder)
    if act == "rehearse":
        said = typed("rehearse", "--from", backup, code=1)
    else:
        said = typed("restore", "--from", backup, "--folder", folder, "--organisation", ORGANISATION, code=1)
    assert sentence in said
    assert said.count("\n") == 1
    assert names_below(organisation.folder) == before
    assert not folder.exists()
    assert not list(organisation.folder.glob(".half-*"))


def test_another_organisations_backup_is_refused(organisation: Organisation, backup: Path, typed: Typed) -> None:
    """A demo's, say."""
    folder = organisation.folder / "nieuw"
    said = typed("restore", "--from", backup, "--folder", folder, "--organisation", "andere", code=1)
    assert "andere organisatie" in said
    assert not folder.exists()


def test_nothing_that_exists_is_overwritten(organisation: Organisation, backup: Path, typed: Typed) -> None:
    """Neither a folder, be it empty, nor an earlier backup."""
    folder = organisation.folder / "nieuw"
    folder.mkdir()
    said = typed("restore", "--from", backup, "--folder", folder, "--organisation", ORGANISATION, code=1)
    assert "bestaat al" in said
    whole = backup.read_bytes()
    assert "bestaat al" in typed("backup", "--folder", organisation.station("anna"), "--out", backup, code=1)
    assert backup.read_bytes() == whole


@pytest.mark.parametrize(("act", "limit"), [("backup", 0), *(("restore", limit) for limit in (0, 1, 5, 8))])
def test_a_full_disk_leaves_nothing_half_made(
    organisation: Organisation, backup: Path, typed: Typed, monkeypatch: pytest.MonkeyPatch, act: str, limit: int
) -> None:
    """Whenever it fills up, one sentence says so."""
    folder, target = organisation.folder / "nieuw", backup.with_name("tweede.kopie")
    real, count = os.fsync, [0]

    def full(descriptor: int) -> None:
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            count[0] += 1
            if count[0] > limit:
                raise OSError(errno.ENOSPC, "No space left on device")
        real(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        if act == "restore":
            said = typed("restore", "--from", backup, "--folder", folder, "--organisation", ORGANISATION, code=1)
        else:
            said = typed("backup", "--folder", organisation.station("anna"), "--out", target, code=1)
    assert "No space left" in said
    assert said.count("\n") == 1
    assert not target.exists()
    assert not folder.exists()
    assert not list(backup.parent.glob(".half-*"))
    assert not list(organisation.folder.glob(".half-*"))


def test_what_a_power_cut_left_of_a_restoring_gives_way(organisation: Organisation, backup: Path) -> None:
    """The next one begins anew."""
    half = organisation.folder / ".half-nieuw"
    (half / "archive").mkdir(parents=True)
    (half / "archive" / "rest").write_bytes(b"half")
    bring_back(organisation, backup)
    assert not half.exists()
    assert "rest" not in names_below(organisation.folder / "nieuw")


def test_a_damaged_file_is_counted_and_keeps_nothing_else_from_coming_back(
    organisation: Organisation, backup: Path, typed: Typed
) -> None:
    """A bad place on the disk before the backup was made."""
    backup.unlink()
    with organisation.unlocked("anna") as keyring:
        archive = Archive(keyring.folder / "archive", keyring.derive_local(b"archive"))
        # The first file of a conversation is a message; later ones may be events.
        message = archive.folder / archive.list_files(BOX.conversation)[0]
    (attachment,) = (organisation.station("anna") / "attachments").iterdir()
    for path, place in ((message, 20_000), (attachment, BLOCK_SIZE + 7)):
        data = path.read_bytes()
        path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
    assert "1 bestanden zijn beschadigd" in typed("backup", "--folder", organisation.station("anna"), "--out", backup)
    said = typed("rehearse", "--from", backup)
    assert re.search("[12] bestanden zijn beschadigd", said)
    assert "is goed" not in said
    folder = organisation.folder / "nieuw"
    said = typed("restore", "--from", backup, "--folder", folder, "--organisation", ORGANISATION)
    assert "3 berichten" in said
    assert "beschadigd" in said


def test_the_desk_must_be_locked_for_a_backup(organisation: Organisation, backup: Path, typed: Typed) -> None:
    """Two programs would see two halves of a change."""
    with organisation.unlocked("anna"):
        said = typed("backup", "--folder", organisation.station("anna"), "--out", backup.with_name("b"), code=1)
    assert "al open" in said


def test_ten_gigabytes_need_a_few_pieces_of_memory(tmp_path: Path) -> None:
    """What is written and read at a time does not grow with the file."""
    count = 400
    tracemalloc.start()
    with (tmp_path / "groot").open("wb") as file:
        sealer = Sealer(file, PASSPHRASE, CHEAP)
        for _piece in range(count):
            sealer.write(bytes(PIECE_SIZE + 1))
        sealer.finish()
    with (tmp_path / "groot").open("rb") as file:
        opener = Opener(file, PASSPHRASE)
        for _piece in range(count):
            assert opener.read(PIECE_SIZE + 1) == bytes(PIECE_SIZE + 1)
        assert opener.at_end
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 2**21


@pytest.mark.parametrize("size", [0, 1, PIECE_SIZE - 1, PIECE_SIZE, PIECE_SIZE + 1, 3 * PIECE_SIZE])
def test_what_was_sealed_opens_whatever_its_size(tmp_path: Path, size: int) -> None:
    """The edges of a piece are no edges of what is in it; nothing can be read past the end."""
    data = os.urandom(size)
    with (tmp_path / "x").open("wb") as file:
        sealer = Sealer(file, PASSPHRASE, CHEAP)
        sealer.write(data)
        sealer.finish()
    with (tmp_path / "x").open("rb") as file:
        opener = Opener(file, PASSPHRASE)
        assert opener.read(size) == data
        assert opener.at_end
        with pytest.raises(WorkstationError):
            opener.read(1)
    with (tmp_path / "x").open("rb") as file, pytest.raises(PassphraseError):
        Opener(file, PASSPHRASE + "x")


def test_long_work_tells_how_far_it_is_and_short_work_says_nothing() -> None:
    """Ten lines, whatever the pieces."""
    told: list[str] = []
    progress = Progress(2**30, told.append)
    for _piece in range(2**14):
        progress.add(2**16)
    assert told == [f"{percent} procent …" for percent in range(10, 101, 10)]
    Progress(100, told.append).add(100)
    assert len(told) == 10


def test_the_commands_use_the_full_cost() -> None:
    """Nothing but a test passes another one."""
    assert make_backup.__defaults__ == (COST,)
    assert restore.__defaults__ == (COST,)
