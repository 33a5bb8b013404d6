"""The keyset as browsers will find it: whether the site is closed, and when it will be if nobody does anything.

There is no second set of rules here: what the portal would serve at each moment at which something ends is verified as
a browser does it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import Connection

from crypto import keyset
from crypto.errors import KeysetError, MalformedError
from crypto.roster import Roster
from crypto.week import GRACE_SECONDS, WEEK_SECONDS, day_of, week_number, week_start
from portal.config import Organisation
from portal.database import Database
from portal.errors import RefusalError
from portal.keyset.service import Keysets
from portal.roster import service as roster
from portal.vitals import store

# A roster holds for thirteen weeks, and a statement of freshness for less.
_WEEKS_AHEAD: Final = 14
_DAY_SECONDS: Final = 24 * 3600


@dataclass(frozen=True)
class Standing:
    """How it is with the list of counsellors.

    `closes_at` is the first moment, in seconds since 1970, from which browsers refuse the keyset, for `reason` (of
    SPEC, "Verify"); None if that is not foreseen. `missing` holds, for this week and the next, the names of active
    workstations' persons that have no card for it.
    """

    roster: Roster
    closes_at: int | None
    reason: str
    missing: tuple[tuple[str, ...], tuple[str, ...]]

    def roster_days(self, now: int) -> int:
        """Return for how many days after today the roster still holds; below 0 it has expired."""
        return (date.fromisoformat(self.roster.expires_on) - date.fromisoformat(day_of(now))).days


def look(database: Database, organisation: Organisation, now: int) -> Standing | None:
    """Look at the keyset at `now`; None before the first roster, or if the stored one is for another root key."""
    with database.read() as connection:
        current = roster.current(connection, organisation)
        if current is None:
            return None
        week = week_number(now)
        missing = _missing(connection, current, week), _missing(connection, current, week + 1)
    for moment in _moments(current, now):
        reason = _refused(database, organisation, moment)
        if reason:
            return Standing(current, moment, reason, missing)
    return Standing(current, None, "", missing)


def _moments(current: Roster, now: int) -> Iterator[int]:
    # A browser's decision changes when a week begins, when its grace ends, and after the roster's last day.
    first = week_number(now)
    starts = [week_start(week) for week in range(first, first + _WEEKS_AHEAD)]
    days = (date.fromisoformat(current.expires_on) - date(1970, 1, 1)).days
    later = {*starts, *(start + GRACE_SECONDS for start in starts), (days + 1) * _DAY_SECONDS}
    yield now
    yield from sorted(moment for moment in later if now < moment < now + _WEEKS_AHEAD * WEEK_SECONDS)


def _refused(database: Database, organisation: Organisation, moment: int) -> str:
    """Return why a browser refuses what the portal serves at that moment; nothing if it does not."""
    try:
        served = Keysets(database, organisation, lambda: moment).read()
        keyset.verify(served, roster.pins(organisation), moment)
    except KeysetError as error:
        return error.reason
    except (MalformedError, RefusalError):
        return "malformed"
    return ""


def _missing(connection: Connection, current: Roster, week: int) -> tuple[str, ...]:
    there = store.card_holders(connection, week)
    return tuple(sorted(station.person for key, station in current.active.items() if key not in there))
