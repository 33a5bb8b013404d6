"""What a file is, by its first bytes: its name is the author's word."""

from __future__ import annotations

from typing import Final

DOCUMENT: Final = "PDF"
# As Pillow names them.
IMAGES: Final = ("JPEG", "PNG", "GIF", "WEBP")
KINDS: Final = (*IMAGES, DOCUMENT)
# Readers of documents look this far for the beginning.
_HEAD_SIZE: Final = 1024


def recognise(head: bytes) -> str | None:
    """Return the kind of a file that begins so; None if it is of no kind that is turned into pixels."""
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "WEBP"
    return DOCUMENT if b"%PDF-" in head[:_HEAD_SIZE] else None
