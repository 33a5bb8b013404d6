"""The operator's figures: what they say, what they cannot tell, and the socket on which they are shown."""

import socket
import stat
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from crypto.labels import BLOCK_SIZE, KIND_CHUNK, KIND_HEAD
from portal import database
from portal.metrics import figures, listener
from portal.metrics.board import Board
from portal.metrics.figures import round_up, tenths
from portal.upkeep import loop, tasks
from tests.portal.helpers import Portal, Post, held, make_impatient
from tests.portal.servers import Server, set_up, stop, wait_until
from tests.world import NOW, Team, monday


def board_of(portal: Portal) -> Board:
    """Return a board that has looked once."""
    board = Board(portal.config, portal.database, portal.clock)
    board.look()
    return board


def values(board: Board) -> dict[str, str]:
    """Return what stands on a board: each value by its name and labels."""
    lines = board.write().decode().splitlines()
    return dict(line.removeprefix("vertrouwenspost_").split(" ") for line in lines if not line.startswith("#"))


def test_the_figures_of_a_portal_that_is_well(portal: Portal) -> None:
    """Each of them, and no other: whoever adds one has to think here of what it tells, and when."""
    tasks.expire(portal.config, portal.database, portal.clock)
    found = values(board_of(portal))
    disk = found.pop("disk_enough", None)
    assert (disk in ("0.0", "1.0")) == (portal.engine.name == "sqlite")
    assert found == {
        "database_writable": "1.0",
        "roster_days": "86.0",
        "open_days": "11.0",
        "calendar_weeks": "0.0",
        'cards_missing{week="this"}': "0.0",
        'cards_missing{week="next"}': "0.0",
        "blocks": "0.0",
        "expiry_lag_weeks": "0.0",
        'task_age_hours{task="expiry"}': "0.0",
        'task_age_hours{task="look"}': "0.0",
        'task_age_hours{task="rewrite"}': "0.0",
        'task_age_hours{task="tick"}': "0.0",
    }


def test_a_portal_without_a_list_is_closed(empty: Portal) -> None:
    """And what has no value is absent, not 0."""
    found = values(board_of(empty))
    assert found["open_days"] == "0.0"
    assert not {"roster_days", 'cards_missing{week="this"}', "calendar_weeks"} & set(found)


@pytest.mark.parametrize("path", ["post", "fetch", "delete", "refused", "ticket"])
def test_what_reporters_do_shows_in_no_figure_until_the_week_is_over(portal: Portal, path: str) -> None:
    """Asked every minute of the week, the answer is the same as if nobody had come."""
    tasks.expire(portal.config, portal.database, portal.clock)
    ways: dict[str, Callable[[], object]] = {
        "post": lambda: [portal.post(*(Post() for _ in range(16)), authorization=portal.courier) for _ in range(4)],
        "fetch": lambda: portal.fetch(bytes(32)),
        "delete": lambda: portal.delete(Post()),
        "refused": lambda: [portal.post(Post(), authorization=""), portal.client.get("/nope")],
        "ticket": portal.ticket,
    }
    board = board_of(portal)
    for minutes in (0, 1, 60, 24 * 60, 4 * 24 * 60):
        portal.clock.now = NOW + 60 * minutes
        for task in figures.FAILURES:
            board.note(task)
        board.look()
        before = values(board)
        ways[path]()
        # Sixty times a second changes nothing: nobody looks when somebody asks.
        assert {board.write() for _ in range(60)} == {board.write()}
        portal.clock.now += 60
        board.look()
        after = values(board)
        assert after == before


def test_when_the_week_is_over_it_shows_rounded(portal: Portal) -> None:
    """Blocks to the next of 1, 2, 5 …, and last week's budgets to the next tenth."""
    budget = replace(portal.config.budget, chunks_per_week=30 * BLOCK_SIZE, courier_per_week=0)
    board = board_of(replace(portal, config=replace(portal.config, budget=budget)))
    tasks.expire(portal.config, portal.database, portal.clock)
    portal.post(*(Post(kind=KIND_CHUNK) for _ in range(16)), authorization=portal.courier)
    portal.post(Post(kind=KIND_HEAD))
    portal.clock.now = monday(1) - 1
    board.look()
    assert values(board)["blocks"] == "0.0"
    portal.clock.now += 1
    board.look()
    found = values(board)
    assert found["blocks"] == "20.0"
    assert {name: value for name, value in found.items() if name.startswith("budget")} == {
        'budget_tenths{account="chunk"}': "6.0",
        'budget_tenths{account="head"}': "1.0",
    }


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, 0), (1, 1), (2, 2), (3, 5), (5, 5), (6, 10), (10, 10), (11, 20), (51, 100), (999_999, 10**6)],
)
def test_blocks_are_rounded_up(count: int, shown: int) -> None:
    """To the steps of a bank note."""
    assert round_up(count) == shown


@pytest.mark.parametrize(
    ("used", "limit", "shown"),
    [(0, 100, 0), (1, 100, 1), (10, 100, 1), (11, 100, 2), (100, 100, 10), (0, 0, 10), (9, 3, 10)],
)
def test_budgets_are_rounded_up(used: int, limit: int, shown: int) -> None:
    """So 10 means that nothing, or less than a tenth, is left."""
    assert tenths(used, limit) == shown


def test_a_database_that_cannot_be_written_shows_at_once(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within a minute, and it is well again a minute later."""
    make_impatient(monkeypatch)
    impatient = replace(portal, database=database.connect(portal.config.store.url))
    if portal.engine.name == "sqlite":
        with held(portal):
            board = board_of(impatient)
    else:
        monkeypatch.setattr("portal.database._SETTINGS", ("SET default_transaction_read_only = on",))
        board = board_of(replace(portal, database=database.connect(portal.config.store.url)))
        board.database = portal.database
    assert values(board)["database_writable"] == "0.0"
    assert "roster_days" not in values(board)
    portal.clock.now += 60
    board.look()
    assert values(board)["database_writable"] == "1.0"


def test_what_expiry_left_shows_a_day_later(portal: Portal) -> None:
    """And the clock's distance from the last week at once."""
    tasks.expire(portal.config, portal.database, portal.clock)
    portal.post(Post(), authorization=portal.courier)
    with portal.database.write() as connection:
        connection.execute(text("UPDATE block SET expiry_week = expiry_week - 30"))
    portal.clock.now = monday(5) + 86_400
    found = values(board_of(portal))
    assert found["calendar_weeks"] == "5.0"
    # It was posted in week 0, and its term was set to end one to four weeks before that.
    assert found["expiry_lag_weeks"] in ("6.0", "7.0", "8.0", "9.0")


def test_a_failed_task_grows_old_and_the_others_do_not(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    """The loop notes what succeeds; hours are whole."""
    boards: list[Board] = []
    monkeypatch.setattr("portal.upkeep.loop.Board", lambda *args: boards.append(Board(*args)) or boards[0])

    def fail(_store: object) -> None:
        raise RuntimeError

    steps = iter([1800, *[3600 * hours for hours in range(1, 16)]])

    def sleep(_seconds: float) -> None:
        step = next(steps, None)
        if step is None:
            monkeypatch.setattr("os.getppid", lambda: -1)
        else:
            portal.clock.now = NOW + step

    monkeypatch.setattr("portal.upkeep.loop.rewrite", fail)
    monkeypatch.setattr("os.getppid", lambda: 1)
    monkeypatch.setattr("time.sleep", sleep)
    loop.run(portal.config, portal.database, portal.clock, 1)
    found = values(boards[0])
    assert {name: found[f'task_age_hours{{task="{name}"}}'] for name in figures.FAILURES} == {
        "rewrite": "15.0", "expiry": "1.0", "tick": "0.0", "look": "0.0",
    }  # fmt: skip


def test_ages_are_read_as_they_were_written() -> None:
    """The doctor reads what monitoring reads."""
    ages = {"tick": 0, "expiry": 30, "rewrite": 7, "look": 1}
    assert figures.read_ages(figures.write(None, None, None, ages).decode()) == ages


# The socket.


@contextmanager
def shown(path: Path, write: Callable[[], bytes] = lambda: b"figures\n# EOF\n") -> Iterator[None]:
    """Show something at a path."""
    with listener.listening(path, write):
        yield


def asked(path: Path, question: bytes) -> bytes:
    """Send bytes as they are; return all that comes back."""
    answer = b""
    # Who is refused before everything was read is told so by a reset, after the answer or instead of it.
    with socket.socket(socket.AF_UNIX) as connection, suppress(ConnectionResetError, BrokenPipeError):
        connection.settimeout(10)
        connection.connect(str(path))
        connection.sendall(question)
        while part := connection.recv(65_536):
            answer += part
    return answer


def test_the_socket_is_for_its_owner_and_group_only(tmp_path: Path) -> None:
    """Whatever the umask was; its folder, if it has to be made, is for its owner."""
    path = tmp_path / "new" / "s"
    with shown(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_only_one_question_has_an_answer(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Everything else gets one sentence, and nothing of it is written down."""
    path = tmp_path / "s"
    with shown(path):
        assert asked(path, b"GET /metrics HTTP/1.0\r\n\r\n").endswith(b"figures\n# EOF\n")
        for question in (
            b"GET /kanarie HTTP/1.0\r\nX-Kanarie: kanarie\r\n\r\n",
            b"POST /metrics HTTP/1.0\r\nContent-Length: 7\r\n\r\nkanarie",
            b"kanarie\r\n\r\n",
            b"GET /metrics kanarie\r\n\r\n",
            b"GET /" + b"kanarie" * 20_000 + b" HTTP/1.0\r\n\r\n",
            b"GET /metrics HTTP/1.0\r\n" + b"X-Kanarie: x\r\n" * 200 + b"\r\n",
        ):
            body = asked(path, question).partition(b"\r\n\r\n")[2]
            assert body in (b"There is nothing here but /metrics.\n", b""), question[:40]
    assert capfd.readouterr() == ("", "")


def test_who_asks_slowly_or_goes_away_keeps_nobody_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A question has its seconds as a whole; a byte now and then does not make them more."""
    monkeypatch.setattr(listener, "_PATIENCE_SECONDS", 0.5)
    path = tmp_path / "s"
    with shown(path):
        with socket.socket(socket.AF_UNIX) as gone:
            gone.connect(str(path))
            gone.sendall(b"GET /metr")
        with socket.socket(socket.AF_UNIX) as slow:
            slow.connect(str(path))
            slow.sendall(b"GET /metrics HTTP/1.0\r\n")
            done = threading.Event()
            dripping = threading.Thread(target=drip, args=(slow, done))
            dripping.start()
            begun = time.monotonic()
            assert asked(path, b"GET /metrics HTTP/1.0\r\n\r\n").endswith(b"# EOF\n")
            assert time.monotonic() - begun < 3
            done.set()
            dripping.join()


def drip(connection: socket.socket, done: threading.Event) -> None:
    """Send a byte ten times a second, until it is enough or nobody takes it."""
    for _ in range(100):
        try:
            connection.sendall(b"a")
        except OSError:
            return
        if done.wait(0.1):
            return


def test_a_figure_that_fails_is_one_line_without_its_words(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """And the next question is answered."""
    path = tmp_path / "s"
    words = iter([RuntimeError("kanarie"), b"well\n"])

    def write() -> bytes:
        word = next(words)
        if isinstance(word, RuntimeError):
            raise word
        return word

    with shown(path, write), caplog.at_level("INFO"):
        assert asked(path, b"GET /metrics HTTP/1.0\r\n\r\n") == b""
        assert asked(path, b"GET /metrics HTTP/1.0\r\n\r\n").endswith(b"well\n")
    assert "A question for the figures was not answered." in caplog.text
    assert "kanarie" not in caplog.text + "".join(capfd.readouterr())


def test_the_socket_of_a_killed_server_is_taken_over(tmp_path: Path) -> None:
    """And that of a server which still runs as well: the newest one shows."""
    path = tmp_path / "s"
    with shown(path, lambda: b"old"), shown(path, lambda: b"new"):
        assert listener.ask(path) == "new"


@pytest.mark.parametrize("kind", ["file", "folder", "too long"])
def test_what_cannot_be_a_socket_is_written_down_and_harms_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    """Somebody's file stays as it is, and the upkeep goes on without figures."""
    path = tmp_path / ("s" * 120 if kind == "too long" else "s")
    if kind == "file":
        path.write_text("mine")
    elif kind == "folder":
        path.mkdir()
    with shown(path):
        pass
    assert "The figures cannot be shown at [metrics] socket: " in caplog.text
    assert kind != "file" or path.read_text() == "mine"


@pytest.mark.slow
def test_curl_reads_the_figures_of_the_real_server(tmp_path: Path, release: Path, team: Team) -> None:
    """The command of OPERATING, against `serve`: not on its port, and gone with it."""
    running = set_up(tmp_path, release, team)
    try:
        path = tmp_path / "var" / "metrics.sock"
        wait_until(path.exists)
        wait_until(lambda: "vertrouwenspost_roster_days" in curl(path))
        text = curl(path)
        assert text.endswith("# EOF\n")
        assert "vertrouwenspost_database_writable 1.0\n" in text
        assert not [line for line in text.splitlines() if not line.startswith(("# ", "vertrouwenspost_"))]
        check_port(running)
    finally:
        stop(running)
    assert "FAILED" in curl(path)


def curl(path: Path) -> str:
    """Ask as an operator does."""
    command = ["curl", "--silent", "--include", "--unix-socket", str(path), "http://localhost/metrics"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
    if done.returncode:
        return "FAILED"
    head, _, body = done.stdout.partition("\n\n")
    assert "application/openmetrics-text; version=1.0.0" in head
    return body


def check_port(running: Server) -> None:
    """Look for the figures where everybody could read them."""
    with running.client() as client:
        assert client.get("/metrics").status_code == 404
        assert "vertrouwenspost_" not in client.get("/metrics").text
