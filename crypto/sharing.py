"""Sharing a conversation with family: what was shared with whom, and what that covers. spec: Sharing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from crypto.body import SCOPES, Scope, Share, Writer
from crypto.conversation import Message

# Which scopes cover what the writer says; each includes the ones before.
_COVERED: Final = {"team": SCOPES.index("replies"), "mailbox": SCOPES.index("conversation")}
_QUESTIONS: Final = SCOPES.index("questions")


@dataclass(frozen=True, slots=True)
class Sharing:
    """What holds now for one family conversation, and since which number of the mailbox."""

    conversation: bytes
    index: int
    scope: Scope
    since: int


def list_sharings(messages: Iterable[Message]) -> dict[bytes, Sharing]:
    """Return what holds for each family conversation, from a mailbox's authentic messages."""
    sharings: dict[bytes, Sharing] = {}
    for share, number in _list_shares(messages):
        sharings[share.conversation] = Sharing(share.conversation, share.index, share.scope, number)
    return sharings


def scope_at(messages: Iterable[Message], family: bytes, number: int) -> Scope:
    """Return the scope that held for a family conversation when the mailbox wrote its message of this number."""
    shares = [share for share, at in _list_shares(messages) if at < number and share.conversation == family]
    return shares[-1].scope if shares else "none"


def covers(scope: Scope, writer: Writer) -> bool:
    """Say whether a scope covers what the mailbox, or the team, writes."""
    return SCOPES.index(scope) >= _COVERED[writer]


def may_ask(scope: Scope) -> bool:
    """Say whether own questions of the family member are taken in."""
    return SCOPES.index(scope) >= _QUESTIONS


def is_whole(messages: Sequence[Message], author: bytes) -> bool:
    """Say whether of an author's messages none is missing below the highest that is known.

    A server that withholds the message with which sharing was stopped leaves a gap before whatever comes later.
    """
    own = [m for m in messages if m.payload.author == author]
    known = {m.id for m in own}
    return all(m.payload.previous is None or m.payload.previous in known for m in own)


def _list_shares(messages: Iterable[Message]) -> list[tuple[Share, int]]:
    shares = [(m.payload.body.share, m.payload.number) for m in messages if m.payload.kind == "share"]
    return sorted(((share, n) for share, n in shares if share is not None), key=lambda entry: entry[1])
