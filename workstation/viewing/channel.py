"""Frames over a pipe: kind (1) ‖ number of the request (4) ‖ size (4) ‖ so many bytes. Nobody waits for ever."""

from __future__ import annotations

import os
import select
import struct
import time
from dataclasses import dataclass
from typing import Final

# To the starter: a file begins, goes on, is whole; or nobody wants it any more. From it: pixels, and how it ended.
BEGIN: Final = 1
DATA: Final = 2
END: Final = 3
CANCEL: Final = 4
PIECE_SIZE: Final = 65_536

_HEAD: Final = struct.Struct(">BII")
_MILLI: Final = 1_000


class ChannelError(Exception):
    """The other end is gone, is silent for too long, or does not keep to this form."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One message."""

    kind: int
    number: int
    body: bytes


def send(pipe: int, frame: Frame, until: float) -> None:
    """Write a frame whole. Raises ChannelError; then nothing more can be written to this pipe."""
    view = memoryview(_HEAD.pack(frame.kind, frame.number, len(frame.body)) + frame.body)
    while view:
        _wait(pipe, select.POLLOUT, until)
        try:
            view = view[os.write(pipe, view[:PIECE_SIZE]) :]
        except BlockingIOError:
            continue
        except OSError:
            raise ChannelError from None


def receive(pipe: int, until: float | None = None) -> Frame | None:
    """Read a frame, for which to wait as long as it takes where no end is given; None where the other end is gone.

    Raises ChannelError; then nothing more can be read from this pipe.
    """
    head = _read(pipe, _HEAD.size, until)
    if not head:
        return None
    if len(head) < _HEAD.size:
        raise ChannelError
    kind, number, size = _HEAD.unpack(head)
    if size > PIECE_SIZE:
        raise ChannelError
    body = _read(pipe, size, until)
    if len(body) < size:
        raise ChannelError
    return Frame(kind, number, body)


def is_readable(pipe: int, seconds: float) -> bool:
    """Wait so long for something to read, or for the end of it."""
    asking = select.poll()
    asking.register(pipe, select.POLLIN)
    return bool(asking.poll(seconds * _MILLI))


def prepare(*pipes: int) -> None:
    """Let neither reading nor writing wait by itself."""
    for pipe in pipes:
        os.set_blocking(pipe, False)


def _read(pipe: int, size: int, until: float | None) -> bytes:
    taken = b""
    while len(taken) < size:
        _wait(pipe, select.POLLIN, until)
        try:
            piece = os.read(pipe, size - len(taken))
        except BlockingIOError:
            continue
        except OSError:
            raise ChannelError from None
        if not piece:
            break
        taken += piece
    return taken


def _wait(pipe: int, what: int, until: float | None) -> None:
    asking = select.poll()
    asking.register(pipe, what)
    left = None if until is None else max(0.0, until - time.monotonic()) * _MILLI
    if not asking.poll(left):
        raise ChannelError
