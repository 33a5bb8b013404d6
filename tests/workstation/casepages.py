"""The pages beside a conversation, as a browser meets them: what stands in them, and what the desk has written."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import unescape
from html.parser import HTMLParser

import pytest

from crypto import labels
from tests.workstation.filing import sit_down
from tests.workstation.helpers import Organisation, make_mailbox, write
from tests.workstation.test_desk import Browser

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
