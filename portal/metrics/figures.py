"""The figures, and which of them may be how exact.

Whoever asks for them every second, and keeps the answers as monitoring does, must not learn when a message came in:
the portal itself keeps no time finer than a week. So there are three kinds.

1. What depends on this machine and on the team is exact, and looked at once a minute: is the database writable, when
   did a task last succeed, when does the list of counsellors end. A reporter changes none of it.
2. What depends on reporters is looked at when the upkeep starts and in the first minute of each week, and rounded:
   blocks up to the next of 1, 2, 5, 10, 20, 50 …; budgets up to the next tenth.
3. What counts or times requests is not there at all, not even errors: most of them happen to a request, and whoever
   was at fault would be timed with it. Failures stand in the server's log, each in a line.

Nothing is measured when somebody asks, so that asking often neither shows nor costs more.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

# A task of the upkeep, and how its failure begins in the log.
FAILURES: Final = {
    "expiry": "Expiry failed",
    "look": "The figures could not be looked at",
    "rewrite": "The rewrite failed",
    "tick": "A tick of the index failed",
}
_AGE: Final = "vertrouwenspost_task_age_hours"


@dataclass(frozen=True)
class Exact:
    """What was seen in the last minute; None where there is nothing to see."""

    writable: bool
    disk_enough: bool | None = None
    roster_days: int | None = None
    open_days: int | None = None
    cards_missing: tuple[int, int] | None = None
    calendar_weeks: int | None = None


@dataclass(frozen=True)
class Rounded:
    """What was seen at the beginning of the week, or of the upkeep: `blocks` and tenths of `budgets` are rounded up."""

    blocks: int
    budgets: Mapping[str, int]


def round_up(count: int) -> int:
    """Return the first of 0, 1, 2, 5, 10, 20, 50 … that is not below `count`."""
    step = 1
    while step * 5 < count:
        step *= 10
    return next(step * digit for digit in (0, 1, 2, 5) if count <= step * digit)


def tenths(used: int, limit: int) -> int:
    """Return how much of a budget is used, rounded up to whole tenths; one of nothing is used up."""
    return min(10, -(-10 * used // limit)) if limit else 10


def write(exact: Exact | None, rounded: Rounded | None, lag_weeks: int | None, ages: Mapping[str, int]) -> bytes:
    """Return the figures as OpenMetrics; `ages` are whole hours since each task last succeeded."""
    lag = _gauge("expiry_lag_weeks", "Weeks that something is kept beyond its term, after the last expiry.", lag_weeks)
    # Not the library's own registry: it would add figures of the process, and when each was made.
    registry = CollectorRegistry()
    registry.register(_Given([*_tell_exact(exact), *_tell_rounded(rounded), lag, _tell_ages(ages)]))
    written: bytes = generate_latest(registry)  # type: ignore[no-untyped-call]
    return written


def read_ages(text: str) -> dict[str, int]:
    """Return the ages that `write` was given."""
    families = {family.name: family for family in text_string_to_metric_families(text)}  # type: ignore[no-untyped-call]
    return {sample.labels["task"]: int(sample.value) for sample in families[_AGE].samples}


class _Given(Collector):
    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        yield from self._families


def _tell_exact(exact: Exact | None) -> Iterator[Metric]:
    if exact is None:
        return
    yield _gauge("database_writable", "1 if the database can be written, else 0.", exact.writable)
    yield _gauge(
        "disk_enough",
        "1 if the disk holds what this week's budgets and the rewrite may need, else 0. SQLite only.",
        exact.disk_enough,
    )
    yield _gauge("roster_days", "Days until the last day of the list of counsellors.", exact.roster_days)
    yield _gauge(
        "open_days",
        "Whole days until browsers refuse the keyset if nobody does anything; 0 is closed.",
        exact.open_days,
    )
    yield _gauge(
        "calendar_weeks", "Weeks by which the clock is past the last one that expiry has seen.", exact.calendar_weeks
    )
    missing = GaugeMetricFamily(
        "vertrouwenspost_cards_missing", "Active workstations without a card for a week.", labels=["week"]
    )
    for week, count in zip(("this", "next"), exact.cards_missing or (), strict=False):
        missing.add_metric([week], count)
    yield missing


def _tell_rounded(rounded: Rounded | None) -> Iterator[Metric]:
    if rounded is None:
        return
    yield _gauge("blocks", "Blocks stored, at the beginning of the week, rounded up to 1, 2, 5 …", rounded.blocks)
    budgets = GaugeMetricFamily(
        "vertrouwenspost_budget_tenths", "Last week's budgets: tenths used, rounded up.", labels=["account"]
    )
    for account, used in sorted(rounded.budgets.items()):
        budgets.add_metric([account], used)
    yield budgets


def _tell_ages(ages: Mapping[str, int]) -> Metric:
    family = GaugeMetricFamily(_AGE, "Whole hours since a task last succeeded, or since the start.", labels=["task"])
    for task, hours in sorted(ages.items()):
        family.add_metric([task], hours)
    return family


def _gauge(name: str, meaning: str, value: float | None) -> Metric:
    family = GaugeMetricFamily(f"vertrouwenspost_{name}", meaning)
    if value is not None:
        family.add_metric([], value)
    return family
