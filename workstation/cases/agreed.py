"""What reporter and team have agreed on: the summary that is shared, the track, the next moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crypto.body import Track
from crypto.conversation import Message


@dataclass(frozen=True, slots=True)
class Agreed:
    """What holds after the newest reply; "" or None where there is nothing. `next` is a day."""

    summary: str = ""
    track: Track | None = None
    next: str | None = None


def read_agreed(ordered: Sequence[Message]) -> Agreed:
    """Return what holds after these messages, which are in the order of their thread."""
    replies = [message.payload.body for message in ordered if message.payload.kind == "reply"]
    if not replies:
        return Agreed()
    summary = next((body.summary for body in reversed(replies) if body.summary is not None), "")
    return Agreed(summary, replies[-1].track, replies[-1].next)
