"""The index and its waiting room in the database."""

from collections.abc import Collection

from sqlalchemy import Connection, delete, select

from portal.database import insert_new, joined
from portal.tables import index_entry, waiting


def listed(connection: Connection) -> bytes:
    """Return every published prefix, sorted, one after the other."""
    return joined(connection, index_entry.c.prefix)


def waiting_prefixes(connection: Connection) -> list[bytes]:
    """Return every prefix that waits, sorted."""
    return list(connection.execute(select(waiting.c.prefix).order_by(waiting.c.prefix)).scalars())


def leave_waiting_room(connection: Connection, prefixes: Collection[bytes]) -> None:
    """Let these prefixes wait no longer."""
    connection.execute(delete(waiting).where(waiting.c.prefix.in_(prefixes)))


def publish(connection: Connection, prefix: bytes, expiry_week: int) -> bool:
    """Publish a prefix; answer False if it stands in the index already."""
    return bool(insert_new(connection, index_entry, [{"prefix": prefix, "expiry_week": expiry_week}]))


def expire(connection: Connection, week: int) -> None:
    """Remove the entries of weeks before `week`."""
    connection.execute(delete(index_entry).where(index_entry.c.expiry_week < week))
