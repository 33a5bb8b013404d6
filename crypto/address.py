"""Addresses of blocks and the tokens that delete them. spec: Address."""

from __future__ import annotations

import hmac

from crypto.encoding import digest
from crypto.labels import PREFIX_SIZE


def derive_address(address_key: bytes, author: bytes, number: int) -> bytes:
    """Return the 32-byte address of an author's message.

    Without the key it cannot be told from random bytes; with it, and without more, all of an author's can be computed.
    """
    assert 0 <= number <= 255, "a message's number is one byte"
    # spec: address = HMAC-SHA256(address key, author id ‖ number)
    return hmac.digest(address_key, author + bytes([number]), "sha256")


def derive_delete_token(delete_key: bytes, address: bytes) -> bytes:
    """Return the 32 bytes that let their holder delete the block at this address."""
    # spec: delete token = HMAC-SHA256(delete key, address)
    return hmac.digest(delete_key, address, "sha256")


def delete_hash(token: bytes) -> bytes:
    """Return what the server keeps of a delete token: it proves the token and does not give it."""
    return digest(token)


def prefix(address: bytes) -> bytes:
    """Return the four bytes of an address that the index lists."""
    return address[:PREFIX_SIZE]
