"""Which blocks this workstation has tried to open, and with the cards of which weeks.

The list is sealed: what does not stand in it is what this counsellor could open. Losing it costs time, nothing else.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from nacl.exceptions import CryptoError
from nacl.secret import Aead

from crypto.encoding import check_b64u, check_integer, encode_b64u, parse_json, serialize_json
from crypto.errors import MalformedError
from workstation import files
from workstation.errors import UnfitFileError

_PURPOSE: Final = b"vertrouwenspost notes v1"
_NOTES_SIZE: Final = 2**28


@dataclass(slots=True)
class Notes:
    """Blocks that did not open, by address, with the weeks whose cards were tried."""

    path: Path
    key: bytes
    tried: dict[bytes, frozenset[int]] = field(default_factory=dict)
    changed: bool = False

    @classmethod
    def load(cls, path: Path, key: bytes) -> Notes:
        """Read the notes; where they are missing or damaged, begin anew."""
        try:
            data = files.read_file(path, _NOTES_SIZE) or b""
            value = parse_json(Aead(key).decrypt(data, _PURPOSE))
            tried = {check_b64u(a): frozenset(check_integer(w, 0) for w in weeks) for a, weeks in value.items()}
        except (CryptoError, ValueError, AttributeError, TypeError, MalformedError, UnfitFileError):
            return cls(path, key)
        return cls(path, key, tried)

    def left(self, address: bytes, weeks: Iterable[int]) -> frozenset[int]:
        """Return the weeks whose cards were not tried on this block yet."""
        return frozenset(weeks) - self.tried.get(address, frozenset())

    def add(self, address: bytes, weeks: Iterable[int]) -> None:
        """Note that the cards of these weeks do not open a block."""
        self.tried[address] = self.tried.get(address, frozenset()) | frozenset(weeks)
        self.changed = True

    def save(self, present: set[bytes]) -> None:
        """Seal the notes about blocks that are still there, and forget the others. Raises OSError.

        A block that was taken away and comes again is tried again: what lay there before may have been another.
        """
        if not self.changed and self.tried.keys() <= present:
            return
        self.tried = {address: weeks for address, weeks in self.tried.items() if address in present}
        value = {encode_b64u(a): sorted(weeks) for a, weeks in self.tried.items()}
        sealed = Aead(self.key).encrypt(serialize_json(value), _PURPOSE, os.urandom(Aead.NONCE_SIZE))
        files.write_atomic(self.path, bytes(sealed))
        self.changed = False
