"""A handout on its way from the counsellor's browser: small and public, so it stays in memory and out of the disk."""

from __future__ import annotations

import io
from typing import Any

from workstation.ceremony.handout import HANDOUT_SIZE
from workstation.errors import WorkstationError
from workstation.texts import translate as _


class _Sink(io.RawIOBase):
    """The sink of one file: what is too large for a handout is dropped as it comes."""

    def __init__(self) -> None:
        super().__init__()
        self.size = 0
        self.data = bytearray()

    def writable(self) -> bool:
        """Say that one can write."""
        return True

    def write(self, data: Any) -> int:  # noqa: ANN401 - the parent's signature
        """Take bytes of the file."""
        self.size += len(data)
        if self.size <= HANDOUT_SIZE:
            self.data += data
        else:
            self.data.clear()
        return len(data)

    def seek(self, _offset: int, _whence: int = 0, /) -> int:
        """Do nothing: the parser rewinds a file when it is whole."""
        return 0


class Handed:
    """The files of one request, of which there ought to be one; no more than one is kept."""

    def __init__(self) -> None:
        self._begun: list[_Sink] = []

    def begin(self, _name: str) -> _Sink:
        """Return the sink of the next file; one that came before is given up."""
        for each in self._begun:
            each.data.clear()
        self._begun.append(_Sink())
        return self._begun[-1]

    def read(self) -> bytes:
        """Return the file, empty where none was chosen. Raises WorkstationError for one that is too large, or two."""
        chosen = [each for each in self._begun if each.size]
        if len(chosen) > 1:
            raise WorkstationError(_("Kies één bestand. Er is niets veranderd."))
        if any(each.size > HANDOUT_SIZE for each in chosen):
            raise WorkstationError(_("Dit bestand is te groot voor een uitdeelbestand. Er is niets veranderd."))
        return bytes(chosen[0].data) if chosen else b""
