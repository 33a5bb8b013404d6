"""Searching in everything that is open, as a browser meets it."""

from __future__ import annotations

import pytest

from tests.workstation.casepages import Fields, browser, listed, post_case, written
from tests.workstation.helpers import Organisation, make_mailbox, write
from tests.workstation.test_desk import Browser

__all__ = ["browser"]

pytestmark = pytest.mark.slow

CANARY = "kanarie-4d2b"


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
