"""The pages beside a conversation, as a browser meets them: the case, its end, a beginning of an answer, searching."""

from __future__ import annotations

import re
import resource
from collections.abc import Mapping, Sequence
from html import unescape
from html.parser import HTMLParser

import pytest

from crypto import labels
from crypto.body import Body
from crypto.conversation import Draft
from crypto.encoding import encode_b64u
from crypto.event import Changes
from crypto.week import day_of
from tests.workstation.filing import sit_down
from tests.workstation.helpers import Organisation, make_mailbox, send, write
from tests.workstation.test_desk import Browser
from tests.workstation.test_drafts import slip_of
from tests.world import NOW
from workstation.content import load_replies
from workstation.desk.case import KEEP_WEEKS

pytestmark = pytest.mark.slow

CANARY = "kanarie-4d2b"
TYPED = {"status": "active", "assigned": "", "due": "", "label": "", "note": ""}


class Fields(HTMLParser):
    """What stands in the forms of a page, by name: what a browser would send, and what was ticked or written."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self.ticked: list[str] = []
        self.options: dict[str, list[str]] = {}
        self._list = ""
        self._area = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "input" and given.get("type") == "checkbox":
            self.ticked += [given["value"]] if "checked" in given else []
        elif tag == "input":
            self.values[given["name"]] = given.get("value", "")
        elif tag == "select":
            self._list = given["name"]
            self.options[self._list] = []
        elif tag == "option":
            self.options[self._list].append(given["value"])
            if "selected" in given:
                self.values[self._list] = given["value"]
            else:
                self.values.setdefault(self._list, given["value"])
        elif tag == "textarea":
            self._area = given["name"]
            self.values[self._area] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            # A browser leaves the first line feed out.
            self.values[self._area] = self.values[self._area].removeprefix("\n").removeprefix("\r\n").strip()
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.values[self._area] += data


@pytest.fixture
def browser(organisation: Organisation) -> Browser:
    """Sit down at Anna's open desk, with one report waiting that Anna and Bram may read."""
    write(organisation, make_mailbox(), "Er stond een auto bij café ’t Hoekje.", persons=("anna", "bram"))
    return sit_down(organisation)


def post_case(browser: Browser, path: str, fields: Mapping[str, str], ticked: Sequence[str] = ()) -> None:
    """Send the case's form and follow where it leads."""
    response = browser.post(f"{path}/zaak", {**TYPED, **fields, "labels": list(ticked)})
    assert response.status_code == 303
    assert response.headers["Location"] == f"{path}#zaak"
    browser.get(path)


def written(organisation: Organisation) -> dict[str, bytes]:
    """Return what Anna's desk has written, without drafts and cover, which it lays at each look."""
    folders = (organisation.station("anna"), organisation.folder / "anna-spool")
    paths = (path for folder in folders for path in folder.rglob("*") if path.is_file())
    return {str(path): path.read_bytes() for path in paths if not {"cover", "drafts"} & {*path.parts}}


def events(organisation: Organisation) -> int:
    """Return how many case events wait for Anna's courier."""
    spool = organisation.spool("anna")
    records = [spool.read_outgoing(address) or b"" for address in spool.list_outgoing()]
    return sum(record[64] == labels.KIND_HEAD for record in records)


def notes(page: str) -> list[tuple[str, str]]:
    """Return who noted what."""
    (shown,) = re.findall(r'<ol class="notes">(.*?)</ol>', page, re.DOTALL) or [""]
    found = re.findall(r'<p class="aside">([^<]*)</p>\s*<p class="card"[^>]*>([^<]*)</p>', shown)
    return [(who, unescape(text)) for who, text in found]


def alert(page: str) -> str:
    """Return what the page says that went wrong."""
    found = re.search(r'<p class="notice" role="alert">([^<]*)</p>', page)
    return "" if found is None else unescape(found[1])


def listed(page: str) -> list[str]:
    """Return the conversations in the list."""
    return re.findall(r'href="(/gesprek/[^"]+)"', page)


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
        assert "Afgesproken: 1 december 2026." in page
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


# Danger


def steps(page: str) -> list[str]:
    """Return the steps of the panel above the letters, if it is there."""
    found = re.search(r'<section class="sheet danger".*?</section>', page, re.DOTALL)
    return [] if found is None else re.findall(r"<li>\s*(.*?)\s*<", found[0], re.DOTALL)


def test_where_danger_is_told_the_page_says_what_to_do(organisation: Organisation) -> None:
    """Above the letters, with a beginning of an answer; until somebody has answered, and nowhere else."""
    body = Body("Hij staat voor de deur.", {"danger": ("yes",)}, 2)
    send(organisation, make_mailbox(), Draft("message", body, day_of(NOW), 0, None, {}))
    write(organisation, make_mailbox(8), "Een gewone brief")
    browser = sit_down(organisation)
    path = browser.open_first()
    (other,) = {where for where in listed(browser.page) if where != path}
    shown = " ".join(steps(browser.page))
    for word in ("112", "nummer", "geen hulp kunt sturen", "collega", "notitie", "Synchroniseer"):
        assert word in shown
    # A browser sends the button's value before that of the form's own list.
    assert browser.page.index('value="nl.danger"') < browser.page.index('<select id="reply"')
    # Once: it does not stand beside the letters as well.
    assert browser.page.count("Bel een collega.") == 1
    browser.post(f"{path}/begin", {"text": "", "reply": ["nl.danger", "nl.first"]})
    browser.get(path)
    assert Fields(browser.page).values["text"] == load_replies()["nl"]["danger"].text
    browser.get(other)
    assert steps(browser.page) == []
    assert browser.page.count("Bel een collega.") == 1
    browser.get(path)
    browser.post(f"{path}/antwoord", {"text": "Bel 112."})
    browser.get(path)
    assert steps(browser.page) == []


def test_what_to_do_in_danger_is_there_in_english(organisation: Organisation) -> None:
    """All of it: a counsellor who speaks English must not look for a word now."""
    body = Body("He is at the door.", {"danger": ("yes",)}, 2)
    send(organisation, make_mailbox(), Draft("message", body, day_of(NOW), 0, None, {}))
    browser = sit_down(organisation)
    browser.open_first()
    dutch = steps(browser.page)
    browser.post("/keuze", {"language": "en"})
    browser.open_first()
    english = steps(browser.page)
    assert len(english) == len(dutch) == 7
    assert not set(english) & set(dutch)


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
    assert f"Bewaard tot en met {until}." in browser.page
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


# A beginning of an answer


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_beginning_stands_below_what_was_typed_as_a_draft(browser: Browser, language: str) -> None:
    """What was typed beside it stays too, and nothing is sent."""
    path = browser.open_first()
    offered = [f"{code}.{which}" for code, replies in load_replies().items() for which in replies]
    assert Fields(browser.page).options["reply"] == offered
    first, danger = (load_replies()[language][which].text for which in ("first", "danger"))
    sent = {"text": "Beste,\r\n\r\n", "gist": "Kern", "track": "series", "reply": f"{language}.first"}
    response = browser.post(f"{path}/begin", sent)
    assert response.status_code == 303
    assert response.headers["Location"] == f"{path}#antwoord"
    browser.get(path)
    fields = Fields(browser.page)
    assert fields.values["text"] == f"Beste,\n\n{first}"
    assert fields.values["gist"] == "Kern"
    assert fields.values["track"] == "series"
    assert "Concept van 18 november 2026. Het is nog niet verstuurd." in browser.page
    browser.post(f"{path}/begin", {**fields.values, "reply": f"{language}.danger"})
    browser.get(path)
    assert Fields(browser.page).values["text"] == f"Beste,\n\n{first}\n\n{danger}"


def test_a_beginning_is_a_draft_and_no_answer(browser: Browser, organisation: Organisation) -> None:
    """It is there again after locking, and nothing waits for the courier."""
    path = browser.open_first()
    browser.post(f"{path}/begin", {"reply": "nl.first"})
    before = organisation.replies("anna")
    browser.post("/vergrendelen")
    browser.unlock()
    browser.open_first()
    assert Fields(browser.page).values["text"] == load_replies()["nl"]["first"].text
    assert before == organisation.replies("anna") == []


@pytest.mark.parametrize("reply", ["", "nl", "nl.", "nl.niets", "fr.first", "../nl.first", "first.nl"])
def test_a_beginning_that_is_none_keeps_what_was_typed(browser: Browser, reply: str) -> None:
    """Whatever is asked for."""
    path = browser.open_first()
    assert browser.post(f"{path}/begin", {"text": "Half een zin", "reply": reply}).status_code == 303
    browser.get(path)
    assert Fields(browser.page).values["text"] == "Half een zin"


def test_what_was_typed_when_the_desk_locked_before_a_beginning_is_a_draft(browser: Browser) -> None:
    """As with every other button of that form."""
    path = browser.open_first()
    slip = slip_of(browser.page)
    browser.client.application.extensions["desk"].lock()
    response = browser.post(f"{path}/begin", {"text": CANARY, "reply": "nl.first", "slip": slip})
    assert response.headers["Location"] == "/melding"
    browser.get("/melding")
    assert "bewaard als concept" in browser.page
    browser.unlock()
    browser.open_first()
    assert Fields(browser.page).values["text"] == CANARY


# Searching


@pytest.fixture
def searching(browser: Browser, organisation: Organisation) -> Browser:
    """Have a second conversation, and a label and a note on the first."""
    path = browser.open_first()
    post_case(browser, path, {"label": "Privé", "note": "Wijkagent gebeld, één keer."})
    write(organisation, make_mailbox(2), "Een brief in de brievenbus, en een steen.")
    browser.get()
    assert len(listed(browser.page)) == 2
    return browser


def find(browser: Browser, words: str) -> list[str]:
    response = browser.post("/zoeken", {"words": words})
    assert response.status_code == 303
    # What was looked for stands in no address, so in no history.
    assert response.headers["Location"] == "/"
    browser.get()
    assert Fields(browser.page).values["words"] == words.strip()
    return listed(browser.page)


@pytest.mark.parametrize("words", ["auto", "CAFE", "prive", "wijkagent", "een keer", "  auto wijkagent Privé "])
def test_letters_notes_and_labels_are_searched_whatever_their_accents(searching: Browser, words: str) -> None:
    """All words must stand in one conversation; the list shows what was found, and only that."""
    assert len(find(searching, words)) == 1
    assert "<h3>Gevonden</h3>" in searching.page
    assert "brievenbus" not in searching.page
    searching.get(listed(searching.page)[0])
    assert "café ’t Hoekje" in searching.page


def test_the_list_shows_where_the_word_stands(searching: Browser) -> None:
    """In its own words, as text."""
    find(searching, "WIJKAGENT")
    assert "Wijkagent gebeld, één keer." in searching.page
    assert find(searching, '"><script>alert(1)</script>') == []
    assert "<script>alert" not in searching.page


def test_a_search_lasts_until_it_is_ended(searching: Browser) -> None:
    """Over reloads and in conversations; an empty one shows everything again."""
    (path,) = find(searching, "steen")
    for where in ("/", "/", path):
        searching.get(where)
        assert set(listed(searching.page)) == {path}
        assert Fields(searching.page).values["words"] == "steen"
    assert find(searching, "fiets") == []
    assert "Niets gevonden." in searching.page
    assert len(find(searching, "  ")) == 2
    assert "Gevonden" not in searching.page
    assert "Alles tonen" not in searching.page


def test_a_search_is_gone_after_locking(searching: Browser, organisation: Organisation) -> None:
    """It is nowhere on the disk, and whoever unlocks sees everything."""
    find(searching, f"{CANARY} steen")
    assert listed(searching.page) == []
    assert CANARY.encode() not in b"".join(written(organisation).values())
    searching.post("/vergrendelen")
    searching.get()
    assert CANARY not in searching.page
    searching.unlock()
    searching.get()
    assert CANARY not in searching.page
    assert len(listed(searching.page)) == 2


def test_a_book_is_no_search(searching: Browser) -> None:
    """What is remembered of it is a line."""
    searching.post("/zoeken", {"words": "x" * 100_000})
    searching.get()
    assert len(Fields(searching.page).values["words"]) == 200


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
