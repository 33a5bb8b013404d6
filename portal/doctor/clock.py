"""The clock, by which everything expires: against the release, the weeks that the database saw, and its server."""

from collections.abc import Iterator
from datetime import date
from typing import Final

from crypto.week import WEEK_SECONDS, encode_week, week_number, week_start
from portal.calendar import store as calendar
from portal.calendar.service import WEEKS_AHEAD
from portal.config import Config
from portal.database import Database
from portal.doctor.finding import Finding
from portal.errors import BuildError
from portal.site import manifest
from portal.vitals import store

# The nightly work of Monday may take until the evening, if much is to be rewritten.
_NIGHT_SECONDS: Final = 24 * 3600
# Nothing needs more than weeks; five minutes apart means that one of the two is not kept right by anybody.
_APART_SECONDS: Final = 300


def examine_release(config: Config, on: date) -> Iterator[Finding]:
    """Look whether it is before the day of the release, on which somebody has looked at a calendar."""
    try:
        built = date.fromisoformat(manifest.load(config.site.release / manifest.NAME).day)
    except BuildError:
        # The release itself is another subject.
        return
    if on < built:
        yield Finding(
            f"This machine's clock says {on}, which is before {built}, the day of the release. Set the clock; if it "
            f"is right, run `python -m portal build` without --on."
        )


def examine(database: Database, now: int) -> Iterator[Finding]:
    """Compare the clock with the last week that the upkeep has seen, and with the clock of PostgreSQL's machine."""
    with database.read() as connection:
        last = calendar.last_week(connection)
        theirs = store.now(connection) if connection.dialect.name == "postgresql" else now
    yield _compare(last, now)
    if abs(theirs - now) > _APART_SECONDS:
        yield Finding(
            f"The clock of the database's machine differs from this one's by {abs(theirs - now) // 60} minutes. Let "
            f"both machines set their clocks by NTP."
        )


def _compare(last: int | None, now: int) -> Finding:
    week = week_number(now)
    if last is None:
        return Finding("The upkeep has never run on this database. Start the server: `python -m portal serve`.")
    if week < last:
        return Finding(
            f"The clock is {_weeks(last - week)} behind the last week in which this portal worked "
            f"({encode_week(last)}). Set the clock; until then everything is kept longer than it should be."
        )
    if week > last + WEEKS_AHEAD:
        return Finding(
            f"The clock is {_weeks(week - last)} past the last week in which this portal worked "
            f"({encode_week(last)}), so nothing is deleted. If the clock is wrong, set it. If it is right, run "
            f"`python -m portal expire --clock-is-right`."
        )
    if now - week_start(last) >= WEEK_SECONDS + _NIGHT_SECONDS:
        return Finding(
            f"The upkeep has not worked since week {encode_week(last)}: nothing was deleted. Start the server again, "
            f"and look in its log for a line with “Expiry failed”."
        )
    return Finding(
        f"The clock agrees with the last week in which the upkeep worked ({encode_week(last)}).", to_do=False
    )


def _weeks(count: int) -> str:
    return "1 week" if count == 1 else f"{count} weeks"
