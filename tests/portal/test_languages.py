"""The people's site in every language: complete, alike, and without a text outside the catalogue."""

import re
import shutil
import subprocess
from collections import Counter
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from portal import config as configuration
from portal.config import Config
from portal.errors import BuildError
from portal.site.build import ROOT, build
from tests import pseudo

pytestmark = [pytest.mark.slow, pytest.mark.only("sqlite")]

DAY = date(2026, 11, 21)
TRANSLATIONS = ROOT / "content" / "translations"
LANGUAGES = sorted(path.name for path in TRANSLATIONS.iterdir() if path.is_dir())
PAGES = sorted(p.stem for p in (ROOT / "templates/site").glob("*.html") if p.stem != "base" and p.stem[0] != "_")
SPOKEN = {
    "aria-label",
    "aria-description",
    "aria-roledescription",
    "aria-valuetext",
    "alt",
    "label",
    "placeholder",
    "title",
}
# Elements that have no end tag in HTML.
VOID = {"input", "link", "meta", "br", "hr", "img"}


def read(path: Path) -> Catalog:
    """Return a catalogue as it stands on the disk."""
    with path.open("rb") as file:
        return read_po(file, abort_invalid=True)


def texts(side: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    """Return the forms of a msgid or a translation: one, or singular and plural."""
    return (side,) if isinstance(side, str) else tuple(side)


def messages(language: str) -> list[Message]:
    """Return what a language has translated."""
    return [message for message in read(TRANSLATIONS / language / "LC_MESSAGES/messages.po") if message.id]


def is_said(tag: str, attributes: dict[str, str | None]) -> bool:
    """Return whether the value of a control is shown; that of a choice is an id."""
    return tag == "button" or attributes.get("type") in ("button", "submit", "reset", "text")


class Texts(HTMLParser):
    """What a page says, word for word, as seen or as read aloud; each with the tag of the language it is said in."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self.links: list[dict[str, str | None]] = []
        self._open: list[tuple[str, str]] = [("", "")]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        language = given.get("lang") or self._open[-1][1]
        said = [value for name, value in attrs if name in SPOKEN]
        said += [given.get("value")] if is_said(tag, given) else []
        # The name of a file to keep; what it ends with is no word.
        said += [(given.get("download") or "").rpartition(".")[0]]
        said += [given.get("content")] if given.get("name") == "description" else []
        self.found += [(language, text) for text in said if text]
        self.links += [given] if tag == "a" else []
        if tag not in VOID:
            self._open.append((tag, language))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop()[0] == tag, f"{tag} is closed and was not open"

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.found.append((self._open[-1][1], data.strip()))


def parse(page: str) -> Texts:
    """Read a page."""
    parser = Texts()
    parser.feed(page)
    parser.close()
    return parser


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Build the real site with the pseudo-language; return its pages."""
    release = tmp_path_factory.mktemp("languages") / "release"
    pseudo.build_with(config_for(release), DAY)
    return {str(path.relative_to(release)): path.read_text() for path in sorted(release.rglob("*.html"))}


def config_for(release: Path) -> Config:
    """Return the demo's configuration, whose pages carry one line more than others."""
    example = configuration.load(ROOT / "config.example.toml")
    return replace(example, site=replace(example.site, release=release))


def test_extracting_again_changes_nothing(tmp_path: Path) -> None:
    """After a change of a text somebody ran `make translations`: the catalogues hold what pages say, and no more."""
    shutil.copytree(TRANSLATIONS, tmp_path / "translations")
    environment = ("-o", ".venv/installed", "-o", "node_modules/installed")
    target = f"TRANSLATIONS={tmp_path / 'translations'}"
    subprocess.run(["make", "--silent", *environment, "translations", target], cwd=ROOT, check=True)
    for path in (p.relative_to(TRANSLATIONS) for p in TRANSLATIONS.rglob("*") if p.is_file()):
        assert (tmp_path / "translations" / path).read_text() == (TRANSLATIONS / path).read_text(), path


def test_english_is_there() -> None:
    """The tests below go through the folders; this one would miss English."""
    assert "en" in LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated(language: str) -> None:
    """None is missing, guessed or left over."""
    catalogue = read(TRANSLATIONS / language / "LC_MESSAGES/messages.po")
    assert [m.id for m in catalogue] == ["", *(m.id for m in read(TRANSLATIONS / "messages.pot") if m.id)]
    assert not [m.id for m in messages(language) if m.fuzzy or not all(texts(m.string))]
    assert not catalogue.obsolete


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_and_markup_are_kept(language: str) -> None:
    """What the page fills in, and where, is the same in every language."""

    def kept(text: str) -> Counter[str]:
        return Counter(pseudo.MARKUP.findall(text))

    for message in messages(language):
        source = texts(message.id)
        for i, translation in enumerate(texts(message.string)):
            assert kept(translation) == kept(source[min(i, len(source) - 1)]), message.id


def test_the_script_holds_no_text() -> None:
    """What a page says stands in its templates: the scripts, the desk's too, can only choose and fill in."""
    places = {place for m in read(TRANSLATIONS / "messages.pot") for place, _ in m.locations}
    assert {place.split("/")[0] for place in places} == {"content", "templates", "workstation"}
    assert not [place for place in places if place.endswith((".ts", ".js"))]


def foreign(page: str, tag: str) -> list[str]:
    """Return what a page says that is not in the pseudo-language, besides what says itself which language it is in."""
    said = [text for language, text in parse(page).found if language == tag]
    return [text for text in said if any(c.isalpha() and c not in pseudo.LETTERS for c in text)]


@pytest.mark.parametrize("page", PAGES)
def test_no_text_lies_outside_the_catalogue(built: dict[str, str], page: str) -> None:
    """In the pseudo-language every word is pseudo, seen or read aloud, in the page and in its templates."""
    path = "index.html" if page == "start" else f"{page}/index.html"
    assert foreign(built[f"{pseudo.CODE}/{path}"], pseudo.CODE) == []
    # The net has no hole: in Dutch the same page is caught word by word.
    assert len(foreign(built[f"nl/{path}"], "nl")) >= 30


def test_what_is_read_aloud_is_found() -> None:
    """Attributes that are texts, the words on a button or in a field, and the name of a file count as texts."""
    page = (
        '<html lang="nl"><p title="a" data-text="no">b<br>c</p><img alt="d"><input value="no" aria-label="e">'
        '<input type="submit" value="f"><input type="text" value="g"><input type="radio" value="no">'
        '<a download="h.ics" lang="en">i</a></html>'
    )
    assert parse(page).found == [*[("nl", letter) for letter in "abcdefg"], ("en", "h"), ("en", "i")]


def shape(page: str) -> Counter[str]:
    """Return the elements of a page without their words, languages and addresses of languages."""
    found: Counter[str] = Counter()

    class Shape(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            words = SPOKEN | {"lang", "hreflang", "download"} | ({"value"} if is_said(tag, dict(attrs)) else set())
            kept = [(n, re.sub(r"^/[a-z]+/", "/-/", v or "")) for n, v in attrs if n not in words]
            found[f"{tag} {kept}"] += 1

    Shape().feed(page)
    return found


def test_pages_are_the_same_but_for_their_words(built: dict[str, str]) -> None:
    """The script finds in every language what it finds in Dutch, no more and no less."""
    for path in (path for path in built if path.startswith("nl/")):
        for language in [*LANGUAGES, pseudo.CODE]:
            assert shape(built[language + path[2:]]) == shape(built[path])


def test_every_template_of_a_page_has_a_name_of_its_own(built: dict[str, str]) -> None:
    """Of two with one name the script takes the first, and what the second holds is never shown."""
    for path, page in built.items():
        names = re.findall(r'<template id="([^"]+)"', page)
        assert len(names) == len(set(names)), path


def test_every_page_leads_to_itself_in_the_other_languages(built: dict[str, str]) -> None:
    """A plain link in the other language's own words, on every page, with nothing to remember."""
    names = {"nl": ("nl", "Nederlands"), "en": ("en-GB", "English")}
    for path, page in built.items():
        here = path.removesuffix("index.html") or "nl/"
        for other, (tag, name) in names.items():
            address = f"/{other}/{here.partition('/')[2]}"
            links = [link for link in parse(page).links if link.get("hreflang") == tag]
            assert all(link == {"href": address, "hreflang": tag, "lang": tag} for link in links)
            assert bool(links) == (not here.startswith(f"{other}/"))
            assert ((tag, name) in parse(page).found) == bool(links)


def test_english_pages_say_days_and_numbers_as_the_british_do(built: dict[str, str]) -> None:
    """The address stays short, and 21 November does not become November 21."""
    assert '<html lang="en-GB" ' in built["en/index.html"]
    assert '<html lang="nl" ' in built["index.html"]
    assert built["index.html"] == built["nl/index.html"]


def test_a_folder_that_is_no_language_stops_the_build(tmp_path: Path) -> None:
    """A slip in a name is no page that nobody can read."""
    for name in ("node_modules", "templates", "web"):
        (tmp_path / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / "content", tmp_path / "content")
    (tmp_path / "content/translations/english").mkdir()
    with pytest.raises(BuildError, match="english is named after no known language"):
        build(config_for(tmp_path / "release"), DAY, root=tmp_path)
