"""Whether the database can be written."""

from sqlalchemy import Connection, delete

from portal.tables import waiting


def touch(connection: Connection) -> None:
    """Take the right to write and use it for nothing."""
    connection.execute(delete(waiting).where(waiting.c.prefix == b""))
