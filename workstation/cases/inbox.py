"""Messages → conversations, the newest first, and which of them wait for an answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from crypto.conversation import Message, is_restart, newest_allow, order
from crypto.event import CaseEvent
from crypto.letter import Letter, join_letters
from crypto.payload import AllowList, Payload
from workstation.cases.agreed import Agreed, read_agreed
from workstation.cases.state import CaseState, read_state
from workstation.cases.unanswered import list_unanswered

# The question what the reporter wishes, and the choice of whoever wants no answer. They keep their ids for good.
_WISH: Final = "wish"
_NO_REPLY: Final = "no-reply"


@dataclass(frozen=True, slots=True)
class Conversation:
    """One mailbox's authentic messages in their order, and the letters they form.

    `first` is what its keys were trusted from. Whoever wants no answer (`wants_none`) does not wait for one.
    """

    id: bytes
    messages: tuple[Message, ...]
    letters: tuple[Letter, ...]
    first: Payload
    newest_day: str
    waiting: bool
    wants_none: bool
    restarts: frozenset[bytes]
    allow: AllowList
    agreed: Agreed
    state: CaseState


def read_conversation(
    messages: Sequence[Message], events: Iterable[CaseEvent], persons: Mapping[bytes, str]
) -> Conversation:
    """Return the conversation of these messages, of which the mailbox's first known one comes first, and its events.

    `persons` names the person of each listed workstation.
    """
    ordered = order(messages)
    letters = join_letters(ordered)
    unanswered = list_unanswered(letters)
    wants_none = bool(unanswered) and _wants_no_reply(unanswered[-1])
    first = next(m.payload for m in messages if m.payload.contact is not None)
    allow = newest_allow(messages)
    newest = max((m.payload.number for m in messages if m.payload.kind == "message"), default=-1)
    return Conversation(
        id=first.conversation,
        messages=tuple(ordered),
        letters=tuple(letters),
        first=first,
        newest_day=max(m.payload.day for m in messages),
        waiting=bool(unanswered) and not wants_none,
        wants_none=wants_none,
        restarts=frozenset(m.id for i, m in enumerate(ordered) if is_restart(m, ordered[:i])),
        allow=allow,
        agreed=read_agreed(ordered),
        state=read_state(events, persons, (*allow.persons, allow.successor or ""), newest),
    )


def list_inbox(conversations: Mapping[bytes, Conversation]) -> list[Conversation]:
    """Return conversations: those that wait for an answer first, and among equals the newest."""
    newest = sorted(conversations.values(), key=lambda c: (c.newest_day, c.id), reverse=True)
    return sorted(newest, key=lambda c: not c.waiting)


def excerpt(conversation: Conversation, length: int = 90) -> str:
    """Return the beginning of the newest thing that the reporter wrote, on one line."""
    texts = [letter.text for letter in conversation.letters if letter.messages[0].payload.kind == "message"]
    text = " ".join(next((t for t in reversed(texts) if t.strip()), "").split())
    return text if len(text) <= length else text[:length].rsplit(" ", 1)[0].rstrip() + " …"


def _wants_no_reply(letter: Letter) -> bool:
    return _NO_REPLY in (letter.messages[0].payload.body.answers or {}).get(_WISH, ())
