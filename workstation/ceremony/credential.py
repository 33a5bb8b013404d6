"""The courier credential: made by the root holder, handed out sealed to each workstation's card. spec: Key table."""

from __future__ import annotations

import os
from collections.abc import Iterable

from crypto.age import file as age
from crypto.age.hybrid import Identity
from crypto.encoding import digest, encode_b64u
from crypto.errors import ForgedError, ProtocolError
from crypto.labels import KEY_SIZE
from crypto.roster import Roster


def make_credential() -> bytes:
    """Return a fresh credential of 32 random bytes."""
    return os.urandom(KEY_SIZE)


def seal_credential(credential: bytes, recipient: bytes) -> bytes:
    """Return an age file that one card's identity opens."""
    return age.encrypt(credential, [recipient], os.urandom)


def open_credential(sealed: bytes, identities: Iterable[bytes], roster: Roster) -> bytes:
    """Return the credential that the roster vouches for. Raises ProtocolError if it is not for us, or another."""
    credential = age.decrypt(sealed, [Identity(seed) for seed in identities])
    if digest(credential) != roster.credential:
        raise ForgedError("a credential that is not in the roster")
    return credential


def serialize_credential(credential: bytes) -> bytes:
    """Return the file in which a courier keeps it: one line of base64url."""
    return encode_b64u(credential).encode("ascii") + b"\n"


def try_credential(sealed: bytes, identities: Iterable[bytes], roster: Roster) -> bytes | None:
    """Return the credential, or None if this is not one for us."""
    try:
        return open_credential(sealed, identities, roster)
    except ProtocolError:
        return None
