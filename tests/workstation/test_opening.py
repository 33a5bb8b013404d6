"""Opening much takes long: a page says how far it is, and locking ends it at once."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.workstation.helpers import PASSPHRASE, Organisation, make_mailbox, write
from tests.workstation.test_desk import PORT, Browser
from tests.world import NOW
from workstation.desk import service
from workstation.desk.app import create_app
from workstation.desk.opening import Doing, Tell
from workstation.desk.service import Place
from workstation.desk.work import Work
from workstation.errors import WorkstationError

CANARY = "kanarie-opent"
MESSAGES = 3


@dataclass
class Slow:
    """The real opening, held up at one of its steps until it is let go."""

    at: tuple[Doing, int]
    may_go_on: threading.Event = field(default_factory=threading.Event)
    reached: threading.Event = field(default_factory=threading.Event)
    error: BaseException | None = None

    def begin(self, *args: Any, tell: Tell) -> Work:
        def hold(doing: Doing, done: int, total: int) -> None:
            tell(doing, done, total)
            if (doing, done) == self.at and total:
                self.reached.set()
                assert self.may_go_on.wait(30)
                if self.error is not None:
                    raise self.error
                # As the next file would: the desk may have been locked meanwhile.
                tell(doing, done, total)

        return REAL(*args, hold)


REAL = service.begin


@pytest.fixture
def browser(organisation: Organisation) -> Browser:
    """Sit down at Anna's locked desk; some messages are kept and some are new."""
    for number in range(MESSAGES):
        write(organisation, make_mailbox(number + 1), f"{CANARY} {number}")
    clock = [NOW]
    place = Place(organisation.station("anna"), organisation.folder / "anna-spool", PORT)
    return Browser(create_app(place, lambda: clock[0]).test_client(), clock)


@pytest.fixture
def hold(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Slow]]:
    """Let nobody wait, and hold up the openings that are put here, one after the other."""
    waiting: list[Slow] = []
    monkeypatch.setattr(service, "_PATIENCE_SECONDS", 0)
    monkeypatch.setattr(
        service, "begin", lambda *args: waiting.pop(0).begin(*args[:3], tell=args[3]) if waiting else REAL(*args)
    )
    yield waiting
    for each in waiting:
        each.may_go_on.set()


def keep(browser: Browser) -> None:
    """Take in what is new, and lock."""
    browser.unlock()
    browser.get()
    browser.post("/vergrendelen")


def begin(browser: Browser) -> None:
    """Give the pass phrase, and look at what is shown then."""
    browser.below = ""
    browser.get()
    response = browser.post("/openen", {"passphrase": PASSPHRASE})
    found = re.match(r"(/[\w-]{22})/$", response.location or "")
    assert found is not None
    browser.below = found[1]


@pytest.mark.parametrize(
    ("doing", "sentence"), [("new", "Wat de koerier bracht wordt bekeken"), ("kept", "Wat bewaard is wordt geopend")]
)
def test_a_page_says_how_far_it_is_and_goes_on_to_the_list(
    browser: Browser, hold: list[Slow], doing: Doing, sentence: str
) -> None:
    """It asks again every three seconds, without the script too, and shows nothing of what was opened so far."""
    if doing == "kept":
        keep(browser)
    slow = Slow((doing, 1))
    hold.append(slow)
    begin(browser)
    assert slow.reached.wait(10)
    browser.get()
    found = re.search(rf"{sentence}: 1 van (\d+)\.", browser.page)
    assert found is not None
    assert int(found[1]) >= MESSAGES
    assert f'<progress id="opening" max="{found[1]}" value="1">' in browser.page
    assert 'http-equiv="refresh" content="3;url=/"' in browser.page
    assert CANARY not in browser.page
    slow.may_go_on.set()
    opening = browser.client.application.extensions["desk"].find_opening()
    assert opening is None or opening.wait(10)
    browser.get()
    assert browser.page.count(CANARY) == MESSAGES


def test_locking_ends_an_opening_at_once(browser: Browser, hold: list[Slow], organisation: Organisation) -> None:
    """The keyring is free again, nothing was lost, and the next opening is a new one."""
    slow = Slow(("new", 1))
    hold.append(slow)
    begin(browser)
    assert slow.reached.wait(10)
    browser.get()
    opening = browser.client.application.extensions["desk"].find_opening()
    threading.Timer(0.2, slow.may_go_on.set).start()
    assert browser.post("/vergrendelen").status_code == 303
    assert not opening.is_under_way
    with organisation.unlocked("anna"):
        pass
    browser.get()
    assert CANARY not in browser.page
    # That it was locked is no news.
    assert 'role="alert"' not in browser.page
    browser.unlock()
    browser.get()
    assert browser.page.count(CANARY) == MESSAGES


def test_unlocking_in_two_windows_leaves_one_desk(browser: Browser, hold: list[Slow]) -> None:
    """Who comes later has it."""
    slow = Slow(("new", 1))
    hold.append(slow)
    begin(browser)
    assert slow.reached.wait(10)
    threading.Timer(0.2, slow.may_go_on.set).start()
    other = Browser(browser.client.application.test_client(), browser.clock)
    other.unlock()
    other.get()
    assert other.page.count(CANARY) == MESSAGES
    browser.get()
    assert CANARY not in browser.page
    assert "Het bureau is vergrendeld" in browser.page


def test_what_stands_in_the_way_after_a_while_is_told_once_on_the_locked_page(
    browser: Browser, hold: list[Slow]
) -> None:
    """Nobody waits for an answer to the form any more."""
    keep(browser)
    slow = Slow(("kept", 1), error=WorkstationError("De stick is weg."))
    hold.append(slow)
    begin(browser)
    assert slow.reached.wait(10)
    opening = browser.client.application.extensions["desk"].find_opening()
    slow.may_go_on.set()
    while opening.is_under_way:
        pass
    browser.get()
    assert "De stick is weg." in browser.page
    assert "Uw wachtzin" in browser.page
    browser.get()
    assert "De stick is weg." not in browser.page
    browser.unlock()
    browser.get()
    assert browser.page.count(CANARY) == MESSAGES
