"""Case events: written by this desk, and taken in from colleagues. spec: Case event.

An event is archived like a message. What its author changed holds on this desk at once, and on the others as soon as
their couriers have brought it.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Sequence

from crypto import envelope, labels
from crypto.age.hybrid import recipient_of
from crypto.conversation import Message
from crypto.encoding import digest
from crypto.errors import MalformedError, NoMatchError
from crypto.event import (
    OPENED_COUNT,
    RELAYED_COUNT,
    CaseEvent,
    Changes,
    Known,
    compose_event,
    list_event_recipients,
    serialize,
)
from crypto.keyset import Keyset
from crypto.labels import KEY_SIZE
from crypto.signing import sign
from crypto.week import day_of
from workstation.errors import WorkstationError
from workstation.keyring.workstation import Keyring
from workstation.texts import translate as _


def write_event(  # noqa: PLR0913, PLR0917 - whose keys, for whom, about what, and when
    keyring: Keyring, keyset: Keyset, messages: Sequence[Message], changes: Changes, time: int, now: int
) -> tuple[CaseEvent, bytes]:
    """Compose, sign and seal an event about the conversation of these messages; return it and its record.

    Raises WorkstationError if it does not fit, or if nobody who may read it can be reached.
    """
    address = os.urandom(KEY_SIZE)
    try:
        event = compose_event(keyring.listed, keyset, messages, changes, day_of(now), time, address)
        data = serialize(event)
        signature = sign(labels.SIGN_EVENT, data, keyring.state.signing)
        block = envelope.seal(data, signature, list_event_recipients(keyset, event), os.urandom)
    except NoMatchError:
        raise WorkstationError(
            _("Niemand die dit gesprek mag lezen is nu bereikbaar. Vraag het uw collega's.")
        ) from None
    except MalformedError:
        raise WorkstationError(_("Dit is te lang om te bewaren. Maak de notitie korter.")) from None
    return CaseEvent(digest(data), event, data, signature), make_head(address, block)


def make_head(address: bytes, block: bytes) -> bytes:
    """Return the record of a block that nobody can delete before its term: of its token there is only a random hash."""
    # spec: address 32 ‖ delete hash 32 ‖ kind 1 ‖ body 65,536
    return address + os.urandom(KEY_SIZE) + bytes([labels.KIND_HEAD]) + block


def make_cover() -> bytes:
    """Return the record of an envelope that nobody can open: to everybody who could not open an event, it is one."""
    nobody = recipient_of(os.urandom(KEY_SIZE))
    return make_head(os.urandom(KEY_SIZE), envelope.seal(b"", bytes(labels.SIGNATURE_SIZE), [nobody], os.urandom))


def list_unannounced(messages: Iterable[Message], own: bytes, opened: Iterable[bytes]) -> Iterator[Changes]:
    """Yield what this workstation (its id) has to tell about messages that it opened and colleagues may have opened.

    `opened` are the addresses that it told before.
    """
    told = frozenset(opened)
    entries = [
        (m.payload.address, {w: state for w, state in m.payload.sealed.items() if isinstance(state, bytes)})
        for m in messages
        if m.payload.contact is not None and m.payload.address not in told
    ]
    # A message that names nobody else is nobody else's to miss.
    shared = [(address, cards) for address, cards in entries if own in cards and len(cards) > 1]
    for start in range(0, len(shared), OPENED_COUNT):
        yield Changes(opened=dict(shared[start : start + OPENED_COUNT]))


def list_held(known: Iterable[Known], own: bytes, told: Collection[bytes]) -> Iterator[Changes]:
    """Yield what this workstation (its id) has to tell about what it holds although nobody sealed it to it.

    `told` are the ids of what it, or whoever passed it on, told before.
    """
    sealed = (each.payload.author == own or isinstance(each.payload.sealed.get(own), bytes) for each in known)
    held = [each.id for each, is_sealed in zip(known, sealed, strict=True) if not is_sealed and each.id not in told]
    for start in range(0, len(held), RELAYED_COUNT):
        yield Changes(relayed={own: tuple(held[start : start + RELAYED_COUNT])})
