"""One engine for one process, with what it needs to be safe, and the kinds of transaction.

`read()`, `write()` and `alone()` of `Database` are the only ways to a connection. On SQLite a write takes the lock at
once (BEGIN IMMEDIATE): a transaction that first reads and then wants to write could otherwise fail without waiting its
turn.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from select import POLLIN, poll
from threading import Lock
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Executable,
    Row,
    Table,
    create_engine,
    event,
    func,
    literal,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

# How long a transaction waits for another, such as the nightly rewrite, before the visitor is told to try again.
PATIENCE_SECONDS: Final = 10
# On SQLite one half is for the queue of this process, the other for other processes.
_HALF_SECONDS: Final = PATIENCE_SECONDS // 2

_PRAGMAS: Final = (
    f"PRAGMA busy_timeout = {_HALF_SECONDS * 1000}",
    "PRAGMA journal_mode = WAL",  # Readers never wait for a writer.
    "PRAGMA synchronous = FULL",  # What was acknowledged survives a power cut.
    "PRAGMA secure_delete = ON",  # What was deleted is overwritten, not just forgotten.
    "PRAGMA foreign_keys = ON",
    "PRAGMA temp_store = MEMORY",  # No sorting of addresses on disk.
)

_SETTINGS: Final = (
    f"SET lock_timeout = '{PATIENCE_SECONDS}s'",
    "SET synchronous_commit = on",  # What was acknowledged survives a power cut, whatever the server's own default.
    "SET idle_in_transaction_session_timeout = '60s'",  # A worker that hangs holds no lock for ever.
)


@dataclass(frozen=True)
class Database:
    """An engine and its kinds of transaction."""

    engine: Engine
    # SQLite has one writer at a time, and whoever waits for it there asks again by a clock that runs ever slower, up to
    # ten times a second: of many, some would never come at the right moment. So the threads of a process queue up here.
    queue: Lock = field(default_factory=Lock, repr=False, compare=False)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection that sees one state of the database and changes nothing."""
        # PostgreSQL would otherwise show each statement a state of its own; SQLite has no other way than this one.
        one_state = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        postgres = self.engine.dialect.name == "postgresql"
        with self.engine.connect().execution_options(**one_state if postgres else {}) as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give a connection whose changes hold all together when the block ends, and not at all when it raises."""
        options = {"sqlite_begin": "BEGIN IMMEDIATE"}
        with self._turn(), self.engine.connect().execution_options(**options) as connection, connection.begin():
            yield connection

    @contextmanager
    def alone(self) -> Iterator[Connection]:
        """Give a connection outside any transaction, for what cannot be done inside one."""
        with self.engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                yield connection.execution_options(sqlite_begin=None)
            else:
                yield connection.execution_options(isolation_level="AUTOCOMMIT")

    @contextmanager
    def _turn(self) -> Iterator[None]:
        # PostgreSQL has as many writers as come.
        if self.engine.dialect.name != "sqlite":
            yield
            return
        if not self.queue.acquire(timeout=_HALF_SECONDS):
            raise PoolTimeoutError("It was not this thread's turn in time.")
        try:
            yield
        finally:
            self.queue.release()


def connect(url: str, *, connections: int = 5) -> Database:
    """Make the engine for `url`; nothing is opened yet.

    `connections` is how many threads may hold one at the same time.
    """
    engine = create_engine(
        url,
        # Parameters are bodies and addresses: they never belong in a message.
        hide_parameters=True,
        pool_size=connections,
        max_overflow=2,
        pool_timeout=30,
    )
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "connect", _prepare_postgresql)
        event.listen(engine, "checkout", _look)
    return Database(engine)


def insert_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, object]]) -> list[Row[Any]]:
    """Insert each row whose primary key is free; return the primary keys of these, and leave the others as they stand.

    Under concurrency the primary key decides who was first; who comes second waits until that is certain.
    """
    return list(connection.execute(_insert_new(connection.dialect.name, table), rows))


def joined(connection: Connection, column: ColumnElement[bytes], *conditions: ColumnElement[bool]) -> bytes:
    """Return all values of a column of bytes, sorted and one after the other, as the database joins them itself.

    As a Python object each, 10⁵ addresses would take several times the time, and many times the memory.
    """
    if connection.dialect.name == "sqlite":
        values = select(column.label("value")).where(*conditions).order_by(column).subquery()
        # SQLite joins texts only. It takes the rows as they come, so they come sorted.
        text = connection.execute(select(func.group_concat(func.hex(values.c.value), ""))).scalar_one()
        return bytes.fromhex(text or "")
    in_order = func.string_agg(column, aggregate_order_by(literal(b""), column))
    found = connection.execute(select(in_order).where(*conditions)).scalar_one()
    return bytes(found or b"")


@cache
def _insert_new(dialect: str, table: Table) -> Executable:
    # Made once: to build a statement takes SQLAlchemy longer than to execute it.
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    return insert(table).on_conflict_do_nothing().returning(*table.primary_key.columns)


def _prepare_sqlite(raw: Any, _record: object) -> None:  # noqa: ANN401 - a DBAPI connection has no common type.
    # Python's own idea of transactions is switched off; `_begin_sqlite` says when one starts.
    raw.isolation_level = None
    cursor = raw.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    begin = connection.get_execution_options().get("sqlite_begin", "BEGIN")
    if begin is not None:
        connection.exec_driver_sql(begin)


def _prepare_postgresql(raw: Any, _record: object) -> None:  # noqa: ANN401 - as above.
    with raw.cursor() as cursor:
        for setting in _SETTINGS:
            cursor.execute(setting)
    # A setting that is made in a transaction ends with it, if that is rolled back.
    raw.commit()


def _look(raw: Any, _record: object, _proxy: object) -> None:  # noqa: ANN401 - as above.
    # A PostgreSQL that ended has said so on each connection; then one is made anew, and no visitor is refused for it.
    # SQLAlchemy's own way asks with a statement, which takes an eighth of a submission.
    idle = poll()
    idle.register(raw.fileno(), POLLIN)
    if idle.poll(0):
        raise DisconnectionError
