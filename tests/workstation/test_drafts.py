"""Drafts: sealed while they are written, shown again, and never lost with a form that nobody answers."""

from __future__ import annotations

import hmac
import re
from pathlib import Path

import pytest

from tests.workstation.filing import Form, pieces_of, sit_down, streamed
from tests.workstation.helpers import Organisation, make_mailbox, withdraw, write
from tests.workstation.test_desk import HOST, PORT, Browser, everything_below
from tests.world import NOW
from workstation.desk.app import create_app
from workstation.desk.service import Place
from workstation.drafts import ANSWER, NOTE, SIZES, Draft, Drafts
from workstation.errors import UnfitFileError, WorkstationError

pytestmark = pytest.mark.slow

CANARY = "kanarie-9c1e"
SEED, CONVERSATION, LOCAL = bytes(range(32)), b"c" * 32, b"l" * 32
TYPED = {"text": "Een regel.\nNog een.", "gist": "Kern", "summary": "", "track": "series", "next": "2026-11-26"}


@pytest.fixture
def browser(organisation: Organisation) -> Browser:
    """Sit down at Anna's open desk, with one report waiting."""
    write(organisation, make_mailbox(), "Hallo")
    return sit_down(organisation)


def drafts_of(organisation: Organisation) -> list[Path]:
    folder = organisation.station("anna") / "drafts"
    return sorted(folder.iterdir()) if folder.is_dir() else []


def noted(page: str) -> str:
    """Return what stands in the note's field."""
    found = re.search(r'<textarea id="note"[^>]*>\s*([^<]*)</textarea>', page)
    return "" if found is None else found[1]


def slip_of(page: str) -> str:
    found = re.search(r'name="slip" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def shown(page: str) -> str:
    """Return what stands in the answer's text field."""
    found = re.search(r'<textarea[^>]*name="text"[^>]*>\s*([^<]*)</textarea>', page)
    return "" if found is None else found[1]


def come_back(organisation: Organisation) -> Browser:
    """Start a desk anew, as after a crash; whoever held the keyring is gone."""
    return sit_down(organisation)


# The file


def test_a_draft_comes_back_as_it_was(tmp_path: Path) -> None:
    """Every field, and the day."""
    drafts = Drafts.prepare(tmp_path / "drafts", LOCAL)
    assert drafts.open(CONVERSATION, SEED, ANSWER) is None
    drafts.slot(CONVERSATION, SEED, ANSWER).keep(Draft("2026-11-18", TYPED))
    assert drafts.open(CONVERSATION, SEED, ANSWER) == Draft("2026-11-18", TYPED)
    drafts.discard(CONVERSATION, ANSWER)
    drafts.discard(CONVERSATION, ANSWER)
    assert drafts.open(CONVERSATION, SEED, ANSWER) is None


def test_a_drafts_file_shows_nothing_but_one_of_three_sizes(tmp_path: Path) -> None:
    """No word of it, not whose it is, and not how long it is within a class."""
    drafts = Drafts.prepare(tmp_path / "drafts", LOCAL)
    sizes = []
    for length in (0, 1, 60_000, 70_000, 400_000, 1_000_000):
        text = (CANARY + " " * length)[: max(length, len(CANARY))]
        drafts.slot(CONVERSATION, SEED, ANSWER).keep(Draft("2026-11-18", {"text": text}))
        (path,) = (tmp_path / "drafts").iterdir()
        data = path.read_bytes()
        assert CANARY.encode() not in data
        assert CONVERSATION.hex() not in path.name
        assert path.stat().st_mode & 0o777 == 0o600
        sizes.append(len(data))
    assert sizes[0] == sizes[1] == sizes[2] < sizes[3] == sizes[4] < sizes[5]
    with pytest.raises(WorkstationError, match="te lang"):
        drafts.slot(CONVERSATION, SEED, ANSWER).keep(Draft("2026-11-18", {"text": "x" * SIZES[-1]}))


def test_no_changed_draft_is_shown(tmp_path: Path) -> None:
    """Neither an altered nor a cut one, nor that of another conversation, nor a link."""
    drafts = Drafts.prepare(tmp_path / "drafts", LOCAL)
    drafts.slot(CONVERSATION, SEED, ANSWER).keep(Draft("2026-11-18", TYPED))
    (path,) = (tmp_path / "drafts").iterdir()
    good = path.read_bytes()
    for place in (0, 100, 5_000, len(good) - 1):
        path.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
        with pytest.raises(UnfitFileError):
            drafts.open(CONVERSATION, SEED, ANSWER)
    path.write_bytes(good[:-1])
    with pytest.raises(UnfitFileError):
        drafts.open(CONVERSATION, SEED, ANSWER)
    path.write_bytes(good)
    with pytest.raises(UnfitFileError):
        drafts.open(CONVERSATION, bytes(32), ANSWER)
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UnfitFileError):
        drafts.open(CONVERSATION, SEED, ANSWER)


def test_an_answer_and_a_note_are_two_files_and_neither_opens_as_the_other(tmp_path: Path) -> None:
    """Each has its own fields; with the conversation both go."""
    drafts = Drafts.prepare(tmp_path / "drafts", LOCAL)
    note = Draft("2026-11-19", {"note": CANARY, "label": "gezin"})
    drafts.slot(CONVERSATION, SEED, ANSWER).keep(Draft("2026-11-18", TYPED))
    drafts.slot(CONVERSATION, SEED, NOTE).keep(note)
    assert drafts.open(CONVERSATION, SEED, ANSWER) == Draft("2026-11-18", TYPED)
    assert drafts.open(CONVERSATION, SEED, NOTE) == note
    one, other = (drafts.slot(CONVERSATION, SEED, kind).path for kind in (ANSWER, NOTE))
    one.write_bytes(other.read_bytes())
    with pytest.raises(UnfitFileError):
        drafts.open(CONVERSATION, SEED, ANSWER)
    drafts.sweep([CONVERSATION])
    assert len(list(drafts.folder.iterdir())) == 2
    drafts.destroy(CONVERSATION)
    assert list(drafts.folder.iterdir()) == []


def test_a_draft_from_before_there_were_notes_is_found(tmp_path: Path) -> None:
    """The name of an answer's file is the one that it always had."""
    drafts = Drafts.prepare(tmp_path / "drafts", LOCAL)
    drafts.slot(CONVERSATION, SEED, ANSWER).keep(Draft("2026-11-18", TYPED))
    assert [path.name for path in drafts.folder.iterdir()] == [hmac.digest(LOCAL, CONVERSATION, "sha256").hex()]


@pytest.mark.parametrize("step", ["write", "fsync", "rename"])
def test_a_power_cut_leaves_the_old_draft_or_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Whole in either case; what was half-written goes at the next start."""
    drafts = Drafts.prepare(tmp_path / "drafts", LOCAL)
    drafts.slot(CONVERSATION, SEED, ANSWER).keep(Draft("2026-11-18", TYPED))

    class PowerCutError(BaseException):
        """Nothing after this is carried out."""

    def cut(*_arguments: object) -> None:
        raise PowerCutError

    with monkeypatch.context() as patch:
        # After a power cut nobody cleans up, either.
        patch.setattr(Path, "unlink", lambda *_arguments, **_named: None)
        patch.setattr(*{"write": ("os.fdopen", cut), "fsync": ("os.fsync", cut), "rename": (Path, "rename", cut)}[step])
        with pytest.raises(PowerCutError):
            drafts.slot(CONVERSATION, SEED, ANSWER).keep(Draft("2026-11-19", {"text": "nieuw"}))
    assert drafts.open(CONVERSATION, SEED, ANSWER) == Draft("2026-11-18", TYPED)
    assert len(list(drafts.folder.iterdir())) == 2
    drafts.sweep([CONVERSATION])
    assert len(list(drafts.folder.iterdir())) == 1
    drafts.slot(CONVERSATION, SEED, ANSWER).keep(Draft("2026-11-19", {"text": "nieuw"}))
    found = drafts.open(CONVERSATION, SEED, ANSWER)
    assert found is not None
    assert found.typed["text"] == "nieuw"
    drafts.sweep([])
    assert list(drafts.folder.iterdir()) == []


# The desk


def test_a_draft_is_shown_again_when_the_conversation_is_opened(browser: Browser, organisation: Organisation) -> None:
    """With the day on which it was kept, after locking and after a crash; and it is nowhere in plain words."""
    path = browser.open_first()
    assert "Concept van" not in browser.page
    kept = browser.post(f"{path}/concept", {**TYPED, "text": CANARY})
    assert kept.headers["Location"] == f"{path}#antwoord"
    browser.get(path)
    assert "Concept van 18 november 2026" in browser.page
    assert shown(browser.page) == CANARY
    assert 'value="2026-11-26"' in browser.page
    browser.post("/vergrendelen")
    again = come_back(organisation)
    again.open_first()
    assert shown(again.page) == CANARY
    assert CANARY.encode() not in everything_below(organisation.folder)


def test_a_draft_goes_with_the_answer(browser: Browser, organisation: Organisation) -> None:
    """What was sent is no draft any more."""
    path = browser.open_first()
    browser.post(f"{path}/concept", TYPED)
    assert len(drafts_of(organisation)) == 1
    browser.get(path)
    browser.post(f"{path}/antwoord", TYPED)
    assert drafts_of(organisation) == []
    browser.get(path)
    assert "Concept van" not in browser.page
    assert shown(browser.page) == ""


def test_a_draft_can_be_thrown_away(browser: Browser, organisation: Organisation) -> None:
    """By its button, and by emptying the form."""
    path = browser.open_first()
    for where, data in (("concept/weg", {}), ("concept", dict.fromkeys(ANSWER.fields, ""))):
        browser.post(f"{path}/concept", TYPED)
        browser.get(path)
        assert "Concept weggooien" in browser.page
        browser.post(f"{path}/{where}", data)
        assert drafts_of(organisation) == []
        browser.get(path)
        assert "Concept van" not in browser.page


def test_a_draft_goes_when_the_conversation_is_taken_back(browser: Browser, organisation: Organisation) -> None:
    """It was sealed to a key that is destroyed; the file goes, too."""
    path = browser.open_first()
    browser.post(f"{path}/concept", TYPED)
    browser.post(f"{path}/notitie", {"note": CANARY})
    assert len(drafts_of(organisation)) == 2
    withdraw(organisation, make_mailbox())
    browser.get()
    assert "Teruggetrokken" in browser.page
    assert drafts_of(organisation) == []


def test_a_note_that_is_being_typed_is_a_draft_until_it_is_kept(browser: Browser, organisation: Organisation) -> None:
    """With the day; after a crash it is there again, in no plain words, and the answer's draft is another one."""
    path = browser.open_first()
    browser.post(f"{path}/concept", {"text": "Een antwoord"})
    kept = browser.post(f"{path}/notitie", {"note": CANARY, "label": "gezin"})
    assert kept.headers["Location"] == f"{path}#zaak"
    browser.post("/vergrendelen")
    again = come_back(organisation)
    path = again.open_first()
    assert noted(again.page) == CANARY
    assert 'value="gezin"' in again.page
    assert "Concept van 18 november 2026. Het team ziet het nog niet." in again.page
    assert shown(again.page) == "Een antwoord"
    assert CANARY.encode() not in everything_below(organisation.folder)
    again.post(f"{path}/zaak", {"status": "active", "note": CANARY})
    assert len(drafts_of(organisation)) == 1
    again.get(path)
    assert noted(again.page) == ""
    assert f'dir="auto">{CANARY}</p>' in again.page
    assert shown(again.page) == "Een antwoord"


def test_a_note_can_be_thrown_away(browser: Browser, organisation: Organisation) -> None:
    """By its button, and by emptying its fields; the answer's draft stays."""
    path = browser.open_first()
    browser.post(f"{path}/concept", {"text": "Een antwoord"})
    for where in ("notitie/weg", "notitie"):
        browser.post(f"{path}/notitie", {"note": CANARY})
        browser.get(path)
        assert f"{path}/notitie/weg" in browser.page
        browser.post(f"{path}/{where}", {"note": "", "label": ""})
        assert len(drafts_of(organisation)) == 1
        browser.get(path)
        assert noted(browser.page) == ""
        assert f"{path}/notitie/weg" not in browser.page
        assert shown(browser.page) == "Een antwoord"


@pytest.mark.parametrize("where", ["zaak", "notitie"])
@pytest.mark.parametrize("why", ["locked", "too old", "broken"])
def test_no_refusal_costs_a_note(browser: Browser, monkeypatch: pytest.MonkeyPatch, where: str, why: str) -> None:
    """The desk was locked, the page too old, or something broke: the page says that it is a draft, and it is one."""
    path = browser.open_first()
    slip, old = slip_of(browser.page), re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.page)
    assert old is not None

    def fail(*_arguments: object, **_named: object) -> None:
        raise ValueError(CANARY)

    with monkeypatch.context() as patch:
        if why == "locked":
            browser.client.application.extensions["desk"].lock()
        elif why == "too old":
            browser.post("/vergrendelen")
            browser.unlock()
        else:
            patch.setattr("workstation.desk.work.Work.change", fail)
            patch.setattr("workstation.desk.letterbox.Drawer.keep", fail)
        answered = browser.post(f"{path}/{where}", {"status": "active", "note": CANARY, "slip": slip}, token=old[1])
    assert answered.headers["Location"] == "/melding"
    browser.get("/melding")
    assert "bewaard als concept" in browser.page
    if why == "locked":
        browser.unlock()
    browser.open_first()
    assert noted(browser.page) == CANARY
    assert shown(browser.page) == ""


def test_no_page_on_which_something_can_be_typed_goes_by_itself(browser: Browser, organisation: Organisation) -> None:
    """Without the script a page that was left alone goes when the desk has locked; not one with a note's field."""
    browser.get()
    assert 'http-equiv="refresh"' in browser.page
    path = browser.open_first()
    assert 'http-equiv="refresh"' not in browser.page
    organisation.spool("anna").put_keyset(b"{}")
    browser.get(path)
    assert 'id="text"' not in browser.page
    assert 'id="note"' in browser.page
    assert 'http-equiv="refresh"' not in browser.page


def test_locking_keeps_answer_and_note_alike(browser: Browser) -> None:
    """The script sends both along, under one slip."""
    path = browser.open_first()
    typed = {"slip": slip_of(browser.page), "text": "Een antwoord", "note": CANARY}
    browser.post("/vergrendelen", typed)
    browser.unlock()
    browser.get(path)
    browser.open_first()
    assert (shown(browser.page), noted(browser.page)) == ("Een antwoord", CANARY)


def test_two_conversations_have_two_drafts(browser: Browser, organisation: Organisation) -> None:
    """Neither shows the other's."""
    write(organisation, make_mailbox(8), "Nog iemand")
    browser.get()
    paths = re.findall(r'href="(/gesprek/[^"]+)"', browser.page)
    for i, path in enumerate(paths):
        browser.get(path)
        browser.post(f"{path}/concept", {"text": f"concept {i}"})
    assert len(drafts_of(organisation)) == 2
    for i, path in enumerate(paths):
        browser.get(path)
        assert shown(browser.page) == f"concept {i}"


def test_a_damaged_draft_is_told_and_the_conversation_is_read(browser: Browser, organisation: Organisation) -> None:
    """It keeps nobody from answering."""
    path = browser.open_first()
    browser.post(f"{path}/concept", TYPED)
    (file,) = drafts_of(organisation)
    file.write_bytes(b"x" * file.stat().st_size)
    browser.get(path)
    assert "Hallo" in browser.page
    assert "beschadigd" in browser.page
    browser.get(path)
    browser.post(f"{path}/antwoord", TYPED)
    assert drafts_of(organisation) == []


def test_a_script_gets_no_page(browser: Browser) -> None:
    """It keeps a draft and hears that it is kept, or that it is not."""
    path = browser.open_first()
    script = {"Sec-Fetch-Mode": "cors"}
    assert browser.post(f"{path}/concept", TYPED, **script).status_code == 204
    assert browser.post(f"{path}/concept", TYPED, token="onzin", **script).status_code == 400
    answered = browser.post("/gesprek/onzin/concept", TYPED, **script)
    assert (answered.status_code, answered.get_data()) == (404, b"")


# Nothing that was typed is lost, and no form is answered with a page


def forms(path: str) -> list[str]:
    return [f"{path}/antwoord", f"{path}/concept", "/vergrendelen", f"/keuze?gesprek={path.rpartition('/')[2]}"]


@pytest.mark.parametrize("place", range(4))
def test_what_was_typed_when_the_desk_locked_is_a_draft(
    browser: Browser, organisation: Organisation, place: int
) -> None:
    """From another page, by a command or by itself: the page does not know it yet."""
    path = browser.open_first()
    slip = slip_of(browser.page)
    browser.client.application.extensions["desk"].lock()
    response = browser.post(forms(path)[place], {**TYPED, "text": CANARY, "slip": slip})
    assert response.status_code == 303
    if place != 2:
        browser.get(response.headers["Location"])
        assert "bewaard als concept" in browser.page
        assert CANARY not in browser.page
    browser.unlock()
    browser.open_first()
    assert shown(browser.page) == CANARY
    assert not organisation.replies("anna")


def test_an_answer_with_files_to_a_locked_desk_keeps_its_words(browser: Browser) -> None:
    """The files are dropped unread; the words are a draft."""
    path = browser.open_first()
    slip = slip_of(browser.page)
    browser.client.application.extensions["desk"].lock()
    form = Form(
        {"csrf_token": "oud", "text": CANARY, "slip": slip}, [("groot.bin", pieces_of(8 * 2**20))], lambda: None
    )
    response = browser.client.post(
        f"{path}/antwoord", environ_overrides=streamed(form), headers={**browser.headers, "Origin": "null"}
    )
    assert response.headers["Location"] == "/melding"
    browser.get("/melding")
    assert "bewaard als concept" in browser.page
    browser.unlock()
    browser.open_first()
    assert shown(browser.page) == CANARY


def test_a_form_whose_token_has_expired_keeps_its_words(browser: Browser) -> None:
    """Somebody locked and unlocked in another window meanwhile."""
    path = browser.open_first()
    slip, old = slip_of(browser.page), re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.page)
    assert old is not None
    browser.post("/vergrendelen")
    browser.unlock()
    response = browser.post(f"{path}/antwoord", {"text": CANARY, "slip": slip}, token=old[1])
    assert response.headers["Location"] == "/melding"
    browser.get("/melding")
    assert "bewaard als concept" in browser.page
    browser.open_first()
    assert shown(browser.page) == CANARY


def test_an_inner_error_keeps_the_words(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever breaks in the middle of an answer."""
    path = browser.open_first()
    slip = slip_of(browser.page)

    def fail(*_arguments: object, **_named: object) -> None:
        raise ValueError(CANARY)

    with monkeypatch.context() as patch:
        patch.setattr("workstation.desk.work.Work.answer", fail)
        response = browser.post(f"{path}/antwoord", {"text": CANARY, "slip": slip})
    assert response.headers["Location"] == "/melding"
    browser.get("/melding")
    assert "Er ging iets mis" in browser.page
    browser.get(path)
    assert shown(browser.page) == CANARY


def test_a_refused_answer_survives_locking(browser: Browser) -> None:
    """It waits in memory for the next page, and on the disk for the next day."""
    path = browser.open_first()
    browser.post(f"{path}/antwoord", {"text": CANARY, "next": "2020-01-01"})
    browser.post("/vergrendelen")
    browser.unlock()
    browser.open_first()
    assert shown(browser.page) == CANARY


def test_a_refused_answer_waits_for_its_own_page(browser: Browser, organisation: Organisation) -> None:
    """With the sentence that says why; another conversation's page, in a second window perhaps, does not take it."""
    write(organisation, make_mailbox(8), "Nog iemand")
    browser.get()
    one, other = re.findall(r'href="(/gesprek/[^"]+)"', browser.page)
    browser.get(one)
    browser.post(f"{one}/antwoord", {"text": CANARY, "next": "2020-01-01"})
    browser.post(f"{other}/antwoord", {"text": "Iets anders", "next": "2020-01-01"})
    browser.get()
    assert "is voorbij" not in browser.page
    for path, text in ((other, "Iets anders"), (one, CANARY)):
        browser.get(path)
        assert shown(browser.page) == text
        assert "is voorbij" in browser.page
        assert "Concept van" not in browser.page
        # Once; from then on it is a draft like any other.
        browser.get(path)
        assert shown(browser.page) == text
        assert "is voorbij" not in browser.page
        assert "Concept van" in browser.page


def test_a_full_disk_costs_no_word(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the page says that it could not be kept, and a refused answer still stands in its form."""
    path = browser.open_first()

    def full(*_arguments: object) -> None:
        raise OSError(28, "vol")

    monkeypatch.setattr("workstation.files.write_atomic", full)
    response = browser.post(f"{path}/concept", {"text": CANARY, "slip": slip_of(browser.page)})
    assert response.headers["Location"] == "/melding"
    browser.get("/melding")
    assert "kon niet worden bewaard" in browser.page
    browser.get(path)
    browser.post(f"{path}/antwoord", {"text": CANARY, "next": "2020-01-01"})
    browser.get(path)
    assert shown(browser.page) == CANARY


def test_every_form_is_answered_with_another_address(browser: Browser, organisation: Organisation) -> None:
    """Open, locked, expired, unknown, too long and forbidden: a browser has no page to keep a body for."""
    path = browser.open_first()
    routes = [
        rule.rule.replace("<name>", name)
        for rule in browser.client.application.url_map.iter_rules()
        if "POST" in (rule.methods or ())
        for name in (path.rpartition("/")[2], "onzin")
    ]
    assert len(set(routes)) >= 10
    typed = {"text": CANARY, "next": "2020-01-01", "passphrase": "onzin"}
    # What locks comes last.
    routes = sorted({*routes, "/niets", "/"}, key=lambda route: route in {"/vergrendelen", "/openen"})
    for state in ("open", "locked"):
        if state == "locked":
            browser.client.application.extensions["desk"].lock()
        for route in routes:
            for body in (typed, {**typed, "text": "x" * 5_000_000}):
                for token in (None, "onzin"):
                    answered = browser.post(route, body, token=token)
                    # A script is answered with nothing, and no browser keeps a form that is answered with a file.
                    others = {("/wakker", 204), ("/lijst/koerier", 200)}
                    assert answered.status_code == 303 or (route, answered.status_code) in others, route
                    assert CANARY not in answered.get_data(as_text=True)
    assert CANARY.encode() not in everything_below(organisation.folder)


def test_a_slip_opens_nothing(browser: Browser, organisation: Organisation) -> None:
    """Whoever holds it can leave a draft, and neither read one nor change another's."""
    path = browser.open_first()
    slip = slip_of(browser.page)
    browser.post(f"{path}/concept", {"text": CANARY, "slip": slip})
    browser.post("/vergrendelen")
    thief = Browser(browser.client.application.test_client(), browser.clock)
    for guess in (slip[:-1] + ("A" if slip[-1] != "A" else "B"), "", path.rpartition("/")[2]):
        answered = thief.post(f"{path}/concept", {"text": "vals", "slip": guess})
        thief.get(answered.headers["Location"])
        assert CANARY not in thief.page
    assert (
        thief.client.post(
            f"{path}/concept",
            data={"text": "vals", "slip": slip},
            headers={"Host": HOST, "Sec-Fetch-Site": "cross-site"},
        ).status_code
        == 403
    )
    browser.unlock()
    browser.open_first()
    assert shown(browser.page) == CANARY
    assert len(drafts_of(organisation)) == 1


def test_after_a_restart_a_page_from_before_is_told_that_nothing_was_kept(
    browser: Browser, organisation: Organisation
) -> None:
    """A stated limit: without the script, what was typed after the last keeping goes."""
    path = browser.open_first()
    slip = slip_of(browser.page)
    browser.client.application.extensions["desk"].lock()
    place = Place(organisation.station("anna"), organisation.folder / "anna-spool", PORT)
    anew = Browser(create_app(place, lambda: NOW).test_client(), [NOW])
    anew.get(anew.post(f"{path}/antwoord", {"text": CANARY, "slip": slip}).headers["Location"])
    assert "kon niet worden bewaard" in anew.page
