"""The only place where the workstation looks at a clock; below the commands and the app, time is an argument."""

from __future__ import annotations

import time
from collections.abc import Callable

Clock = Callable[[], int]
Timer = Callable[[], float]


def read_clock() -> int:
    """Return whole seconds since 1970."""
    return int(time.time())


def read_elapsed() -> float:
    """Return seconds since this computer started; the ones that it slept count, and nobody can set this clock."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)
