"""Locking: in time when nobody is there, at once when somebody asks, and never in the middle of work."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.workstation.filing import encrypt, lay, link
from tests.workstation.helpers import PASSPHRASE, Organisation, make_mailbox, write
from tests.workstation.test_desk import PORT, Browser
from tests.world import NOW
from workstation.cli import main, make_parser
from workstation.content import ROOT
from workstation.desk.app import create_app
from workstation.desk.service import Desk, Place
from workstation.desk.watch import REQUEST_NAME, ask_to_lock, look
from workstation.errors import WorkstationError

CANARY = "kanarie-51d0"
MINUTE = 60


@dataclass
class Seat:
    """A browser at a desk whose time stands still until a test moves it."""

    browser: Browser
    timer: list[float]

    @property
    def desk(self) -> Desk:
        desk: Desk = self.browser.client.application.extensions["desk"]
        return desk

    @property
    def is_open(self) -> bool:
        """Whether anything is in memory."""
        return self.desk._work is not None


@pytest.fixture
def seat(organisation: Organisation) -> Seat:
    """Sit down at Anna's open desk, which locks after two minutes."""
    write(organisation, make_mailbox(), CANARY)
    timer = [1_000.0]
    place = Place(organisation.station("anna"), organisation.folder / "anna-spool", PORT, idle_minutes=2)
    app = create_app(place, lambda: NOW, lambda: timer[0])
    browser = Browser(app.test_client(), [NOW])
    assert browser.unlock().status_code == 303
    return Seat(browser, timer)


def test_a_desk_that_is_left_alone_forgets_everything(seat: Seat, organisation: Organisation) -> None:
    """Though no browser is there any more; and another program can open the keyring."""
    path = seat.browser.open_first()
    seat.timer[0] += 2 * MINUTE - 1
    look(seat.desk)
    assert seat.is_open
    seat.timer[0] += 1
    look(seat.desk)
    assert not seat.is_open
    with organisation.unlocked("anna"):
        pass
    for where in ("/", path):
        seat.browser.get(where)
        assert CANARY not in seat.browser.page
    known = seat.browser.client.application.session_interface._known.values()
    assert [session.path for session in known] in ([], [""])


def test_every_request_keeps_the_desk_open_but_the_question_whether_it_is(seat: Seat) -> None:
    """A page that asks by itself is nobody's presence; a stranger's request is none, either."""
    path = seat.browser.open_first()
    token = seat.browser.page
    for act in (
        lambda: seat.browser.get("/"),
        lambda: seat.browser.get(path),
        lambda: seat.browser.post("/wakker"),
    ):
        seat.timer[0] += 100
        seat.browser.page = token
        act()
    assert seat.is_open
    stranger = Browser(seat.browser.client.application.test_client(), [NOW])
    for _ in range(3):
        seat.timer[0] += 30
        assert seat.browser.get("/wakker").status_code == 204
        seat.browser.get("/static/desk.css")
        stranger.get("/")
    seat.timer[0] += 30
    assert seat.browser.get("/wakker").status_code == 409
    assert not seat.is_open


def test_the_first_request_after_a_sleep_is_too_late(seat: Seat) -> None:
    """Nothing has looked meanwhile: the computer slept. What comes first is answered by a locked desk."""
    path = seat.browser.open_first()
    seat.timer[0] += 8 * 3600
    assert seat.browser.get(path).status_code == 303
    assert CANARY not in seat.browser.page
    assert not seat.is_open


def test_the_clock_of_idleness_counts_sleep_and_cannot_be_set() -> None:
    """It is the kernel's time since the start, not the day's."""
    place = Place(Path("x"), Path("y"), PORT)
    assert abs(Desk(place, lambda: NOW).timer() - time.clock_gettime(time.CLOCK_BOOTTIME)) < 5


def test_work_that_takes_long_is_not_cut(seat: Seat) -> None:
    """Taking in a large spool, or sealing, may take longer than the desk may be idle; it counts until it ends."""
    began, may_end = threading.Event(), threading.Event()

    def work() -> None:
        with seat.desk.work(seat.desk._token):
            began.set()
            may_end.wait(10)

    worker = threading.Thread(target=work)
    worker.start()
    began.wait(10)
    seat.timer[0] += 10 * MINUTE
    watcher = threading.Thread(target=look, args=(seat.desk,))
    watcher.start()
    time.sleep(0.1)
    assert seat.is_open
    may_end.set()
    worker.join()
    watcher.join()
    assert seat.is_open
    seat.timer[0] += 2 * MINUTE
    look(seat.desk)
    assert not seat.is_open


def test_a_download_keeps_the_desk_open_until_it_ends(seat: Seat, organisation: Organisation) -> None:
    """Each piece that a browser takes says that it is there; one that stands still does not."""
    filed = encrypt(b"x" * 300_000)
    write(organisation, make_mailbox(9), "Met een foto", attachments=(filed.attachment,))
    seat.browser.get()
    lay(organisation.spool("anna"), filed)
    seat.browser.get()
    path = next(
        p for p in re.findall(r'href="(/gesprek/[^"]+)"', seat.browser.page) if "/bijlage/" in _page(seat.browser, p)
    )
    where = link(seat.browser, path)
    seat.browser.get(where)
    pieces = seat.browser.post(where).iter_encoded()
    for _ in range(3):
        next(pieces)
        seat.timer[0] += 100
        look(seat.desk)
        assert seat.is_open
    seat.timer[0] += 2 * MINUTE
    look(seat.desk)
    assert not seat.is_open
    with pytest.raises(WorkstationError, match="vergrendeld"):
        next(pieces)


def _page(browser: Browser, path: str) -> str:
    browser.get(path)
    return browser.page


def test_locking_does_not_wait_to_stop_showing(seat: Seat) -> None:
    """While something is under way nothing more is shown; what was opened goes when that ends."""
    began, may_end = threading.Event(), threading.Event()
    token = seat.desk._token

    def work() -> None:
        with seat.desk.work(token):
            began.set()
            may_end.wait(10)

    worker = threading.Thread(target=work)
    worker.start()
    began.wait(10)
    locker = threading.Thread(target=seat.desk.lock)
    locker.start()
    time.sleep(0.1)
    assert not seat.desk.is_open(token)
    assert locker.is_alive()
    may_end.set()
    worker.join()
    locker.join()
    assert not seat.is_open


def test_locking_while_somebody_unlocks_leaves_it_locked(
    organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The later wish is to lock."""
    desk = Desk(Place(organisation.station("anna"), organisation.folder / "anna-spool", PORT), lambda: NOW)
    lockers = []

    def lock_meanwhile(*_arguments: object) -> None:
        lockers.append(threading.Thread(target=desk.lock))
        lockers[0].start()
        time.sleep(0.1)

    monkeypatch.setattr("workstation.desk.service.sweep", lock_meanwhile)
    desk.unlock(PASSPHRASE)
    lockers[0].join()
    assert desk._work is None
    assert desk._token == ""


def test_what_a_request_still_has_in_hand_is_forgotten_too(seat: Seat) -> None:
    """A refused answer waits in the session: a request that ends after the locking must not bring it back."""
    path = seat.browser.open_first()
    seat.browser.post(f"{path}/antwoord", {"text": CANARY, "next": "2020-01-01"})
    (session,) = seat.browser.client.application.session_interface._known.values()
    assert CANARY in str(session)
    seat.desk.lock()
    assert session == {}


# From elsewhere


def test_without_a_desk_there_is_nothing_to_lock(organisation: Organisation, tmp_path: Path) -> None:
    """It says so and leaves nothing behind; a folder that is none is no harm."""
    before = sorted(os.listdir(organisation.station("anna")))  # noqa: PTH208 - names are enough
    assert not ask_to_lock(organisation.station("anna"))
    assert sorted(os.listdir(organisation.station("anna"))) == before  # noqa: PTH208
    assert not ask_to_lock(tmp_path / "nergens")


def test_another_program_is_left_in_peace(organisation: Organisation) -> None:
    """It holds the keyring and is no desk: nothing happens to it, and whoever asked hears why."""
    with organisation.unlocked("anna"), pytest.raises(WorkstationError, match="ander programma"):
        ask_to_lock(organisation.station("anna"), patience_seconds=0.3)
    assert not (organisation.station("anna") / REQUEST_NAME).exists()


def test_an_old_request_does_not_lock_a_desk_for_ever(seat: Seat) -> None:
    """It is heard once, a link too, and whatever it points to is untouched."""
    request = seat.desk.place.folder / REQUEST_NAME
    request.symlink_to(seat.desk.place.folder / "keyring")
    look(seat.desk)
    assert not seat.is_open
    assert (seat.desk.place.folder / "keyring").exists()
    seat.browser.unlock()
    look(seat.desk)
    assert seat.is_open


def test_the_command_takes_minutes_and_languages_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    """From one minute to an hour, Dutch or English."""
    given = ["desk", "--folder", "x", "--spool", "y"]
    assert make_parser().parse_args(given).idle_minutes == 10
    assert make_parser().parse_args([*given, "--idle-minutes", "60", "--language", "en"]).language == "en"
    for wrong in (["--idle-minutes", "0"], ["--idle-minutes", "61"], ["--idle-minutes", "1.5"], ["--language", "fr"]):
        with pytest.raises(SystemExit):
            make_parser().parse_args([*given, *wrong])
    capsys.readouterr()


@contextmanager
def running(organisation: Organisation, *arguments: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Run Anna's desk as people do; give the process and its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folders = ("--folder", str(organisation.station("anna")), "--spool", str(organisation.folder / "anna-spool"))
    command = [sys.executable, "-m", "workstation", "desk", *folders, "--port", str(port), *arguments]
    process = subprocess.Popen(command, cwd=ROOT, start_new_session=True, stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 60
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert time.monotonic() < until
            time.sleep(0.1)
        yield process, port
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def ask(port: int, path: str, cookie: str = "", data: dict[str, str] | None = None) -> tuple[int, str, str]:
    """Ask a running desk as a browser does; return status, page (or where to go instead) and cookie."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Cookie": cookie, "Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("GET" if data is None else "POST", path, urlencode(data or {}), headers)
    response = connection.getresponse()
    given = (response.getheader("Set-Cookie") or cookie).partition(";")[0]
    page = response.getheader("Location") or response.read().decode()
    connection.close()
    return response.status, page, given


def unlock(port: int) -> tuple[str, str]:
    """Return the page of an open desk, and the cookie."""
    _status, page, cookie = ask(port, "/")
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token is not None
    _status, below, cookie = ask(port, "/openen", cookie, {"csrf_token": token[1], "passphrase": PASSPHRASE})
    return ask(port, below, cookie)[1], cookie


@pytest.mark.slow
def test_a_running_desk_is_locked_by_the_command(
    organisation: Organisation, capsys: pytest.CaptureFixture[str]
) -> None:
    """The real thing in a process of its own: within a second nothing is open, and it can be opened again."""
    write(organisation, make_mailbox(), CANARY)
    with running(organisation) as (process, port):
        page, cookie = unlock(port)
        assert CANARY in page
        began = time.monotonic()
        assert main(["lock", "--folder", str(organisation.station("anna"))]) == 0
        assert time.monotonic() - began < 5
        assert "vergrendeld" in capsys.readouterr().out
        assert CANARY not in ask(port, "/", cookie)[1]
        with organisation.unlocked("anna"):
            pass
        assert main(["lock", "--folder", str(organisation.station("anna"))]) == 0
        assert "niets open" in capsys.readouterr().out
        assert process.poll() is None
        assert CANARY in unlock(port)[0]


@pytest.mark.slow
def test_a_running_desk_locks_itself_when_nobody_asks_it_anything(organisation: Organisation) -> None:
    """After a real minute without a browser: seen by the keyring alone, which somebody else can open."""
    write(organisation, make_mailbox(), CANARY)
    with running(organisation, "--idle-minutes", "1") as (_process, port):
        page, _cookie = unlock(port)
        assert CANARY in page
        time.sleep(50)
        with pytest.raises(WorkstationError, match="al open"), organisation.unlocked("anna"):
            pass
        until = time.monotonic() + 30
        while True:
            try:
                with organisation.unlocked("anna"):
                    break
            except WorkstationError:
                assert time.monotonic() < until
                time.sleep(0.5)


@pytest.mark.slow
def test_a_draft_survives_the_end_of_the_process(organisation: Organisation) -> None:
    """Killed in the middle, as by a power cut, and started again."""
    write(organisation, make_mailbox(), "Hallo")
    with running(organisation) as (process, port):
        page, cookie = unlock(port)
        path = re.search(r'href="(/[^"]+/gesprek/[^"]+)"', page)
        assert path is not None
        page = ask(port, path[1], cookie)[1]
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert token is not None
        assert ask(port, f"{path[1]}/concept/antwoord", cookie, {"csrf_token": token[1], "text": CANARY})[0] == 303
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    with running(organisation, "--language", "en") as (_process, port):
        page, cookie = unlock(port)
        path = re.search(r'href="(/[^"]+/gesprek/[^"]+)"', page)
        assert path is not None
        page = ask(port, path[1], cookie)[1]
        assert f">\r\n{CANARY}</textarea>" in page
        assert '<html lang="en-GB"' in page
