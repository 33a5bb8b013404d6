"""What the desk puts before a counsellor: what to do in danger, and the beginning of an answer."""

from __future__ import annotations

import re

import pytest

from crypto.body import Body
from crypto.conversation import Draft
from crypto.week import day_of
from tests.workstation.casepages import Fields, browser, listed
from tests.workstation.filing import sit_down
from tests.workstation.helpers import Organisation, make_mailbox, send, write
from tests.workstation.test_desk import Browser
from tests.workstation.test_drafting import slip_of
from tests.world import NOW
from workstation.content import load_replies

__all__ = ["browser"]

pytestmark = pytest.mark.slow

CANARY = "kanarie-4d2b"


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
