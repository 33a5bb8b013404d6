"""The stick was pulled out half-way, filled up, copied, mixed up, or was in an enemy's hands: nothing of ours is lost.

Ours are the messages in the archive, the answers in the outbox and the keyring. What lies on a stick can be taken away
by whoever holds it; then it is fetched or laid there again.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from crypto import recipient
from crypto.encoding import digest
from crypto.labels import BLOCK_SIZE, KIND_CHUNK, KIND_HEAD, KIND_REPLY
from tests.workstation.filing import peak
from tests.workstation.helpers import Organisation, found, let_events_go, make_mailbox, read_reply, write
from tests.workstation.portals import Answer, Stub, stub_portal
from tests.workstation.stick import (
    OBSTACLES,
    Fault,
    faulty,
    lay_copy,
    lay_folder,
    lay_full_folder,
    lay_hard_link,
    lay_link,
    lay_record,
)
from tests.workstation.test_courier import ADDRESSES, CREDENTIAL, FETCH, INDEX, INTAKE, KEYSET, POST, PUT, record
from tests.workstation.test_courier import roster as make_roster
from tests.world import NOW
from workstation import files
from workstation.commands import daily
from workstation.courier.client import Client
from workstation.courier.credential import write_credential
from workstation.courier.service import Courier, Synced
from workstation.desk.uploads import Staged, Upload
from workstation.errors import CourierError, UnfitFileError, WorkstationError
from workstation.spool import RECORD_SIZE, Spool
from workstation.wellformed import is_chunk, is_document, is_reply

# Real couriers, and every step of them.
pytestmark = pytest.mark.slow

CANARY = "kanarie-51d0"
REPLY = "Goed dat u schrijft. " + CANARY

# The same keys come a hundred thousand times, and a key of 1,216 bytes takes milliseconds to read.
decode_once = cache(recipient._decode_bech32)
roster = cache(make_roster)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for no disk, as it is simulated here; decode each key once; lay one record of cover a look, not four."""
    monkeypatch.setattr(os, "fsync", lambda _descriptor: None)
    monkeypatch.setattr(recipient, "_decode_bech32", decode_once)
    monkeypatch.setattr("workstation.desk.work._COVER_PER_LOOK", 1)


@contextmanager
def portal(keyset: bytes = b"{}") -> Iterator[Stub]:
    """Serve a portal that takes everything and has two blocks for us."""
    answers = {
        KEYSET: Answer(200, keyset),
        INTAKE: Answer(200, b"".join(ADDRESSES[:2])),
        INDEX: Answer(200),
        FETCH: Answer(200, bytes(4 * BLOCK_SIZE)),
        POST: Answer(204),
        PUT: Answer(204),
    }
    with stub_portal(Stub(answers)) as stub:
        yield stub


def sync(stub: Stub, folder: Path) -> Synced:
    with Client(stub.url) as client:
        return Courier(client, Spool.open(folder), CREDENTIAL).sync(NOW)


def posted(stub: Stub) -> list[bytes]:
    """Return the records that were posted."""
    bodies = [body for method, path, body in stub.asked if (method, path) == POST]
    return [body[i : i + RECORD_SIZE] for body in bodies for i in range(0, len(body), RECORD_SIZE)]


def published(stub: Stub) -> list[bytes]:
    return [body for method, path, body in stub.asked if (method, path) == PUT]


def steps_of(fault: Fault) -> Iterator[int]:
    """Return numbers of changes: one half of all is cut off by a pull, the other half by a full stick.

    A file is three or four changes; the halves swap after every four, so that no fault always meets the same one.
    """
    return (number for number in count() if (number + number // 4) % 2 == (fault == "full"))


def chunk(address: bytes) -> bytes:
    return (address + bytes(32) + bytes([KIND_CHUNK])).ljust(RECORD_SIZE, b"c")


def fill(folder: Path) -> Spool:
    """Make a spool with all that a courier has to do: a document, two replies, one of them with chunks, and wishes."""
    spool = Spool.open(folder, create=True)
    spool.put_document("1-roster-000001.json", roster())
    parts = [bytes([i]) * 32 for i in range(100, 102)]
    spool.put_outgoing_chunks([chunk(address) for address in parts])
    spool.put_parts(bytes([50]) * 32, parts)
    for number in (50, 51):
        spool.put_outgoing(record(bytes([number]) * 32))
    spool.put_wanted([bytes([i]) * 32 for i in range(200, 202)])
    return spool


def assert_whole(folder: Path) -> None:
    """Assert that nothing half-written stands under a name that counts."""
    for place, size in (("incoming", BLOCK_SIZE), ("chunks", BLOCK_SIZE), ("outgoing/blocks", RECORD_SIZE)):
        for path in (folder / place).iterdir():
            assert path.name.startswith(files.TEMPORARY_PREFIX) or path.stat().st_size == size


@pytest.mark.parametrize("fault", ["pulled", "full"])
def test_a_courier_whose_stick_is_pulled_out_at_any_change_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    """After the next synchronisation the portal has every record, and the stick every block."""
    with portal() as stub:
        for step in steps_of(fault):
            folder = tmp_path / f"{step}"
            fill(folder)
            stub.asked.clear()
            with faulty(monkeypatch, folder, step, fault) as stick:
                try:
                    sync(stub, folder)
                except (OSError, WorkstationError):
                    assert stick.failed
            assert_whole(folder)
            assert sync(stub, folder).problems == ()
            assert {r[:32] for r in posted(stub)} == {bytes([i]) * 32 for i in (50, 51, 100, 101)}
            assert set(published(stub)) == {roster()}
            spool = Spool(folder)
            assert spool.list_incoming() == set(ADDRESSES[:2])
            assert spool.list_chunks() == {bytes([i]) * 32 for i in range(200, 202)}
            assert not spool.list_outgoing()
            # What was marked and not yet dropped, the desk drops.
            assert spool.list_outgoing_chunks() <= spool.list_sent_chunks()
            assert all(spool.was_sent(record(bytes([i]) * 32)) for i in (50, 51))
            shutil.rmtree(folder)
            if not stick.failed:
                break
        assert step > 40


def stage(organisation: Organisation) -> Staged:
    folder = organisation.station("anna") / "attachments"
    files.make_folder(folder)
    upload = Upload(files.name_temporary(folder), "a.txt")
    upload.write(CANARY.encode())
    upload.seek(0)
    assert upload.staged is not None
    assert upload._file is not None
    upload._file.close()
    return upload.staged


def everything_below(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


@pytest.mark.parametrize("fault", ["pulled", "full"])
def test_a_desk_whose_stick_is_pulled_out_at_any_change_loses_no_answer(
    organisation: Organisation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    """An answer that was accepted goes out whole, once; one that was refused does not go at all."""
    box = make_mailbox()
    write(organisation, box, CANARY)
    for step in steps_of(fault):
        copy = Organisation(tmp_path / f"{step}")
        shutil.copytree(organisation.folder, copy.folder)
        folder = copy.folder / "anna-spool"
        accepted = False
        with faulty(monkeypatch, folder, step, fault) as stick, copy.desk("anna") as work:
            assert not work.trouble or "kan niet worden gebruikt" in work.trouble
            for conversation in work.inbox():
                try:
                    work.answer(conversation, REPLY, NOW, (stage(copy),))
                    accepted = True
                except WorkstationError:
                    assert stick.failed
            work.take_in(NOW)
        with copy.desk("anna") as work:
            assert not work.trouble
            assert [m.payload.body.text for m in work.inbox()[0].messages] == [CANARY] + [REPLY] * accepted
            spool = copy.spool("anna")
            records = copy.replies("anna")
            assert [read_reply(copy, box, each).payload.body.text for each in records] == [REPLY] * accepted
            # And what the desk tells colleagues by itself, once.
            assert len(spool.list_outgoing()) == accepted + 1
            assert len(spool.list_outgoing_chunks()) == accepted
        assert_whole(folder)
        assert CANARY.encode() not in everything_below(folder)
        shutil.rmtree(copy.folder)
        if not stick.failed:
            break
    assert step > 8


def test_what_an_enemy_lays_among_the_cover_neither_leaves_nor_takes_the_place_of_an_answer(tmp_path: Path) -> None:
    """Under the names of answers that wait or went; a keyring, something enormous, a folder: none of it is posted."""
    folder = fill(tmp_path / "spool").folder
    spool = Spool(folder)
    place = folder / "outgoing" / "cover"
    true = record(bytes([60]) * 32)
    spool.put_cover(true)
    spool.put_outgoing(record(bytes([70]) * 32))
    spool.mark_sent(bytes([70]) * 32)
    secret = tmp_path / "keyring"
    secret.write_bytes((bytes([61]) * 32 + b"vertrouwenspost-keyring").ljust(RECORD_SIZE, b"k"))
    for number, obstacle in enumerate(OBSTACLES, start=200):
        obstacle(place / (bytes([number]) * 32).hex(), secret)
    lay_link(place / (bytes([61]) * 32).hex(), secret)
    for number in (50, 70):
        (place / (bytes([number]) * 32).hex()).write_bytes(record(bytes([number]) * 32)[:-1] + b"!")
    (place / "a\nb").write_bytes(b"x")
    with portal() as stub, Client(stub.url) as client:
        # So high a mean that all there is goes.
        Courier(client, spool, CREDENTIAL, cover=500.0).sync(NOW)
    allowed = {true, *(record(bytes([i]) * 32) for i in (50, 51)), *(chunk(bytes([i]) * 32) for i in (100, 101))}
    assert set(posted(stub)) == allowed
    assert secret.read_bytes().startswith(bytes([61]) * 32)
    assert spool.was_sent(true)
    assert spool.was_sent(record(bytes([70]) * 32))


def test_what_was_half_written_is_swept_a_day_later(tmp_path: Path) -> None:
    """A stick that is pulled out every day does not fill up; the other side's present work stays."""
    spool = fill(tmp_path / "spool")
    old, new = (spool.folder / "incoming" / f"{files.TEMPORARY_PREFIX}{name}" for name in ("oud", "nieuw"))
    for path, age in ((old, 25 * 3600), (new, 3600)):
        path.write_bytes(b"half")
        os.utime(path, (NOW - age, NOW - age))
    with portal() as stub:
        sync(stub, spool.folder)
    assert not old.exists()
    assert new.exists()


def test_a_copied_stick_sends_the_same_bytes_and_no_others(organisation: Organisation, tmp_path: Path) -> None:
    """Desk and courier on both copies: the portal sees the answer and the event as the same two records twice."""
    box = make_mailbox()
    write(organisation, box, CANARY)
    twin = tmp_path / "tweede"
    with organisation.desk("anna") as work:
        work.answer(work.inbox()[0], REPLY, NOW)
    shutil.copytree(organisation.folder / "anna-spool", twin)
    keyset = organisation.spool("anna").read_keyset() or b""
    with portal(keyset) as stub:
        for _round in range(2):
            for folder in (organisation.folder / "anna-spool", twin):
                sync(stub, folder)
                with organisation.unlocked("anna") as keyring:
                    from workstation.desk.work import begin  # noqa: PLC0415

                    work = begin(keyring, folder, NOW)
                    assert not work.trouble
                    assert not work.outbox.addresses()
        assert sorted(each[64] for each in posted(stub)) == [KIND_HEAD, KIND_HEAD, KIND_REPLY, KIND_REPLY]
        assert len(set(posted(stub))) == 2


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Organisation:
    """Found another organisation."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.workstation.helpers.ORGANISATION", "elders")
        return found(tmp_path_factory.mktemp("elders"), ("dirk", "eva"))


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_desk_leaves_another_organisations_stick_alone(organisation: Organisation, elsewhere: Organisation) -> None:
    """It says so in a sentence, gives nothing out, and what waits goes out with the right stick."""
    box = make_mailbox()
    write(organisation, box, CANARY)
    foreign = elsewhere.folder / "dirk-spool"
    before = snapshot(foreign)
    with organisation.desk("anna") as work:
        work.answer(work.inbox()[0], REPLY, NOW)
    waiting = organisation.spool("anna").list_outgoing()
    shutil.rmtree(organisation.folder / "anna-spool" / "outgoing")
    with organisation.desk("anna") as work:
        work.spool_folder = foreign
        work.take_in(NOW)
        assert "hoort bij een andere organisatie" in work.trouble
        assert work.spool is None
        with pytest.raises(WorkstationError, match="andere organisatie"):
            work.answer(work.inbox()[0], "Nog een antwoord", NOW)
        assert work.outbox.addresses()
    assert snapshot(foreign) == before
    with organisation.desk("anna"):
        assert organisation.spool("anna").list_outgoing() == waiting
        assert len(organisation.replies("anna")) == 1


def test_a_courier_leaves_another_organisations_stick_alone(
    organisation: Organisation, elsewhere: Organisation, tmp_path: Path
) -> None:
    """Replies delivered to the wrong portal would count as sent, and nobody would ever find them."""
    folder = tmp_path / "stick"
    shutil.copytree(elsewhere.folder / "dirk-spool", folder)
    Spool(folder).put_outgoing(record(ADDRESSES[0]))
    before = snapshot(folder)
    with portal(organisation.spool("anna").read_keyset() or b"") as stub:
        with pytest.raises(UnfitFileError, match="andere organisatie"):
            sync(stub, folder)
        assert not posted(stub) + published(stub)
    assert snapshot(folder) == before


def test_exchanged_contents_are_not_sent_and_come_right_again(organisation: Organisation) -> None:
    """Two replies under each other's names: the courier sends neither, the desk lays both there again."""
    for number in (7, 8):
        write(organisation, make_mailbox(number), CANARY)
    let_events_go(organisation)
    folder = organisation.folder / "anna-spool"
    with organisation.desk("anna") as work:
        for conversation in work.inbox():
            work.answer(conversation, REPLY, NOW, (stage(organisation),))
    true = {path.name: path.read_bytes() for path in (folder / "outgoing" / "blocks").iterdir()}
    for place in ("blocks", "chunks"):
        first, second = (folder / "outgoing" / place).iterdir()
        kept = first.read_bytes()
        first.write_bytes(second.read_bytes())
        second.write_bytes(kept)
    keyset = organisation.spool("anna").read_keyset() or b""
    with portal(keyset) as stub:
        assert len(sync(stub, folder).problems) >= 2
        assert not posted(stub)
        for _round in range(2):
            with organisation.desk("anna") as work:
                assert not work.trouble
            sync(stub, folder)
        assert {r for r in posted(stub) if is_reply(r[:32], r)} == set(true.values())
        assert len([r for r in posted(stub) if is_chunk(r[:32], r)]) == 2


def test_an_answer_counts_as_sent_only_if_its_own_bytes_were(organisation: Organisation) -> None:
    """Another's record under its name in `sent` changes nothing; nor does a list of chunks that never come."""
    write(organisation, make_mailbox(), CANARY)
    let_events_go(organisation)
    folder = organisation.folder / "anna-spool"
    with organisation.desk("anna") as work:
        work.answer(work.inbox()[0], REPLY, NOW)
    (path,) = (folder / "outgoing" / "blocks").iterdir()
    true = path.read_bytes()
    (folder / "sent" / "blocks" / path.name).write_bytes(record(bytes.fromhex(path.name)))
    (folder / "outgoing" / "parts" / path.name).write_bytes(bytes(32))
    path.unlink()
    with organisation.desk("anna") as work:
        assert work.outbox.addresses()
    assert path.read_bytes() == true
    with portal(organisation.spool("anna").read_keyset() or b"") as stub:
        assert sync(stub, folder).posted == 1
        assert posted(stub) == [true]


def test_exchanged_reports_show_nothing_false_and_can_be_fetched_again(organisation: Organisation) -> None:
    """Whoever suspects the stick empties `incoming`: what comes again is tried again."""
    for number in (7, 8):
        write(organisation, make_mailbox(number), f"{CANARY} {number}")
    folder = organisation.folder / "anna-spool" / "incoming"
    true = {path: path.read_bytes() for path in folder.iterdir()}
    for path, block in zip(true, reversed(true.values()), strict=True):
        path.write_bytes(block)
    with organisation.desk("anna") as work:
        assert work.inbox() == []
        for path in true:
            path.unlink()
        work.take_in(NOW)
        for path, block in true.items():
            path.write_bytes(block)
        work.take_in(NOW)
        assert len(work.inbox()) == 2


NAMES = (
    *("{ours}", "a" * 64, "keyset.json", "wanted", "synced.json", "1-roster-000000.json", "1-roster-000009.json"),
    *("2-card-0123456789abcdef-2026-W47.json", "3-freshness-0123456789abcdef-2026-W47.json", ".half-0", "a\nb"),
    *("\x1b[2J", "\udcff\udcfe", "-rf", "x" * 255),
)
PLACES = (
    *("", "incoming", "chunks", "outgoing", "outgoing/blocks", "outgoing/chunks", "outgoing/cover"),
    *("outgoing/parts", "outgoing/documents", "sent/blocks", "sent/chunks", "sent/documents"),
)
FOUND = st.lists(
    st.tuples(st.sampled_from(PLACES), st.sampled_from(NAMES), st.sampled_from(OBSTACLES)), min_size=1, max_size=12
)
FOLDERS = st.lists(st.tuples(st.sampled_from(PLACES[1:]), st.sampled_from(OBSTACLES)), max_size=1)


def clear(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    elif path.parent.is_dir():
        path.unlink(missing_ok=True)


@pytest.fixture(scope="module")
def answered(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Organisation:
    """Make Anna's desk with one report read and one answer that waits."""
    folder = tmp_path_factory.mktemp("answered") / "organisation"
    shutil.copytree(founded, folder)
    organisation = Organisation(folder)
    write(organisation, make_mailbox(), CANARY)
    with portal(organisation.spool("anna").read_keyset() or b"") as stub:
        sync(stub, folder / "anna-spool")
    with organisation.desk("anna") as work:
        work.answer(work.inbox()[0], REPLY, NOW, (stage(organisation),))
    return organisation


@settings(
    max_examples=4,
    derandomize=True,
    # What fails is small enough to read as it is.
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(FOUND, FOLDERS)
@example([("sent/blocks", "{ours}", lay_full_folder)], [])
@example([("outgoing/documents", name, lay_folder) for name in NAMES if name.endswith(".json") and "-" in name], [])
@example([("outgoing/documents", name, lay_hard_link) for name in NAMES if name.endswith(".json") and "-" in name], [])
@example([("", "keyset.json", lay_link), ("", "wanted", lay_folder), ("", "synced.json", lay_copy)], [])
@example([("outgoing/blocks", "a" * 64, lay_record), ("outgoing/chunks", "a" * 64, lay_record)], [])
@example([], [("outgoing/blocks", lay_link)])
def test_whatever_an_enemy_lays_there_nothing_else_leaves_and_nothing_is_lost(
    answered: Organisation, laid: list[tuple[str, str, object]], folders: list[tuple[str, object]]
) -> None:
    """Courier and desk end soon, with a sentence at most; and once the mess is cleared away, the answer goes out."""
    with tempfile.TemporaryDirectory() as place:
        organisation = Organisation(Path(place) / "o")
        shutil.copytree(answered.folder, organisation.folder)
        folder = organisation.folder / "anna-spool"
        waiting = {path.name for path in (folder / "outgoing" / "blocks").iterdir()}
        (ours,) = (record[:32].hex() for record in organisation.replies("anna"))
        keyset = (folder / "keyset.json").read_bytes()
        secret = organisation.station("anna") / "keyring"
        sealed = digest(secret.read_bytes())
        passwd = Path("/etc/passwd").read_bytes()
        for where, obstacle in folders:
            clear(folder / where)
            obstacle(folder / where, secret)  # type: ignore[operator]
        for where, name, obstacle in laid:
            path = folder / where / name.format(ours=ours)
            if path.parent.is_dir() and not path.parent.is_symlink():
                clear(path)
                obstacle(path, secret)  # type: ignore[operator]
        with portal(keyset) as stub:
            begun = time.monotonic()
            for _round in range(2):
                try:
                    problems = sync(stub, folder).problems
                except WorkstationError as error:
                    problems = (str(error),)
                assert all(each.isprintable() and len(each) < 200 for each in problems)
                with organisation.desk("anna") as work:
                    assert [m.payload.body.text for m in work.inbox()[0].messages] == [CANARY, REPLY]
                    assert work.trouble.isprintable()
            assert time.monotonic() - begun < 30
            for sent in posted(stub):
                assert is_reply(sent[:32], sent) or is_chunk(sent[:32], sent)
            assert all(is_document(str(_kind(document)), document) for document in published(stub))
            everything = b"".join(body for _method, _path, body in stub.asked)
            assert b"vertrouwenspost-keyring" not in everything
            assert passwd[:20] not in everything
            assert Path("/etc/passwd").read_bytes() == passwd
            # The keyring may be saved meanwhile; through a link of an enemy it is neither read nor written.
            assert digest(secret.read_bytes()) == sealed or organisation.unlocked("anna").__enter__().close() is None
            for where, name, _obstacle in laid:
                clear(folder / where / name.format(ours=ours))
            for where, _obstacle in folders:
                clear(folder / where)
            for _round in range(3):
                with organisation.desk("anna"):
                    pass
                sync(stub, folder)
            assert waiting <= {r[:32].hex() for r in posted(stub)}


def _kind(document: bytes) -> int:
    return [b"roster" in document, b"card" in document, b"freshness" in document].index(True) + 1


def test_a_hundred_thousand_files_are_counted_and_not_opened(organisation: Organisation) -> None:
    """In every language and none: the work goes on, within seconds and megabytes."""
    write(organisation, make_mailbox(), CANARY)
    folder = organisation.folder / "anna-spool"
    junk = os.open(folder / "incoming", os.O_RDONLY)
    documents = os.open(folder / "outgoing" / "documents", os.O_RDONLY)
    for number in range(50_000):
        os.close(os.open(b"rommel\n\xff%d" % number, os.O_CREAT | os.O_WRONLY, dir_fd=junk))
        os.close(os.open(b"1-roster-%06d.json" % number, os.O_CREAT | os.O_WRONLY, dir_fd=documents))
    os.close(junk)
    os.close(documents)
    begun = time.monotonic()
    with portal(organisation.spool("anna").read_keyset() or b"") as stub, peak() as most:
        (*_others, last) = sync(stub, folder).problems
        assert last.startswith("50000 vreemde of beschadigde bestanden")
        assert all(is_document(str(_kind(document)), document) for document in published(stub))
        with organisation.desk("anna") as work:
            assert len(work.inbox()) == 1
            work.answer(work.inbox()[0], REPLY, NOW)
        sync(stub, folder)
        assert sorted(each[64] for each in posted(stub)) == [KIND_HEAD, KIND_REPLY]
    assert time.monotonic() - begun < 120
    assert most[0] < 2**27


def test_more_blocks_than_a_page_waits_for_come_with_the_next_pages(
    organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever lays a hundred thousand of them does not hold up the page; the report comes all the same."""
    monkeypatch.setattr("workstation.desk.work._BLOCKS_PER_LOOK", 8)
    write(organisation, make_mailbox(), CANARY)
    for number in range(30):
        organisation.spool("anna").put_incoming(bytes([number]) * 32, bytes(BLOCK_SIZE))
    with organisation.desk("anna") as work:
        seen = 1
        while not work.inbox():
            work.take_in(NOW)
            seen += 1
        assert seen <= 4


@contextmanager
def as_nobody(folder: Path) -> Iterator[Path]:
    """Be somebody whom file modes bind; root is not. Gives a copy of the folder that is theirs."""
    place = Path(tempfile.mkdtemp())
    copy = place / "o"
    shutil.copytree(folder, copy)
    nobody = os.geteuid() == 0
    if nobody:
        for path in (place, copy, *copy.rglob("*")):
            os.chown(path, 65_534, 65_534)
        os.seteuid(65_534)
    try:
        yield copy
    finally:
        if nobody:
            os.seteuid(0)
        for path in (copy, *copy.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o700)
        shutil.rmtree(place)


@pytest.mark.parametrize("spoil", ["read-only", "unreadable"])
def test_a_stick_that_cannot_be_written_or_read_is_one_sentence(answered: Organisation, spoil: str) -> None:
    """The desk still reads and keeps; the courier says that nothing is lost."""
    keyset = (answered.folder / "anna-spool" / "keyset.json").read_bytes()
    with as_nobody(answered.folder) as folder:
        organisation = Organisation(folder)
        spool = folder / "anna-spool"
        write_credential(folder / "courier", CREDENTIAL)
        paths = [path for path in (spool, *spool.rglob("*")) if path.is_dir() == (spoil == "read-only")]
        for path in paths:
            path.chmod(0o500 if spoil == "read-only" else 0)
        before = sorted(str(path) for path in spool.rglob("*"))
        with portal(keyset) as stub:
            args = Namespace(spool=spool, portal=stub.url, credential_file=folder / "courier", every=None, pause=0)
            try:
                told = list(daily.sync(args, lambda: NOW, lambda _line: None))
            except CourierError as error:
                told = [str(error)]
            assert all(len(line) < 200 for line in told)
            assert not posted(stub) or spoil == "read-only"
        with organisation.desk("anna") as work:
            assert work.trouble
            assert [m.payload.body.text for m in work.inbox()[0].messages] == [CANARY, REPLY]
            assert work.outbox.addresses()
        if spoil == "read-only":
            assert sorted(str(path) for path in spool.rglob("*")) == before
