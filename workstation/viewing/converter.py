"""One file in, its pages out, then the end: `python -m workstation.viewing.converter KIND [insisted]`.

The file comes by standard input. Before a byte of it is read the process can only compute: it opens nothing, reaches
nobody, starts nothing, and has so much memory and time. What a file takes over here has two pipes and no keys.
"""

from __future__ import annotations

import os
import sys
from typing import Final, NoReturn

from workstation.errors import ConfinementError
from workstation.viewing.drawing import HeavyError, draw, rehearse
from workstation.viewing.kinds import KINDS
from workstation.viewing.limits import shut_in
from workstation.viewing.outcome import CODES, DONE, FAILED, HEAVY, INSISTED, UNPROTECTED
from workstation.viewing.pixels import serialize_count, serialize_page

_PIECE_SIZE: Final = 65_536


def main() -> None:
    """Convert."""
    kind, *insisting = sys.argv[1:]
    assert kind in KINDS, "one of ours"
    rehearse(kind)
    try:
        shut_in(insisted=insisting == [INSISTED])
    except ConfinementError:
        _end(UNPROTECTED)
    try:
        _convert(kind)
    except (HeavyError, MemoryError):
        _end(HEAVY)
    except BaseException:  # noqa: BLE001 - whatever a library says of a stranger's file is not repeated
        _end(FAILED)
    _end(DONE)


def _convert(kind: str) -> None:
    count, pages = draw(kind, _read())
    _write(serialize_count(count))
    for page in pages:
        _write(serialize_page(page))


def _read() -> bytes:
    data = bytearray()
    while piece := os.read(0, _PIECE_SIZE):
        data += piece
    return bytes(data)


def _write(data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(1, view) :]


def _end(how: str) -> NoReturn:
    # At once: a library's own tidying up would work on what the file has made of it.
    os._exit(CODES[how])


if __name__ == "__main__":
    main()
