"""The database: its shape, its settings, and what an application says when it is not there."""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

from portal import database, migrating
from portal.app import create_app
from portal.config import Config
from portal.errors import DatabaseError
from portal.tables import metadata
from tests.portal.helpers import TABLES, Portal


def test_the_migrations_make_the_tables_that_are_described(portal: Portal) -> None:
    """`migrations/` and `portal/tables.py` agree."""
    with portal.database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_the_first_migration_can_be_undone_and_done_again(portal: Portal) -> None:
    """Down leaves nothing of ours behind, up makes all of it anew."""
    configuration = migrating._configuration()
    with portal.database.write() as connection:
        configuration.attributes["connection"] = connection
        command.downgrade(configuration, "base")
        assert set(inspect(connection).get_table_names()) == {"alembic_version"}
    migrating.migrate(portal.database)
    assert set(inspect(portal.database.engine).get_table_names()) == {*TABLES, "alembic_version"}


def test_the_block_table_has_exactly_five_columns(portal: Portal) -> None:
    """No column beyond those of the SPEC, in no table of another name."""
    inspector = inspect(portal.database.engine)
    names = [column["name"] for column in inspector.get_columns("block")]
    assert names == ["address", "delete_hash", "kind", "expiry_week", "body"]
    assert set(inspector.get_table_names()) == {*TABLES, "alembic_version"}


def test_no_table_keeps_an_order_of_arrival(portal: Portal) -> None:
    """In SQLite every table of ours is WITHOUT ROWID: there is no number that counts insertions."""
    with portal.database.read() as connection:
        rows = connection.execute(text("SELECT name, wr FROM pragma_table_list WHERE schema = 'main'")).all()
    assert {name for name, without_rowid in rows if without_rowid} == set(TABLES)


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("secure_delete", 1), ("foreign_keys", 1), ("busy_timeout", 20_000)],
)
def test_every_connection_is_set_up(portal: Portal, pragma: str, value: object) -> None:
    """What SQLite needs to be safe holds on each connection that the pool hands out."""
    with portal.database.read() as first, portal.database.read() as second:
        for connection in (first, second):
            assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value


def test_deleted_bytes_are_overwritten(portal: Portal) -> None:
    """After a deletion and a checkpoint the deleted bytes are in no file of the database."""
    canary = b"kanarie-9c1e" * 5000
    with portal.database.write() as connection:
        row = {"kind": "card", "subject": bytes(32), "number": 1, "bytes": canary}
        connection.execute(metadata.tables["document"].insert().values(**row))
    with portal.database.write() as connection:
        connection.execute(text("DELETE FROM document WHERE kind = 'card' AND number = 1"))
    with portal.database.alone() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    for path in portal.path.parent.glob("portal.sqlite*"):
        assert b"kanarie" not in path.read_bytes()


def test_a_write_holds_all_together_or_not_at_all(portal: Portal) -> None:
    """An exception in the middle of a write leaves nothing of it."""
    with suppress(RuntimeError), portal.database.write() as connection:
        connection.execute(metadata.tables["waiting"].insert().values(prefix=b"abcd"))
        raise RuntimeError
    assert portal.rows("waiting") == []


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
