"""What a colleague missed, passed on: by somebody who may read it, to somebody who may. spec: Passing on.

Whoever had no card when a message was sealed, or has a new workstation, cannot open it. Any desk that holds it can seal
the same signed bytes to that workstation again; nobody can add a reader whom the reporter's newest list does not name.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from crypto import envelope
from crypto.event import RELAYED_COUNT, Changes, Known
from crypto.keyset import Keyset
from crypto.labels import KEY_SIZE
from crypto.roster import Workstation
from workstation.cases.inbox import Conversation
from workstation.desk.events import make_head


@dataclass(frozen=True, slots=True)
class Missed:
    """What one workstation lacks of one conversation."""

    workstation: Workstation
    conversation: Conversation
    lacking: tuple[Known, ...]


def list_missed(keyset: Keyset, conversation: Conversation, known: Iterable[Known], own: bytes) -> Iterator[Missed]:
    """Yield for each colleague's workstation what it may read of a conversation and was never sealed to it."""
    items = list(known)
    for workstation in keyset.roster.active.values():
        if workstation.id == own or keyset.cards[workstation.id] is None:
            continue
        if workstation.person not in {*conversation.allow.persons, conversation.allow.successor}:
            continue
        done = conversation.state.relayed.get(workstation.id, frozenset())
        lacking = tuple(item for item in items if item.id not in done and not _was_sealed(item, workstation.id))
        if lacking:
            yield Missed(workstation, conversation, lacking)


def pass_on(keyset: Keyset, missed: Missed) -> tuple[list[bytes], list[Changes]]:
    """Seal what a workstation lacks to its card of this week; return the records, and what to tell all desks of it."""
    card = keyset.cards[missed.workstation.id]
    assert card is not None, "whoever has no card misses nothing yet"
    records = []
    for item in missed.lacking:
        block = envelope.seal(item.data, item.signature, [card.recipient], os.urandom)
        records.append(make_head(os.urandom(KEY_SIZE), block))
    ids = [item.id for item in missed.lacking]
    parts = [tuple(ids[start : start + RELAYED_COUNT]) for start in range(0, len(ids), RELAYED_COUNT)]
    return records, [Changes(relayed={missed.workstation.id: part}) for part in parts]


def _was_sealed(item: Known, workstation: bytes) -> bool:
    return isinstance(item.payload.sealed.get(workstation), bytes)
