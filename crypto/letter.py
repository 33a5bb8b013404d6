"""A text that is longer than one envelope holds: cut into pieces, and joined again. spec: Payload, Long text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from crypto.body import Body, Kind
from crypto.conversation import Message
from crypto.encoding import serialize_json
from crypto.errors import MalformedError

PIECE_SIZE: Final = 24_576
PIECE_COUNT: Final = 16


@dataclass(frozen=True, slots=True)
class Letter:
    """What one author said in one go: its messages, the first of which carries all but text, and the joined text.

    `whole` is false as long as its last piece is not there.
    """

    messages: tuple[Message, ...]
    text: str
    whole: bool


def split_text(text: str) -> list[str]:
    """Return the pieces of a text: one at least, each as long as it can be. Raises MalformedError if it takes too many.

    Half a surrogate pair has no UTF-8 and is malformed too.
    """
    # spec: at most 24,576 bytes as JSON writes them, without the quotes, never inside a code point
    pieces, start, used = [], 0, 0
    for index, character in enumerate(text):
        size = _written_size(character)
        if used + size > PIECE_SIZE:
            pieces.append(text[start:index])
            start, used = index, 0
        used += size
    pieces.append(text[start:])
    if len(pieces) > PIECE_COUNT:
        raise MalformedError("a text of more than 16 pieces")
    return pieces


def split_body(body: Body) -> list[Body]:
    """Return the bodies of the messages that say this together. Raises MalformedError if they are too many."""
    first, *rest = split_text(body.text)
    # spec: each following one carries a piece, and the first one's track and next
    bodies = [replace(body, text=first), *(Body(piece, track=body.track, next=body.next) for piece in rest)]
    return [*(replace(each, continues=True) for each in bodies[:-1]), bodies[-1]]


def join_letters(ordered: Sequence[Message]) -> list[Letter]:
    """Return the letters of authentic messages; each stands where its first message stood."""
    chains: list[list[Message]] = []
    # Which chain waits for the message of this author and kind that names this one as its previous.
    waiting: dict[tuple[bytes, Kind, bytes | None], list[Message]] = {}
    for message in ordered:
        author, kind = message.payload.author, message.payload.kind
        chain = waiting.pop((author, kind, message.payload.previous), None)
        if chain is None:
            chain = []
            chains.append(chain)
        chain.append(message)
        if message.payload.body.continues:
            waiting[author, kind, message.id] = chain
    return [_join(chain) for chain in chains]


def _join(chain: Sequence[Message]) -> Letter:
    text = "".join(message.payload.body.text for message in chain)
    return Letter(tuple(chain), text, whole=not chain[-1].payload.body.continues)


@lru_cache(4096)
def _written_size(character: str) -> int:
    try:
        return len(serialize_json(character)) - 2
    except UnicodeEncodeError:
        raise MalformedError("half a surrogate pair") from None
