"""How far long work has come, in lines: none for what is done in a moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from workstation.texts import translate as _

Tell = Callable[[str], None]
# A backup of less is done before anybody wonders.
_LEAST: Final = 2**26
_STEPS: Final = 10


@dataclass(slots=True)
class Progress:
    """Counts bytes; tells each tenth of `total`."""

    total: int
    tell: Tell
    done: int = 0

    def add(self, size: int) -> None:
        """Count so many bytes more."""
        before, self.done = self.done, self.done + size
        if self.total < _LEAST:
            return
        step = self.done * _STEPS // self.total
        if step > before * _STEPS // self.total:
            self.tell(_("{percent} procent …").format(percent=step * 100 // _STEPS))
