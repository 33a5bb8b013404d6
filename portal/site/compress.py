"""Compress the release while it is built: a slow phone waits for every byte, a build does not.

The files are public and the same for everybody, so their compressed length tells nothing; the calls under /api are
never compressed.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import brotli
from zopfli import gzip as zopfli

from portal.site import headers

# Both write neither name nor time, so the same bytes always give the same bytes. Browsers take brotli over https only.
_COMPRESS: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "br": lambda data: brotli.compress(data, quality=11),
    "gzip": zopfli.compress,
}


def compress(release: Path) -> None:
    """Write the compressed forms of every file under `release` that has any beside it."""
    for path in [path for path in release.rglob("*") if path.is_file() and headers.is_compressible(path.name)]:
        for encoding, ending in headers.ENCODINGS.items():
            path.with_name(path.name + ending).write_bytes(_COMPRESS[encoding](path.read_bytes()))
