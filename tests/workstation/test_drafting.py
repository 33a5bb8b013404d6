"""Drafts at the desk: kept while they are written, shown again, and never lost with a form that nobody answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.workstation.filing import Form, pieces_of, sit_down, streamed
from tests.workstation.helpers import Organisation, make_mailbox, withdraw, write
from tests.workstation.test_desk import HOST, PORT, Browser, everything_below
from tests.world import NOW
from workstation.desk.app import create_app
from workstation.desk.service import Place

pytestmark = pytest.mark.slow

CANARY = "kanarie-9c1e"
TYPED = {"text": "Een regel.\nNog een.", "gist": "Kern", "summary": "", "track": "series", "next": "2026-11-26"}


@dataclass(frozen=True)
class Beside:
    """A form that stands beside the answer: where, what is typed into it, the field that holds the canary, and so on.

    `notice` is what the page says of its draft, `call` what the desk does with it when it is sent.
    """

    place: str
    field: str
    typed: Mapping[str, str]
    notice: str
    call: str


BESIDE = (
    Beside("zaak", "note", {"note": CANARY, "label": "gezin"}, "Het team ziet het nog niet.", "change"),
    Beside(
        "overdracht",
        "passage",
        {"recipient": "Politie", "until": "2026-12-18", "passage": CANARY},
        "De melder ziet het nog niet.",
        "propose",
    ),
)


@pytest.fixture
def browser(organisation: Organisation) -> Browser:
    """Sit down at Anna's open desk, with one report waiting."""
    write(organisation, make_mailbox(), "Hallo")
    return sit_down(organisation)


def drafts_of(organisation: Organisation) -> list[Path]:
    folder = organisation.station("anna") / "drafts"
    return sorted(folder.iterdir()) if folder.is_dir() else []


def slip_of(page: str) -> str:
    found = re.search(r'name="slip" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def shown(page: str, field: str = "text") -> str:
    """Return what stands in a field of several lines: the answer's text, or another."""
    found = re.search(rf'<textarea[^>]*name="{field}"[^>]*>\s*([^<]*)</textarea>', page)
    return "" if found is None else found[1]


def come_back(organisation: Organisation) -> Browser:
    """Start a desk anew, as after a crash; whoever held the keyring is gone."""
    return sit_down(organisation)


def test_a_draft_is_shown_again_when_the_conversation_is_opened(browser: Browser, organisation: Organisation) -> None:
    """With the day on which it was kept, after locking and after a crash; and it is nowhere in plain words."""
    path = browser.open_first()
    assert "Concept van" not in browser.page
    kept = browser.post(f"{path}/concept/antwoord", {**TYPED, "text": CANARY})
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
    browser.post(f"{path}/concept/antwoord", TYPED)
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
    for where, data in (("concept/antwoord/weg", {}), ("concept/antwoord", dict.fromkeys(TYPED, ""))):
        browser.post(f"{path}/concept/antwoord", TYPED)
        browser.get(path)
        assert "Concept weggooien" in browser.page
        browser.post(f"{path}/{where}", data)
        assert drafts_of(organisation) == []
        browser.get(path)
        assert "Concept van" not in browser.page


def test_a_draft_goes_when_the_conversation_is_taken_back(browser: Browser, organisation: Organisation) -> None:
    """It was sealed to a key that is destroyed; the file goes, too."""
    path = browser.open_first()
    browser.post(f"{path}/concept/antwoord", TYPED)
    browser.post(f"{path}/concept/zaak", {"note": CANARY})
    assert len(drafts_of(organisation)) == 2
    withdraw(organisation, make_mailbox())
    browser.get()
    assert "Teruggetrokken" in browser.page
    assert drafts_of(organisation) == []


@pytest.mark.parametrize("beside", BESIDE)
def test_what_is_typed_beside_an_answer_is_a_draft_until_it_is_taken(
    browser: Browser, organisation: Organisation, beside: Beside
) -> None:
    """With the day; after a crash it is there again, in no plain words, and the answer's draft is another one."""
    path = browser.open_first()
    browser.post(f"{path}/concept/antwoord", {"text": "Een antwoord"})
    kept = browser.post(f"{path}/concept/{beside.place}", beside.typed)
    assert kept.headers["Location"] == f"{path}#{beside.place}"
    browser.post("/vergrendelen")
    again = come_back(organisation)
    path = again.open_first()
    assert shown(again.page, beside.field) == CANARY
    for name, value in beside.typed.items():
        assert name == beside.field or f'value="{value}"' in again.page
    assert f"Concept van 18 november 2026. {beside.notice}" in again.page
    assert shown(again.page) == "Een antwoord"
    assert CANARY.encode() not in everything_below(organisation.folder)
    again.post(f"{path}/{beside.place}", {"status": "active", **beside.typed})
    assert len(drafts_of(organisation)) == 1
    again.get(path)
    assert shown(again.page, beside.field) == ""
    assert f'dir="auto">{CANARY}</p>' in again.page
    assert shown(again.page) == "Een antwoord"


@pytest.mark.parametrize("beside", BESIDE)
def test_what_is_typed_beside_an_answer_can_be_thrown_away(
    browser: Browser, organisation: Organisation, beside: Beside
) -> None:
    """By its button, and by emptying its fields; the answer's draft stays."""
    path = browser.open_first()
    browser.post(f"{path}/concept/antwoord", {"text": "Een antwoord"})
    draft = f"{path}/concept/{beside.place}"
    for where in (f"{draft}/weg", draft):
        browser.post(draft, beside.typed)
        browser.get(path)
        assert f"{draft}/weg" in browser.page
        browser.post(where, dict.fromkeys(beside.typed, ""))
        assert len(drafts_of(organisation)) == 1
        browser.get(path)
        assert shown(browser.page, beside.field) == ""
        assert f"{draft}/weg" not in browser.page
        assert shown(browser.page) == "Een antwoord"


@pytest.mark.parametrize("beside", BESIDE)
@pytest.mark.parametrize("where", ["", "concept/"])
@pytest.mark.parametrize("why", ["locked", "too old", "broken"])
def test_no_refusal_costs_what_is_typed_beside_an_answer(
    browser: Browser, monkeypatch: pytest.MonkeyPatch, beside: Beside, where: str, why: str
) -> None:
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
            patch.setattr(f"workstation.desk.work.Work.{beside.call}", fail)
            patch.setattr("workstation.desk.letterbox.Drawer.keep", fail)
        typed = {"status": "active", "slip": slip, **beside.typed}
        answered = browser.post(f"{path}/{where}{beside.place}", typed, token=old[1])
    assert answered.headers["Location"] == "/melding"
    browser.get("/melding")
    assert "bewaard als concept" in browser.page
    if why == "locked":
        browser.unlock()
    browser.open_first()
    assert shown(browser.page, beside.field) == CANARY
    assert shown(browser.page) == ""


def test_a_question_that_was_refused_survives_locking(browser: Browser) -> None:
    """A term that is over costs nobody the text that it took an evening to write."""
    path = browser.open_first()
    browser.post(f"{path}/overdracht", {"recipient": "Politie", "until": "2020-01-01", "passage": CANARY})
    browser.post("/vergrendelen")
    browser.unlock()
    browser.open_first()
    assert shown(browser.page, "passage") == CANARY


def test_a_text_to_hand_over_is_shown_though_nothing_can_be_sent(browser: Browser, organisation: Organisation) -> None:
    """The keyset may be too old today; what was typed yesterday is there."""
    path = browser.open_first()
    browser.post(f"{path}/concept/overdracht", {"passage": CANARY})
    organisation.spool("anna").put_keyset(b"{}")
    browser.get(path)
    assert 'id="text"' not in browser.page
    assert shown(browser.page, "passage") == CANARY


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


def test_locking_keeps_all_of_a_page_alike(browser: Browser) -> None:
    """The script sends it along, under one slip."""
    path = browser.open_first()
    typed = {"slip": slip_of(browser.page), "text": "Een antwoord", "note": "Een notitie", "passage": CANARY}
    browser.post("/vergrendelen", typed)
    browser.unlock()
    browser.get(path)
    browser.open_first()
    assert [shown(browser.page, name) for name in typed if name != "slip"] == ["Een antwoord", "Een notitie", CANARY]


def test_two_conversations_have_two_drafts(browser: Browser, organisation: Organisation) -> None:
    """Neither shows the other's."""
    write(organisation, make_mailbox(8), "Nog iemand")
    browser.get()
    paths = re.findall(r'href="(/gesprek/[^"]+)"', browser.page)
    for i, path in enumerate(paths):
        browser.get(path)
        browser.post(f"{path}/concept/antwoord", {"text": f"concept {i}"})
    assert len(drafts_of(organisation)) == 2
    for i, path in enumerate(paths):
        browser.get(path)
        assert shown(browser.page) == f"concept {i}"


def test_a_damaged_draft_is_told_and_the_conversation_is_read(browser: Browser, organisation: Organisation) -> None:
    """It keeps nobody from answering."""
    path = browser.open_first()
    browser.post(f"{path}/concept/antwoord", TYPED)
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
    assert browser.post(f"{path}/concept/antwoord", TYPED, **script).status_code == 204
    assert browser.post(f"{path}/concept/antwoord", TYPED, token="onzin", **script).status_code == 400
    answered = browser.post("/gesprek/onzin/concept/antwoord", TYPED, **script)
    assert (answered.status_code, answered.get_data()) == (404, b"")


# Nothing that was typed is lost, and no form is answered with a page


def forms(path: str) -> list[str]:
    return [
        f"{path}/antwoord",
        f"{path}/concept/antwoord",
        "/vergrendelen",
        f"/keuze?gesprek={path.rpartition('/')[2]}",
    ]


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
    response = browser.post(f"{path}/concept/antwoord", {"text": CANARY, "slip": slip_of(browser.page)})
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
        re.sub(r"<any\((\w+).*?>", r"\1", rule.rule).replace("<name>", name)
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
    browser.post(f"{path}/concept/antwoord", {"text": CANARY, "slip": slip})
    browser.post("/vergrendelen")
    thief = Browser(browser.client.application.test_client(), browser.clock)
    for guess in (slip[:-1] + ("A" if slip[-1] != "A" else "B"), "", path.rpartition("/")[2]):
        answered = thief.post(f"{path}/concept/antwoord", {"text": "vals", "slip": guess})
        thief.get(answered.headers["Location"])
        assert CANARY not in thief.page
    assert (
        thief.client.post(
            f"{path}/concept/antwoord",
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
