"""Files that go out: from the counsellor's browser, never as plaintext on the disk, to the reporter's."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from crypto import envelope, payload
from crypto.age.hybrid import Identity
from crypto.attachment import CHUNK_SIZE, FILE_SIZE
from crypto.body import Body
from crypto.labels import BLOCK_SIZE
from tests.workstation.filing import (
    Form,
    answer,
    download,
    fetch,
    line,
    names_below,
    peak,
    pieces_of,
    sit_down,
    streamed,
)
from tests.workstation.helpers import Organisation, let_events_go, make_mailbox, write
from tests.workstation.portals import Answer, Stub, stub_portal
from tests.workstation.test_courier import FETCH, INDEX, INTAKE, KEYSET, POST, PUT, sync
from tests.workstation.test_desk import Browser
from workstation import files
from workstation.desk.uploads import Uploads
from workstation.spool import RECORD_SIZE, Spool

pytestmark = pytest.mark.slow

CANARY = b"kanarie-9c41-leesbaar"
FEW_MEGABYTES = 6 * 2**20


@pytest.fixture
def browser(organisation: Organisation) -> Browser:
    """Sit down at Anna's open desk, with one report waiting; her colleagues know that it opened there."""
    write(organisation, make_mailbox(), "Hallo")
    let_events_go(organisation)
    return sit_down(organisation)


def folder(organisation: Organisation) -> Path:
    return organisation.station("anna") / "attachments"


def sent_bodies(organisation: Organisation) -> list[Body]:
    """Open the replies that wait in the spool, as the reporter will."""
    identity = Identity(make_mailbox().identity)
    opened = [envelope.open(record[65:], [identity]) for record in organisation.replies("anna")]
    return [payload.parse(data).body for data, _signature in opened]


def nothing_remains(organisation: Organisation) -> bool:
    spool = organisation.spool("anna")
    left = spool.list_outgoing() | spool.list_outgoing_chunks()
    return (
        not left and not names_below(folder(organisation)) and not names_below(organisation.station("anna") / "outbox")
    )


def test_a_file_goes_from_desk_to_portal_to_the_reporter_byte_for_byte(
    organisation: Organisation, tmp_path: Path
) -> None:
    """The chunks before the reply; afterwards the spool holds no chunk, and the desk offers the sent file again."""
    write(organisation, make_mailbox(), "Hallo")
    data = os.urandom(2 * CHUNK_SIZE + 77)
    with line(organisation, tmp_path) as portal:
        browser = sit_down(organisation)
        # What the desk tells colleagues goes without any chunk.
        assert portal.sync().posted == 1
        path = browser.open_first()
        files_sent = [("stappen plan.pdf", [data]), ("leeg.txt", [])]
        assert answer(browser, path, "Zie de bijlagen.", files_sent).status_code == 303
        spool = organisation.spool("anna")
        (body,) = sent_bodies(organisation)
        assert len(spool.list_outgoing_chunks()) == 4
        lines: list[str] = []
        done = portal.sync(tell=lines.append)
        assert (done.posted, done.problems) == (1, ())
        assert lines == ["bijlagen: 4 van 4 blokken verstuurd"]
        assert not spool.list_outgoing_chunks()
        assert [(a.name, a.size) for a in body.attachments] == [("stappen plan.pdf", len(data)), ("leeg.txt", 0)]
        assert [fetch(portal.client, each) for each in body.attachments] == [data, b""]
    browser.get(path)
    assert "stappen plan.pdf" in browser.page
    assert download(browser, path).get_data() == data
    browser.get(path)
    assert not names_below(spool.folder / "sent" / "chunks")
    assert not names_below(spool.folder / "outgoing" / "parts")
    assert not names_below(organisation.station("anna") / "outbox")


def test_25_mebibytes_are_taken_in_a_few_megabytes_of_memory(organisation: Organisation, browser: Browser) -> None:
    """Two pieces at a time, into the staging file and on into the spool."""
    path = browser.open_first()
    with peak() as measured:
        assert answer(browser, path, "", [("film.mp4", pieces_of(FILE_SIZE))]).status_code == 303
    assert measured[0] < FEW_MEGABYTES
    assert len(organisation.spool("anna").list_outgoing_chunks()) == 416


def open_files() -> Iterator[bytes]:
    """Yield what lies in the regular files that this process has open, deleted ones among them."""
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            if descriptor.stat().st_mode & 0o170000 == 0o100000 and descriptor.stat().st_size < 2**26:
                yield descriptor.read_bytes()
        except OSError:
            continue


def test_the_plaintext_of_an_upload_is_never_on_the_disk(
    organisation: Organisation, browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither in a temporary file, open or deleted, nor in the workstation's folder, nor in the spool."""
    temporary = tmp_path / "tijdelijk"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    looked = []

    def look() -> None:
        found = [p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()] + list(open_files())
        looked.append(sum(CANARY in data for data in found))
        assert any(name.startswith(".half-") for name in names_below(folder(organisation))) == (len(looked) == 1)

    path = browser.open_first()
    assert answer(browser, path, "", [("x.bin", pieces_of(5 * 2**20, CANARY))], halfway=look).status_code == 303
    look()
    browser.get(path)
    browser.post("/vergrendelen")
    look()
    assert looked == [0, 0, 0]


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        ([("groot.mp4", FILE_SIZE + 1)], "“groot.mp4” is groter dan 25 MB."),
        ([("goed.pdf", 10), ("groot\u202e.mp4", 60 * 2**20), ("ook.pdf", 10)], "is groter dan 25 MB."),
        ([(f"{i}.pdf", 100_000) for i in range(11)], "hoogstens tien bestanden"),
    ],
    ids=["one", "among others", "eleven"],
)
def test_files_that_cannot_go_are_refused_in_one_sentence_and_leave_nothing(
    organisation: Organisation, browser: Browser, chosen: list[tuple[str, int]], sentence: str
) -> None:
    """The words stay on the page; nothing is sent, nothing half-written is left."""
    path = browser.open_first()
    response = answer(browser, path, "Mijn woorden", [(name, pieces_of(size)) for name, size in chosen])
    assert response.status_code == 303
    browser.get(path)
    assert sentence in browser.page
    assert "Kies uw bestanden opnieuw" in browser.page
    assert "Mijn woorden</textarea>" in browser.page
    assert "\u202e" not in browser.page
    assert nothing_remains(organisation)


def test_exactly_25_mebibytes_and_exactly_ten_files_go(organisation: Organisation, browser: Browser) -> None:
    """The limit is the last size and number that go."""
    path = browser.open_first()
    chosen = [("groot", pieces_of(FILE_SIZE)), *((f"{i}", pieces_of(1)) for i in range(9))]
    assert answer(browser, path, "", chosen).status_code == 303
    (body,) = sent_bodies(organisation)
    assert [each.size for each in body.attachments] == [FILE_SIZE] + [1] * 9


def test_words_or_a_file_but_not_neither(organisation: Organisation, browser: Browser) -> None:
    """What browsers send where no file was chosen is none."""
    path = browser.open_first()
    assert answer(browser, path, "  ").status_code == 303
    browser.get(path)
    assert "nog leeg" in browser.page
    assert nothing_remains(organisation)
    assert answer(browser, path, "Alleen woorden").status_code == 303
    assert answer(browser, path, "", [("leeg.txt", [])]).status_code == 303
    assert {(body.text, len(body.attachments)) for body in sent_bodies(organisation)} == {
        ("Alleen woorden", 0),
        ("", 1),
    }


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("../../x", "x"),
        ("a\u202egnp.exe", "agnp.exe"),
        ("a\nb", "a%0Ab"),
        ("x" * 300 + ".pdf", "x" * 76 + ".pdf"),
        ("", "bijlage"),
        ("<script>.txt", "<script>.txt"),
    ],
)
def test_a_hostile_file_name_goes_out_tamed_and_is_shown_tamed(
    organisation: Organisation, browser: Browser, name: str, sent: str
) -> None:
    """Browsers send line ends percent-encoded."""
    path = browser.open_first()
    assert answer(browser, path, "", [(name, [b"inhoud"])]).status_code == 303
    assert [each.name for each in sent_bodies(organisation)[0].attachments] == [sent]
    browser.get(path)
    assert sent.replace("<", "&lt;").replace(">", "&gt;") in browser.page
    # The page's own script is the only one.
    assert browser.page.count("<script") == browser.page.count('<script type="module" src=') == 1


def test_without_its_token_a_form_with_files_leaves_nothing(organisation: Organisation, browser: Browser) -> None:
    """The token can be judged only after the form was parsed; then all of it goes."""
    path = browser.open_first()
    staged = []
    response = answer(
        browser,
        path,
        "x",
        [("x.bin", pieces_of(3 * 2**20))],
        token="onzin",
        halfway=lambda: staged.append(names_below(folder(organisation))),
    )
    assert response.headers["Location"] == "/melding"
    assert staged[0]
    assert nothing_remains(organisation)


class Unread(Form):
    """A body that must not be read."""

    def read(self, size: int) -> bytes:
        raise AssertionError(f"{size} bytes of the body were read")


@pytest.mark.parametrize(
    "headers",
    [{"Host": "evil.example"}, {"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}],
    ids=lambda headers: next(iter(headers)),
)
def test_a_foreign_pages_form_is_refused_unread(
    organisation: Organisation, browser: Browser, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str]
) -> None:
    """Before anything is parsed or staged."""
    path = browser.open_first()
    monkeypatch.setattr("tests.workstation.filing.Form", Unread)
    assert answer(browser, path, "x", [("x.bin", pieces_of(3 * 2**20))], **headers).status_code == 403
    assert nothing_remains(organisation)


@pytest.mark.parametrize("where", ["/openen", "/vergrendelen", "locked"])
def test_files_are_staged_by_the_answer_of_an_open_desk_only(
    organisation: Organisation, browser: Browser, where: str
) -> None:
    """Anywhere else a large form is refused, and a file is nothing."""
    path = browser.open_first()
    page = browser.page
    where = f"{browser.below}{where}"
    if where.endswith("locked"):
        where = f"{browser.below}{path}/antwoord"
        browser.post("/vergrendelen")
    for size in (100_000, 5 * 2**20):
        browser.page = page
        staged: list[str] = []
        form = Form({}, [("x", pieces_of(size))], lambda found=staged: found.extend(names_below(folder(organisation))))  # type: ignore[misc]
        response = browser.client.post(
            where,
            environ_overrides=streamed(form),
            headers={**browser.headers, "Origin": "null"},
        )
        assert response.status_code == 303
        assert not staged


def test_a_large_form_without_files_is_still_refused(browser: Browser) -> None:
    """Of another encoding it would be read into memory in one piece."""
    path = browser.open_first()
    for response in (
        browser.post(f"{path}/antwoord", {"text": "x" * 5_000_000}),
        answer(browser, path, "x" * 5_000_000),
    ):
        assert response.headers["Location"] == "/melding"


def test_a_browser_that_hangs_up_leaves_nothing(organisation: Organisation, browser: Browser) -> None:
    """Half a form is none."""

    def broken() -> Iterator[bytes]:
        yield from pieces_of(3 * 2**20)
        raise OSError("weg")

    path = browser.open_first()
    assert answer(browser, path, "x", [("x.bin", broken())]).headers["Location"] == "/melding"
    assert nothing_remains(organisation)


def test_a_full_disk_is_one_sentence(
    organisation: Organisation, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The words stay, and what was written of the file goes."""

    def full(*_args: object) -> None:
        raise OSError("vol")

    path = browser.open_first()
    with monkeypatch.context() as patch:
        patch.setattr("workstation.files.make_durable", full)
        assert answer(browser, path, "Mijn woorden", [("x.bin", [b"x"])]).status_code == 303
    browser.get(path)
    assert "Is de schijf vol?" in browser.page
    assert "Mijn woorden" in browser.page
    assert nothing_remains(organisation)


def test_what_a_power_cut_left_of_an_upload_is_swept_when_the_desk_opens(organisation: Organisation) -> None:
    """Ciphertext without any key, and gone."""
    with organisation.desk("anna"):
        pass
    upload = Uploads(folder(organisation)).begin("x")
    upload.write(bytes(3 * CHUNK_SIZE))
    upload._file.close()
    assert names_below(folder(organisation))
    with organisation.desk("anna"):
        pass
    assert not names_below(folder(organisation))


@pytest.fixture
def stub() -> Iterator[Stub]:
    """Serve a portal that has nothing new and takes everything."""
    answers = {KEYSET: Answer(200, b"{}"), INTAKE: Answer(200), INDEX: Answer(200)}
    answers[FETCH] = Answer(200, bytes(4 * BLOCK_SIZE))
    with stub_portal(Stub({**answers, POST: Answer(204), PUT: Answer(204)})) as served:
        yield served


def posted(stub: Stub) -> list[tuple[int, ...]]:
    """Return the kinds of the records of each POST."""
    bodies = [body for method, path, body in stub.asked if (method, path) == POST]
    return [tuple(body[i + 64] for i in range(0, len(body), RECORD_SIZE)) for body in bodies]


def test_chunks_go_before_their_reply_sixteen_at_most_in_a_request(
    organisation: Organisation, browser: Browser, stub: Stub
) -> None:
    """And words that wait for no chunk go first."""
    path = browser.open_first()
    answer(browser, path, "", [("x.bin", pieces_of(20 * CHUNK_SIZE))])
    answer(browser, path, "Alleen woorden")
    assert sync(stub, organisation.spool("anna")).posted == 2
    assert posted(stub) == [(2,), (0,) * 16, (0,) * 4, (2,)]


@pytest.mark.parametrize(("status", "word"), [(503, "vol of bezig"), (409, "ligt al iets anders"), (500, "code 500")])
def test_a_reply_waits_until_every_chunk_is_there_and_goes_on_where_it_was(
    organisation: Organisation, browser: Browser, stub: Stub, monkeypatch: pytest.MonkeyPatch, status: int, word: str
) -> None:
    """The portal took the first sixteen and then no more; it is told, and nothing is sent twice."""
    path = browser.open_first()
    answer(browser, path, "Kijk", [("x.bin", pieces_of(20 * CHUNK_SIZE))])
    spool = organisation.spool("anna")
    mark = Spool.mark_chunks_sent

    def mark_then_refuse(self: Spool, addresses: list[bytes]) -> None:
        mark(self, addresses)
        stub.answers[POST] = Answer(status)

    with monkeypatch.context() as patch:
        patch.setattr(Spool, "mark_chunks_sent", mark_then_refuse)
        done = sync(stub, spool)
    assert done.posted == 0
    assert any(word in problem for problem in done.problems)
    assert len(spool.list_outgoing_chunks()) == 4
    # Looking again at the desk puts back nothing that the portal has.
    browser.get(path)
    assert "Gaat mee bij de volgende synchronisatie." in browser.page
    assert len(spool.list_outgoing_chunks()) == 4
    stub.answers[POST] = Answer(204)
    stub.asked.clear()
    assert sync(stub, spool).posted == 1
    assert posted(stub) == [(0,) * 4, (2,)]
    browser.get(path)
    assert "Gaat mee bij" not in browser.page


@pytest.mark.parametrize("lost", ["chunk", "parts"])
def test_a_reply_whose_chunks_were_taken_from_the_stick_waits_for_the_desk(
    organisation: Organisation, browser: Browser, stub: Stub, lost: str
) -> None:
    """It is told, and the desk puts back what is missing."""
    path = browser.open_first()
    answer(browser, path, "Kijk", [("x.bin", pieces_of(3 * CHUNK_SIZE))])
    spool = organisation.spool("anna")
    place = spool.folder / "outgoing" / ("chunks" if lost == "chunk" else "parts")
    victim = next(place.iterdir())
    if lost == "chunk":
        victim.unlink()
    else:
        victim.write_bytes(bytes(33))
    done = sync(stub, spool)
    assert done.posted == 0
    assert len(done.problems) == 1
    browser.get(path)
    assert sync(stub, spool).posted == 1
    assert sum(posted(stub), ()).count(0) == 3


@pytest.mark.parametrize("step", ["adopt", "list", "record", "copy", "spool"])
def test_a_power_cut_while_answering_sends_all_or_nothing(
    organisation: Organisation, browser: Browser, stub: Stub, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Whatever it came between, no reply ever goes without its chunks, and the next answer works."""
    path = browser.open_first()
    write_atomic, done = files.write_atomic, []

    def cut_at(name_length: int, parent: str) -> None:
        def cut(target: Path, data: bytes) -> None:
            if target.parent.name == parent and len(target.name) == name_length:
                raise OSError("stroom weg")
            write_atomic(target, data)

        patch.setattr("workstation.files.write_atomic", cut)

    def cut_off(*_args: object, **_named: object) -> None:
        done.append(step)
        raise OSError("stroom weg")

    with monkeypatch.context() as patch:
        if step == "list":
            cut_at(129, "outbox")
        elif step == "record":
            cut_at(64, "outbox")
        else:
            target = {
                "adopt": "workstation.attachments.Attachments.adopt",
                "copy": "workstation.desk.receive.Receiver.keep",
                "spool": "workstation.spool.Spool.put_parts",
            }[step]
            patch.setattr(target, cut_off)
        answer(browser, path, "Kijk", [("x.bin", pieces_of(3 * CHUNK_SIZE))])
    spool = organisation.spool("anna")
    keyset = spool.read_keyset() or b""
    if step == "spool":
        assert not organisation.replies("anna")
    browser.get()
    browser.post("/vergrendelen")
    browser.unlock()
    browser.get()
    sync(stub, spool)
    whole = step in {"copy", "spool"}
    assert sum(posted(stub), ()) == ((0, 0, 0, 2) if whole else ())
    browser.get()
    assert not [name for name in names_below(organisation.station("anna") / "outbox") if not whole]
    stub.asked.clear()
    # The misbehaving portal has given another one.
    spool.put_keyset(keyset)
    path = browser.open_first()
    assert answer(browser, path, "Nog eens", [("y.bin", [b"y"])]).status_code == 303
    assert sync(stub, spool).posted == 1
    assert posted(stub) == [(0,), (2,)]


def test_a_lost_stick_loses_no_attachment(organisation: Organisation, browser: Browser, stub: Stub) -> None:
    """The next stick gets the chunks and the reply."""
    path = browser.open_first()
    answer(browser, path, "Kijk", [("x.bin", pieces_of(3 * CHUNK_SIZE))])
    place = organisation.folder / "anna-spool"
    place.rename(organisation.folder / "verloren")
    spool = organisation.spool("anna")
    spool.put_synced("2026-11-18")
    browser.get(path)
    assert len(spool.list_outgoing_chunks()) == 3
    sync(stub, spool)
    assert posted(stub) == [(0, 0, 0), (2,)]


def test_a_link_in_the_place_of_a_mark_is_not_followed(organisation: Organisation, tmp_path: Path) -> None:
    """What an enemy's link points to stays as it was."""
    target = tmp_path / "doel"
    spool = organisation.spool("anna")
    (spool.folder / "sent" / "chunks" / bytes(32).hex()).symlink_to(target)
    spool.mark_chunks_sent([bytes(32)])
    assert not target.exists()
    assert spool.list_sent_chunks() == {bytes(32)}
