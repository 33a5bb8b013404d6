"""What should be gone and is still there, in whole weeks."""

from typing import Final

from sqlalchemy import Connection

from portal.calendar.service import Calendar
from portal.vitals import store

# Monday's night is when last week's rows go, and a large database takes some of the day.
_PATIENCE_SECONDS: Final = 24 * 3600


def lag(connection: Connection, now: int) -> int:
    """Return for how many weeks some block, or entry of the index, has been past its last week; 0 if none is."""
    week = Calendar(lambda: now - _PATIENCE_SECONDS).week(connection)
    oldest = store.oldest(connection)
    return max(0, week - oldest) if oldest is not None else 0
