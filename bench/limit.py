"""The limit: the library's own calls on the same bytes in a tight loop, with nothing of ours around them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, MLKEM768X25519PrivateKey, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bench.process import metered
from crypto.age import format as age_format
from crypto.age.format import NONCE_SIZE
from crypto.age.hybrid import check_stanza

_SUITE: Final = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
_INFO: Final = b"age-encryption.org/mlkem768x25519"
# A body of one chunk, the last one.
_CHUNK_NONCE: Final = bytes(11) + b"\x01"


@dataclass(frozen=True, slots=True)
class Task:
    """What opening one age file asks of the library: unwrappings until one succeeds or all failed, then the body."""

    unwrappings: tuple[tuple[MLKEM768X25519PrivateKey, bytes], ...]
    body: tuple[ChaCha20Poly1305, bytes] | None


def load_key(seed: bytes) -> MLKEM768X25519PrivateKey:
    """Return an identity's key as the library has it."""
    expanded = hashlib.shake_256(seed).digest(96)
    return MLKEM768X25519PrivateKey(
        MLKEM768PrivateKey.from_seed_bytes(expanded[:64]), X25519PrivateKey.from_private_bytes(expanded[64:])
    )


def make_task(data: bytes, keys: Sequence[MLKEM768X25519PrivateKey]) -> Task:
    """Return what an age file asks for, with keys that are tried in this order on all of its stanzas."""
    header, size = age_format.parse(data)
    unwrappings = []
    for key in keys:
        for stanza in header.stanzas:
            wrapped = check_stanza(stanza) + stanza.body
            unwrappings.append((key, wrapped))
            with suppress(InvalidTag):
                file_key = _SUITE.decrypt(wrapped, key, _INFO)
                aead = ChaCha20Poly1305(HKDF(SHA256(), 32, data[size : size + NONCE_SIZE], b"payload").derive(file_key))
                return Task(tuple(unwrappings), (aead, data[size + NONCE_SIZE :]))
    return Task(tuple(unwrappings), None)


def time_limit(tasks: Iterable[Task]) -> float:
    """Return the processor's seconds: X-Wing in HPKE for each unwrapping, ChaCha20-Poly1305 for each body."""
    with metered() as cost:
        for task in tasks:
            for key, wrapped in task.unwrappings:
                with suppress(InvalidTag):
                    _SUITE.decrypt(wrapped, key, _INFO)
            if task.body is not None:
                aead, body = task.body
                aead.decrypt(_CHUNK_NONCE, body, None)
    return cost.processor
