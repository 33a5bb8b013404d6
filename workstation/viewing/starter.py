"""The process that starts a converter for each file, since the desk's own may start nothing.

It is begun beside the desk, before that has keys, and knows nothing of it: a file comes by standard input, goes on to a
fresh converter, and what that gives goes back, never more than was agreed and never for longer. It looks into neither.
It ends with the desk: then its standard input does.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from workstation.confine import forbid_dumps
from workstation.content import ROOT
from workstation.viewing.channel import BEGIN, DATA, END, PIECE_SIZE, ChannelError, Frame, prepare, receive, send
from workstation.viewing.kinds import KINDS
from workstation.viewing.outcome import FAILED, HEAVY, INSISTED, name_end
from workstation.viewing.pixels import TOTAL_SIZE

# spec: Attachment. A file is no larger.
_FILE_SIZE: Final = 26_214_400
SECONDS: Final = 30.0
# Pixels, and the sizes before them.
_MOST: Final = TOTAL_SIZE + 100
_MILLI: Final = 1_000
# -B: nothing is written; -E and -s: neither the environment nor the person's own folder has a say.
COMMAND: Final = (sys.executable, "-BEs", "-m", "workstation.viewing.converter")


@dataclass(frozen=True, slots=True)
class File:
    """What is to be converted. `words` are the converter's: its kind, and whether somebody insists."""

    number: int
    words: tuple[str, ...]
    data: bytes


@dataclass(frozen=True, slots=True)
class Starter:
    """The ends of two pipes to the desk; what is started, and how long it may take."""

    source: int = 0
    sink: int = 1
    command: Sequence[str] = COMMAND
    seconds: float = SECONDS

    def serve(self) -> None:
        """Convert one file after the other, until the desk is gone."""
        prepare(self.source, self.sink)
        try:
            while (file := self._receive()) is not None:
                number, how = file.number, self._convert(file)
                # While the next one is waited for, nothing is kept of this one.
                del file
                self._end(number, how)
        except ChannelError:
            return

    def _receive(self) -> File | None:
        """Return the next file that comes whole; None where the desk is gone."""
        number, words, data = 0, tuple[str, ...](), bytearray()
        while (frame := receive(self.source)) is not None:
            if frame.kind == BEGIN:
                number, words = frame.number, tuple(frame.body.decode("ascii", "replace").split())
                data = bytearray()
            elif frame.kind == DATA and frame.number == number and len(data) + len(frame.body) <= _FILE_SIZE:
                data += frame.body
            elif frame.kind == END and frame.number == number and words[:1] and words[0] in KINDS:
                return File(number, (words[0], *(word for word in words[1:] if word == INSISTED)), bytes(data))
            else:
                # Cancelled, or nothing that the desk sends. Whoever cancels waits for an end.
                self._end(frame.number, FAILED)
                number, words, data = 0, (), bytearray()
        return None

    def _end(self, number: int, how: str) -> None:
        send(self.sink, Frame(END, number, how.encode()), time.monotonic() + self.seconds)

    def _convert(self, file: File) -> str:
        try:
            process = _start([*self.command, *file.words])
        except OSError:
            return FAILED
        try:
            ended = self._pump(process, file)
        finally:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None and not pipe.closed:
                    pipe.close()
        return name_end(process.returncode) if ended else HEAVY

    def _pump(self, process: subprocess.Popen[bytes], file: File) -> bool:
        """Give the converter its file and the desk its pages; say whether the converter ended in time by itself."""
        assert process.stdin is not None, "a pipe was asked for"
        assert process.stdout is not None, "a pipe was asked for"
        until, left, total = time.monotonic() + self.seconds, memoryview(file.data), 0
        into, out = process.stdin.fileno(), process.stdout.fileno()
        prepare(into, out)
        asking = select.poll()
        for pipe, what in ((into, select.POLLOUT), (out, select.POLLIN), (self.source, select.POLLIN)):
            asking.register(pipe, what)
        while True:
            ready = dict(asking.poll(max(0.0, until - time.monotonic()) * _MILLI))
            if not ready or self.source in ready:
                # Too long; or the desk wants no more of it, or is gone.
                return False
            if into in ready:
                left = _write(into, left)
                if not left:
                    asking.unregister(into)
                    process.stdin.close()
            if out in ready:
                piece = os.read(out, PIECE_SIZE)
                total += len(piece)
                if not piece:
                    # It has closed its end; whatever it still does, it has no time for.
                    return _ends(process, until)
                if total > _MOST:
                    return False
                # A desk that is slow to take pages has its time, too: a frame that is cut off would be the last.
                send(self.sink, Frame(DATA, file.number, piece), until + self.seconds)


def _start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - our own program, and a word of ours
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        # What a library says of a file could quote it.
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
        env={},
        bufsize=0,
    )


def _write(pipe: int, left: memoryview) -> memoryview:
    try:
        return left[os.write(pipe, left[:PIECE_SIZE]) :]
    except BlockingIOError:
        return left
    except OSError:
        # It has ended, and will say how.
        return left[len(left) :]


def _ends(process: subprocess.Popen[bytes], until: float) -> bool:
    try:
        process.wait(max(0.0, until - time.monotonic()))
    except subprocess.TimeoutExpired:
        return False
    return True


def main() -> None:
    """Serve. It never ends otherwise than well: nobody is there to be told."""
    forbid_dumps()
    Starter().serve()


if __name__ == "__main__":
    main()
