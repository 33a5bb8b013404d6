"""A conversation → how urgent it is, and why. The norm: a first answer within one working day (mission, 24)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum
from functools import cache
from typing import Final

from holidays import country_holidays

from workstation.cases.inbox import Conversation
from workstation.cases.unanswered import list_unanswered, tell_danger

_SATURDAY: Final = 5


class Place(IntEnum):
    """Where a conversation stands in the inbox, the most urgent first."""

    DANGER = 0
    OVERDUE = 1
    NEW = 2
    WAITING = 3
    TODAY = 4
    RUNNING = 5
    PAUSED = 6
    CLOSED = 7


@dataclass(frozen=True, slots=True)
class Urgency:
    """Where a conversation stands. `since` is the day since which somebody waits, `by` the one that was promised."""

    place: Place
    since: str | None = None
    by: str | None = None


def judge(conversation: Conversation, today: str) -> Urgency:
    """Return how urgent a conversation is on a day (YYYY-MM-DD)."""
    unanswered = list_unanswered(conversation.letters)
    since = min((letter.messages[0].payload.day for letter in unanswered), default=None)
    if tell_danger(unanswered):
        return Urgency(Place.DANGER, since)
    if conversation.state.status == "closed":
        return Urgency(Place.CLOSED)
    # Whoever sets a conversation aside still gets to it on the day that was agreed.
    promised = min((day for day in (conversation.agreed.next, conversation.state.due) if day), default=None)
    if conversation.waiting and conversation.state.status == "active" and since is not None:
        return _judge_waiting(conversation, since, promised, today)
    return _judge_quiet(conversation, promised, today)


def _judge_waiting(conversation: Conversation, since: str, promised: str | None, today: str) -> Urgency:
    by = min(day for day in (promised, next_working_day(since)) if day is not None)
    if by < today:
        return Urgency(Place.OVERDUE, since, by)
    is_new = not any(m.payload.kind == "reply" for m in conversation.messages)
    return Urgency(Place.NEW if is_new else Place.WAITING, since, by)


def _judge_quiet(conversation: Conversation, promised: str | None, today: str) -> Urgency:
    if promised is not None and promised <= today:
        return Urgency(Place.OVERDUE if promised < today else Place.TODAY, None, promised)
    if conversation.state.status == "paused":
        return Urgency(Place.PAUSED, None, promised)
    # Nobody waits for an answer, and somebody has to read it.
    unread = conversation.wants_none and not conversation.state.assigned
    return Urgency(Place.NEW if unread else Place.RUNNING, None, promised)


@cache
def next_working_day(day: str) -> str:
    """Return the first day after this one on which offices in the Netherlands are open."""
    following = date.fromisoformat(day)
    holidays = country_holidays("NL", years=(following.year, following.year + 1))
    while True:
        following += timedelta(days=1)
        if following.weekday() < _SATURDAY and following not in holidays:
            return following.isoformat()
