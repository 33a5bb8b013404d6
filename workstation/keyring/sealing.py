"""One sealed file: passphrase → Argon2id → XChaCha20-Poly1305. spec: Nouns, keyring.

    vertrouwenspost-keyring/v1 LF ‖ header (canonical JSON) LF ‖ nonce 24 ‖ ciphertext and tag

Everything before the nonce is authenticated, so nobody can weaken the parameters of a keyring that is in use. What is
not given: protection against somebody who puts back an older copy of the whole file.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from argon2.exceptions import HashingError
from argon2.low_level import Type, hash_secret_raw
from nacl.exceptions import CryptoError
from nacl.secret import Aead

from crypto.encoding import Json, check_integer, check_keys, decode_b64u, encode_b64u, parse_json, serialize_json
from crypto.errors import MalformedError
from crypto.labels import KEY_SIZE
from workstation import files
from workstation.errors import PassphraseError, WorkstationError
from workstation.texts import translate as _

Kind = Literal["backup", "root", "workstation"]

SALT_SIZE: Final = 16
# 10⁵ conversations take some 10 MB; a hundred times that is no keyring of ours.
KEYRING_SIZE: Final = 2**30

_MAGIC: Final = b"vertrouwenspost-keyring/v1\n"
HEADER_SIZE: Final = 1_024
_LANES: Final = 1
# A prepared header must not make the machine work for hours before it is refused.
_MOST_MEMORY_KIB: Final = 2**21
_MOST_TIME: Final = 16


@dataclass(frozen=True, slots=True)
class Cost:
    """What one guess at a passphrase costs."""

    memory_kib: int
    time: int


# Above RFC 9106's second recommended option (64 MiB, t = 3): about a second on an ordinary laptop.
COST: Final = Cost(memory_kib=262_144, time=3)


@dataclass(frozen=True, slots=True)
class Seal:
    """An unlocked file: sealing again needs neither the passphrase nor another second."""

    path: Path
    header: bytes
    key: bytes

    def save(self, content: Json) -> None:
        """Seal content under a fresh nonce and write it, whole or not at all. Raises OSError."""
        nonce = os.urandom(Aead.NONCE_SIZE)
        sealed = Aead(self.key).encrypt(serialize_json(content), self.header, nonce)
        files.write_atomic(self.path, self.header + bytes(sealed))


def create(path: Path, kind: Kind, passphrase: str, content: Json, cost: Cost = COST) -> Seal:
    """Make a sealed file. Raises WorkstationError if there is one: keys are never overwritten."""
    if path.exists() or path.is_symlink():
        raise WorkstationError(
            _("In deze map staat al een sleutelbos; die wordt nooit overschreven. Kies een andere map.")
        )
    files.make_folder(path.parent)
    header, key = make_key(_MAGIC, kind, passphrase, cost)
    seal = Seal(path, header, key)
    seal.save(content)
    return seal


def make_key(magic: bytes, kind: Kind, passphrase: str, cost: Cost) -> tuple[bytes, bytes]:
    """Return the header of a new sealed file, which begins with its magic, and the key that it leads to."""
    salt = os.urandom(SALT_SIZE)
    fields = {
        "kdf": "argon2id",
        "kind": kind,
        "lanes": _LANES,
        "memory_kib": cost.memory_kib,
        "salt": encode_b64u(salt),
        "time": cost.time,
    }
    return magic + serialize_json(fields) + b"\n", _derive(passphrase, salt, cost)


def read_key(magic: bytes, kind: Kind, passphrase: str, data: bytes) -> tuple[bytes, bytes]:
    """Return the header with which these bytes begin, and the key that it leads to.

    Raises MalformedError if there is none of this kind, WorkstationError if memory is short.
    """
    header, salt, cost = _parse_header(magic, data, kind)
    return header, _derive(passphrase, salt, cost)


def open_sealed(path: Path, kind: Kind, passphrase: str) -> tuple[Seal, Json]:
    """Unlock a sealed file; return it and its content.

    Raises PassphraseError (another passphrase, or a changed file), WorkstationError (not a keyring, or none).
    """
    data = files.read_file(path, KEYRING_SIZE)
    if data is None:
        raise WorkstationError(_("In deze map staat geen sleutelbos. Klopt de map?"))
    try:
        header, key = read_key(_MAGIC, kind, passphrase, data)
    except MalformedError:
        raise WorkstationError(
            _("Dit bestand is geen sleutelbos van deze soort, of het is beschadigd. Gebruik uw reservekopie.")
        ) from None
    try:
        content = Aead(key).decrypt(data[len(header) :], header)
        return Seal(path, header, key), parse_json(content)
    except (CryptoError, ValueError):
        raise PassphraseError(_("Deze wachtzin past niet op de sleutelbos.")) from None
    except MalformedError:
        raise WorkstationError(_("De sleutelbos is door een andere versie van dit programma gemaakt.")) from None


def _parse_header(magic: bytes, data: bytes, kind: Kind) -> tuple[bytes, bytes, Cost]:
    end = data.find(b"\n", len(magic), len(magic) + HEADER_SIZE)
    if not data.startswith(magic) or end < 0:
        raise MalformedError("not a keyring")
    keys = frozenset({"kdf", "kind", "lanes", "memory_kib", "salt", "time"})
    fields = check_keys(parse_json(data[len(magic) : end]), keys)
    if fields["kdf"] != "argon2id" or fields["kind"] != kind or not isinstance(fields["salt"], str):
        raise MalformedError("another kind of keyring")
    check_integer(fields["lanes"], _LANES, _LANES)
    memory = check_integer(fields["memory_kib"], 8, _MOST_MEMORY_KIB)
    return (
        data[: end + 1],
        decode_b64u(fields["salt"], SALT_SIZE),
        Cost(memory, check_integer(fields["time"], 1, _MOST_TIME)),
    )


def _derive(passphrase: str, salt: bytes, cost: Cost) -> bytes:
    try:
        return hash_secret_raw(passphrase.encode(), salt, cost.time, cost.memory_kib, _LANES, KEY_SIZE, Type.ID)
    except (HashingError, MemoryError):
        raise WorkstationError(
            _("Er is te weinig geheugen vrij om de sleutelbos te openen. Sluit andere programma's.")
        ) from None
