"""Messages → conversations, the newest first, and which of them wait for an answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from crypto.conversation import Message, is_restart, newest_allow, order
from crypto.payload import AllowList, Payload


@dataclass(frozen=True, slots=True)
class Conversation:
    """One mailbox's authentic messages in their order; `first` is what its keys were trusted from."""

    id: bytes
    messages: tuple[Message, ...]
    first: Payload
    newest_day: str
    waiting: bool
    restarts: frozenset[bytes]
    allow: AllowList


def group(messages: Iterable[Message]) -> dict[bytes, list[Message]]:
    """Return messages by conversation, each once."""
    groups: dict[bytes, dict[bytes, Message]] = defaultdict(dict)
    for message in messages:
        groups[message.payload.conversation].setdefault(message.id, message)
    return {conversation: list(known.values()) for conversation, known in groups.items()}


def read_conversation(messages: Sequence[Message]) -> Conversation:
    """Return the conversation of these messages, of which the mailbox's first known one comes first in the sequence."""
    ordered = order(messages)
    first = next(m.payload for m in messages if m.payload.contact is not None)
    return Conversation(
        id=first.conversation,
        messages=tuple(ordered),
        first=first,
        newest_day=max(m.payload.day for m in messages),
        waiting=_is_waiting(ordered),
        restarts=frozenset(m.id for i, m in enumerate(ordered) if is_restart(m, ordered[:i])),
        allow=newest_allow(messages),
    )


def list_inbox(conversations: Mapping[bytes, Conversation]) -> list[Conversation]:
    """Return conversations: those that wait for an answer first, and among equals the newest."""
    newest = sorted(conversations.values(), key=lambda c: (c.newest_day, c.id), reverse=True)
    return sorted(newest, key=lambda c: not c.waiting)


def excerpt(conversation: Conversation, length: int = 90) -> str:
    """Return the beginning of the newest thing that the reporter wrote, on one line."""
    texts = [m.payload.body.text for m in conversation.messages if m.payload.kind == "message"]
    text = " ".join(next((t for t in reversed(texts) if t.strip()), "").split())
    return text if len(text) <= length else text[:length].rsplit(" ", 1)[0].rstrip() + " …"


def _is_waiting(ordered: Sequence[Message]) -> bool:
    spoken = [m.payload.kind for m in ordered if m.payload.kind != "allow"]
    return bool(spoken) and spoken[-1] == "message"
