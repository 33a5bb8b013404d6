"""Draw a file: the libraries that read what strangers made. Only a converter imports this.

What is loaded late is loaded by `rehearse`, since a confined process opens nothing any more.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from typing import Final

import pypdfium2
from PIL import (
    GifImagePlugin,
    Image,
    ImageOps,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from workstation.viewing.kinds import DOCUMENT
from workstation.viewing.pixels import PAGE_PIXELS, PAGES, SIDE, Page

# Imported for what they add to Pillow: the kinds, and what a photo says of itself.
PLUGINS: Final = (
    GifImagePlugin,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)
# What a telephone makes; 200 MB as it is decoded. A larger JPEG is decoded smaller.
_DECODED_PIXELS: Final = 50_000_000
# A4 at 128 dots an inch: twenty of them are what a file may give.
_DOCUMENT_PIXELS: Final = 1_600_000
# Of a page's own 72 dots an inch; a stamp is not blown up to a poster.
_LARGEST_SCALE: Final = 4.0
_WHITE: Final = (255, 255, 255)
_EMPTY: Final = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj "
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj trailer<</Root 1 0 R>>"
)


class HeavyError(Exception):
    """More than is decoded for anybody to look at."""


def draw(kind: str, data: bytes) -> tuple[int, Iterator[Page]]:
    """Return how many pages a file has, and the first ones as they are drawn.

    Raises whatever the libraries raise: whoever calls this ends with it.
    """
    return _draw_document(data) if kind == DOCUMENT else (1, _draw_image(kind, data))


def rehearse(kind: str) -> None:
    """Draw a file of our own, so that everything is loaded."""
    Image.MAX_IMAGE_PIXELS = None
    sample = _EMPTY
    if kind != DOCUMENT:
        file, exif = io.BytesIO(), Image.Exif()
        exif[0x0112] = 6
        Image.new("RGB", (9, 9)).save(file, kind, **({"exif": exif} if kind == "JPEG" else {}))
        sample = file.getvalue()
    for _page in draw(kind, sample)[1]:
        pass


def _draw_image(kind: str, data: bytes) -> Iterator[Page]:
    with Image.open(io.BytesIO(data), formats=(kind,)) as image:
        target = _fit(*image.size, PAGE_PIXELS, 1.0)
        # A JPEG can be decoded at an eighth of its size; the others say no.
        image.draft("RGB", target)
        if math.prod(image.size) > _DECODED_PIXELS:
            raise HeavyError
        image.load()
        flat = _flatten(image)
    flat.thumbnail(target, reducing_gap=2.0)
    flat = ImageOps.exif_transpose(flat)
    yield Page(flat.width, flat.height, flat.tobytes())


def _flatten(image: Image.Image) -> Image.Image:
    """Return an image in three colours, on white where it lets through what is behind it."""
    if image.mode.startswith("I"):
        # Sixteen bits of grey.
        image = image.point(lambda value: value / 256).convert("L")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        behind = Image.new("RGB", image.size, _WHITE)
        behind.paste(image, mask=image.getchannel("A"))
        behind.info = {}
        return behind
    flat = image.convert("RGB")
    # How it is turned, and nothing else that it says of itself.
    flat.info = {name: value for name, value in image.info.items() if name == "exif"}
    return flat


def _draw_document(data: bytes) -> tuple[int, Iterator[Page]]:
    document = pypdfium2.PdfDocument(data)
    # What was filled in is drawn too.
    document.init_forms()
    return len(document), (_draw_page(document, place) for place in range(min(len(document), PAGES)))


def _draw_page(document: pypdfium2.PdfDocument, place: int) -> Page:
    page = document[place]
    width, height = page.get_size()
    if not (math.isfinite(width) and math.isfinite(height) and width > 0 and height > 0):
        raise HeavyError
    scale = min(_LARGEST_SCALE, math.sqrt(_DOCUMENT_PIXELS / (width * height)), (SIDE - 1) / max(width, height))
    bitmap = page.render(scale=scale, rev_byteorder=True)
    stride, rows = bitmap.width * 3, memoryview(bitmap.buffer)
    rgb = b"".join(rows[at * bitmap.stride : at * bitmap.stride + stride] for at in range(bitmap.height))
    page.close()
    return Page(bitmap.width, bitmap.height, rgb)


def _fit(width: int, height: int, pixels: int, largest: float) -> tuple[int, int]:
    scale = min(largest, math.sqrt(pixels / (width * height)), SIDE / max(width, height))
    return max(1, math.floor(width * scale)), max(1, math.floor(height * scale))
