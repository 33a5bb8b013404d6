"""What a converter may do once it has begun: compute, read and write what is open, and that not for long."""

from __future__ import annotations

import ctypes
import resource
import signal
from typing import Final

from workstation.confine import confine_to_computing, find_library, forbid_dumps
from workstation.errors import ConfinementError

# A telephone's photo of 50 million pixels, in four colours, twice, and the libraries.
_MEMORY_SIZE: Final = 768 * 2**20
_CPU_SECONDS: Final = 20
# linux/prctl.h
_PR_SET_PDEATHSIG: Final = 1


def shut_in(*, insisted: bool = False) -> None:
    """Give up everything but computing, for good. Raises ConfinementError; never if somebody insisted."""
    forbid_dumps()
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        # Nobody would wait for it any more.
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    try:
        # Finding it opens files and starts a program: before there are limits.
        library = find_library()
        _limit()
        confine_to_computing(library)
    except ConfinementError:
        if not insisted:
            raise
        _limit()


def _limit() -> None:
    """Set a second lock, and the only one where nothing else can be had."""
    for what, most in (
        (resource.RLIMIT_AS, _MEMORY_SIZE),
        (resource.RLIMIT_CPU, _CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 0),
        (resource.RLIMIT_NPROC, 0),
    ):
        resource.setrlimit(what, (most, most))
