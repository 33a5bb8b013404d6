"""A file beside a message: chunks of one block each, under a key that stands in the message. spec: Attachment."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from crypto import labels
from crypto.encoding import digest
from crypto.errors import ForgedError, MalformedError

TAG_SIZE: Final = 16
CHUNK_SIZE: Final = labels.BLOCK_SIZE - TAG_SIZE
FILE_SIZE: Final = 25 * 2**20
ATTACHMENT_COUNT: Final = 10


@dataclass(frozen=True, slots=True)
class Attachment:
    """What a message says of a file: key and digest of its chunks (32 bytes each), name, size in bytes."""

    key: bytes
    digest: bytes
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class ChunkKeys:
    """What follows from an attachment's key; 32 bytes each."""

    content: bytes
    address: bytes


def derive_keys(key: bytes) -> ChunkKeys:
    """Return the keys of an attachment's chunks."""
    return ChunkKeys(_derive(key, labels.ATTACHMENT_CONTENT), _derive(key, labels.ATTACHMENT_ADDRESS))


def count_chunks(size: int) -> int:
    """Return how many chunks a file of so many bytes takes, so that their number tells little of its size.

    Padmé costs 12% at most, less the larger the file. Source: Nikitin et al., "Reducing Metadata Leakage from Encrypted
    Files and Communication with PURBs", 2019.
    """
    # spec: n = padmé(max(1, ⌈size / 65,520⌉))
    needed = max(1, -(-size // CHUNK_SIZE))
    exponent = needed.bit_length() - 1
    free_bits = exponent - exponent.bit_length()
    mask = (1 << free_bits) - 1 if free_bits > 0 else 0
    return (needed + mask) & ~mask


def piece_size(size: int, index: int) -> int:
    """Return how many bytes of a file of so many bytes stand in one chunk."""
    return min(max(size - index * CHUNK_SIZE, 0), CHUNK_SIZE)


def chunk_address(keys: ChunkKeys, index: int) -> bytes:
    """Return the 32-byte address of a chunk."""
    # spec: address_i = HMAC-SHA256(address key, i (4))
    return hmac.digest(keys.address, index.to_bytes(4, "big"), "sha256")


def encrypt_chunk(keys: ChunkKeys, index: int, piece: bytes, *, last: bool) -> bytes:
    """Return one block of a piece (65,520 bytes at most, filled up with zeros).

    A key encrypts one file, once: a second content under the same key and index gives both away.
    """
    assert len(piece) <= CHUNK_SIZE, "a piece fits in a chunk"
    return AESGCM(keys.content).encrypt(_nonce(index, last=last), piece.ljust(CHUNK_SIZE, b"\x00"), None)


def decrypt_chunk(keys: ChunkKeys, index: int, block: bytes, size: int, *, last: bool) -> bytes:
    """Return the piece of `size` bytes that stands in a block.

    Raises ForgedError (not this chunk, or changed), MalformedError (not one block, or fill that is not zero).
    """
    if len(block) != labels.BLOCK_SIZE:
        raise MalformedError("not one block")
    try:
        plaintext = AESGCM(keys.content).decrypt(_nonce(index, last=last), block, None)
    except InvalidTag:
        raise ForgedError("a chunk does not authenticate") from None
    if plaintext[size:].strip(b"\x00"):
        raise MalformedError("padding is not canonical")
    return plaintext[:size]


def combine_digests(digests: Iterable[bytes]) -> bytes:
    """Return an attachment's digest from those of its chunks: with it a message fixes every byte of the file."""
    # spec: digest = H(H(chunk_0) ‖ … ‖ H(chunk_(n−1)))
    return digest(b"".join(digests))


def _derive(key: bytes, label: bytes) -> bytes:
    return HKDF(SHA256(), labels.KEY_SIZE, None, label).derive(key)


def _nonce(index: int, *, last: bool) -> bytes:
    # spec: nonce = i (11) ‖ last (1), as in STREAM
    return index.to_bytes(11, "big") + bytes([last])
