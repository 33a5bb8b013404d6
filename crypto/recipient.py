"""Recipients and identities as text, and what a public key must look like. spec: Encodings, Envelope."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from functools import lru_cache, reduce
from operator import xor
from typing import Final

from crypto.encoding import Json
from crypto.errors import MalformedError
from crypto.labels import KEY_SIZE

RECIPIENT_PREFIX: Final = "age1pq"
RECIPIENT_SIZE: Final = 1_216
MLKEM_SIZE: Final = 1_184
IDENTITY_PREFIX: Final = "age-secret-key-pq-"

# Every message of a conversation names the same recipient, and every look at a keyset the same cards. Less than 1 MB.
_REMEMBERED: Final = 256

_MODULUS: Final = 3_329
_COEFFICIENTS_SIZE: Final = 1_152
_BASE32: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_BECH32: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_TO_BECH32: Final = bytes.maketrans(_BASE32, _BECH32.encode())
_FROM_BECH32: Final = bytes.maketrans(_BECH32.encode(), _BASE32)
_DIGITS: Final = bytes.maketrans(_BASE32, bytes(range(32)))
_BECH32_GENERATOR: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)  # BIP 173
# What each value of the five top bits adds; a recipient has 1,952 digits, and opening the desk reads thousands of them.
_BECH32_STEPS: Final = tuple(
    reduce(xor, (g for bit, g in enumerate(_BECH32_GENERATOR) if top >> bit & 1), 0) for top in range(32)
)
# The u-coordinates of small order modulo 2²⁵⁵ − 19, and two that are not reduced (RFC 7748, section 6.1).
_PRIME: Final = 2**255 - 19
_LOW_ORDER: Final = frozenset(
    u.to_bytes(KEY_SIZE, "little")
    for u in (
        0,
        1,
        325606250916557431795983626356110631294008115727848805560023387167927233504,
        39382357235489614581723060781553021112529911719440698176882885853963445705823,
        _PRIME - 1,
        _PRIME,
        _PRIME + 1,
    )
)


def encode_recipient(public: bytes) -> str:
    """Return `age1pq1…` for 1,216 bytes of public key."""
    return _encode_bech32(RECIPIENT_PREFIX, public)


def decode_recipient(text: Json) -> bytes:
    """Read `age1pq1…`; return 1,216 bytes. Raises MalformedError."""
    if not isinstance(text, str):
        raise MalformedError("not a recipient")
    return _decode_recipient(text)


def forget_recipients() -> None:
    """Forget which recipients were read of late: they are public keys, and those of mailboxes tell conversations."""
    _decode_recipient.cache_clear()


@lru_cache(_REMEMBERED)
def _decode_recipient(text: str) -> bytes:
    recipient = _decode_bech32(RECIPIENT_PREFIX, text, RECIPIENT_SIZE)
    check_recipient(recipient)
    return recipient


def check_recipient(recipient: bytes) -> None:
    """Check that 1,216 bytes are a public key that can be sealed to; one bad card would else stop every sender.

    Raises MalformedError.
    """
    if len(recipient) != RECIPIENT_SIZE or is_low_order(recipient[MLKEM_SIZE:]):
        raise MalformedError("not a public key")
    lattice = recipient[:_COEFFICIENTS_SIZE]
    # FIPS 203, section 7.2: twelve-bit coefficients, each below the modulus.
    for low, middle, high in zip(lattice[::3], lattice[1::3], lattice[2::3], strict=True):
        if low | (middle & 0x0F) << 8 >= _MODULUS or middle >> 4 | high << 4 >= _MODULUS:
            raise MalformedError("not an ML-KEM public key")


def is_low_order(share: bytes) -> bool:
    """Say whether an X25519 share (32 bytes) lies in a small subgroup, where every secret is known."""
    return share[:-1] + bytes([share[-1] & 0x7F]) in _LOW_ORDER


def encode_identity(seed: bytes) -> str:
    """Return `AGE-SECRET-KEY-PQ-1…` for a seed of 32 bytes. This text is a secret."""
    return _encode_bech32(IDENTITY_PREFIX, seed).upper()


def decode_identity(text: str) -> bytes:
    """Read `AGE-SECRET-KEY-PQ-1…`; return the seed of 32 bytes. Raises MalformedError."""
    seed = _decode_bech32(IDENTITY_PREFIX, text.lower(), KEY_SIZE)
    if encode_identity(seed) != text:
        raise MalformedError("not an identity")
    return seed


def _polymod(digits: Iterable[int]) -> int:
    checksum = 1
    for digit in digits:
        checksum = (checksum & 0x1FFFFFF) << 5 ^ digit ^ _BECH32_STEPS[checksum >> 25]
    return checksum


def _expand(prefix: str) -> list[int]:
    return [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]


def _encode_bech32(prefix: str, data: bytes) -> str:
    # RFC 4648's base32 cuts bytes into the same groups of five bits; only its letters and its padding are others.
    body = base64.b32encode(data).rstrip(b"=")
    check = _polymod([*_expand(prefix), *body.translate(_DIGITS), 0, 0, 0, 0, 0, 0]) ^ 1
    ending = "".join(_BECH32[check >> 5 * (5 - i) & 31] for i in range(6))
    return f"{prefix}1{body.translate(_TO_BECH32).decode('ascii')}{ending}"


def _decode_bech32(prefix: str, text: str, size: int) -> bytes:
    count = -(-size * 8 // 5)
    if len(text) != len(prefix) + 1 + count + 6 or not text.startswith(prefix + "1"):
        raise MalformedError("not bech32 of the expected kind and size")
    body = text[len(prefix) + 1 : -6].encode("ascii", "replace").translate(_FROM_BECH32)
    try:
        data = base64.b32decode(body + b"=" * (-count % 8))
    except binascii.Error:
        raise MalformedError("not bech32") from None
    # Encoding again catches a wrong checksum, a foreign character and non-zero filling alike.
    if _encode_bech32(prefix, data) != text:
        raise MalformedError("bech32 is not canonical")
    return data
