"""What the clock asks for: expiry, the rewrite, and a schedule that keeps to the wall clock."""

import os
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Executable, select, text
from sqlalchemy.exc import OperationalError

from crypto.week import WEEK_SECONDS, week_number, week_start
from portal import database
from portal.config import Config
from portal.errors import ClockError
from portal.tables import block
from portal.upkeep import loop, tasks
from portal.upkeep.caretaker import Caretaker
from portal.upkeep.loop import Schedule
from portal.upkeep.rewrite import rewrite
from tests.portal.engines import read_whole
from tests.portal.helpers import BLOCK, TABLES, Portal, Post, SettableClock
from tests.world import NOW, monday


def expire(portal: Portal) -> None:
    """Expire as the nightly work does."""
    tasks.expire(portal.config, portal.database, portal.clock)


def test_a_block_is_kept_through_its_last_week_and_then_deleted(portal: Portal) -> None:
    """Never shorter than its term, and gone at the first expiry after its week."""
    portal.post(Post())
    ((_, _, _, last_week, _),) = portal.rows("block")
    portal.clock.now = week_start(int(str(last_week)) + 1) - 1
    expire(portal)
    assert len(portal.rows("block")) == 1
    assert portal.clock.now - NOW >= portal.config.store.block_term_weeks * WEEK_SECONDS
    portal.clock.now += 1
    expire(portal)
    assert portal.rows("block") == []


def test_expiry_takes_each_row_in_its_own_week(portal: Portal) -> None:
    """Rows go one by one as their weeks end, those that have time left stay."""
    for _ in range(4):
        portal.post(*(Post(body=bytes(BLOCK)) for _ in range(16)), authorization=portal.courier)
    weeks = [int(str(row[3])) for row in portal.rows("block")]
    first = min(weeks)
    for later in range(5):
        portal.clock.now = monday(26 + later)
        expire(portal)
        assert len(portal.rows("block")) == sum(week >= first + later for week in weeks)


def test_expiry_is_nothing_new_when_it_is_done_again(portal: Portal) -> None:
    """It may run as often as it likes."""
    portal.post(Post())
    portal.clock.now = monday(28)
    expire(portal)
    before = portal.everything()
    expire(portal)
    assert portal.everything() == before


@pytest.mark.parametrize("weeks", [3, 52])
def test_a_clock_far_ahead_deletes_nothing(portal: Portal, weeks: int) -> None:
    """More than two weeks past the last week that was seen nothing is deleted until somebody says that it is right."""
    portal.post(Post(), authorization=portal.courier)
    expire(portal)
    before = portal.everything()
    portal.clock.now = monday(weeks)
    with pytest.raises(ClockError, match=f"{weeks} weeks past .* expire --clock-is-right"):
        expire(portal)
    assert portal.everything() == before
    tasks.expire(portal.config, portal.database, portal.clock, clock_is_right=True)
    assert portal.rows("calendar") == [(week_number(portal.clock.now),)]
    assert len(portal.rows("block")) == (weeks < portal.config.store.block_term_weeks)


@pytest.mark.parametrize("weeks", [1, 2])
def test_a_server_may_rest_for_two_weeks(portal: Portal, weeks: int) -> None:
    """Nobody is asked about a holiday."""
    expire(portal)
    portal.clock.now = monday(weeks)
    expire(portal)
    assert portal.rows("calendar") == [(week_number(portal.clock.now),)]


def test_a_clock_set_back_shortens_no_term(portal: Portal) -> None:
    """What comes in while the clock is a year behind is kept as long as if it were right."""
    expire(portal)
    portal.clock.now = monday(-52)
    portal.post(Post(), authorization=portal.courier)
    tasks.tick(portal.config, portal.database, portal.clock)
    expire(portal)
    portal.clock.now = NOW
    expire(portal)
    first = week_number(NOW) + portal.config.store.block_term_weeks
    assert {int(str(row[3])) - first for row in portal.rows("block")} <= {0, 1, 2, 3}
    assert {int(str(row[1])) - first for row in portal.rows("index_entry")} <= {0, 1, 2, 3}
    assert len(portal.rows("block")) == 1
    assert portal.rows("calendar") == [(week_number(NOW),)]


def test_a_clock_that_was_ahead_is_corrected_by_hand(portal: Portal) -> None:
    """Whoever said that a wrong clock was right can say so again of the right one."""
    portal.clock.now = monday(52)
    expire(portal)
    portal.clock.now = NOW
    expire(portal)
    assert portal.rows("calendar") == [(week_number(monday(52)),)]
    tasks.expire(portal.config, portal.database, portal.clock, clock_is_right=True)
    assert portal.rows("calendar") == [(week_number(NOW),)]


def test_the_budget_of_a_past_week_is_forgotten(portal: Portal) -> None:
    """How much came in is known for the current week only."""
    portal.post(Post())
    assert portal.rows("budget")
    portal.clock.now = monday(1)
    expire(portal)
    assert portal.rows("budget") == []


def post_in_disorder(portal: Portal, count: int) -> list[Post]:
    """Post blocks one by one, in another order than that of their addresses."""
    posts = [Post() for _ in range(count)]
    for post in posts:
        assert portal.post(post, authorization=portal.courier).status_code == 204
    return posts


@pytest.mark.only("sqlite")
def test_after_the_rewrite_pages_do_not_follow_insertion(portal: Portal) -> None:
    """In the file, blocks lie in the order of their addresses, whatever the order of arrival."""
    posts = post_in_disorder(portal, 64)
    rewrite(portal.database)
    data = portal.files()[0].read_bytes()
    # The end of each body lies in overflow pages of its own, so its place shows where the row was written.
    places = {post.address: data.index(post.body[-1024:]) for post in posts}
    by_place = sorted(places, key=lambda address: places[address])
    assert by_place == sorted(places)


@pytest.mark.only("postgresql")
def test_after_the_rewrite_neither_place_nor_transaction_follows_insertion(portal: Portal) -> None:
    """In each part rows lie in the order of their addresses, and one transaction brought them all."""
    post_in_disorder(portal, 64)
    hidden = select(text("tableoid, ctid, xmin, address")).select_from(block).order_by(text("tableoid, ctid"))
    assert len({row.xmin for row in read(portal, hidden)}) == 64
    rewrite(portal.database)
    rows = read(portal, hidden)
    assert [row.address for row in rows] == [
        row.address for row in sorted(rows, key=lambda row: (row.tableoid, row.address))
    ]
    assert len(rows) == 64
    assert {len({row.xmin for row in part}) for _, part in groupby(rows, lambda row: row.tableoid)} == {1}


def read(portal: Portal, statement: Executable) -> Sequence[Any]:
    """Return the rows of a statement."""
    with portal.database.read() as connection:
        return connection.execute(statement).all()


@pytest.mark.only("sqlite")
def test_the_rewrite_leaves_nothing_in_the_log(portal: Portal) -> None:
    """The write-ahead log is cut to nothing."""
    portal.post(Post(), Post())
    rewrite(portal.database)
    assert log_size(portal) == 0


def log_size(portal: Portal) -> int:
    """Return the size of SQLite's write-ahead log."""
    return next(path.stat().st_size for path in portal.files() if path.name.endswith("-wal"))


def test_the_rewrite_keeps_every_row(portal: Portal) -> None:
    """In every table, and it may be done again at once."""
    portal.post(Post(), Post())
    portal.post(Post(kind=2), authorization=portal.courier)
    tasks.tick(portal.config, portal.database, portal.clock)
    expire(portal)
    before = portal.everything()
    assert all(before[table] for table in TABLES if table != "waiting")
    rewrite(portal.database)
    rewrite(portal.database)
    assert portal.everything() == before


def test_a_deleted_block_is_nowhere_in_the_files(portal: Portal) -> None:
    """After deletion and rewrite no piece of the body is left in a table's file; PostgreSQL's log is another matter."""
    post, stays = Post(), Post()
    portal.post(post)
    portal.post(stays)
    settle(portal)
    # What is looked for is found as long as it is there.
    assert is_anywhere(portal, post)
    portal.delete(post)
    rewrite(portal.database)
    settle(portal)
    assert not is_anywhere(portal, post)
    assert is_anywhere(portal, stays)


@pytest.mark.only("sqlite")
def test_a_deleted_block_is_overwritten_at_once(portal: Portal) -> None:
    """Also before the rewrite neither a free page nor, after a checkpoint, the log holds a piece of it."""
    post = Post()
    portal.post(post)
    portal.delete(post)
    settle(portal)
    assert not is_anywhere(portal, post)


def settle(portal: Portal) -> None:
    """Let the engine bring its files in the state that the database has."""
    sqlite = portal.engine.name == "sqlite"
    with portal.database.alone() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)" if sqlite else "CHECKPOINT")


def is_anywhere(portal: Portal, post: Post) -> bool:
    """Tell whether any piece of a body lies in any file of the database but PostgreSQL's write-ahead log."""
    pieces = [post.body[i : i + 64] for i in range(0, BLOCK, 1024)]
    files = [read_whole(path) for path in portal.files() if "pg_wal" not in path.parts]
    return any(piece in data for data in files for piece in pieces)


def test_ticks_fall_on_the_wall_clock() -> None:
    """At multiples of the tick's length, whenever the server was started."""
    schedule = Schedule.start(30, NOW + 60)
    due = [second for second in range(60, 7300, 1) if schedule.due(NOW + second)[0]]
    assert due == [1800, 3600, 5400, 7200]


def test_a_missed_tick_is_not_made_up_for() -> None:
    """After hours of sleep there is one tick, not many."""
    schedule = Schedule.start(30, NOW)
    assert schedule.due(NOW + 86_400)[0]
    assert not schedule.due(NOW + 86_401)[0]


@pytest.mark.parametrize("jump", [-365 * 86_400, 365 * 86_400])
def test_a_jumping_clock_stops_nothing(jump: int) -> None:
    """After the clock was set a year back or forth, ticks and nights go on from there."""
    schedule = Schedule.start(30, NOW)
    schedule.due(NOW + jump)
    assert [schedule.due(NOW + jump + second)[0] for second in (1, 1800, 3600)] == [False, True, True]


def test_the_nightly_work_is_done_at_two_in_the_night() -> None:
    """Once a day, at 02:00 UTC."""
    schedule = Schedule.start(30, NOW)
    due = [second for second in range(0, 2 * 86_400, 60) if schedule.due(NOW + second)[1]]
    # NOW is 12:00.
    assert due == [14 * 3600, 38 * 3600]


def test_the_loop_works_until_its_parent_is_gone(
    portal: Portal, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ticks when it is time, does the nightly work, and ends when it belongs to somebody else."""
    parent = os.getppid()
    seconds = iter([60, 1800, 14 * 3600])

    def sleep(_seconds: float) -> None:
        step = next(seconds, None)
        if step is None:
            monkeypatch.setattr("os.getppid", lambda: parent + 1)
        else:
            clock.now = NOW + step

    monkeypatch.setattr("time.sleep", sleep)
    loop.run(portal.config, portal.database, clock, parent)
    assert len(portal.rows("index_entry")) == 2 * portal.config.index.entries_per_tick
    if portal.engine.name == "sqlite":
        assert log_size(portal) == 0


def test_a_failed_task_does_not_stop_the_loop(
    portal: Portal, clock: SettableClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A tick that fails is written down, without its words, and the next one comes."""
    parent = os.getppid()
    calls: list[int] = []

    def tick(*_arguments: object) -> None:
        calls.append(clock.now)
        if len(calls) == 1:
            raise RuntimeError("kanarie")
        monkeypatch.setattr("os.getppid", lambda: parent + 1)

    def sleep(_seconds: float) -> None:
        clock.now += 1800

    monkeypatch.setattr("time.sleep", sleep)
    monkeypatch.setattr("portal.upkeep.tasks.tick", tick)
    loop.run(portal.config, portal.database, clock, parent)
    assert calls == [NOW + 1800, NOW + 3600]
    assert "A tick of the index failed: RuntimeError" in caplog.text
    assert "kanarie" not in caplog.text


def test_of_two_upkeeps_one_works(portal: Portal) -> None:
    """Whoever comes second waits, and takes over when the first is gone."""
    first, second = Caretaker(portal.database), Caretaker(database.connect(portal.config.store.url))
    assert [first.is_on_duty(), second.is_on_duty(), first.is_on_duty()] == [True, False, True]
    first.retire()
    assert [second.is_on_duty(), first.is_on_duty()] == [True, False]
    first.retire()
    second.retire()


@pytest.mark.only("postgresql")
def test_an_upkeep_that_loses_its_connection_asks_again(portal: Portal) -> None:
    """PostgreSQL gives the right to somebody else when the connection ends, so the first finds out and asks anew."""
    first, second = (Caretaker(database.connect(portal.config.store.url)) for _ in range(2))
    assert first.is_on_duty()
    others = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
    with portal.database.read() as connection:
        connection.exec_driver_sql(others)
    with pytest.raises(OperationalError):
        first.is_on_duty()
    assert second.is_on_duty()
    assert not first.is_on_duty()
    first.retire()
    second.retire()


def test_a_second_server_says_so_and_only_answers(
    portal: Portal, clock: SettableClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said once; when the first server is gone the second ticks from the next slot on."""
    parent = os.getppid()
    first = Caretaker(database.connect(portal.config.store.url))
    assert first.is_on_duty()
    counts: list[int] = []

    def sleep(_seconds: float) -> None:
        clock.now += 1800
        counts.append(len(portal.rows("index_entry")))
        if len(counts) == 3:
            first.retire()
        if len(counts) == 5:
            monkeypatch.setattr("os.getppid", lambda: parent + 1)

    monkeypatch.setattr("time.sleep", sleep)
    loop.run(portal.config, portal.database, clock, parent)
    assert counts == [0, 0, 0, 0, 2]
    assert caplog.text.count("Another server already does the upkeep") == 1


def test_upkeep_needs_a_migrated_database(config: Config, tmp_path: Path) -> None:
    """The same sentence as the server's."""
    fresh = replace(config, store=replace(config.store, url=f"sqlite:///{tmp_path / 'new.sqlite'}"))
    with pytest.raises(Exception, match="python -m portal migrate"):
        tasks.open_store(fresh)
