"""The night's work while people go on posting: the rewrite, and the expiry of everything."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Final

from bench.calls import Stage, summarise
from bench.filling import fill_blocks
from bench.premises import opened
from bench.process import Figures
from crypto.week import WEEK_SECONDS, week_number
from portal.database import Database
from portal.upkeep import tasks
from portal.upkeep.rewrite import rewrite

# More than are posted meanwhile; the visitors are told when to stop.
_MANY: Final = 50_000
# The visitors are there for so long before and after the work, too.
_MARGIN_SECONDS: Final = 0.5


def measure_upkeep(stage: Stage, clients: int, blocks: int, body_size: int) -> dict[str, Figures]:
    """Keep so many blocks; rewrite the database, then expire all of them, each with visitors that post meanwhile."""
    with opened(stage.config) as store:
        fill_blocks(store, blocks, body_size, week_number(int(time.time())))
        works: dict[str, Callable[[], None]] = {
            "quiet": partial(time.sleep, _MARGIN_SECONDS),
            "rewrite": partial(rewrite, store),
            "expiry": partial(_expire, stage, store),
        }
        with stage.portal():
            return {name: _measure(stage, clients, work) for name, work in works.items()}


def _measure(stage: Stage, clients: int, work: Callable[[], None]) -> Figures:
    with stage.visitors("submit", clients, _MANY) as crew:
        crew.go()
        time.sleep(_MARGIN_SECONDS)
        begun = time.monotonic()
        work()
        took = time.monotonic() - begun
        time.sleep(_MARGIN_SECONDS)
        crew.stop()
        return {**summarise(crew.report()), "took": took}


def _expire(stage: Stage, store: Database) -> None:
    # A week later, everything that is kept has passed its term.
    tasks.expire(stage.config, store, lambda: int(time.time()) + WEEK_SECONDS)
