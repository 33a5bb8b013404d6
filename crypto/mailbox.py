"""A code's secret → everything a mailbox is. spec: Mailbox."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Final

from argon2.low_level import Type, hash_secret_raw
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from crypto import labels
from crypto.age.hybrid import recipient_of
from crypto.code import SECRET_SIZE, make_secret
from crypto.encoding import digest
from crypto.signing import verifying_key
from crypto.verifying import author_id

# What Tor Browser's "Safer" bears. The secret is random, never chosen, so this is only a second lock.
ARGON2_MEMORY_KIB: Final = 8_192
ARGON2_TIME: Final = 1
ARGON2_LANES: Final = 1


@dataclass(frozen=True, slots=True)
class Mailbox:
    """The keys of one code; 32 bytes each, except the recipient (1,216)."""

    conversation: bytes
    identity: bytes
    recipient: bytes
    signing: bytes
    verifying: bytes
    address_key: bytes
    delete_key: bytes
    reply_address_key: bytes
    reply_delete_key: bytes
    family_key: bytes


def derive(secret: bytes, organisation: str) -> Mailbox:
    """Return the mailbox of a secret (11 bytes). Every valid code opens one; what lies in it, only the store knows."""
    # spec: salt = H(label ‖ organisation)[:16]
    salt = digest(labels.CODE + organisation.encode())[:16]
    master = hash_secret_raw(secret, salt, ARGON2_TIME, ARGON2_MEMORY_KIB, ARGON2_LANES, labels.KEY_SIZE, Type.ID)
    identity = _derive_key(master, labels.MAILBOX_IDENTITY)
    signing = _derive_key(master, labels.MAILBOX_SIGNING)
    verifying = verifying_key(signing)
    return Mailbox(
        conversation=author_id(labels.ID_CONVERSATION, verifying),
        identity=identity,
        recipient=recipient_of(identity),
        signing=signing,
        verifying=verifying,
        address_key=_derive_key(master, labels.MAILBOX_ADDRESS),
        delete_key=_derive_key(master, labels.MAILBOX_DELETE),
        reply_address_key=_derive_key(master, labels.MAILBOX_REPLY_ADDRESS),
        reply_delete_key=_derive_key(master, labels.MAILBOX_REPLY_DELETE),
        family_key=_derive_key(master, labels.MAILBOX_FAMILY),
    )


def derive_family_secret(mailbox: Mailbox, index: int) -> bytes:
    """Return the secret (11 bytes) of a family code of this mailbox, `index` from 0 to 255.

    Whoever has the mailbox has all of them; none of them leads back to it.
    """
    # spec: secret = HMAC-SHA256(family key, index (1))[:11], its first four bits zero
    made = hmac.digest(mailbox.family_key, bytes([index]), "sha256")[:SECRET_SIZE]
    return make_secret(made)


def _derive_key(master: bytes, label: bytes) -> bytes:
    # spec: key = HKDF-SHA256(master, salt none, info = label)
    return HKDF(SHA256(), labels.KEY_SIZE, None, label).derive(master)
