"""ISO weeks in UTC, the only unit of time that the protocol keeps. spec: Encodings."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Final

from crypto.encoding import Json
from crypto.errors import MalformedError

WEEK_SECONDS: Final = 7 * 24 * 3600
GRACE_SECONDS: Final = 48 * 3600
# 1970-01-05 was the first Monday.
FIRST_MONDAY_SECONDS: Final = 4 * 24 * 3600

_WEEK: Final = re.compile(r"(2[0-9]{3})-W([0-9]{2})", re.ASCII)


def week_number(now: int) -> int:
    """Return whole weeks since Monday 1970-01-05 for `now` in seconds since 1970."""
    return (now - FIRST_MONDAY_SECONDS) // WEEK_SECONDS


def week_start(number: int) -> int:
    """Return the first second of a week, in seconds since 1970."""
    return FIRST_MONDAY_SECONDS + number * WEEK_SECONDS


def encode_week(number: int) -> str:
    """Return `YYYY-Www` for a week number."""
    year, week, _ = datetime.fromtimestamp(week_start(number), UTC).isocalendar()
    return f"{year:04}-W{week:02}"


def decode_week(text: Json) -> int:
    """Read `YYYY-Www`; return the week number. Raises MalformedError."""
    match = _WEEK.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise MalformedError("not a week")
    try:
        monday = date.fromisocalendar(int(match[1]), int(match[2]), 1)
    except ValueError:
        raise MalformedError("no such week") from None
    return (monday - date(1970, 1, 5)).days // 7


def in_grace(now: int) -> bool:
    """Say whether this is within the first 48 hours of the week, when last week's card may stand in."""
    return now - week_start(week_number(now)) < GRACE_SECONDS


def day_of(now: int) -> str:
    """Return the UTC calendar day of `now`."""
    return datetime.fromtimestamp(now, UTC).date().isoformat()
