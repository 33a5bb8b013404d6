"""Pages of plain pixels: what a converter gives back, and all that the desk takes from it.

    pages in the file (4) ‖ for each of the first twenty: width (2) ‖ height (2) ‖ red, green and blue of each pixel

There is nothing in it to interpret, and whoever reads it knows before each page how much will come.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

# What is read at a desk; whoever needs more takes the file.
PAGES: Final = 20
# A photo at twice the width of a letter on the desk, and as high as photos are.
PAGE_PIXELS: Final = 4_000_000
SIDE: Final = 8_192
# Twenty pages at 128 dots an inch, or a photo; also what the desk keeps of it, at most, while it is looked at.
TOTAL_SIZE: Final = 100_000_000

_COUNT: Final = struct.Struct(">I")
_SIZES: Final = struct.Struct(">HH")
_COLOURS: Final = 3
# Of zlib: a photo grows smaller by little whatever is tried, and a white page by much.
_EFFORT: Final = 1


class PixelsError(Exception):
    """These are not pages of pixels, or more than was agreed: whoever sent them is not to be believed."""


@dataclass(frozen=True, slots=True)
class Page:
    """One picture: three bytes a pixel, row by row."""

    width: int
    height: int
    rgb: bytes


def serialize_count(count: int) -> bytes:
    """Return how the pages of a file begin."""
    return _COUNT.pack(min(count, 2**32 - 1))


def serialize_page(page: Page) -> bytes:
    """Return one page."""
    assert len(page.rgb) == page.width * page.height * _COLOURS, "three bytes a pixel"
    return _SIZES.pack(page.width, page.height) + page.rgb


def parse(pieces: Iterable[bytes]) -> tuple[int, Iterator[Page]]:
    """Return how many pages the file has, and its first ones while they come.

    Raises PixelsError, also in the middle: then what came until there is all that there is.
    """
    reader = _Reader(iter(pieces))
    (count,) = _COUNT.unpack(reader.take(_COUNT.size))
    if count == 0:
        raise PixelsError("no page at all")
    return count, _parse_pages(reader, min(count, PAGES))


def encode_png(page: Page) -> bytes:
    """Return a page as a browser shows it: a PNG of eight bits, in true colour, without a filter."""
    stride = page.width * _COLOURS
    rows = b"".join(b"\x00" + page.rgb[at : at + stride] for at in range(0, len(page.rgb), stride))
    head = struct.pack(">IIBBBBB", page.width, page.height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, _EFFORT)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in parts
    )


def _parse_pages(reader: _Reader, count: int) -> Iterator[Page]:
    total = 0
    for _unused in range(count):
        width, height = _SIZES.unpack(reader.take(_SIZES.size))
        size = width * height * _COLOURS
        total += size
        if not 1 <= width <= SIDE or not 1 <= height <= SIDE or width * height > PAGE_PIXELS or total > TOTAL_SIZE:
            raise PixelsError("larger than was agreed, or nothing")
        yield Page(width, height, reader.take(size))
    if reader.has_more():
        raise PixelsError("more than its pages")


class _Reader:
    """Pieces as they come, taken in the sizes that are wanted."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._held = bytearray()

    def take(self, size: int) -> bytes:
        while len(self._held) < size:
            piece = next(self._pieces, None)
            if piece is None:
                raise PixelsError("ends before its page does")
            self._held += piece
        taken = bytes(self._held[:size])
        del self._held[:size]
        return taken

    def has_more(self) -> bool:
        return bool(self._held) or any(self._pieces)
