"""The body of an age file: STREAM over ChaCha20-Poly1305. spec: Envelope; C2SP age.md, "Payload"."""

from __future__ import annotations

from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from crypto.errors import ForgedError

CHUNK_SIZE: Final = 65_536
TAG_SIZE: Final = 16
_STEP: Final = CHUNK_SIZE + TAG_SIZE


def encrypt(plaintext: bytes, file_key: bytes, nonce: bytes) -> bytes:
    """Encrypt a body under a file key (16 bytes) and its nonce (16 bytes), which is not included in what returns."""
    aead = _open_aead(file_key, nonce)
    chunks = [plaintext[i : i + CHUNK_SIZE] for i in range(0, len(plaintext), CHUNK_SIZE)] or [b""]
    last = len(chunks) - 1
    return b"".join(aead.encrypt(_chunk_nonce(i, last=i == last), c, None) for i, c in enumerate(chunks))


def decrypt(ciphertext: bytes, file_key: bytes, nonce: bytes) -> bytes:
    """Decrypt a whole body, or nothing of it. Raises ForgedError."""
    aead = _open_aead(file_key, nonce)
    chunks = [ciphertext[i : i + _STEP] for i in range(0, len(ciphertext), _STEP)]
    last = len(chunks) - 1
    try:
        plain = [aead.decrypt(_chunk_nonce(i, last=i == last), c, None) for i, c in enumerate(chunks)]
    except InvalidTag:
        raise ForgedError("the body does not authenticate") from None
    # Only an empty file may end in an empty chunk; a body without any chunk is no file.
    if not plain or (last > 0 and not plain[-1]):
        raise ForgedError("the body ends in the wrong place")
    return b"".join(plain)


def _open_aead(file_key: bytes, nonce: bytes) -> ChaCha20Poly1305:
    return ChaCha20Poly1305(HKDF(SHA256(), 32, nonce, b"payload").derive(file_key))


def _chunk_nonce(counter: int, *, last: bool) -> bytes:
    return counter.to_bytes(11, "big") + bytes([last])
