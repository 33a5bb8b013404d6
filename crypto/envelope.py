"""A message sealed to its recipients: one age file of exactly one block. spec: Envelope."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from crypto.age import file
from crypto.age import format as age_format
from crypto.age.format import NONCE_SIZE
from crypto.age.hybrid import STANZA_TYPE, Identity, check_stanza, recipient_of
from crypto.age.stream import TAG_SIZE
from crypto.errors import MalformedError
from crypto.labels import BLOCK_SIZE, KEY_SIZE, SIGNATURE_SIZE, STANZA_COUNT

HEADER_SIZE: Final = 18_754
PLAINTEXT_SIZE: Final = BLOCK_SIZE - HEADER_SIZE - NONCE_SIZE - TAG_SIZE
LENGTH_SIZE: Final = 4
PAYLOAD_SIZE: Final = PLAINTEXT_SIZE - LENGTH_SIZE - SIGNATURE_SIZE

Random = Callable[[int], bytes]


def pad(payload: bytes, signature: bytes) -> bytes:
    """Return the plaintext of an envelope, always 46,750 bytes. Raises MalformedError if the payload does not fit."""
    if len(payload) > PAYLOAD_SIZE:
        raise MalformedError("the message does not fit in one envelope")
    assert len(signature) == SIGNATURE_SIZE, "a signature is 64 bytes"
    return (len(payload).to_bytes(LENGTH_SIZE, "big") + payload + signature).ljust(PLAINTEXT_SIZE, b"\x00")


def unpad(plaintext: bytes) -> tuple[bytes, bytes]:
    """Return payload and signature. Raises MalformedError for what pad cannot have produced."""
    size = int.from_bytes(plaintext[:LENGTH_SIZE], "big")
    payload = plaintext[LENGTH_SIZE : LENGTH_SIZE + size]
    signature = plaintext[LENGTH_SIZE + size : LENGTH_SIZE + size + SIGNATURE_SIZE]
    # Padding again catches a wrong length and non-zero fill alike.
    if len(signature) != SIGNATURE_SIZE or pad(payload, signature) != plaintext:
        raise MalformedError("padding is not canonical")
    return payload, signature


def seal(payload: bytes, signature: bytes, recipients: Sequence[bytes], random: Random) -> bytes:
    """Seal to 1–12 different recipients (1,216 bytes each); return one block.

    Nobody sees how many of the twelve are real, nor which. Raises MalformedError if the payload does not fit.
    """
    assert 1 <= len(recipients) <= STANZA_COUNT, "an envelope has one to twelve recipients"
    assert len(set(recipients)) == len(recipients), "nobody is a recipient twice"
    fillers = [recipient_of(random(KEY_SIZE)) for _ in range(STANZA_COUNT - len(recipients))]
    block = file.encrypt(pad(payload, signature), _shuffle([*recipients, *fillers], random), random)
    assert len(block) == BLOCK_SIZE, "an envelope is one block"
    return block


def open(block: bytes, identities: Sequence[Identity]) -> tuple[bytes, bytes]:  # noqa: A001 - the counterpart of seal
    """Open a block; return payload and signature, neither of them verified yet.

    Raises MalformedError (not an envelope), NoMatchError (not for us), ForgedError (for us, and changed).
    """
    return open_any(block, identities)[1:]


def open_any(block: bytes, identities: Sequence[Identity]) -> tuple[int, bytes, bytes]:
    """Open a block as `open` does; return also, first, which of the identities opened it (its place)."""
    if len(block) != BLOCK_SIZE:
        raise MalformedError("not one block")
    header, size = age_format.parse(block)
    if size != HEADER_SIZE or len(header.stanzas) != STANZA_COUNT:
        raise MalformedError("an envelope has twelve stanzas")
    for stanza in header.stanzas:
        if stanza.arguments[0] != STANZA_TYPE:
            raise MalformedError("an envelope has hybrid stanzas only")
        check_stanza(stanza)
    which, plaintext = file.decrypt_any(block, identities)
    return which, *unpad(plaintext)


def _shuffle(recipients: list[bytes], random: Random) -> list[bytes]:
    # Sorting by 16 random bytes each is a fair shuffle: a tie has a probability of 2⁻¹²⁰.
    return [recipient for _, recipient in sorted((random(16), recipient) for recipient in recipients)]
