"""The only place where the workstation looks at a clock; below the commands and the app, time is an argument."""

from __future__ import annotations

import time
from collections.abc import Callable

Clock = Callable[[], int]


def read_clock() -> int:
    """Return whole seconds since 1970."""
    return int(time.time())
