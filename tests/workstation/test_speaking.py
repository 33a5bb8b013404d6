"""The desk in Dutch and English: chosen on its own pages, for one desk at a time, down to the last day and size."""

from __future__ import annotations

import re
import shutil
import threading
from pathlib import Path

import pytest

from tests import pseudo
from tests.portal.test_languages import foreign, parse
from tests.workstation.filing import encrypt, lay
from tests.workstation.helpers import Organisation, make_mailbox, withdraw, write
from tests.workstation.test_desk import PORT, Browser
from tests.world import NOW
from workstation import texts
from workstation.content import CONTENT
from workstation.desk.app import create_app
from workstation.desk.service import Place
from workstation.texts import LANGUAGE_VARIABLE, choose, language, translate

pytestmark = pytest.mark.slow

FILED = encrypt(b"x" * 1_234_567, "foto.jpg")


def sit(organisation: Organisation, asked: str = "") -> Browser:
    """Sit down at Anna's locked desk."""
    place = Place(organisation.station("anna"), organisation.folder / "anna-spool", PORT, language=asked)
    browser = Browser(create_app(place, lambda: NOW).test_client(), [NOW])
    browser.get()
    return browser


@pytest.fixture
def speaking(organisation: Organisation) -> Organisation:
    """Have one report with an attachment, and one that was taken back."""
    write(organisation, make_mailbox(), "Hallo", attachments=(FILED.attachment,))
    write(organisation, make_mailbox(9), "Weg ermee")
    withdraw(organisation, make_mailbox(9))
    return organisation


def test_the_language_is_chosen_on_the_locked_page_and_kept(organisation: Organisation) -> None:
    """In the other language's own words; the next start remembers it."""
    browser = sit(organisation)
    assert '<html lang="nl"' in browser.page
    assert ("en-GB", "English") in parse(browser.page).found
    assert browser.post("/keuze", {"language": "en"}).status_code == 303
    browser.get()
    assert '<html lang="en-GB"' in browser.page
    assert "The desk is locked" in browser.page
    assert ("nl", "Nederlands") in parse(browser.page).found
    again = sit(organisation)
    assert "Your pass phrase" in again.page
    assert "Uw wachtzin" in sit(organisation, asked="nl").page


@pytest.mark.parametrize("chosen", ["fr", "", "../../etc", "x" * 5000])
def test_a_language_that_is_none_changes_nothing(organisation: Organisation, chosen: str) -> None:
    """Nor does a damaged file of choices."""
    browser = sit(organisation)
    browser.post("/keuze", {"language": chosen})
    browser.get()
    assert '<html lang="nl"' in browser.page
    for data in (b"", b"{", b'{"keys":1,"language":"en"}', b'{"language":"en"}', chosen.encode()):
        (organisation.station("anna") / "desk.json").write_bytes(data)
        assert '<html lang="nl"' in sit(organisation).page


def test_choosing_keeps_what_was_being_typed(speaking: Organisation) -> None:
    """The button sends the answer's form along; one comes back to the same conversation."""
    browser = sit(speaking)
    browser.unlock()
    path = browser.open_first()
    button = re.search(r'formaction="(/keuze\?gesprek=[^"]+)"', browser.page)
    assert button is not None
    response = browser.post(button[1], {"language": "en", "text": "half een zin"})
    assert response.headers["Location"] == f"{path}#antwoord"
    browser.get(path)
    assert "half een zin" in browser.page
    assert "Draft of 18 November 2026" in browser.page


def test_english_says_days_sizes_questions_and_names_as_the_british_do(speaking: Organisation) -> None:
    """Labels of the questions too; what people wrote stays as it is."""
    browser = sit(speaking, "en")
    browser.unlock()
    assert "One conversation waits for an answer." in browser.page or browser.get().status_code == 200
    browser.get()
    assert "One conversation waits for an answer." in browser.page
    assert "Withdrawn (1)" in browser.page
    assert "· 18 November" in browser.page
    assert "Has waited since 18 November. Answer by 19 November." in browser.page
    browser.open_first()
    assert "How are you?" in browser.page or "Hoe gaat het met u?" not in browser.page
    assert "1.2 MB" in browser.page
    assert "The reporter, 18 November 2026" in browser.page
    assert "Hallo" in browser.page
    browser.post("/keuze", {"language": "nl"})
    browser.open_first()
    assert "Teruggetrokken (1)" in browser.page
    assert "· 18 november" in browser.page
    assert "1,2 MB" in browser.page
    assert "De melder, 18 november 2026" in browser.page


def test_a_refused_keyset_is_explained_in_the_language_of_the_page(organisation: Organisation) -> None:
    """Though the desk remembers what it found, and verifies no keyset twice."""
    write(organisation, make_mailbox(), "Hallo")
    organisation.spool("anna").put_keyset(b"{}")
    browser = sit(organisation)
    browser.unlock()
    browser.open_first()
    assert "Antwoorden kan nu niet." in browser.page
    browser.post("/keuze", {"language": "en"})
    browser.open_first()
    assert "You cannot answer now." in browser.page
    # The address of a page is Dutch in every language.
    assert "lijst" not in browser.page.replace('href="/lijst"', "")


def test_no_sentence_of_the_desk_lies_outside_the_catalogue(
    speaking: Organisation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a language that nobody speaks every word is of that language, but for what people wrote and for names."""
    shutil.copytree(CONTENT, tmp_path / "content")
    pseudo.add(tmp_path / "content" / "translations")
    monkeypatch.setattr("workstation.texts.CONTENT", tmp_path / "content")
    monkeypatch.setitem(texts.LANGUAGES, pseudo.CODE, pseudo.CODE)
    # Babel writes days in Volapük for that code; the words of days are not ours.
    pages = {}
    browser = sit(speaking, pseudo.CODE)
    pages["locked"] = browser.page
    browser.unlock("verkeerd")
    browser.get()
    pages["refused"] = browser.page
    browser.unlock()
    browser.get()
    pages["inbox"] = browser.page
    path = browser.open_first()
    pages["conversation"] = browser.page
    lay(speaking.spool("anna"), FILED)
    browser.get(path)
    browser.get(re.search(r'href="(/bijlage/[^"]+)"', browser.page)[1])  # type: ignore[index]
    pages["attachment"] = browser.page
    browser.get(path)
    browser.post(f"{path}/concept/antwoord", {"text": "Hallo"})
    browser.post(f"{path}/antwoord", {"text": "Hallo", "next": "2020-01-01"})
    browser.get(path)
    pages["refused answer"] = browser.page
    browser.get(path)
    pages["draft"] = browser.page
    browser.post("/niets")
    browser.get("/melding")
    pages["told"] = browser.page
    own = re.compile(
        r"Vertrouwenspost|English|Nederlands|Anna|Bram|Chris|Hallo|foto\.jpg|[0-9A-F]{3}-[0-9A-F]{3}|\d+,?\.?\d* MB"
        r"|Esc|Pause|^[jka]$|^uit$|1[89] \w+( 2026)?"
    )
    for name, page in pages.items():
        left = [text for text in (own.sub("", text) for text in foreign(page, pseudo.CODE)) if re.search("[a-z]", text)]
        # The eight words of the team are read aloud in Dutch, whatever the page speaks.
        left = [text for text in left if len(text.split()) != 8]
        assert left == [], name
    monkeypatch.delitem(texts.LANGUAGES, pseudo.CODE)
    assert len(foreign(pages["conversation"].replace(f'lang="{pseudo.CODE}"', 'lang="x"'), "x")) >= 20


def test_two_threads_speak_two_languages(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one request chooses is nothing to another; commands follow their environment."""
    monkeypatch.setenv(LANGUAGE_VARIABLE, "en")
    said: dict[str, str] = {}
    both = threading.Barrier(2)

    def speak(code: str) -> None:
        choose(code)
        both.wait()
        said[code] = translate("Openen")
        both.wait()

    threads = [threading.Thread(target=speak, args=(code,)) for code in ("nl", "en")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said == {"nl": "Openen", "en": "Open"}
    found: list[str] = []
    fresh = threading.Thread(target=lambda: found.append(language()))
    fresh.start()
    fresh.join()
    monkeypatch.setenv(LANGUAGE_VARIABLE, "fr")
    fresh = threading.Thread(target=lambda: found.append(language()))
    fresh.start()
    fresh.join()
    assert found == ["en", "nl"]


def test_letter_keys_can_be_switched_off_and_the_help_says_which_there_are(organisation: Organisation) -> None:
    """For those who speak to their computer (WCAG 2.1.4); it is remembered."""
    browser = sit(organisation)
    browser.unlock()
    browser.get()
    assert 'data-keys="on"' in browser.page
    assert "<kbd>j</kbd>" in browser.page
    browser.post("/keuze", {"keys": "uit"})
    browser.get()
    assert 'data-keys="off"' in browser.page
    assert "<kbd>j</kbd>" not in browser.page
    assert "<kbd>Esc</kbd>" in browser.page
    browser.post("/vergrendelen")
    again = sit(organisation)
    again.unlock()
    again.get()
    assert 'data-keys="off"' in again.page
