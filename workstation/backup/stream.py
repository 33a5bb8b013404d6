"""A file of any size under a passphrase, written and read in pieces. spec: Backup.

    vertrouwenspost-backup/v1 LF ‖ header (canonical JSON) LF ‖ stream header 24 ‖ pieces

Pieces are libsodium's secretstream (XChaCha20-Poly1305) of 65,536 bytes each, the last one shorter and marked as the
last. What is given: a piece that is changed, left out, swapped or added is noticed, and so is an end that is missing.
What is not: what was read before is good even if the file turns out to be damaged later; and its size shows.
"""

from __future__ import annotations

from typing import BinaryIO, Final

from nacl import bindings as sodium
from nacl.exceptions import CryptoError

from crypto.errors import MalformedError
from workstation.errors import PassphraseError, WorkstationError
from workstation.keyring.sealing import HEADER_SIZE, Cost, make_key, read_key
from workstation.texts import translate as _

PIECE_SIZE: Final = 65_536
_TAG_SIZE: Final = sodium.crypto_secretstream_xchacha20poly1305_ABYTES
_START_SIZE: Final = sodium.crypto_secretstream_xchacha20poly1305_HEADERBYTES
_MORE: Final = sodium.crypto_secretstream_xchacha20poly1305_TAG_MESSAGE
_FINAL: Final = sodium.crypto_secretstream_xchacha20poly1305_TAG_FINAL
_MAGIC: Final = b"vertrouwenspost-backup/v1\n"


class Sealer:
    """Takes bytes and writes them sealed; nothing is complete before `finish`."""

    def __init__(self, file: BinaryIO, passphrase: str, cost: Cost) -> None:
        """Write the beginning."""
        self._file = file
        self._header, key = make_key(_MAGIC, "backup", passphrase, cost)
        self._state = sodium.crypto_secretstream_xchacha20poly1305_state()
        self._held = bytearray()
        begun = sodium.crypto_secretstream_xchacha20poly1305_init_push(self._state, key)
        file.write(self._header + begun)

    def write(self, data: bytes) -> None:
        """Take bytes. Raises OSError."""
        self._held += data
        # What is held back at the end is the last piece.
        while len(self._held) > PIECE_SIZE:
            self._push(bytes(self._held[:PIECE_SIZE]), _MORE)
            del self._held[:PIECE_SIZE]

    def finish(self) -> None:
        """Write the end. Raises OSError."""
        self._push(bytes(self._held), _FINAL)
        self._held.clear()

    def _push(self, piece: bytes, tag: int) -> None:
        self._file.write(sodium.crypto_secretstream_xchacha20poly1305_push(self._state, piece, self._header, tag))


class Opener:
    """Reads back what a Sealer wrote."""

    def __init__(self, file: BinaryIO, passphrase: str) -> None:
        """Read the beginning, and the first piece. Raises PassphraseError, WorkstationError."""
        self.file = file
        start = file.read(len(_MAGIC) + HEADER_SIZE)
        try:
            self._header, key = read_key(_MAGIC, "backup", passphrase, start)
        except MalformedError:
            raise WorkstationError(_("Dit bestand is geen reservekopie van een werkplek.")) from None
        file.seek(len(self._header))
        self._state = sodium.crypto_secretstream_xchacha20poly1305_state()
        self._held = b""
        self._ended = False
        begun = file.read(_START_SIZE)
        if len(begun) != _START_SIZE:
            raise damaged()
        sodium.crypto_secretstream_xchacha20poly1305_init_pull(self._state, begun, key)
        try:
            self._pull()
        except CryptoError:
            raise PassphraseError(
                _("Deze wachtzin past niet op de reservekopie, of het bestand is veranderd.")
            ) from None

    @property
    def at_end(self) -> bool:
        """Whether everything was read."""
        return self._ended and not self._held

    def read(self, size: int) -> bytes:
        """Return exactly so many bytes. Raises WorkstationError if the file is damaged or ends before."""
        while len(self._held) < size and not self._ended:
            try:
                self._pull()
            except CryptoError:
                raise damaged() from None
        if len(self._held) < size:
            raise damaged()
        data, self._held = self._held[:size], self._held[size:]
        return data

    def _pull(self) -> None:
        sealed = self.file.read(PIECE_SIZE + _TAG_SIZE)
        if len(sealed) < _TAG_SIZE:
            raise damaged()
        piece, tag = sodium.crypto_secretstream_xchacha20poly1305_pull(self._state, sealed, self._header)
        self._held += piece
        self._ended = tag == _FINAL
        if self._ended and self.file.read(1):
            raise damaged()


def damaged() -> WorkstationError:
    """Return the error about a backup that is not whole."""
    return WorkstationError(_("De reservekopie is beschadigd of niet volledig. Gebruik een andere."))
