"""When somebody answers a telephone, as data; web/hours.ts reads what this writes and says who is open now.

Time is that of Amsterdam by the clock on the wall, so summer time needs no thought here. There are eight kinds of day:
the days of the week, and public holidays, on which the rows for their day of the week do not count.
"""

import re
from itertools import groupby
from typing import Final

from holidays import country_holidays

KINDS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun", "holidays")
# For each kind of day the minutes since midnight in which somebody answers.
Week = tuple[frozenset[int], ...]

_DAY: Final = frozenset(range(24 * 60))
ALWAYS: Final[Week] = (_DAY,) * len(KINDS)
# A release lives for weeks; whoever keeps it for years must not be told nonsense, so the pages say nothing after these.
_YEARS: Final = 3

_ROW: Final = re.compile(r"([a-z]+)(?:-([a-z]+))? ([0-2]\d):([0-5]\d)-([0-2]\d):([0-5]\d)")


def parse_week(value: object) -> Week:
    """Return the hours of a list like ["mon-fri 09:00-17:00", "holidays 10:00-14:00"]; days without a row are closed.

    Raises: ValueError, whose text goes on after "a value".
    """
    if not isinstance(value, list) or not value:
        raise ValueError(
            'that must be opening hours is not a list like ["mon-fri 09:00-17:00"], nor "always", nor "unknown", '
            'nor "outside KEY" with the key of an entry that has such a list'
        )
    week: list[set[int]] = [set() for _ in KINDS]
    for row in value:
        days, minutes = _parse_row(row)
        for day in days:
            week[day] |= minutes
    return tuple(map(frozenset, week))


def _parse_row(row: object) -> tuple[range, frozenset[int]]:
    match = _ROW.fullmatch(row) if isinstance(row, str) else None
    if match is None or not {match[1], match[2] or match[1]} <= set(KINDS):
        raise ValueError(f'that must be opening hours holds {row!r}, which is not written like "mon-fri 09:00-17:00"')
    days = range(KINDS.index(match[1]), KINDS.index(match[2] or match[1]) + 1)
    begin, end = (60 * int(match[i]) + int(match[i + 1]) for i in (3, 5))
    if not days or not begin < end <= len(_DAY):
        raise ValueError(f"that must be opening hours holds {row!r}, which ends before it begins; make two rows of it")
    return days, frozenset(range(begin, end))


def outside(week: Week) -> Week:
    """Return the hours in which the other is closed: at any moment exactly one of the two is open."""
    return tuple(_DAY - minutes for minutes in week)


def serialize_week(week: Week) -> str:
    """Return eight words, one for each kind of day: spans of minutes like `540-720,780-1020`, or `-` for none."""
    return " ".join(",".join(_spans(minutes)) or "-" for minutes in week)


def _spans(minutes: frozenset[int]) -> list[str]:
    # Neighbours differ from their place in the order by the same number.
    runs = [list(run) for _, run in groupby(enumerate(sorted(minutes)), lambda pair: pair[1] - pair[0])]
    return [f"{run[0][1]}-{run[-1][1] + 1}" for run in runs]


def find_common(one: Week, other: Week) -> str | None:
    """Return the first moment at which both are open, like `mon 09:00`, or None."""
    for kind, minutes, others in zip(KINDS, one, other, strict=True):
        if both := minutes & others:
            return f"{kind} {min(both) // 60:02}:{min(both) % 60:02}"
    return None


def list_holidays(first_year: int) -> list[str]:
    """Return the days (ISO 8601) of three years on which a Dutch office is closed, whatever day of the week it is.

    They are those on which nearly every collective agreement gives a day off. Good Friday is not one: shops, town halls
    and most offices work. Liberation Day is one in each fifth year only (2030, 2035), as most agreements have it;
    `holidays` counts it so too. An office that does otherwise is called in vain on such a day at worst: the number
    of its closed hours stands right below.
    """
    found = country_holidays("NL", years=range(first_year, first_year + _YEARS), language="nl")
    return sorted(day.isoformat() for day, name in found.items() if name != "Goede vrijdag")
