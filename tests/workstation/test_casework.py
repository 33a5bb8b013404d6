"""The case beside a conversation and its end, as a browser meets them, and who may change them."""

from __future__ import annotations

import re
import resource

import pytest

from crypto.conversation import first_allow
from crypto.encoding import encode_b64u
from crypto.event import Changes
from tests.workstation.casepages import TYPED, Fields, alert, browser, events, listed, notes, post_case, written
from tests.workstation.filing import sit_down
from tests.workstation.helpers import Organisation, make_mailbox, write
from tests.workstation.test_desk import Browser
from tests.world import NOW
from workstation.desk.case import KEEP_WEEKS

__all__ = ["browser"]

pytestmark = pytest.mark.slow

CANARY = "kanarie-4d2b"


# The case


def test_an_old_page_undoes_nothing_that_a_colleague_changed_meanwhile(
    browser: Browser, organisation: Organisation
) -> None:
    """Only what differs from what the page showed was meant."""
    path = browser.open_first()
    post_case(browser, path, {"assigned": "anna", "label": "oud"})
    shown = {name: value for name, value in Fields(browser.page).values.items() if name.startswith("shown_")}
    organisation.collect("anna")
    with organisation.desk("bram") as work:
        (conversation,) = work.conversations.values()
        changes = Changes(assigned="bram", due="2026-12-24", labels={"oud": False, "nieuw": True})
        work.change(conversation, changes, NOW)
    organisation.collect("bram")
    post_case(browser, path, {**shown, "assigned": "anna", "note": CANARY}, ["oud"])
    fields = Fields(browser.page)
    assert (fields.values["assigned"], fields.values["due"], fields.ticked) == ("bram", "2026-12-24", ["nieuw"])
    assert [text for _who, text in notes(browser.page)] == [CANARY]


def test_what_the_team_notes_is_there_after_the_redirect(browser: Browser, organisation: Organisation) -> None:
    """Status, who does it, a day, labels and a note; and still after the desk was locked."""
    path = browser.open_first()
    before = events(organisation)
    typed = {
        "status": "paused",
        "assigned": "bram",
        "due": "2026-12-01",
        "label": " Wel   aangifte ",
        "note": f"Eerst <b>bellen</b>.\r\n{CANARY}",
    }
    post_case(browser, path, typed)
    assert events(organisation) == before + 1
    browser.post("/vergrendelen")
    shown = [browser.page]
    browser.unlock()
    browser.open_first()
    for page in (*shown, browser.page):
        fields = Fields(page)
        assert fields.values["status"] == "paused"
        assert fields.values["assigned"] == "bram"
        assert fields.values["due"] == "2026-12-01"
        assert fields.ticked == ["Wel aangifte"]
        assert fields.values["label"] == ""
        assert fields.values["note"] == ""
        assert notes(page) == [("U, 18 november 2026", f"Eerst <b>bellen</b>.\n{CANARY}")]
        assert "<h3>Opzij gelegd</h3>" in page
        assert "Afgesproken: 1 december." in page
        assert alert(page) == ""
    data = b"".join(written(organisation).values())
    for secret in (CANARY, "aangifte", "2026-12-01"):
        assert secret.encode() not in data


def test_what_is_taken_away_is_gone(browser: Browser) -> None:
    """Nobody does it, no day, a label less; notes stay, the newest first."""
    path = browser.open_first()
    post_case(browser, path, {"assigned": "anna", "due": "2026-12-01", "label": "gezin", "note": "Een"})
    post_case(browser, path, {"assigned": "anna", "due": "2026-12-01", "label": "post", "note": "Twee"}, ["gezin"])
    assert Fields(browser.page).ticked == ["gezin", "post"]
    post_case(browser, path, {}, ["post"])
    fields = Fields(browser.page)
    assert (fields.values["assigned"], fields.values["due"], fields.ticked) == ("", "", ["post"])
    assert [text for _who, text in notes(browser.page)] == ["Twee", "Een"]
    assert 'value="gezin"' not in browser.page
    assert "<bdi>gezin</bdi>" not in browser.page


def test_nothing_is_written_where_nothing_changed(browser: Browser, organisation: Organisation) -> None:
    """Who only presses the button tells nobody anything."""
    path = browser.open_first()
    post_case(browser, path, {"assigned": "anna", "label": "gezin"})
    before = written(organisation)
    post_case(browser, path, {"assigned": "anna"}, ["gezin"])
    assert written(organisation) == before


def test_only_who_may_read_it_can_be_chosen(browser: Browser) -> None:
    """The list leaves out whom the reporter left out, and the page says so."""
    browser.open_first()
    assert Fields(browser.page).options["assigned"] == ["", "anna", "bram"]
    shown = re.search(r"<dt>Mag dit niet lezen</dt>\s*<dd>([^<]*)</dd>", browser.page)
    assert shown is not None
    assert shown[1] == "Chris"
    assert "Mag lezen als de anderen weg zijn" not in browser.page


def test_who_may_read_once_the_others_have_left_stands_there(organisation: Organisation) -> None:
    """As the reporter chose it; it is a name, and no right to be given the case."""
    write(organisation, make_mailbox(), "Hallo", allow=first_allow(["anna"], "bram"))
    browser = sit_down(organisation)
    browser.open_first()
    shown = re.search(r"<dt>Mag lezen als de anderen weg zijn</dt>\s*<dd>([^<]*)</dd>", browser.page)
    assert shown is not None
    assert shown[1] == "Bram"
    assert Fields(browser.page).options["assigned"] == ["", "anna"]


@pytest.mark.parametrize(
    ("wrong", "about"),
    [
        ({"assigned": "chris"}, "Deze persoon mag het gesprek niet lezen"),
        ({"assigned": "niemand"}, "Deze persoon mag het gesprek niet lezen"),
        ({"label": "x" * 41}, "Dit label is te lang"),
        ({"label": "een\x07bel"}, "Dit label is te lang, of er staat een vreemd teken in."),
        ({"due": "2026-02-30"}, "Kies een dag uit de kalender."),
        ({"due": "morgen"}, "Kies een dag uit de kalender."),
        ({"note": "é" * 8_193}, "Deze notitie is te lang."),
        ({"note": "bel\x07letje"}, "Er staat een teken in uw notitie"),
        ({"note": "half\x00"}, "Er staat een teken in uw notitie"),
        ({"status": "closed"}, "Deze stand is er niet."),
        ({"status": "weg"}, "Deze stand is er niet."),
    ],
)
def test_a_refused_change_keeps_what_was_typed_and_writes_nothing(
    browser: Browser, organisation: Organisation, wrong: dict[str, str], about: str
) -> None:
    """One sentence says what to do; all other fields wait too, once; what was written is a draft from then on."""
    path = browser.open_first()
    post_case(browser, path, {"label": "gezin"})
    typed = {
        "status": "paused",
        "assigned": "bram",
        "due": "2026-12-01",
        "label": "nieuw",
        "note": "Bewaar mij",
        **wrong,
    }
    before = written(organisation)
    post_case(browser, path, typed, [])
    assert written(organisation) == before
    assert about in alert(browser.page)
    fields = Fields(browser.page)
    for name in ("due", "label", "note"):
        assert fields.values[name] == typed[name]
    if typed["assigned"] in {"anna", "bram"}:
        assert fields.values["assigned"] == typed["assigned"]
    if typed["status"] in {"active", "paused"}:
        assert fields.values["status"] == typed["status"]
    assert fields.ticked == []
    browser.get(path)
    assert alert(browser.page) == ""
    fields = Fields(browser.page)
    assert (fields.values["note"], fields.values["label"]) == (typed["note"], typed["label"])
    assert (fields.values["due"], fields.ticked) == ("", ["gezin"])
    assert "Het team ziet het nog niet." in browser.page
    assert notes(browser.page) == []


def test_what_was_refused_waits_for_its_own_page(browser: Browser, organisation: Organisation) -> None:
    """Another page that is loaded in between, in a second window perhaps, does not; after locking it is a draft."""
    write(organisation, make_mailbox(2), "Nog een melding")
    path = browser.open_first()
    (other,) = {where for where in listed(browser.page) if where != path}
    for _turn in range(2):
        browser.post(f"{path}/zaak", {**TYPED, "due": "morgen", "note": "Bewaar mij"})
        for where in ("/", other):
            browser.get(where)
            assert "Bewaar mij" not in browser.page
            assert alert(browser.page) == ""
        browser.get(path)
        assert Fields(browser.page).values["note"] == "Bewaar mij"
    browser.post(f"{path}/zaak", {**TYPED, "due": "morgen", "note": "Bewaar mij"})
    browser.post("/vergrendelen")
    browser.unlock()
    browser.get()
    found = []
    for where in listed(browser.page):
        browser.get(where)
        found.append(Fields(browser.page).values["note"])
        assert alert(browser.page) == ""
    assert sorted(found) == ["", "Bewaar mij"]


def test_a_disk_that_is_full_costs_nobody_their_note(browser: Browser, organisation: Organisation) -> None:
    """What was typed stands there again, nothing is half-written, and it can be sent once more."""
    path = browser.open_first()
    before, there = events(organisation), written(organisation)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_096, hard))
    try:
        browser.post(f"{path}/zaak", {**TYPED, "note": "Bewaar mij"})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert written(organisation) == there
    browser.get(path)
    assert Fields(browser.page).values["note"] == "Bewaar mij"
    assert "Is die vol" in alert(browser.page)
    post_case(browser, path, {"note": "Bewaar mij"})
    assert [text for _who, text in notes(browser.page)] == ["Bewaar mij"]
    assert events(organisation) == before + 1


def test_sixteen_labels_are_enough(browser: Browser, organisation: Organisation) -> None:
    """One more is refused."""
    path = browser.open_first()
    names = [f"label {number:02}" for number in range(16)]
    post_case(browser, path, {}, names)
    assert Fields(browser.page).ticked == names
    before = written(organisation)
    post_case(browser, path, {"label": "nog een"}, names)
    assert "Zestien labels" in alert(browser.page)
    assert written(organisation) == before


def test_without_a_keyset_nothing_is_changed_and_nothing_lost(browser: Browser, organisation: Organisation) -> None:
    """Nobody can be told, so it is not kept here either; the words stay on the page."""
    path = browser.open_first()
    organisation.spool("anna").put_keyset(b"{}")
    browser.get(path)
    before = written(organisation)
    post_case(browser, path, {"note": "Bewaar mij"})
    assert written(organisation) == before
    assert alert(browser.page)
    assert Fields(browser.page).values["note"] == "Bewaar mij"


# The end of a case


@pytest.mark.parametrize(
    ("weeks", "until"),
    [
        ("2", "2 december 2026"),
        ("13", "17 februari 2027"),
        ("26", "19 mei 2027"),
        ("52", "17 november 2027"),
    ],
)
def test_a_closed_case_says_until_when_it_is_kept_and_can_be_opened_again(
    browser: Browser, weeks: str, until: str
) -> None:
    """For a question, for most cases, for a series, for aftercare."""
    path = browser.open_first()
    fields = Fields(browser.page)
    assert fields.options["weeks"] == [str(each) for each in KEEP_WEEKS]
    assert fields.values["weeks"] == "13"
    assert browser.post(f"{path}/sluiten", {"weeks": weeks}).headers["Location"] == f"{path}#zaak"
    browser.get(path)
    assert f"Gesloten. Bewaard tot en met {until};" in browser.page
    # The list leaves this year out.
    assert f"Bewaard tot en met {until.removesuffix(' 2026')}." in browser.page
    assert "<summary>Gesloten (1)</summary>" in browser.page
    assert "status" not in Fields(browser.page).values
    browser.get()
    assert "Niemand wacht nu op antwoord." in browser.page
    assert browser.post(f"{path}/heropenen").headers["Location"] == f"{path}#zaak"
    browser.get(path)
    assert "Gesloten" not in browser.page
    assert Fields(browser.page).values["status"] == "active"
    assert "<h3>Nieuw</h3>" in browser.page


@pytest.mark.parametrize("weeks", ["", "3", "-2", "0", "1300", "²", "１３", "13.0", "weken"])
def test_another_term_is_refused(browser: Browser, organisation: Organisation, weeks: str) -> None:
    """Nothing is closed for a time that nobody agreed on."""
    path = browser.open_first()
    before = written(organisation)
    browser.post(f"{path}/sluiten", {"weeks": weeks})
    browser.get(path)
    assert written(organisation) == before
    assert alert(browser.page) == "Kies uit de lijst hoe lang dit gesprek bewaard blijft."
    assert "Gesloten" not in browser.page
    browser.get(path)
    assert alert(browser.page) == ""


def test_a_note_does_not_open_what_is_closed_and_the_reporter_does(
    browser: Browser, organisation: Organisation
) -> None:
    """Who writes again is not put with what is done."""
    path = browser.open_first()
    browser.post(f"{path}/sluiten", {"weeks": "13"})
    browser.get(path)
    post_case(browser, path, {"status": "", "note": "Nog nagekeken"})
    assert [text for _who, text in notes(browser.page)] == ["Nog nagekeken"]
    assert "Gesloten. Bewaard tot en met 17 februari 2027;" in browser.page
    write(organisation, make_mailbox(), "Toch nog iets", number=1, persons=("anna", "bram"))
    browser.get(path)
    assert "Toch nog iets" in browser.page
    assert "Gesloten" not in browser.page
    assert "<h3>Nieuw</h3>" in browser.page


# Who may


def forms(path: str) -> dict[str, dict[str, str]]:
    """Return every form of these pages, filled in."""
    return {
        f"{path}/zaak": {**TYPED, "note": CANARY, "label": CANARY, "assigned": "bram"},
        f"{path}/sluiten": {"weeks": "13"},
        f"{path}/heropenen": {},
        f"{path}/begin": {"text": CANARY, "reply": "nl.first"},
        "/zoeken": {"words": CANARY},
        "/doorgeven": {"workstation": encode_b64u(bytes(32))},
    }


def is_untouched(browser: Browser, path: str) -> bool:
    browser.get(path)
    return CANARY not in browser.page and "Gesloten" not in browser.page and "Concept van" not in browser.page


def test_what_does_not_exist_is_not_there(browser: Browser, organisation: Organisation) -> None:
    """A form is answered with an address that says so, a script with the number; nothing is written."""
    path = browser.open_first()
    before = written(organisation)
    for where, data in forms("/gesprek/onzin").items():
        if where.startswith("/gesprek/"):
            assert browser.get(where.rpartition("/")[0]).status_code == 404
            browser.get(path)
            assert browser.post(where, data, **{"Sec-Fetch-Mode": "cors"}).status_code == 404
            assert browser.post(where, data).headers["Location"] == "/melding"
            browser.get("/melding")
            assert "Deze pagina is er niet" in browser.page
            browser.get(path)
    assert browser.post("/doorgeven", {"workstation": "onzin"}).headers["Location"] == "/melding"
    assert written(organisation) == before
    assert is_untouched(browser, path)


def test_a_colleague_who_missed_nothing_is_given_nothing(browser: Browser, organisation: Organisation) -> None:
    """Nor a workstation that nobody knows."""
    path = browser.open_first()
    before = written(organisation)
    assert browser.post("/doorgeven", forms(path)["/doorgeven"]).headers["Location"] == "/"
    assert written(organisation) == before


def test_these_pages_answer_no_get(browser: Browser) -> None:
    """A link, or a browser that loads ahead, changes nothing."""
    path = browser.open_first()
    for where in forms(path):
        assert browser.get(where).status_code == 405


@pytest.mark.parametrize("token", ["", "onzin"])
def test_a_form_without_its_token_changes_nothing(browser: Browser, organisation: Organisation, token: str) -> None:
    """Nothing is written and nothing remembered."""
    path = browser.open_first()
    before = written(organisation)
    for where, data in forms(path).items():
        assert browser.post(where, data, token=token).headers["Location"] == "/melding"
    assert written(organisation) == before
    assert is_untouched(browser, path)


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil.example"}, {"Host": "evil.example:8001"}]
)
def test_a_form_from_elsewhere_changes_nothing(
    browser: Browser, organisation: Organisation, headers: dict[str, str]
) -> None:
    """Though it carries a token that is right."""
    path = browser.open_first()
    before = written(organisation)
    for where, data in forms(path).items():
        assert browser.post(where, data, **headers).status_code == 403
    assert written(organisation) == before
    assert is_untouched(browser, path)


def test_a_locked_desk_changes_nothing(browser: Browser, organisation: Organisation) -> None:
    """The page that was open when it locked can send what it likes."""
    path = browser.open_first()
    page = browser.page
    browser.post("/vergrendelen")
    before = written(organisation)
    for where, data in forms(path).items():
        browser.page = page
        assert browser.post(where, data).headers["Location"] == "/melding"
    # And with the token of the locked page, which is a good one.
    for where, data in forms(path).items():
        browser.get()
        assert browser.post(where, data).headers["Location"] == "/melding"
        browser.get("/melding")
        assert CANARY not in browser.page
    assert written(organisation) == before
    browser.unlock()
    assert is_untouched(browser, browser.open_first())
