"""The page of the list and the keys, as a browser meets it: what stands in it, and a handout given to it."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

from werkzeug.test import TestResponse

from tests.workstation.filing import Form, sit_down, streamed
from tests.workstation.helpers import Organisation
from tests.workstation.test_desk import Browser
from tests.world import NOW
from workstation.ceremony.handout import Handout, serialize_handout
from workstation.keyring import content

PATH = "/lijst"


def seat(organisation: Organisation, person: str = "anna", now: int = NOW) -> Browser:
    """Open a desk at the page of the list, at this hour."""
    browser = sit_down(organisation, person)
    browser.clock[0] = now
    # A desk that nobody touched since another hour has not locked itself: its timer is another clock.
    browser.get(PATH)
    return browser


def leave(browser: Browser) -> None:
    browser.client.application.extensions["desk"].lock()


def give(browser: Browser, *files: bytes | Handout, token: str | None = None) -> TestResponse:
    """Choose files in the form of the page, send it, and follow where it leads."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.page)
    fields = {"csrf_token": token if token is not None else found[1] if found else ""}
    chosen = [("uitdeelbestand.json", [f if isinstance(f, bytes) else serialize_handout(f)]) for f in files]
    response = browser.client.post(
        f"{browser.below}{PATH}/nakijken",
        environ_overrides=streamed(Form(fields, chosen or [("", [])])),
        headers={**browser.headers, "Origin": "null"},
    )
    if response.location:
        response.location = response.location.removeprefix(browser.below)
    browser.get(PATH)
    return response


def press(browser: Browser, which: str, **fields: str) -> TestResponse:
    """Press a button of the page and follow where it leads; the fields that stand beside it are sent along."""
    name = re.search(r'name="name"[^>]*value="([^"]+)"', browser.page)
    response = browser.post(f"{PATH}/{which}", {**({"name": name[1]} if name else {}), **fields})
    browser.get(PATH)
    return response


def confirm(browser: Browser, **fields: str) -> TestResponse:
    """Say that the words are the same, and take the handout."""
    return press(browser, "overnemen", compared="ja", **fields)


def step(browser: Browser) -> str:
    """Return the title of what comes next."""
    return unescape(re.findall(r'<h2 id="stap">([^<]*)</h2>', browser.page)[0])


def words(browser: Browser) -> list[str]:
    """Return every row of eight words, as they are read aloud."""
    rows = re.findall(r'<ol class="words"[^>]*>(.*?)</ol>', browser.page, re.DOTALL)
    return [" ".join(re.findall(r"<li>([^<]*)</li>", row)) for row in rows]


def facts(browser: Browser) -> dict[str, str]:
    """Return what the page says of the keys."""
    part = browser.page.partition('<h2 id="sleutels">')[2].partition("</dl>")[0]
    return {unescape(k): unescape(v) for k, v in re.findall(r"<dt>([^<]*)</dt>\s*<dd>([^<]*)</dd>", part)}


def told(browser: Browser) -> list[str]:
    """Return the sentences about what was just done."""
    part = re.findall(r'<section class="sheet" role="status".*?</section>', browser.page, re.DOTALL)
    return [unescape(text) for text in re.findall(r"<dd>([^<]*)</dd>", "".join(part))]


def changes(browser: Browser) -> list[tuple[str, str]]:
    """Return what the handout that is looked at would change."""
    part = re.findall(r'<ul class="changes">(.*?)</ul>', browser.page, re.DOTALL)
    found = re.findall(r"<strong>([^<]*)</strong> <bdi>([^<]*)</bdi>", "".join(part))
    return [(what, unescape(who)) for what, who in found]


def people(browser: Browser) -> list[str]:
    """Return who is on the list, with what is said of each, in one line a person."""
    part = re.findall(r'<ul class="people">(.*?)</ul>', browser.page, re.DOTALL)
    rows = re.findall(r"<li>(.*?)</li>", "".join(part), re.DOTALL)
    return [" ".join(unescape(re.sub(r"<[^>]*>", "", row)).split()) for row in rows]


def holds(organisation: Organisation, person: str = "anna") -> object:
    """Return all that a keyring holds; nobody's desk may be open."""
    with organisation.unlocked(person) as keyring:
        return content.serialize(keyring.state)


def snapshot(organisation: Organisation, person: str = "anna") -> dict[str, bytes]:
    """Return every file that the desk may write, without cover, which it lays at each look."""
    folders = (organisation.station(person), organisation.folder / f"{person}-spool")
    paths: list[Path] = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return {str(path): path.read_bytes() for path in paths if "cover" not in path.parts}
