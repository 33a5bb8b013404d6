"""The rule of the calendar: weeks come one after another. spec: Server, "Weeks".

A clock that was set back must not shorten the term of what comes in, and one that jumped ahead must not delete what
people still look for. So the database remembers the last week that was seen.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from crypto.week import week_number
from portal.calendar import store
from portal.clock import Clock
from portal.errors import ClockError

# A server that was away for longer needs a human's word that the clock is right.
WEEKS_AHEAD: Final = 2


@dataclass(frozen=True)
class Calendar:
    """Which week it is, for everything that has a term."""

    clock: Clock

    def week(self, connection: Connection) -> int:
        """Return the week by the clock, or the last one that was seen, if the clock is behind that."""
        return max(week_number(self.clock()), store.last_week(connection) or 0)

    def turn(self, connection: Connection, *, clock_is_right: bool = False) -> int:
        """Move on to the week by the clock, never back; return the week that it is then.

        Raises: ClockError, if the clock is more than two weeks past the last week and nobody says that it is right.
        """
        last, now = store.last_week(connection), week_number(self.clock())
        if clock_is_right or last is None:
            week = now
        elif now > last + WEEKS_AHEAD:
            raise ClockError(
                f"The clock is {now - last} weeks past the last week in which this portal worked, so nothing was "
                f"deleted. If the clock is wrong, set it. If it is right (the server was off so long), run "
                f"`python -m portal expire --clock-is-right`."
            )
        else:
            week = max(last, now)
        if week != last:
            store.write(connection, week)
        return week
