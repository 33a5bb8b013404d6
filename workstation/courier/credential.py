"""The file in which a courier keeps its credential: one line of base64url."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from crypto.encoding import decode_b64u, encode_b64u
from crypto.errors import MalformedError
from workstation import files
from workstation.errors import CourierError, UnfitFileError
from workstation.texts import translate as _

_FILE_SIZE: Final = 256


def write_credential(path: Path, credential: bytes) -> None:
    """Write the file, readable for this person only. Raises OSError."""
    files.write_atomic(path, encode_b64u(credential).encode("ascii") + b"\n")


def read_credential(path: Path) -> bytes:
    """Read the file. Raises CourierError."""
    try:
        data = files.read_file(path, _FILE_SIZE)
        return decode_b64u((data or b"").decode("ascii").strip())
    except (MalformedError, UnfitFileError, UnicodeDecodeError):
        raise CourierError(
            _("Het bestand met de sleutel van de koerier is er niet of klopt niet. Maak het met `card`.")
        ) from None
