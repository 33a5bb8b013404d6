"""Opening everything that is kept, in a thread of its own: a page may say meanwhile how far it is."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import Literal

# What is being done: opening what the archive holds, or trying what the courier brought.
Doing = Literal["kept", "new"]
Tell = Callable[[Doing, int, int], None]


def tell_nobody(_doing: Doing, _done: int, _total: int) -> None:
    """Take no notice."""


class InterruptedOpeningError(Exception):
    """The desk was locked while it was being opened."""


@dataclass(slots=True)
class Opening:
    """One opening under way: `done` of `total` files or blocks. `is_wanted` says whether it is to go on."""

    is_wanted: Callable[[], bool]
    doing: Doing = "kept"
    done: int = 0
    total: int = 0
    _error: BaseException | None = None
    _ended: threading.Event = field(default_factory=threading.Event)

    def start(self, work: Callable[[Tell], None]) -> None:
        """Do this in a thread of its own, in the language of whoever asked."""
        context = copy_context()
        threading.Thread(target=context.run, args=(self._run, work), daemon=True).start()

    @property
    def is_under_way(self) -> bool:
        """Say whether it has not ended yet."""
        return not self._ended.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait for its end; say whether it came. Raises, once, what the work has raised."""
        if not self._ended.wait(seconds):
            return False
        error, self._error = self._error, None
        if error is not None:
            raise error
        return True

    def _run(self, work: Callable[[Tell], None]) -> None:
        try:
            work(self._tell)
        except BaseException as error:  # noqa: BLE001 - it is raised where somebody waits
            self._error = error
        finally:
            self._ended.set()

    def _tell(self, doing: Doing, done: int, total: int) -> None:
        if not self.is_wanted():
            raise InterruptedOpeningError
        self.doing, self.done, self.total = doing, done, total
