"""The roster in the database."""

from typing import Final

from sqlalchemy import Connection, delete, insert, select

from portal.tables import document

KIND: Final = "roster"


def read(connection: Connection) -> bytes | None:
    """Return the newest roster as it was signed, or None before the first."""
    statement = select(document.c.bytes).where(document.c.kind == KIND).order_by(document.c.number.desc()).limit(1)
    return connection.execute(statement).scalar_one_or_none()


def replace(connection: Connection, version: int, signed: bytes) -> None:
    """Keep this roster, and none before it."""
    connection.execute(delete(document).where(document.c.kind == KIND))
    connection.execute(insert(document).values(kind=KIND, subject=b"", number=version, bytes=signed))
