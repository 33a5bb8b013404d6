"""A counsellor's words and files → sealed records, one for each piece of a text. spec: Steps, Receive 4; Long text."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from crypto import envelope, labels
from crypto.address import delete_hash, derive_delete_token
from crypto.attachment import Attachment, chunk_address, count_chunks, derive_keys
from crypto.body import Body, Kind
from crypto.conversation import Draft, Message, compose_reply, list_recipients, seen_by
from crypto.errors import MalformedError, NoMatchError
from crypto.keyset import Keyset
from crypto.labels import LAST_NUMBER
from crypto.letter import split_body
from crypto.payload import message_id, serialize
from crypto.signing import sign
from crypto.week import day_of
from workstation.errors import WorkstationError
from workstation.keyring.state import Numbering
from workstation.keyring.workstation import Keyring
from workstation.texts import translate as _


def write_reply(
    keyring: Keyring, keyset: Keyset, messages: Sequence[Message], body: Body, now: int
) -> list[tuple[Message, bytes]]:
    """Compose, sign and seal a reply, or a proposal; a long text goes as several. Return messages and records.

    Raises WorkstationError if it does not fit or nobody can be reached, OSError.
    """
    try:
        bodies = split_body(body)
    except MalformedError:
        raise WorkstationError(_("Uw antwoord is te lang. Verdeel het over twee antwoorden.")) from None
    return write_bodies(keyring, keyset, messages, "reply" if body.proposal is None else "proposal", bodies, now)


def write_bodies(  # noqa: PLR0913, PLR0917 - whose keys, for whom, in which conversation, what, and when
    keyring: Keyring, keyset: Keyset, messages: Sequence[Message], kind: Kind, bodies: Sequence[Body], now: int
) -> list[tuple[Message, bytes]]:
    """Compose, sign and seal bodies of one kind, in order; take the numbers, durably; return messages and records.

    The numbers are taken before anything else is written: whatever happens next, no two messages of ours share one.
    Raises WorkstationError if it does not fit or nobody can be reached, OSError.
    """
    numbering = count_numbers(keyring, messages)
    if numbering.next + len(bodies) - 1 > LAST_NUMBER:
        raise WorkstationError(_("In dit gesprek kunt u geen antwoord meer sturen. Vraag een collega."))
    seen = seen_by(messages, keyring.id)
    written = []
    for each in bodies:
        draft = Draft(kind, each, day_of(now), numbering.next, numbering.previous, seen)
        written.append(_seal_or_explain(keyring, keyset, messages, draft))
        numbering = Numbering(numbering.next + 1, written[-1][0].id)
    keyring.state.numbers[messages[0].payload.conversation] = numbering
    keyring.save()
    return written


def seal_reply(keyring: Keyring, keyset: Keyset, messages: Sequence[Message], draft: Draft) -> tuple[Message, bytes]:
    """Compose, sign and seal one reply; return the message and its record. Its number is for the caller to take.

    Raises NoMatchError if nobody can be reached, MalformedError if it does not fit.
    """
    payload = compose_reply(keyring.listed, keyset, messages, draft)
    data = serialize(payload)
    signature = sign(labels.SIGN_WORKSTATION, data, keyring.state.signing)
    block = envelope.seal(data, signature, list_recipients(keyset, payload), os.urandom)
    message = Message(message_id(data), payload, data, signature)
    return message, _record(message, messages, block)


def count_numbers(keyring: Keyring, messages: Sequence[Message]) -> Numbering:
    """Return which number comes next in the conversation of these messages."""
    numbering = keyring.state.numbers.get(messages[0].payload.conversation, Numbering())
    # A keyring from a backup has forgotten numbers that the conversation still shows.
    for message in messages:
        if message.payload.author == keyring.id and message.payload.number >= numbering.next:
            numbering = Numbering(message.payload.number + 1, message.id)
    return numbering


def list_entries(attachment: Attachment, messages: Sequence[Message]) -> Iterator[bytes]:
    """Yield for each chunk of a reply's attachment its address and the hash of the token that deletes it."""
    keys = derive_keys(attachment.key)
    for index in range(count_chunks(attachment.size)):
        yield _with_delete_hash(chunk_address(keys, index), messages)


def _seal_or_explain(
    keyring: Keyring, keyset: Keyset, messages: Sequence[Message], draft: Draft
) -> tuple[Message, bytes]:
    try:
        return seal_reply(keyring, keyset, messages, draft)
    except NoMatchError:
        raise WorkstationError(
            _("Niemand die dit gesprek mag lezen is nu bereikbaar. Vraag het uw collega's.")
        ) from None
    except MalformedError:
        # Pieces fit; what is too much stands beside the text: names of files, and a summary full of signs to escape.
        raise WorkstationError(
            _("Uw antwoord is te lang met alles wat erbij staat. Verdeel het over twee antwoorden.")
        ) from None


def _record(message: Message, messages: Sequence[Message], block: bytes) -> bytes:
    # spec: address 32 ‖ delete hash 32 ‖ kind 1 ‖ body 65,536
    return _with_delete_hash(message.payload.address, messages) + bytes([labels.KIND_REPLY]) + block


def _with_delete_hash(address: bytes, messages: Sequence[Message]) -> bytes:
    contact = next(m.payload.contact for m in messages if m.payload.contact is not None)
    return address + delete_hash(derive_delete_token(contact.reply_delete_key, address))
