"""The last week in the database: one row, or none before the first expiry."""

from typing import Final

from sqlalchemy import Connection, delete, func, insert, select

from portal.tables import calendar

_LAST: Final = select(func.max(calendar.c.week))


def last_week(connection: Connection) -> int | None:
    """Return the week that was written last."""
    last: int | None = connection.execute(_LAST).scalar_one()
    return last


def write(connection: Connection, week: int) -> None:
    """Put a week in the place of the one before it."""
    connection.execute(delete(calendar))
    connection.execute(insert(calendar).values(week=week))
