"""Cards and statements of freshness in the database, each by workstation and week."""

from collections.abc import Collection
from typing import Final

from sqlalchemy import ColumnElement, Connection, delete, insert, select

from portal.tables import document

CARD: Final = "card"
FRESHNESS: Final = "freshness"


def read(connection: Connection, kind: str, workstation: bytes, week: int) -> bytes | None:
    """Return one document as it was signed, or None."""
    return connection.execute(select(document.c.bytes).where(_same(kind, workstation, week))).scalar_one_or_none()


def put(connection: Connection, kind: str, workstation: bytes, week: int, signed: bytes) -> None:
    """Keep this document in the place of the one before it."""
    connection.execute(delete(document).where(_same(kind, workstation, week)))
    connection.execute(insert(document).values(kind=kind, subject=workstation, number=week, bytes=signed))


def read_all(connection: Connection, kind: str, workstations: Collection[bytes], weeks: Collection[int]) -> list[bytes]:
    """Return the documents of these workstations for these weeks, sorted by workstation and week."""
    statement = (
        select(document.c.bytes)
        .where(document.c.kind == kind, document.c.subject.in_(workstations), document.c.number.in_(weeks))
        .order_by(document.c.subject, document.c.number)
    )
    return list(connection.execute(statement).scalars())


def expire(connection: Connection, kind: str, week: int) -> None:
    """Delete the documents of weeks before `week`."""
    connection.execute(delete(document).where(document.c.kind == kind, document.c.number < week))


def _same(kind: str, workstation: bytes, week: int) -> ColumnElement[bool]:
    return (document.c.kind == kind) & (document.c.subject == workstation) & (document.c.number == week)
