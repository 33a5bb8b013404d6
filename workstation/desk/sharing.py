"""What families are owed, written by this desk: what holds from here on, and copies. spec: Sharing.

Each is one answer in the family's conversation, or in the reporter's, with that one's own contact, list and numbers.
Whatever could not be written is owed still, and written at the next look; a power cut costs at most a second copy, of
which readers show one.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from crypto.keyset import Keyset
from workstation.cases.family import Owed, Station, list_owed
from workstation.cases.inbox import Conversation
from workstation.desk.answer import write_bodies
from workstation.desk.outbox import Outbox
from workstation.desk.receive import Receiver
from workstation.errors import WorkstationError


def write_owed(
    receiver: Receiver, outbox: Outbox, keyset: Keyset, conversations: Mapping[bytes, Conversation], now: int
) -> list[bytes]:
    """Seal what this workstation owes; return the conversations in which it wrote. Raises OSError."""
    keyring = receiver.keyring
    present = {workstation.person for workstation in keyset.roster.active.values()}
    station = Station(keyring.id, keyring.state.me.person, present)
    written = []
    for owed in list_owed(conversations, station):
        # Nobody is reachable, or all numbers are used: what is owed to others must not wait for it.
        with suppress(WorkstationError):
            _write(receiver, outbox, keyset, owed, now)
            written.append(owed.conversation)
    return written


def _write(receiver: Receiver, outbox: Outbox, keyset: Keyset, owed: Owed, now: int) -> None:
    messages = receiver.messages[owed.conversation]
    written = write_bodies(receiver.keyring, keyset, messages, owed.kind, owed.bodies, now)
    # In this order, as with an answer. Chunks of a copy are the original's, and go with that.
    outbox.add([record for _message, record in written])
    for message, _record in written:
        receiver.keep(message)
