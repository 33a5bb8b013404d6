"""One engine for one process, with what SQLite needs to be safe, and the kinds of transaction.

`read()`, `write()` and `alone()` of `Database` are the only ways to a connection. A write takes SQLite's lock at once
(BEGIN IMMEDIATE): a transaction that first reads and then wants to write could otherwise fail without waiting its turn.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Row, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite

# Long enough for a nightly rewrite of an ordinary database, shorter than gunicorn's patience with a worker.
BUSY_TIMEOUT_MS = 20_000

_PRAGMAS = (
    f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}",
    "PRAGMA journal_mode = WAL",  # Readers never wait for a writer.
    "PRAGMA synchronous = FULL",  # What was acknowledged survives a power cut.
    "PRAGMA secure_delete = ON",  # What was deleted is overwritten, not just forgotten.
    "PRAGMA foreign_keys = ON",
    "PRAGMA temp_store = MEMORY",  # No sorting of addresses on disk.
)


@dataclass(frozen=True)
class Database:
    """An engine and its kinds of transaction."""

    engine: Engine

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection that sees one state of the database and changes nothing."""
        with self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give a connection whose changes hold all together when the block ends, and not at all when it raises."""
        with self.engine.connect().execution_options(sqlite_begin="BEGIN IMMEDIATE") as connection, connection.begin():
            yield connection

    @contextmanager
    def alone(self) -> Iterator[Connection]:
        """Give a connection outside any transaction, for what cannot be done inside one."""
        with self.engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                yield connection.execution_options(sqlite_begin=None)
            else:
                yield connection.execution_options(isolation_level="AUTOCOMMIT")


def connect(url: str, *, connections: int = 5) -> Database:
    """Make the engine for `url`; nothing is opened yet.

    `connections` is how many threads may hold one at the same time.
    """
    # Parameters are bodies and addresses: they never belong in a message.
    engine = create_engine(url, hide_parameters=True, pool_size=connections, max_overflow=2, pool_timeout=30)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
    return Database(engine)


def insert_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, object]]) -> list[Row[Any]]:
    """Insert each row whose primary key is free; return the primary keys of these, and leave the others as they stand.

    Under concurrency the primary key decides who was first; who comes second waits until that is certain.
    """
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    statement = insert(table).on_conflict_do_nothing().returning(*table.primary_key.columns)
    return list(connection.execute(statement, rows))


def _prepare(raw: Any, _record: object) -> None:  # noqa: ANN401 - a DBAPI connection has no common type.
    # Python's own idea of transactions is switched off; `_begin` says when one starts.
    raw.isolation_level = None
    cursor = raw.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin(connection: Connection) -> None:
    begin = connection.get_execution_options().get("sqlite_begin", "BEGIN")
    if begin is not None:
        connection.exec_driver_sql(begin)
