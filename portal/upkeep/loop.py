"""The process beside the server that does what the clock asks for, and ends when the server does."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from portal import logs
from portal.clock import Clock
from portal.config import Config
from portal.database import Database
from portal.errors import PortalError
from portal.metrics import listener
from portal.metrics.board import Board
from portal.metrics.figures import FAILURES
from portal.upkeep import tasks
from portal.upkeep.caretaker import Caretaker
from portal.upkeep.rewrite import rewrite

_DAY_SECONDS: Final = 24 * 3600
_NOT_ALONE: Final = (
    "Another server already does the upkeep of this database, so this one only answers. "
    "If two servers were not meant, stop one of them."
)
# 02:00 UTC is night in Amsterdam, in summer and in winter.
_NIGHT_SECONDS: Final = 2 * 3600


@dataclass
class Schedule:
    """Which slots of time have been served; a slot is a whole number of ticks, or of nights, since 1970.

    Ticks fall on multiples of their length since 1970, whenever the server was started, so that a restart shows
    nowhere. A tick that was missed is not made up for: twice as many entries at once would show when the server was
    away.
    """

    tick_seconds: int
    tick: int
    night: int

    @classmethod
    def start(cls, tick_minutes: int, now: int) -> "Schedule":
        """Begin at `now`: the slots that run already count as served."""
        return cls(tick_minutes * 60, now // (tick_minutes * 60), _night(now))

    def due(self, now: int) -> tuple[bool, bool]:
        """Tell whether a tick, and whether the nightly work, is due; both count as served from now on."""
        tick, night = now // self.tick_seconds, _night(now)
        # Unequal, not greater: after the clock was set back the work goes on at the next boundary as well.
        due = tick != self.tick, night != self.night
        self.tick, self.night = tick, night
        return due


def run(config: Config, store: Database, clock: Clock, parent: int) -> None:
    """Work until the process `parent` is no longer ours, and show how it goes; looks once a second."""
    caretaker, board = Caretaker(store), Board(config, store, clock)
    schedule: Schedule | None = None
    told = ""
    with listener.listening(config.metrics.socket, board.write):
        while os.getppid() == parent:
            obstacle = _find_obstacle(caretaker)
            if obstacle not in ("", told):
                logs.log.warning(obstacle)
            told = obstacle
            if obstacle:
                # Somebody else may have served the slot that runs when we take over.
                schedule = None
                _try(board, "look", board.look)
            elif schedule is None:
                schedule = Schedule.start(config.index.tick_minutes, clock())
                _try(board, "expiry", lambda: tasks.expire(config, store, clock))
            else:
                _serve(schedule, board, config, store, clock)
            time.sleep(1)
    caretaker.retire()


def _serve(schedule: Schedule, board: Board, config: Config, store: Database, clock: Clock) -> None:
    tick, night = schedule.due(clock())
    if tick:
        _try(board, "tick", lambda: tasks.tick(config, store, clock))
    # Before the expiry of Monday's night, which forgets last week's budgets.
    _try(board, "look", board.look)
    if night:
        _try(board, "expiry", lambda: tasks.expire(config, store, clock))
        _try(board, "rewrite", lambda: rewrite(store))


def _find_obstacle(caretaker: Caretaker) -> str:
    try:
        return "" if caretaker.is_on_duty() else _NOT_ALONE
    except (OSError, SQLAlchemyError) as error:
        return f"The upkeep cannot reach the database: {logs.describe(error)}"


def _try(board: Board, task: str, work: Callable[[], None]) -> None:
    try:
        work()
        board.note(task)
    except PortalError as error:
        # Its sentence is for the operator.
        logs.log.error("%s: %s", FAILURES[task], error)
    # Whatever it is, the next tick must come.
    except Exception as error:  # noqa: BLE001
        logs.report(FAILURES[task], error)


def _night(now: int) -> int:
    return (now - _NIGHT_SECONDS) // _DAY_SECONDS
