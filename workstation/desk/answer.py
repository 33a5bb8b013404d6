"""A counsellor's words and files → sealed records. spec: Steps, Receive 4."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Final

from crypto import envelope, labels
from crypto.address import delete_hash, derive_delete_token
from crypto.attachment import Attachment, chunk_address, count_chunks, derive_keys
from crypto.conversation import Draft, Message, compose_reply, list_recipients, seen_by
from crypto.encoding import check_text
from crypto.errors import MalformedError, NoMatchError
from crypto.keyset import Keyset
from crypto.labels import LAST_NUMBER
from crypto.payload import Body, message_id, serialize
from crypto.signing import sign
from crypto.week import day_of
from workstation.errors import WorkstationError
from workstation.keyring.state import Numbering
from workstation.keyring.workstation import Keyring
from workstation.texts import translate as _

# Longer than any answer that fits, so that a page of 50 MB is refused before anything is done with it.
TEXT_LENGTH: Final = 40_000


def clean_text(text: str) -> str:
    """Return a text as it may be sent: line feeds only, no space around it. Raises WorkstationError."""
    cleaned = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ").strip()
    try:
        return check_text(cleaned)
    except MalformedError:
        raise WorkstationError(_("Er staat een teken in uw antwoord dat niet kan worden verstuurd.")) from None


def write_reply(
    keyring: Keyring, keyset: Keyset, messages: Sequence[Message], body: Body, now: int
) -> tuple[Message, bytes]:
    """Compose, sign and seal a reply; take its number, durably; return the message and its record.

    The number is taken before anything else is written: whatever happens next, no two messages of ours share one.
    Raises WorkstationError if the text does not fit or nobody can be reached, OSError.
    """
    conversation = messages[0].payload.conversation
    numbering = _numbering(keyring, messages)
    if numbering.next > LAST_NUMBER:
        raise WorkstationError(_("In dit gesprek kunt u geen antwoord meer sturen. Vraag een collega."))
    draft = Draft("reply", body, day_of(now), numbering.next, numbering.previous, seen_by(messages, keyring.id))
    try:
        payload = compose_reply(keyring.listed, keyset, messages, draft)
        data = serialize(payload)
        signature = sign(labels.SIGN_WORKSTATION, data, keyring.state.signing)
        block = envelope.seal(data, signature, list_recipients(keyset, payload), os.urandom)
    except NoMatchError:
        raise WorkstationError(
            _("Niemand die dit gesprek mag lezen is nu bereikbaar. Vraag het uw collega's.")
        ) from None
    except MalformedError:
        raise WorkstationError(
            _("Uw antwoord is te lang voor één bericht. Verdeel het over twee antwoorden.")
        ) from None
    message = Message(message_id(data), payload, data, signature)
    keyring.state.numbers[conversation] = Numbering(numbering.next + 1, message.id)
    keyring.save()
    return message, _record(message, messages, block)


def list_entries(attachment: Attachment, messages: Sequence[Message]) -> Iterator[bytes]:
    """Yield for each chunk of a reply's attachment its address and the hash of the token that deletes it."""
    keys = derive_keys(attachment.key)
    for index in range(count_chunks(attachment.size)):
        yield _with_delete_hash(chunk_address(keys, index), messages)


def _numbering(keyring: Keyring, messages: Sequence[Message]) -> Numbering:
    conversation = messages[0].payload.conversation
    numbering = keyring.state.numbers.get(conversation, Numbering())
    # A keyring from a backup has forgotten numbers that the conversation still shows.
    for message in messages:
        if message.payload.author == keyring.id and message.payload.number >= numbering.next:
            numbering = Numbering(message.payload.number + 1, message.id)
    return numbering


def _record(message: Message, messages: Sequence[Message], block: bytes) -> bytes:
    # spec: address 32 ‖ delete hash 32 ‖ kind 1 ‖ body 65,536
    return _with_delete_hash(message.payload.address, messages) + bytes([labels.KIND_REPLY]) + block


def _with_delete_hash(address: bytes, messages: Sequence[Message]) -> bytes:
    contact = next(m.payload.contact for m in messages if m.payload.contact is not None)
    return address + delete_hash(derive_delete_token(contact.reply_delete_key, address))
