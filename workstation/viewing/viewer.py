"""The desk's way to pixels: a file goes out, pages come back, or a word that says why not."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import suppress
from typing import Final

from workstation.content import ROOT
from workstation.viewing.channel import (
    BEGIN,
    CANCEL,
    DATA,
    END,
    PIECE_SIZE,
    ChannelError,
    Frame,
    is_readable,
    prepare,
    receive,
    send,
)
from workstation.viewing.outcome import DONE, FAILED, GONE, HEAVY, INSISTED, UNPROTECTED
from workstation.viewing.starter import SECONDS

COMMAND: Final = (sys.executable, "-BEs", "-m", "workstation.viewing.starter")
# Of silence, longer than the starter allows a converter: only a starter that hangs is waited for so long.
_PATIENCE_SECONDS: Final = SECONDS + 15.0
_LOOK_SECONDS: Final = 0.5


class ViewingError(Exception):
    """There are no (more) pages; `reason` is a word of `outcome`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Viewer:
    """One starter, and one file at a time."""

    def __init__(self, process: subprocess.Popen[bytes], patience: float = _PATIENCE_SECONDS) -> None:
        assert process.stdin is not None, "a pipe was asked for"
        assert process.stdout is not None, "a pipe was asked for"
        self._process = process
        self._into, self._out = process.stdin.fileno(), process.stdout.fileno()
        prepare(self._into, self._out)
        self._patience = patience
        self._number = 0
        self._is_gone = False
        self._turn = threading.Lock()

    @classmethod
    def start(cls) -> Viewer:
        """Begin a starter; a process that is confined cannot. Raises OSError."""
        process = subprocess.Popen(  # noqa: S603 - our own program
            COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=ROOT,
            env={},
            # Ctrl+C is for the desk, and it ends with that.
            start_new_session=True,
            bufsize=0,
        )
        return cls(process)

    def stop(self) -> None:
        """Let go of the starter: it ends."""
        self._is_gone = True
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_LOOK_SECONDS)

    def convert(
        self,
        kind: str,
        pieces: Iterable[bytes],
        *,
        insisted: bool = False,
        is_wanted: Callable[[], bool] = lambda: True,
    ) -> Generator[bytes]:
        """Yield what `pixels.parse` takes, as it comes. Close this where no more is wanted: the next file waits.

        It is given up, within a second, when `is_wanted` says no.

        Raises ViewingError, and whatever `pieces` raises; what came until then is whole pages and perhaps half of one.
        """
        with self._turn:
            if self._is_gone:
                raise ViewingError(GONE)
            self._number += 1
            has_ended = False
            try:
                self._send(kind, pieces, insisted=insisted)
                for frame in self._receive(is_wanted):
                    has_ended = frame.kind == END
                    if not has_ended:
                        yield frame.body
                    elif frame.body != DONE.encode():
                        raise ViewingError(_read_reason(frame.body))
            except ChannelError:
                # It is dead or hangs. It is not spoken to again: no answer could be told from an old one.
                self._is_gone = True
                raise ViewingError(GONE) from None
            finally:
                if not has_ended and not self._is_gone:
                    self._cancel()

    def _receive(self, is_wanted: Callable[[], bool] = lambda: True) -> Iterator[Frame]:
        """Yield what comes for this file, up to its end. Raises ChannelError; ViewingError if it is not wanted."""
        while (frame := self._wait(time.monotonic() + self._patience, is_wanted)) is not None:
            # What is left of a file that nobody wanted any more is passed over.
            if frame.number == self._number and frame.kind in {DATA, END}:
                yield frame
                if frame.kind == END:
                    return
        raise ChannelError

    def _wait(self, until: float, is_wanted: Callable[[], bool]) -> Frame | None:
        while time.monotonic() < until:
            if not is_wanted():
                raise ViewingError(FAILED)
            if is_readable(self._out, _LOOK_SECONDS):
                return receive(self._out, until)
        raise ChannelError

    def _send(self, kind: str, pieces: Iterable[bytes], *, insisted: bool) -> None:
        words = f"{kind} {INSISTED}" if insisted else kind
        self._frame(BEGIN, words.encode())
        for piece in pieces:
            for at in range(0, len(piece), PIECE_SIZE):
                self._frame(DATA, piece[at : at + PIECE_SIZE])
        self._frame(END)

    def _frame(self, kind: int, body: bytes = b"") -> None:
        send(self._into, Frame(kind, self._number, body), time.monotonic() + self._patience)

    def _cancel(self) -> None:
        """Say that no more is wanted, and read on until that was heard: else it would wait for us, and we for it."""
        try:
            self._frame(CANCEL)
            for _frame in self._receive():
                pass
        except ChannelError:
            self._is_gone = True


def _read_reason(body: bytes) -> str:
    reason = body.decode("ascii", "replace")
    return reason if reason in {HEAVY, UNPROTECTED} else FAILED
