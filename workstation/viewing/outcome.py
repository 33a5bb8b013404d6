"""How a conversion ends: what a converter says as it goes, and the word for it that the desk is told."""

from __future__ import annotations

import signal
from typing import Final

DONE: Final = "done"
# Damaged, behind a password, or made to harm.
FAILED: Final = "failed"
# More pixels, memory or time than is given to any file.
HEAVY: Final = "heavy"
# Nothing can shut a converter in, and nobody has insisted.
UNPROTECTED: Final = "unprotected"
# There is no starter, or it hangs.
GONE: Final = "gone"

# Said to a converter by whoever insists on looking without protection.
INSISTED: Final = "insisted"

# A program's way of saying so; none of them is Python's own or gunicorn's.
CODES: Final = {DONE: 0, FAILED: 10, HEAVY: 11, UNPROTECTED: 12}
# Ended from outside, or by the kernel for its time.
_KILLED: Final = frozenset({-signal.SIGKILL, -signal.SIGXCPU})


def name_end(code: int) -> str:
    """Return the word for the code with which a converter ended; it may have been taken over, and say anything."""
    if code in _KILLED:
        return HEAVY
    return next((word for word, known in CODES.items() if known == code), FAILED)
