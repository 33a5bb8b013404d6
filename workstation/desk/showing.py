"""The one attachment that is being looked at, as pictures in memory. They go when another is, and with the locking.

What comes is a stranger's, from a process that his file may have taken over: it is pixels of agreed sizes, or nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial

from crypto.errors import ProtocolError
from workstation.errors import WorkstationError
from workstation.viewing.outcome import DONE, FAILED
from workstation.viewing.pixels import PAGES, PixelsError, encode_png, parse
from workstation.viewing.viewer import Viewer, ViewingError


@dataclass(slots=True)
class Showing:
    """An attachment by its name on the page. `end` is a word of `outcome`, and empty while pictures still come.

    `count` is how many pages the file has, 0 while that is not known. `insisted` counts the confirmations of whoever
    wants to look without protection.
    """

    name: str
    count: int = 0
    pictures: list[bytes] = field(default_factory=list)
    end: str = ""
    insisted: int = 0
    _ended: threading.Event = field(default_factory=threading.Event)

    @property
    def expected(self) -> int:
        """How many pictures there will be, if all goes well."""
        return min(self.count, PAGES)

    def wait(self, seconds: float) -> None:
        """Wait for the last picture, but not longer."""
        self._ended.wait(seconds)

    def finish(self, end: str) -> None:
        """Say how it ended."""
        self.end = end
        self._ended.set()


@dataclass(slots=True)
class Shown:
    """What is shown at a desk; nothing but one. Without a viewer nothing can be."""

    viewer: Viewer | None = None
    _present: Showing | None = None

    def begin(self, name: str, kind: str, pieces: Iterable[bytes], *, insisted: bool = False) -> Showing:
        """Show this one from here on: its pictures come while this has returned."""
        assert self.viewer is not None, "asked before"
        showing = self._present = Showing(name)
        what = (self.viewer, showing, kind, pieces)
        threading.Thread(target=self._run, args=what, kwargs={"insisted": insisted}, daemon=True).start()
        return showing

    def find(self, name: str) -> Showing | None:
        """Return what is shown under this name, if it is."""
        present = self._present
        return present if present is not None and present.name == name else None

    def forget(self) -> None:
        """Show nothing any more."""
        self._present = None

    def _is_present(self, showing: Showing) -> bool:
        return self._present is showing

    def _run(self, viewer: Viewer, showing: Showing, kind: str, pieces: Iterable[bytes], *, insisted: bool) -> None:
        end = FAILED
        try:
            wanted = partial(self._is_present, showing)
            with closing(viewer.convert(kind, pieces, insisted=insisted, is_wanted=wanted)) as raw:
                showing.count, pages = parse(raw)
                for page in pages:
                    showing.pictures.append(encode_png(page))
            end = DONE
        except ViewingError as error:
            end = error.reason
        except (OSError, PixelsError, ProtocolError, WorkstationError):
            pass
        finally:
            showing.finish(end)
