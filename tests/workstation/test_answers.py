"""Long texts, and what stands beside an answer: gist, summary, track, next day."""

from __future__ import annotations

import os

import pytest

from crypto.body import Body
from crypto.conversation import Draft, order
from crypto.letter import PIECE_SIZE, join_letters, split_body
from crypto.week import day_of
from tests.workstation.filing import answer as answer_with_files
from tests.workstation.filing import pieces_of, sit_down
from tests.workstation.helpers import Organisation, make_mailbox, read_reply, send, write
from tests.workstation.test_desk import Browser
from tests.world import NOW
from workstation import files
from workstation.desk.compose import Extras
from workstation.desk.work import Work
from workstation.errors import WorkstationError
from workstation.spool import RECORD_SIZE

pytestmark = pytest.mark.slow

DAY = 24 * 3600
LONG = "".join(f"Zin {i} – “ja”.\n" for i in range(4_000))
FIELDS = {
    "text": "Goed dat u schrijft.",
    "gist": "U bent niet alleen.",
    "summary": "Wat wij weten.\r\nEn wat u wilt.",
    "track": "series",
    "next": "2026-11-26",
}


@pytest.fixture
def browser(organisation: Organisation) -> Browser:
    """Sit down at Anna's open desk, with one report waiting."""
    write(organisation, make_mailbox(), "Hallo")
    return sit_down(organisation)


def sent(organisation: Organisation, person: str = "anna") -> list[Body]:
    """Let the courier take the replies, and read them as the reporter's browser does."""
    read = [read_reply(organisation, make_mailbox(), record) for record in organisation.collect(person)]
    return [message.payload.body for message in order(read)]


def say(work: Work, text: str, **extras: str) -> None:
    work.answer(work.inbox()[0], text, NOW, extras=Extras(**extras))


def test_a_long_answer_goes_in_pieces_and_is_one_letter_to_the_reporter(organisation: Organisation) -> None:
    """Only the first carries more than text; what holds stands in each."""
    write(organisation, make_mailbox(), "Hallo")
    with organisation.desk("anna") as work:
        say(work, LONG, gist="kern", summary="kaart", track="series", next="2026-11-26")
        work.answer(work.inbox()[0], "Nog iets.", NOW)
        (kept,) = [letter for letter in work.inbox()[0].letters if len(letter.messages) > 1]
        assert kept.text == LONG.strip()
    read = order(read_reply(organisation, make_mailbox(), record) for record in organisation.collect("anna"))
    assert [message.payload.number for message in read] == list(range(len(read)))
    assert len(read) > 3
    first, second = join_letters(read)
    assert first.whole
    assert (first.text, second.text) == (LONG.strip(), "Nog iets.")
    bodies = [message.payload.body for message in first.messages]
    assert [(b.gist, b.summary) for b in bodies] == [("kern", "kaart"), *[("", None)] * (len(bodies) - 1)]
    assert {(b.track, b.next) for b in bodies} == {("series", "2026-11-26")}


def test_a_long_letter_is_shown_as_one_and_its_missing_end_is_told(organisation: Organisation) -> None:
    """The pieces come in any order; until all are there the page says so."""
    box = make_mailbox()
    bodies = split_body(Body(LONG, {"wish": ("talk",)}, 1))
    assert len(bodies) > 2
    previous = None
    for number, body in enumerate(bodies[:-1]):
        previous = send(organisation, box, Draft("message", body, day_of(NOW), number, previous, {}))
    browser = sit_down(organisation)
    path = browser.open_first()
    assert browser.page.count('class="letter"') == 1
    assert "Het vervolg is er nog niet" in browser.page
    send(organisation, box, Draft("message", bodies[-1], day_of(NOW), len(bodies) - 1, previous, {}))
    browser.get(path)
    assert browser.page.count('class="letter"') == 1
    assert "Het vervolg is er nog niet" not in browser.page
    assert "Zin 3999" in browser.page


def test_all_sixteen_pieces_go_and_not_one_more(organisation: Organisation) -> None:
    """The limit is the last length that goes; beyond it nothing is used up."""
    write(organisation, make_mailbox(), "Hallo")
    with organisation.desk("anna") as work:
        with pytest.raises(WorkstationError, match="te lang"):
            say(work, "x" * (16 * PIECE_SIZE + 1))
        say(work, "x" * (16 * PIECE_SIZE))
    assert [body.continues for body in sent(organisation)] == [True] * 15 + [False]


@pytest.mark.parametrize(
    "step", ["number", "record", "second record", "copy", "second copy", "spool", "second in spool"]
)
def test_a_power_cut_never_sends_half_a_letter(
    organisation: Organisation, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Before the record nothing goes, after it all of it: at the next start, or at the one after."""
    write(organisation, make_mailbox(), "Hallo")
    folder, nth = {
        "number": ("anna", 1),
        "record": ("outbox", 1),
        "second record": ("outbox", 2),
        "copy": ("archive", 1),
        "second copy": ("archive", 2),
        "spool": ("blocks", 1),
        "second in spool": ("blocks", 2),
    }[step]
    write_atomic, count = files.write_atomic, [0]

    def cut(path: os.PathLike[str], data: bytes) -> None:
        count[0] += path.parent.name == folder  # type: ignore[attr-defined]
        if count[0] >= nth:
            raise OSError("stroom weg")
        write_atomic(path, data)  # type: ignore[arg-type]

    with organisation.desk("anna") as work, monkeypatch.context() as patch:
        patch.setattr("workstation.files.write_atomic", cut)
        try:
            say(work, LONG)
        except OSError:
            pass
    with organisation.desk("anna"):
        pass
    bodies = sent(organisation)
    assert "".join(body.text for body in bodies) == ("" if step in {"number", "record"} else LONG.strip())
    with organisation.desk("anna") as work:
        assert not work.outbox.addresses()
        say(work, "Nog iets.")
        assert [x.text for x in work.inbox()[0].letters if x.messages[0].payload.kind == "reply"][-1] == "Nog iets."
    assert len(sent(organisation)) == 1


def test_a_letter_that_was_sent_in_part_is_kept_until_the_rest_is(organisation: Organisation) -> None:
    """The courier was interrupted and the stick was lost: the next one gets what is left."""
    write(organisation, make_mailbox(), "Hallo")
    with organisation.desk("anna") as work:
        organisation.collect("anna")
        work.take_in(NOW)
        say(work, LONG)
    spool = organisation.spool("anna")
    waiting = sorted(spool.list_outgoing())
    spool.mark_sent(waiting[0])
    for address in waiting[1:]:
        (spool.folder / "outgoing" / "blocks" / address.hex()).unlink()
    with organisation.desk("anna") as work:
        assert sorted(spool.list_outgoing()) == waiting[1:]
        assert sorted(work.outbox.addresses()) == waiting
    organisation.collect("anna")
    with organisation.desk("anna") as work:
        assert not work.outbox.addresses()


def test_a_damaged_record_keeps_no_other_reply_back(organisation: Organisation) -> None:
    """And is not sent in part."""
    write(organisation, make_mailbox(), "Hallo")
    with organisation.desk("anna") as work:
        organisation.collect("anna")
        work.take_in(NOW)
        say(work, LONG)
        (path,) = (organisation.station("anna") / "outbox").iterdir()
        path.write_bytes(path.read_bytes()[: RECORD_SIZE + 5])
        for record in organisation.replies("anna"):
            (organisation.folder / "anna-spool" / "outgoing" / "blocks" / record[:32].hex()).unlink()
        say(work, "Dag")
        assert len(organisation.replies("anna")) == 1
        work.take_in(NOW)
        assert path.name[:8] in work.trouble


def test_the_form_carries_gist_summary_track_and_day(organisation: Organisation, browser: Browser) -> None:
    """They go out as typed, come back as what holds, and the summary goes once."""
    path = browser.open_first()
    assert answer_form(browser, path, FIELDS) == 303
    browser.get(path)
    page = browser.page
    assert page.index("U bent niet alleen.") < page.index("Goed dat u schrijft.")
    assert "<dd>Traject</dd>" in page
    assert "26 november 2026" in page
    assert page.count("Wat wij weten.\nEn wat u wilt.") == 2
    assert 'value="series" selected' in page
    assert 'value="2026-11-26"' in page
    assert answer_form(browser, path, {**FIELDS, "text": "Tweede.", "gist": "", "track": "", "next": ""}) == 303
    first, second = sent(organisation)
    assert first == Body(
        "Goed dat u schrijft.",
        gist="U bent niet alleen.",
        summary="Wat wij weten.\nEn wat u wilt.",
        track="series",
        next="2026-11-26",
    )
    assert second == Body("Tweede.")
    browser.get(path)
    assert "<dd>Traject</dd>" not in browser.page
    assert "Wat wij weten." in browser.page


def answer_form(browser: Browser, path: str, fields: dict[str, str]) -> int:
    browser.get(path)
    return browser.post(f"{path}/antwoord", fields).status_code


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"gist": "é" * 513}, "De kern is te lang."),
        ({"summary": "x" * 8_193}, "De samenvatting is te lang."),
        ({"track": "forever"}, "Dit traject is er niet."),
        ({"next": "2026-02-30"}, "een dag uit de kalender"),
        ({"next": "morgen"}, "een dag uit de kalender"),
        ({"next": "2026-11-17"}, "is voorbij"),
        ({"text": "  "}, "nog leeg"),
        ({"gist": "a\x00b"}, "niet kan worden verstuurd"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_cannot_go_is_one_sentence_and_every_field_comes_back(
    organisation: Organisation, browser: Browser, changes: dict[str, str], sentence: str
) -> None:
    """Nothing is sent, no number is used, and nothing that was typed is lost."""
    path = browser.open_first()
    fields = {**FIELDS, **changes}
    assert answer_form(browser, path, fields) == 303
    browser.get(path)
    assert sentence in browser.page
    assert "<details open>" in browser.page
    for name in ("text", "gist", "summary", "next"):
        assert fields[name].replace("\r\n", "\n").strip() in browser.page.replace("\r\n", "\n")
    assert ('value="series" selected' in browser.page) is ("track" not in changes)
    assert not organisation.replies("anna")
    assert answer_form(browser, path, FIELDS) == 303
    assert len(sent(organisation)) == 1


def test_a_shared_summary_is_not_emptied(browser: Browser) -> None:
    """There is no way to say so; the counsellor is told before anything goes."""
    path = browser.open_first()
    answer_form(browser, path, FIELDS)
    answer_form(browser, path, {**FIELDS, "summary": " "})
    browser.get(path)
    assert "niet leeg maken" in browser.page


def test_a_day_that_has_passed_does_not_go_on_to_hold(organisation: Organisation) -> None:
    """A counsellor who changes nothing makes no promise that is broken already."""
    write(organisation, make_mailbox(), "Hallo")
    with organisation.desk("anna") as work:
        say(work, "Een", track="series", next="2026-11-19")
        work.answer(work.inbox()[0], "Twee", NOW + DAY)
        work.answer(work.inbox()[0], "Drie", NOW + 2 * DAY)
    assert [(b.text, b.track, b.next) for b in sent(organisation)] == [
        ("Een", "series", "2026-11-19"),
        ("Twee", "series", "2026-11-19"),
        ("Drie", "series", None),
    ]


def test_what_a_colleague_agreed_holds_on_every_desk(organisation: Organisation) -> None:
    """The newest reply decides, whoever wrote it."""
    write(organisation, make_mailbox(), "Hallo")
    with organisation.desk("anna") as work:
        say(work, "Een", summary="Kaart van Anna", track="question")
    organisation.collect("anna")
    with organisation.desk("bram") as work:
        assert work.inbox()[0].agreed.summary == "Kaart van Anna"
        say(work, "Twee", summary="Kaart van Anna", track="aftercare", next="2026-12-01")
    organisation.collect("bram")
    with organisation.desk("anna") as work:
        agreed = work.inbox()[0].agreed
        assert (agreed.summary, agreed.track, agreed.next) == ("Kaart van Anna", "aftercare", "2026-12-01")


def test_a_long_answer_takes_its_files_along(organisation: Organisation, browser: Browser) -> None:
    """They stand in the first piece, and go before it."""
    path = browser.open_first()
    assert answer_with_files(browser, path, LONG, [("x.bin", pieces_of(100))]).status_code == 303
    bodies = sent(organisation)
    assert [len(body.attachments) for body in bodies] == [1] + [0] * (len(bodies) - 1)


@pytest.mark.parametrize(
    ("say_last", "said"),
    [(None, "Wil geen antwoord"), ("reporter", "Wacht sinds"), ("counsellor", None)],
)
def test_whoever_wants_no_answer_does_not_wait_for_one(
    organisation: Organisation, say_last: str | None, said: str | None
) -> None:
    """The list says so; and whoever writes again without saying it waits again."""
    box = make_mailbox()
    body = Body(LONG, {"wish": ("no-reply",)}, 2)
    previous = None
    for number, piece in enumerate(split_body(body)):
        previous = send(organisation, box, Draft("message", piece, day_of(NOW), number, previous, {}))
    if say_last == "reporter":
        send(organisation, box, Draft("message", Body("Toch nog iets"), day_of(NOW), 9, previous, {}))
    with organisation.desk("anna") as work:
        if say_last == "counsellor":
            say(work, "Dank u wel.")
    browser = sit_down(organisation)
    browser.get()
    for text in ("Wil geen antwoord", "Wacht sinds"):
        assert (text in browser.page) is (text == said)
