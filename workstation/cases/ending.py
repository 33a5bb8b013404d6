"""Until when a closed conversation is kept. spec: Case event, Retention.

1. As long as somebody has told danger and nobody has answered, it is kept, whoever closed it.
2. What was written after the closing has opened it: see `state`, rule 5.
3. An answer that is given later than `keep_until` has time to be delivered: its own day counts, then.
"""

from __future__ import annotations

from workstation.cases.inbox import Conversation
from workstation.cases.unanswered import list_unanswered, tell_danger


def find_last_day(conversation: Conversation) -> str | None:
    """Return the day in whose week a conversation is kept for the last time; None as long as it does not end."""
    until = conversation.state.keep_until
    if until is None or tell_danger(list_unanswered(conversation.letters)):
        return None
    return max([until, *(m.payload.day for m in conversation.messages if m.payload.kind == "reply")])
