"""Requests of other pages leave no trace at the desk: no session, no cookie, and the same answer whatever is open."""

from __future__ import annotations

import pytest

from tests.workstation.helpers import PASSPHRASE
from tests.workstation.test_desk import CANARY, HOST, Browser, browser

__all__ = ["browser"]

STRANGER = {"Host": HOST, "Sec-Fetch-Site": "cross-site", "Origin": "http://evil.example"}


def test_no_number_of_strangers_requests_ends_the_counsellors_session(browser: Browser) -> None:
    """Each may come without a cookie; sessions are few, and none is spent on a stranger."""
    browser.unlock()
    path = browser.open_first()
    for _unused in range(100):
        stranger = browser.client.application.test_client()
        assert stranger.get("/", headers=STRANGER).status_code == 403
        assert stranger.post("/openen", headers=STRANGER).status_code == 403
    browser.get(path)
    assert CANARY in browser.page


@pytest.mark.parametrize("cookie", [True, False])
def test_a_stranger_gets_no_cookie_and_takes_none_away(browser: Browser, *, cookie: bool) -> None:
    """A link of another site opens in the counsellor's own window, without the cookie: an answer may not replace it."""
    browser.unlock()
    client = browser.client if cookie else browser.client.application.test_client()
    for site in ("cross-site", "same-site"):
        # With the path of this unlocking too: it stands in the browser's history, and may have leaked.
        for where in ("/", "/niets", "/static/desk.css", f"{browser.below}/", f"{browser.below}/niets"):
            response = client.get(where, headers={"Host": HOST, "Sec-Fetch-Site": site})
            assert response.status_code == 403
            assert "Set-Cookie" not in response.headers
    browser.get()
    assert CANARY in browser.page


def test_a_stranger_cannot_tell_an_open_desk_from_a_locked_one(browser: Browser) -> None:
    """Nor a conversation that is there from one that is not: the answer is the same to the byte."""

    def answers() -> set[tuple[int, bytes, str]]:
        headers = {"Host": HOST, "Sec-Fetch-Site": "same-site"}
        got = [browser.client.open(where, method=m, headers=headers) for where in places for m in ("GET", "POST")]
        return {(each.status_code, each.data, str(each.headers)) for each in got}

    browser.unlock()
    path = browser.open_first()
    below = browser.below
    pages = ("/", path, "/gesprek/niets", f"{path}/antwoord", "/bijlage/niets", "/wakker", "/openen", "/niets")
    places = [*pages, *(below + page for page in pages)]
    opened = answers()
    browser.post("/vergrendelen")
    assert opened == answers()
    assert len(opened) == 1
    browser.unlock(PASSPHRASE)


@pytest.mark.parametrize("target", ["http://evil.example/", "http://127.0.0.1:8001/", "https://127.0.0.1:8001/", "*"])
def test_an_address_in_place_of_a_path_is_refused(browser: Browser, target: str) -> None:
    """A browser sends one to a proxy only, and which host counts is then a matter of opinion."""
    browser.unlock()
    response = browser.client.get("/", headers=browser.headers, environ_overrides={"RAW_URI": target})
    assert response.status_code == 403
    assert CANARY not in response.text
