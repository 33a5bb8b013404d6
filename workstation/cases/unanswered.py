"""What a reporter wrote that nobody has answered, and whether it tells danger.

A letter is answered by a reply whose author had seen all of it. Its place in the thread does not tell: two letters that
cross on one day stand in any order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from crypto.letter import Letter

# The question whether somebody is in danger, and the answer that says so. They keep their ids for good.
_DANGER: Final = "danger"
_YES: Final = "yes"


def list_unanswered(letters: Sequence[Letter]) -> list[Letter]:
    """Return the reporter's letters that no reply has seen, in their order."""
    replies = [m.payload for letter in letters for m in letter.messages if m.payload.kind == "reply"]
    seen = max((reply.seen.get(reply.conversation, -1) for reply in replies), default=-1)
    written = (letter for letter in letters if letter.messages[0].payload.kind == "message")
    return [letter for letter in written if letter.messages[-1].payload.number > seen]


def tell_danger(letters: Sequence[Letter]) -> bool:
    """Say whether one of these letters answers that somebody is in danger."""
    answers = (letter.messages[0].payload.body.answers or {} for letter in letters)
    return any(_YES in each.get(_DANGER, ()) for each in answers)
