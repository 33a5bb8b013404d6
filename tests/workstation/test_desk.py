"""The desk's page: who may ask for it, what it shows, and what it leaves behind."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import Cookie, TestResponse

from crypto.keyset import fingerprint
from crypto.recipient import _decode_recipient
from crypto.week import WEEK_SECONDS
from tests.workstation.helpers import PASSPHRASE, Organisation, make_mailbox, write
from tests.world import NOW
from workstation.content import ROOT, load_words
from workstation.desk.app import create_app
from workstation.desk.guard import HEADERS
from workstation.desk.letters import show_near_day
from workstation.desk.path import make_path
from workstation.desk.serve import Server
from workstation.desk.service import Place

PORT = 8001
HOST = f"127.0.0.1:{PORT}"
CANARY = "kanarie-7f3a"


@dataclass
class Browser:
    """A browser at the desk: it sends what browsers send, keeps cookies, and goes on below the path of an unlocking.

    That is taken off what it gets, so that tests name the desk's pages as the program does.
    """

    client: FlaskClient
    clock: list[int]
    page: str = ""
    below: str = ""
    headers: dict[str, str] = field(default_factory=lambda: {"Host": HOST, "Sec-Fetch-Site": "same-origin"})

    def get(self, path: str = "/", **headers: str) -> TestResponse:
        response = self.take(self.client.get(self.below + path, headers={**self.headers, **headers}))
        self.page = response.get_data(as_text=True)
        if self.below:
            self.page = self.page.replace(f"{self.below}/", "/")
        response.close()
        return response

    def post(
        self, path: str, data: Mapping[str, str | list[str]] | None = None, token: str | None = None, **headers: str
    ) -> TestResponse:
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.page)
        form = {"csrf_token": token if token is not None else found[1] if found else "", **(data or {})}
        sent = {**self.headers, "Origin": "null", **headers}
        return self.take(self.client.post(self.below + path, data=form, headers=sent))

    def unlock(self, passphrase: str = PASSPHRASE) -> TestResponse:
        """Open the desk at its bare address, as a person does."""
        self.below = ""
        self.get()
        response = self.post("/openen", {"passphrase": passphrase})
        found = re.match(r"(/[\w-]{22})/$", response.location or "")
        self.below = found[1] if found else ""
        # On a busy machine it may go on after the answer; a person would see how far it is.
        opening = self.client.application.extensions["desk"].find_opening()
        assert opening is None or opening.wait(60)
        return self.take(response)

    def take(self, response: TestResponse) -> TestResponse:
        if self.below and response.location:
            response.location = response.location.removeprefix(self.below)
        return response

    def cookie(self) -> Cookie:
        """Return the cookie of the session here; the client files it under the host with its port."""
        cookies = [c for c in self.client._cookies.values() if c.path == f"{self.below}/"]  # type: ignore[union-attr]
        return cookies[-1]

    def open_first(self) -> str:
        self.get()
        path = re.search(r'href="(/gesprek/[^"]+)"', self.page)
        assert path is not None
        self.get(path[1])
        return path[1]


@pytest.fixture
def browser(organisation: Organisation) -> Browser:
    """Sit down at Anna's locked desk, with one report waiting."""
    write(organisation, make_mailbox(), f"Er stond een auto <b>{CANARY}</b> voor de deur.")
    clock = [NOW]
    place = Place(organisation.station("anna"), organisation.folder / "anna-spool", PORT)
    app = create_app(place, lambda: clock[0])
    return Browser(app.test_client(), clock)


def everything_below(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_a_report_is_read_as_a_letter_with_the_words_of_the_questions(browser: Browser) -> None:
    """Answers are shown as they were asked, not as ids."""
    assert browser.unlock().status_code == 303
    browser.open_first()
    assert "Hoe gaat het met u?" in browser.page
    assert "Het gaat niet goed" in browser.page
    assert "Uitzoeken of ik aangifte doe" in browser.page
    assert "18 november 2026" in browser.page


def test_the_eight_words_of_the_team_can_be_read_aloud(browser: Browser, organisation: Organisation) -> None:
    """They are the ones that the people's site shows to whoever wants to compare them by telephone."""
    browser.unlock()
    browser.get("/")
    shown = browser.page
    browser.post("/vergrendelen")
    with organisation.unlocked("anna") as keyring:
        document = keyring.state.roster
        assert document is not None
        words = fingerprint(keyring.pins.root_key, document.payload, load_words())
    assert " ".join(words) in shown
    assert "Dit is lijst nummer 1. " in shown


def test_script_in_a_report_is_text(browser: Browser) -> None:
    """Whatever a reporter writes is escaped."""
    browser.unlock()
    browser.open_first()
    assert f"&lt;b&gt;{CANARY}&lt;/b&gt;" in browser.page
    assert f"<b>{CANARY}" not in browser.page


def test_an_answer_goes_along_with_the_next_synchronisation(browser: Browser, organisation: Organisation) -> None:
    """It is sealed at once, and the page says what happens to it."""
    browser.unlock()
    path = browser.open_first()
    response = browser.post(f"{path}/antwoord", {"text": "Goed dat u schrijft."})
    assert response.status_code == 303
    browser.get(path)
    assert "Goed dat u schrijft." in browser.page
    assert "Gaat mee bij de volgende synchronisatie." in browser.page
    assert len(organisation.replies("anna")) == 1
    organisation.collect("anna")
    browser.get(path)
    assert "Gaat mee bij" not in browser.page


def test_the_desk_says_whether_the_reporter_can_find_an_answer(browser: Browser, organisation: Organisation) -> None:
    """Brought away, then shown by the portal; nothing is said where nothing is known, or once it was read."""
    not_yet, found = "De melder kan het nog niet vinden.", "De melder kan dit vinden."
    browser.unlock()
    path = browser.open_first()
    browser.post(f"{path}/antwoord", {"text": "Goed dat u schrijft."})
    (reply,) = organisation.collect("anna")
    browser.get(path)
    assert not_yet not in browser.page
    spool = organisation.spool("anna")
    spool.put_index(b"aaaa")
    browser.get(path)
    assert not_yet in browser.page
    spool.put_index(b"aaaa" + reply[:4])
    browser.get(path)
    assert found in browser.page
    assert not_yet not in browser.page
    for damaged in (b"aaaab", bytes(2**20 + 4)):
        spool.put_index(damaged)
        browser.get(path)
        assert found not in browser.page
        assert not_yet not in browser.page


def test_a_refused_answer_keeps_its_words_on_the_page(browser: Browser) -> None:
    """An error never costs anybody what they typed."""
    browser.unlock()
    path = browser.open_first()
    response = browser.post(f"{path}/antwoord", {"text": "Belangrijk " * 37_000})
    # A page that answers what was posted lets a browser keep it with its session, on the disk.
    assert response.status_code == 303
    browser.get(path)
    assert "te lang" in browser.page
    assert browser.page.count("Belangrijk") == 37_000
    browser.get(path)
    assert "te lang" not in browser.page


def test_a_page_says_when_somebody_waits(browser: Browser) -> None:
    """By word and position, not by colour: a new report, one that waits for the next answer, one that is late."""
    browser.unlock()
    path = browser.open_first()
    browser.get()
    assert "Eén gesprek wacht op antwoord." in browser.page
    assert "<h3>Nieuw</h3>" in browser.page
    assert "Wacht sinds 18 november. Antwoord uiterlijk 19 november." in browser.page
    browser.clock[0] = NOW + 2 * 86_400
    browser.get()
    assert "<h3>Te laat</h3>" in browser.page
    assert "Antwoord had er moeten zijn op 19 november." in browser.page
    browser.get(path)
    browser.post(f"{path}/antwoord", {"text": "Goed dat u schrijft."})
    browser.get()
    assert "Niemand wacht nu op antwoord." in browser.page
    assert "<h3>Loopt</h3>" in browser.page
    assert "Wacht sinds" not in browser.page


def test_the_list_names_the_year_where_it_is_another() -> None:
    """Between two years a day without one would be read as a day of the new one."""
    assert show_near_day("2026-12-30", "2026-12-31") == "30 december"
    assert show_near_day("2026-12-30", "2027-01-04") == "30 december 2026"
    assert show_near_day("2027-01-04", "2026-12-30") == "4 januari 2027"


def test_locked_no_mailbox_is_remembered(browser: Browser) -> None:
    """What was read of recipients is remembered only as long as the desk is open."""
    browser.unlock()
    browser.open_first()
    assert _decode_recipient.cache_info().currsize > 0
    browser.post("/vergrendelen")
    assert _decode_recipient.cache_info().currsize == 0


def test_a_new_roster_is_seen_at_once(organisation: Organisation) -> None:
    """What was verified once is not what holds for ever."""
    with organisation.desk("anna") as work:
        before = work.roster()
        assert work.roster() is before
        newer = organisation.hand_out([organisation.enrol("dana")])
        work.keyring.state.roster = newer.roster
        after = work.roster()
    assert before is not None
    assert after is not None
    assert after.version == before.version + 1


def test_locked_nothing_is_shown(browser: Browser) -> None:
    """Neither the list nor a conversation, nor whose desk it is."""
    browser.unlock()
    path = browser.open_first()
    browser.post("/vergrendelen")
    for where in ("/", path):
        response = browser.get(where)
        assert response.status_code in {200, 303}
        assert CANARY not in browser.page
        assert "Anna" not in browser.page
    assert browser.post(f"{path}/antwoord", {"text": "x"}).status_code == 303


def test_locking_lets_another_program_open_the_keyring(browser: Browser, organisation: Organisation) -> None:
    """The desk holds nothing back."""
    browser.unlock()
    browser.get()
    assert browser.post("/vergrendelen").status_code == 303
    with organisation.unlocked("anna"):
        pass


def test_after_locking_an_old_cookie_is_worth_nothing(browser: Browser) -> None:
    """A session is forgotten on this side."""
    browser.unlock()
    stolen = browser.cookie()
    browser.get()
    browser.post("/vergrendelen")
    browser.unlock()
    browser.get()
    assert CANARY in browser.page
    thief = Browser(browser.client.application.test_client(use_cookies=False), browser.clock, below=browser.below)
    thief.get("/", Cookie=f"{stolen.key}={stolen.value}")
    assert CANARY not in thief.page
    thief.get("/", Cookie=f"{stolen.key}={browser.cookie().value}")
    assert CANARY in thief.page


def test_the_cookie_is_for_one_path_and_the_path_alone_opens_nothing(browser: Browser) -> None:
    """A browser gives cookies to every port of a host: whoever serves a page on another one must not receive ours."""
    browser.unlock()
    cookie = browser.cookie()
    assert cookie.path == f"{browser.below}/"
    assert len(browser.below) == 23
    thief = Browser(browser.client.application.test_client(use_cookies=False), browser.clock)
    for below, held in [
        (browser.below, ""),
        ("", f"{cookie.key}={cookie.value}"),
        ("", f"{cookie.key}-locked={cookie.value}"),
        (make_path(), f"{cookie.key}={cookie.value}"),
        (browser.below.swapcase(), f"{cookie.key}={cookie.value}"),
    ]:
        thief.below = below
        thief.get("/", Cookie=held)
        assert CANARY not in thief.page
        assert 'name="passphrase"' in thief.page
    before = browser.below
    browser.unlock()
    assert browser.below != before


def test_a_session_known_before_the_passphrase_is_not_the_one_after_it(browser: Browser) -> None:
    """Whoever planted a cookie gains nothing."""
    browser.get()
    before = browser.cookie()
    browser.unlock()
    after = browser.cookie()
    assert before.value != after.value
    assert after.http_only
    assert after.same_site == "Strict"


def test_a_wrong_passphrase_opens_nothing(browser: Browser) -> None:
    """And is not repeated on the page."""
    assert browser.unlock("verkeerde wachtzin").status_code == 303
    browser.get()
    assert "past niet" in browser.page
    assert "verkeerde wachtzin" not in browser.page
    browser.get()
    assert "past niet" not in browser.page


@pytest.mark.parametrize("token", ["", "onzin"])
def test_a_form_without_its_token_is_refused(browser: Browser, organisation: Organisation, token: str) -> None:
    """Unlocking, answering, drafts and choices alike; only locking needs none, for it must never fail."""
    browser.unlock()
    path = browser.open_first()
    for where in (
        "/openen",
        f"{path}/antwoord",
        f"{path}/concept/antwoord",
        f"{path}/concept/antwoord/weg",
        "/keuze",
        "/wakker",
    ):
        response = browser.post(where, {"passphrase": PASSPHRASE, "text": "x", "language": "en"}, token=token)
        assert response.headers["Location"] == "/melding"
    browser.get("/melding")
    assert "verlopen" in browser.page
    browser.get(path)
    assert CANARY in browser.page
    assert '<html lang="nl"' in browser.page
    assert "Concept van" not in browser.page
    assert not organisation.replies("anna")
    browser.post("/vergrendelen", token=token)
    browser.get(path)
    assert CANARY not in browser.page


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8001", "127.0.0.1", "127.0.0.1:80", "127.0.0.1.evil.example:8001", "[::1]:8001", ""],
)
def test_a_foreign_host_is_refused(browser: Browser, host: str) -> None:
    """A name that an attacker points at this machine shows nothing, not even the style sheet."""
    browser.unlock()
    path = browser.open_first()
    for where in ("/", path, "/static/desk.css", "/niets"):
        assert browser.get(where, Host=host).status_code in {400, 403}
        assert CANARY not in browser.page


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Origin": "https://127.0.0.1:8001"},
        {"Origin": "http://evil.example"},
        {"Origin": "null", "Sec-Fetch-Site": "none"},
    ],
)
def test_a_request_of_another_page_is_refused(browser: Browser, headers: dict[str, str]) -> None:
    """Links, frames, images, fetches and forms of other origins, on reading pages too."""
    browser.unlock()
    path = browser.open_first()
    kept = browser.page
    assert browser.get(path, **headers).status_code == 403
    assert CANARY not in browser.page
    browser.page = kept
    assert browser.post(f"{path}/antwoord", {"text": "x"}, **headers).status_code == 403


def test_a_form_that_does_not_say_where_it_comes_from_is_refused(browser: Browser) -> None:
    """Every browser of today says so; what does not is no browser of ours."""
    browser.get()
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.page)
    assert found is not None
    response = browser.client.post(
        "/openen", data={"csrf_token": found[1], "passphrase": PASSPHRASE}, headers={"Host": HOST}
    )
    assert response.status_code == 403


def test_a_typed_address_shows_the_page(browser: Browser) -> None:
    """A person who opens the desk is not an attacker; both names of this machine will do."""
    assert browser.get("/", **{"Sec-Fetch-Site": "none"}).status_code == 200
    assert browser.get("/", Host=f"localhost:{PORT}").status_code == 200


def test_every_part_of_the_look_is_named_once_and_served_from_here(browser: Browser) -> None:
    """The policy allows no style from elsewhere and none in the page; a part that nobody names would style nothing."""
    browser.get("/static/desk.css")
    named = re.findall(r'@import "\./(style/[a-z]+\.css)";', browser.page)
    folder = ROOT / "templates" / "desk" / "static"
    assert sorted(named) == sorted(str(path.relative_to(folder)) for path in (folder / "style").iterdir())
    for name in named:
        answer = browser.get(f"/static/{name}")
        assert (answer.status_code, answer.mimetype) == (200, "text/css")
        assert browser.get(f"/static/{name}", **{"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_every_answer_carries_the_same_headers(browser: Browser) -> None:
    """Pages, style sheet, redirects and errors alike; no foreign or inline script may run, and nothing is kept."""
    browser.unlock()
    path = browser.open_first()
    answers = [browser.get(where) for where in ("/", path, "/static/desk.css", "/niets", "/static/../app.py")]
    answers += [
        browser.get("/", Host="evil.example"),
        browser.post(path),
        browser.client.put("/", headers=browser.headers),
    ]
    for answer in answers:
        for name, value in HEADERS.items():
            assert answer.headers[name] == value
    policy = HEADERS["Content-Security-Policy"].split("; ")
    assert {"default-src 'none'", "script-src 'self'", "trusted-types 'none'"} < set(policy)
    assert "unsafe" not in HEADERS["Content-Security-Policy"]


def test_after_reading_and_answering_no_plaintext_is_on_the_disk(browser: Browser, tmp_path: Path) -> None:
    """Keyring, archive, notes, outbox and spool hold ciphertext only."""
    browser.unlock()
    path = browser.open_first()
    browser.post(f"{path}/antwoord", {"text": f"Mijn antwoord: {CANARY}-twee"})
    browser.get(path)
    assert f"{CANARY}-twee" in browser.page
    browser.post("/vergrendelen")
    data = everything_below(tmp_path)
    assert len(data) > 100_000
    for secret in (CANARY.encode(), PASSPHRASE.encode(), b"Er stond een auto", CANARY.encode("utf-16-le")):
        assert secret not in data
    box = make_mailbox()
    assert box.conversation not in data
    assert box.conversation.hex().encode() not in data


def test_an_unexpected_failure_shows_and_logs_no_plaintext(
    browser: Browser,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """An exception may quote a message; the page and the log do not quote the exception."""
    browser.unlock()
    path = browser.open_first()

    def fail(*_args: object) -> None:
        raise ValueError(CANARY)

    monkeypatch.setattr("workstation.desk.views.show_letters", fail)
    assert browser.get(path).status_code == 500
    assert CANARY not in browser.page + caplog.text + "".join(capsys.readouterr())
    assert "ValueError at" in caplog.text


def test_an_unknown_conversation_is_not_there(browser: Browser) -> None:
    """Names of conversations last until the desk is locked."""
    browser.unlock()
    path = browser.open_first()
    assert browser.get("/gesprek/onzin").status_code == 404
    browser.post("/vergrendelen")
    browser.unlock()
    assert browser.get(path).status_code == 404


def test_a_form_of_megabytes_is_refused(browser: Browser) -> None:
    """It is not even read, and the page says so."""
    browser.unlock()
    path = browser.open_first()
    assert browser.post(f"{path}/antwoord", {"text": "x" * 5_000_000}).headers["Location"] == "/melding"
    browser.get("/melding")
    assert "te lang om te versturen" in browser.page
    assert "kon niet worden bewaard" in browser.page


def test_reports_that_arrive_while_the_desk_is_open_are_there_on_loading(
    browser: Browser, organisation: Organisation
) -> None:
    """No script: the counsellor loads the page again."""
    browser.unlock()
    browser.get()
    write(organisation, make_mailbox(2), "Nog een melding")
    browser.get()
    assert "2 gesprekken wachten op antwoord." in browser.page


@pytest.mark.parametrize(
    ("weeks", "expected"),
    [
        (0, ()),
        (1, ("Voor het laatst gesynchroniseerd op 18 november 2026", "sleutel voor volgende week")),
        (3, ("Antwoorden kan nu niet.", "Te weinig collega")),
        (11, ("verloopt op 17 februari 2027",)),
        (14, ("is verlopen",)),
    ],
)
def test_the_desk_warns_before_it_is_too_late(browser: Browser, weeks: int, expected: tuple[str, ...]) -> None:
    """Synchronisation, cards, freshness and roster; and on an ordinary day nothing."""
    browser.clock[0] = NOW + weeks * WEEK_SECONDS
    browser.unlock()
    browser.get()
    for text in expected:
        assert text in browser.page
    assert ("Let op" in browser.page) is bool(expected)


def test_without_its_spool_the_desk_still_reads(browser: Browser, organisation: Organisation) -> None:
    """The stick is elsewhere: what was read can be read, and the page says what is missing."""
    browser.unlock()
    (organisation.folder / "anna-spool").rename(organisation.folder / "weg")
    browser.open_first()
    assert CANARY in browser.page
    assert "USB-stick" in browser.page
    assert 'id="text"' not in browser.page


def test_the_demo_is_marked_and_nothing_else_is(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """A red bar where the root key is known to everybody."""
    browser.unlock()
    browser.get()
    assert "niets hier is echt" not in browser.page
    monkeypatch.setattr("workstation.desk.views.DEMO_ROOT_KEY", _root_key(browser))
    browser.get()
    assert "Demo – niets hier is echt" in browser.page


def _root_key(browser: Browser) -> bytes:
    desk = next(
        view.__self__.desk for name, view in browser.client.application.view_functions.items() if name == "desk.inbox"
    )
    key: bytes = desk._work.keyring.state.me.root_key
    return key


def test_the_server_listens_on_this_machine_only_and_keeps_no_log(tmp_path: Path) -> None:
    """One process, because what is unlocked lives in its memory; and no second way into it."""
    settings = Server(Place(tmp_path, tmp_path, PORT), lambda: NOW).cfg
    assert settings.address == [("127.0.0.1", PORT)]
    assert settings.worker_class_str == "gthread"
    assert settings.workers == 1
    assert settings.accesslog is None
    assert settings.control_socket_disable
