"""Replies that are written and not yet delivered: sealed records that the workstation keeps until the courier has them.

The spool may be lost or left elsewhere. So a reply is in this folder first, and is put into whichever spool is at hand
until that spool says that it was sent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from crypto.labels import KEY_SIZE
from workstation import files
from workstation.errors import UnfitFileError
from workstation.spool import RECORD_SIZE, Spool

_NAME: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Outbox:
    """The folder of undelivered records, by address."""

    folder: Path

    def add(self, record: bytes) -> None:
        """Keep a record until it is delivered. Raises OSError."""
        files.make_folder(self.folder)
        files.write_atomic(self.folder / record[:KEY_SIZE].hex(), record)

    def addresses(self) -> set[bytes]:
        """Return the addresses of what is not delivered yet."""
        if not self.folder.is_dir():
            return set()
        return {bytes.fromhex(path.name) for path in self.folder.iterdir() if _NAME.fullmatch(path.name)}

    def read(self, address: bytes) -> bytes | None:
        """Return one record. Raises UnfitFileError."""
        return files.read_exactly(self.folder / address.hex(), RECORD_SIZE)

    def settle(self, spool: Spool, arrived: set[bytes]) -> None:
        """Forget what was sent or has come back from the portal; put the rest into this spool, if it is not there.

        Raises UnfitFileError, OSError.
        """
        outgoing = spool.list_outgoing()
        obstacle = None
        for address in self.addresses():
            if spool.was_sent(address) or address in arrived:
                files.remove(self.folder / address.hex())
            elif address not in outgoing:
                try:
                    self._pass_on(address, spool)
                except UnfitFileError as error:
                    # The other replies must not wait for this one.
                    obstacle = error
        if obstacle is not None:
            raise obstacle

    def _pass_on(self, address: bytes, spool: Spool) -> None:
        record = self.read(address)
        if record is not None:
            spool.put_outgoing(record)
