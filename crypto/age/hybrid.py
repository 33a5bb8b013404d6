"""Recipients of type mlkem768x25519: X-Wing in HPKE base mode. spec: Envelope; C2SP age.md."""

from __future__ import annotations

import hashlib
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

from crypto.age.format import FILE_KEY_SIZE, Stanza, decode_base64, encode_base64
from crypto.errors import MalformedError
from crypto.labels import KEY_SIZE
from crypto.recipient import MLKEM_SIZE, check_recipient, is_low_order

STANZA_TYPE: Final = "mlkem768x25519"
ENC_SIZE: Final = 1_120
WRAPPED_SIZE: Final = FILE_KEY_SIZE + 16

_MLKEM_SEED_SIZE: Final = 64
_INFO: Final = b"age-encryption.org/mlkem768x25519"
_SUITE: Final = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)


class Identity:
    """An expanded identity, so that opening many stanzas expands the seed only once."""

    def __init__(self, seed: bytes) -> None:
        """Expand a seed of 32 bytes."""
        mlkem, x25519 = _expand(seed)
        self._key = MLKEM768X25519PrivateKey(mlkem, x25519)

    def unwrap(self, stanza: Stanza) -> bytes | None:
        """Return the file key (16 bytes) if this stanza is for us, else None.

        Raises MalformedError for a stanza of our type that no honest program has written.
        """
        if stanza.arguments[0] != STANZA_TYPE:
            return None
        enc = check_stanza(stanza)
        try:
            return _SUITE.decrypt(enc + stanza.body, self._key, _INFO)
        except InvalidTag:
            return None


def check_stanza(stanza: Stanza) -> bytes:
    """Return enc (1,120 bytes) of a stanza of our type. Raises MalformedError."""
    if len(stanza.arguments) != 2 or len(stanza.body) != WRAPPED_SIZE:
        raise MalformedError("a hybrid stanza of another shape")
    enc = decode_base64(stanza.arguments[1].encode("ascii"))
    if len(enc) != ENC_SIZE or is_low_order(enc[-KEY_SIZE:]):
        raise MalformedError("a hybrid stanza without a proper share")
    return enc


def wrap(file_key: bytes, recipient: bytes) -> Stanza:
    """Wrap a file key (16 bytes) to a recipient (1,216 bytes).

    The encapsulation's randomness is the library's own (ADR 0003). Raises MalformedError if this is no public key.
    """
    wrapped = _SUITE.encrypt(file_key, _load(recipient), _INFO)
    return Stanza((STANZA_TYPE, encode_base64(wrapped[:ENC_SIZE]).decode("ascii")), wrapped[ENC_SIZE:])


def recipient_of(seed: bytes) -> bytes:
    """Return the recipient (1,216 bytes) of an identity's seed (32 bytes)."""
    mlkem, x25519 = _expand(seed)
    return mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()


def _expand(seed: bytes) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
    assert len(seed) == KEY_SIZE, "an identity's seed is 32 bytes"
    # X-Wing, draft-connolly-cfrg-xwing-kem: expandDecapsulationKey
    expanded = hashlib.shake_256(seed).digest(_MLKEM_SEED_SIZE + KEY_SIZE)
    mlkem = MLKEM768PrivateKey.from_seed_bytes(expanded[:_MLKEM_SEED_SIZE])
    return mlkem, X25519PrivateKey.from_private_bytes(expanded[_MLKEM_SEED_SIZE:])


def _load(recipient: bytes) -> MLKEM768X25519PublicKey:
    check_recipient(recipient)
    mlkem = MLKEM768PublicKey.from_public_bytes(recipient[:MLKEM_SIZE])
    return MLKEM768X25519PublicKey(mlkem, X25519PublicKey.from_public_bytes(recipient[MLKEM_SIZE:]))
