"""Closed conversations whose time is over: all of them goes, on every desk by itself. spec: Retention.

What remains is the conversation's id, the day, and how far it had come: blocks of it that a portal still has are not
taken in again, and a letter that its reporter writes later is.

    ended, and nothing older is taken in       the keyring, saved
    everything that the workstation holds
    the archive identity is gone               the keyring, saved
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from crypto.week import day_of, week_number
from workstation.cases.ending import find_last_day
from workstation.cases.family import is_silent, list_families
from workstation.cases.inbox import Conversation
from workstation.ceremony.destruction import find_week
from workstation.desk.holdings import Holdings
from workstation.keyring.state import Ended
from workstation.keyring.workstation import Keyring
from workstation.spool import Spool


@dataclass(frozen=True, slots=True)
class Retention:
    """What is kept, and until when."""

    holdings: Holdings

    @property
    def keyring(self) -> Keyring:
        """The keyring, which remembers what has ended."""
        return self.holdings.receiver.keyring

    def end_due(self, conversations: Iterable[Conversation], spool: Spool, now: int) -> list[bytes]:
        """Destroy what is over and finish what was begun; return the conversations. Raises WorkstationError, OSError.

        A week has to have passed of which more than one clock is sure: see `ceremony.destruction`.
        """
        state = self.keyring.state
        week = find_week(self.keyring, spool, now)
        known = {conversation.id: conversation for conversation in conversations}
        due = {} if week is None else {c.id: c for c in known.values() if _is_over(c, week)}
        # With whom it was shared, goes with it; as long as a family still asks, the reporter's words stay beside it.
        asking = {
            family.reporter
            for family in list_families(known)
            if (with_family := known.get(family.sharing.conversation)) is not None
            and not (is_silent(with_family) or with_family.id in due)
        }
        for conversation in due.values():
            if conversation.id not in asking:
                state.ended[conversation.id] = self._mark(conversation, day_of(now))
                self.holdings.receiver.end_families(conversation.id, day_of(now))
                self.keyring.save()
        gone = [c for c, ended in state.ended.items() if not ended.done]
        for conversation_id in gone:
            self._destroy(conversation_id, spool)
        return gone

    def _mark(self, conversation: Conversation, today: str) -> Ended:
        before = self.keyring.state.ended.get(conversation.id)
        numbers = {} if before is None else dict(before.numbers)
        for message in conversation.messages:
            author, number = message.payload.author, message.payload.number
            numbers[author] = max(number, numbers.get(author, 0))
        return Ended(today, numbers, max(conversation.state.time, 0 if before is None else before.time), done=False)

    def _destroy(self, conversation: bytes, spool: Spool) -> None:
        state = self.keyring.state
        known = self.holdings.receiver.messages.get(conversation, [])
        contact = next((m.payload.contact for m in known if m.payload.contact is not None), None)
        self.holdings.destroy(conversation, contact, spool)
        state.archives.pop(conversation, None)
        state.ended[conversation] = replace(state.ended[conversation], done=True)
        self.keyring.save()
        self.holdings.receiver.forget(conversation)


def _is_over(conversation: Conversation, week: int) -> bool:
    last_day = find_last_day(conversation)
    return last_day is not None and _week_of(last_day) < week


def _week_of(day: str) -> int:
    return week_number(int((date.fromisoformat(day) - date(1970, 1, 1)).total_seconds()))
