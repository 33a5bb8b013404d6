"""A whole age file: header, nonce and body. spec: Envelope."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from crypto.age import format as age_format
from crypto.age import stream
from crypto.age.format import FILE_KEY_SIZE, NONCE_SIZE, Header
from crypto.age.hybrid import Identity, wrap
from crypto.errors import NoMatchError


def encrypt(plaintext: bytes, recipients: Sequence[bytes], random: Callable[[int], bytes]) -> bytes:
    """Encrypt to recipients (1,216 bytes each), in this order; any one of their identities opens all of it."""
    file_key = random(FILE_KEY_SIZE)
    nonce = random(NONCE_SIZE)
    header = age_format.seal(tuple(wrap(file_key, recipient) for recipient in recipients), file_key)
    return age_format.serialize(header) + nonce + stream.encrypt(plaintext, file_key, nonce)


def decrypt(data: bytes, identities: Sequence[Identity]) -> bytes:
    """Decrypt a whole file.

    Raises MalformedError (header), NoMatchError (no identity opens it), ForgedError (MAC or body).
    """
    return decrypt_any(data, identities)[1]


def decrypt_any(data: bytes, identities: Sequence[Identity]) -> tuple[int, bytes]:
    """Decrypt a whole file; return which of the identities opened it (its place), and the plaintext.

    Raises MalformedError (header), NoMatchError (no identity opens it), ForgedError (MAC or body).
    """
    header, offset = age_format.parse(data)
    which, file_key = unwrap(header, identities)
    age_format.verify(header, file_key)
    return which, stream.decrypt(data[offset + NONCE_SIZE :], file_key, data[offset : offset + NONCE_SIZE])


def unwrap(header: Header, identities: Sequence[Identity]) -> tuple[int, bytes]:
    """Return the place of the first identity that finds a file key, and that (16 bytes).

    Raises MalformedError, NoMatchError.
    """
    for which, identity in enumerate(identities):
        for stanza in header.stanzas:
            file_key = identity.unwrap(stanza)
            if file_key is not None:
                return which, file_key
    raise NoMatchError("no identity opens this")
