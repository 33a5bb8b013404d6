"""The use of tickets in the database."""

from sqlalchemy import Connection, delete, func, select

from portal.tables import ticket


def posts(connection: Connection, period: int) -> int:
    """Count the POSTs with tickets that still hold in `period`."""
    statement = select(func.coalesce(func.sum(ticket.c.posts), 0)).where(ticket.c.bucket > period)
    return int(connection.execute(statement).scalar_one())


def drop(connection: Connection, period: int) -> None:
    """Drop every bucket whose tickets hold no longer in `period`."""
    connection.execute(delete(ticket).where(ticket.c.bucket <= period))
