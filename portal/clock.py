"""The time, as an argument: whole seconds since 1970, the protocol's clock."""

import time
from collections.abc import Callable

Clock = Callable[[], int]


def system_clock() -> int:
    """Tell the time of this machine."""
    return int(time.time())
