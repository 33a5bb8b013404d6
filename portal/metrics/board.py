"""The board on which the upkeep puts its figures; whoever asks is shown what stands there, and nothing is looked at."""

from dataclasses import dataclass, field
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from crypto.week import week_number
from portal.calendar import store as calendar
from portal.clock import Clock
from portal.config import Config
from portal.database import Database
from portal.metrics import figures
from portal.metrics.figures import Exact, Rounded
from portal.vitals import disk, expiry, keyset, store

_MINUTE_SECONDS: Final = 60
_HOUR_SECONDS: Final = 3600
_DAY_SECONDS: Final = 24 * _HOUR_SECONDS


@dataclass
class Board:
    """What was seen last, by one thread, for another one to show; each field is replaced whole."""

    config: Config
    database: Database
    clock: Clock
    exact: Exact | None = None
    rounded: Rounded | None = None
    lag_weeks: int | None = None
    # When each task last succeeded, at first when this began.
    succeeded: dict[str, int] = field(default_factory=dict)
    _minute: int | None = None
    _day: int | None = None
    _week: int | None = None

    def __post_init__(self) -> None:
        self.succeeded = dict.fromkeys(figures.FAILURES, self.clock())

    def note(self, task: str) -> None:
        """Note that a task of the upkeep has just succeeded."""
        self.succeeded[task] = self.clock()

    def look(self) -> None:
        """Look at what is due: some things once a minute, others at the beginning of a day or of a week."""
        now = self.clock()
        minute, day, week = now // _MINUTE_SECONDS, now // _DAY_SECONDS, week_number(now)
        if minute == self._minute:
            return
        self._minute = minute
        self.exact = self._look_exactly(now)
        if day != self._day:
            with self.database.read() as connection:
                self.lag_weeks = expiry.lag(connection, now)
            self._day = day
        if week != self._week:
            self.rounded = self._look_roughly(week)
            self._week = week

    def write(self) -> bytes:
        """Return what stands on the board, as OpenMetrics."""
        now = self.clock()
        ages = {task: max(0, now - at) // _HOUR_SECONDS for task, at in self.succeeded.items()}
        return figures.write(self.exact, self.rounded, self.lag_weeks, ages)

    def _look_exactly(self, now: int) -> Exact:
        try:
            with self.database.write() as connection:
                store.touch(connection)
        except SQLAlchemyError:
            # Whether it can still be read, the site itself shows.
            return Exact(writable=False)
        standing = keyset.look(self.database, self.config.organisation, now)
        with self.database.read() as connection:
            week, last = week_number(now), calendar.last_week(connection)
            room = disk.look(connection, self.config, week)
        return Exact(
            writable=True,
            disk_enough=None if room is None else room.free >= room.needed,
            roster_days=None if standing is None else standing.roster_days(now),
            open_days=_open_days(standing, now),
            cards_missing=None if standing is None else (len(standing.missing[0]), len(standing.missing[1])),
            calendar_weeks=None if last is None else week - last,
        )

    def _look_roughly(self, week: int) -> Rounded:
        # Last week's budgets are there until tonight's expiry. When the upkeep starts later, they are not.
        with self.database.read() as connection:
            count, used = store.block_count(connection), store.budgets(connection, week - 1)
        limits = disk.limits(self.config.budget)
        budgets = {account: figures.tenths(size, limits[account]) for account, size in used.items()}
        return Rounded(figures.round_up(count), budgets)


def _open_days(standing: keyset.Standing | None, now: int) -> int | None:
    if standing is None:
        return 0
    return None if standing.closes_at is None else (standing.closes_at - now) // _DAY_SECONDS
