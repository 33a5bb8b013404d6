"""The private half of signatures. spec: Payload, Keyset."""

from __future__ import annotations

from nacl.signing import SigningKey

from crypto.encoding import digest
from crypto.verifying import Document, pre_authentication


def verifying_key(signing: bytes) -> bytes:
    """Return the public half (32 bytes) of an Ed25519 seed (32 bytes)."""
    return SigningKey(signing).verify_key.encode()


def sign(tag: bytes, payload: bytes, signing: bytes) -> bytes:
    """Sign a message's payload; return 64 bytes.

    Anybody who has the verifying key can prove who wrote it: authorship cannot be denied once keys are seized.
    """
    # spec: signature = Ed25519(tag ‖ H(payload))
    return SigningKey(signing).sign(tag + digest(payload)).signature


def sign_document(payload_type: str, payload: bytes, signing: bytes) -> Document:
    """Sign a document as DSSE: the exact bytes of the payload, and its type."""
    signature = SigningKey(signing).sign(pre_authentication(payload_type, payload)).signature
    return Document(payload_type, payload, signature)
