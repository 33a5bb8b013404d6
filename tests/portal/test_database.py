"""The database: its shape, its settings, and what an application says when it is not there."""

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from alembic import command, op
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.exc import TimeoutError as TurnTimeoutError

from crypto.week import week_number
from portal import database, migrating
from portal.app import create_app
from portal.config import Config
from portal.errors import DatabaseError
from portal.tables import metadata
from portal.upkeep import tasks
from tests.portal.helpers import TABLES, Portal, Post
from tests.world import NOW


def is_ours(_object: object, name: str | None, kind: str, *_rest: object) -> bool:
    """Leave out the parts of a table, which PostgreSQL lists like tables."""
    return not (kind in ("table", "index") and re.match(r"block_\d\d(_|$)", name or ""))


def tables(connection: Connection) -> set[str]:
    """Return the names of all tables, but the parts of one."""
    return {name for name in inspect(connection).get_table_names() if is_ours(None, name, "table")}


def test_the_migrations_make_the_tables_that_are_described(portal: Portal) -> None:
    """`migrations/` and `portal/tables.py` agree."""
    with portal.database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": is_ours})
        assert compare_metadata(context, metadata) == []


def test_migrations_go_down_and_up_with_data_in_them(portal: Portal) -> None:
    """Back to the first version and up again nothing is lost but what that version does not know; down, all goes."""
    portal.post(Post(), Post(kind=2), authorization=portal.courier)
    portal.post(Post())
    tasks.tick(portal.config, portal.database, portal.clock)
    tasks.expire(portal.config, portal.database, portal.clock)
    before, used = portal.everything(), portal.used(week_number(NOW))
    assert set(used) == {"courier", "head"}
    migrate_to(portal, "0001")
    with portal.database.read() as connection:
        assert tables(connection) == {*TABLES, "alembic_version"} - {"calendar"}
    migrating.migrate(portal.database)
    # The parts of a budget are level again.
    assert portal.everything() == before | {"calendar": [], "budget": portal.rows("budget")}
    assert portal.used(week_number(NOW)) == used
    migrate_to(portal, "base")
    with portal.database.read() as connection:
        assert tables(connection) == {"alembic_version"}
    migrating.migrate(portal.database)
    assert portal.everything() == {table: [] for table in TABLES}


def migrate_to(portal: Portal, revision: str) -> None:
    """Go down to a revision."""
    configuration = migrating._configuration()
    with portal.database.write() as connection:
        configuration.attributes["connection"] = connection
        command.downgrade(configuration, revision)


def test_a_broken_migration_changes_nothing(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    """What fails halfway is undone whole, in one sentence without a word of SQL, and the next one works."""
    migrate_to(portal, "base")
    monkeypatch.setattr(op, "create_index", lambda *_args: op.execute("kanarie"))
    with pytest.raises(DatabaseError, match="cannot be migrated") as raised:
        migrating.migrate(portal.database)
    assert "kanarie" not in str(raised.value)
    with portal.database.read() as connection:
        assert tables(connection) == {"alembic_version"}
    monkeypatch.undo()
    migrating.migrate(portal.database)
    migrating.require_current(portal.database)


def test_the_block_table_has_exactly_five_columns(portal: Portal) -> None:
    """No column beyond those of the SPEC, in no table of another name."""
    inspector = inspect(portal.database.engine)
    names = [column["name"] for column in inspector.get_columns("block")]
    assert names == ["address", "delete_hash", "kind", "expiry_week", "body"]
    with portal.database.read() as connection:
        assert tables(connection) == {*TABLES, "alembic_version"}


@pytest.mark.only("sqlite")
def test_no_table_keeps_an_order_of_arrival(portal: Portal) -> None:
    """In SQLite every table of ours is WITHOUT ROWID: there is no number that counts insertions."""
    with portal.database.read() as connection:
        rows = connection.execute(text("SELECT name, wr FROM pragma_table_list WHERE schema = 'main'")).all()
    assert {name for name, without_rowid in rows if without_rowid} == set(TABLES)


@pytest.mark.only("postgresql")
def test_blocks_are_divided_by_address(portal: Portal) -> None:
    """Sixteen parts by the hash of the address, none of which tries to compress ciphertext."""
    with portal.database.read() as connection:
        parts = connection.execute(
            text(
                "SELECT c.relname, pg_get_expr(c.relpartbound, c.oid) AS bound, a.attstorage "
                "FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
                "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'body' "
                "WHERE i.inhparent = 'block'::regclass ORDER BY c.relname"
            )
        ).all()
    assert [part.bound for part in parts] == [
        f"FOR VALUES WITH (modulus 16, remainder {number})" for number in range(16)
    ]
    assert {part.attstorage for part in parts} == {"e"}


@pytest.mark.only("postgresql")
@pytest.mark.parametrize(
    ("setting", "value"),
    [("lock_timeout", "10s"), ("synchronous_commit", "on"), ("idle_in_transaction_session_timeout", "1min")],
)
def test_every_connection_to_postgresql_is_set_up(portal: Portal, setting: str, value: str) -> None:
    """What it takes to be safe holds on each connection that the pool hands out."""
    with portal.database.read() as first, portal.database.read() as second:
        for connection in (first, second):
            assert connection.exec_driver_sql(f"SHOW {setting}").scalar() == value


@pytest.mark.only("sqlite")
@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("secure_delete", 1), ("foreign_keys", 1), ("busy_timeout", 5_000)],
)
def test_every_connection_is_set_up(portal: Portal, pragma: str, value: object) -> None:
    """What SQLite needs to be safe holds on each connection that the pool hands out."""
    with portal.database.read() as first, portal.database.read() as second:
        for connection in (first, second):
            assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value


def test_a_read_sees_one_state(portal: Portal) -> None:
    """What is written between two statements of one read does not show in the second."""
    with portal.database.read() as connection:
        first = connection.execute(select(metadata.tables["waiting"])).all()
        with portal.database.write() as other:
            other.execute(metadata.tables["waiting"].insert().values(prefix=b"abcd"))
        assert connection.execute(select(metadata.tables["waiting"])).all() == first == []
    assert portal.rows("waiting") == [(b"abcd",)]


def test_a_write_holds_all_together_or_not_at_all(portal: Portal) -> None:
    """An exception in the middle of a write leaves nothing of it."""
    with suppress(RuntimeError), portal.database.write() as connection:
        connection.execute(metadata.tables["waiting"].insert().values(prefix=b"abcd"))
        raise RuntimeError
    assert portal.rows("waiting") == []


@pytest.mark.only("sqlite")
def test_writers_of_one_process_come_one_at_a_time(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits longer than the patience is told so, and the turn is free again once a writer ends, or fails."""
    monkeypatch.setattr(database, "PATIENCE_SECONDS", 0.05)
    with suppress(ZeroDivisionError), portal.database.write(), ThreadPoolExecutor(1) as pool:
        with pytest.raises(TurnTimeoutError):
            pool.submit(_touch, portal).result()
        raise ZeroDivisionError
    _touch(portal)


def _touch(portal: Portal) -> None:
    with portal.database.write():
        pass


def test_an_application_does_not_start_without_migration(config: Config, tmp_path: Path) -> None:
    """The error says what to run."""
    fresh = replace(config, store=replace(config.store, url=f"sqlite:///{tmp_path / 'new.sqlite'}"))
    with pytest.raises(DatabaseError, match="python -m portal migrate"):
        create_app(fresh)


def test_an_application_does_not_start_on_another_version(config: Config) -> None:
    """A database of a later version is left alone."""
    store = database.connect(config.store.url)
    with store.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseError, match="another version"):
        create_app(config)


def test_a_database_that_cannot_be_opened_is_one_sentence(config: Config, tmp_path: Path) -> None:
    """The error names the key to check, not a traceback."""
    lost = replace(config, store=replace(config.store, url=f"sqlite:///{tmp_path / 'no' / 'such.sqlite'}"))
    with pytest.raises(DatabaseError, match=r"check \[store\] url"):
        create_app(lost)


def test_a_new_database_is_for_its_owner_only(tmp_path: Path) -> None:
    """The file, and the folder if it has to be made, can be read by nobody else."""
    path = tmp_path / "var" / "portal.sqlite"
    store = database.connect(f"sqlite:///{path}")
    migrating.migrate(store)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    migrating.migrate(store)
    migrating.require_current(store)
