"""Conversations as desks hold them in memory: composed by the protocol's own code, with days and words of one's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from crypto import labels, payload
from crypto.body import Body
from crypto.conversation import Message, seen_by
from crypto.event import CaseEvent, Changes
from tests import world
from tests.workstation.test_state import PERSONS, event
from workstation.cases.inbox import Conversation, read_conversation

TEAM = world.make_team()


@dataclass
class Talk:
    """What a reporter and a counsellor have said to each other, and what the team noted."""

    seed: str = "reporter"
    messages: list[Message] = field(default_factory=list)
    noted: list[CaseEvent] = field(default_factory=list)

    def write(
        self,
        day: str,
        text: str = "Hallo",
        answers: Mapping[str, tuple[str, ...]] | None = None,
        *,
        crossing: bool = False,
    ) -> Talk:
        """Let the reporter say something; where letters are crossing, they have not seen what the team wrote."""
        box = world.make_mailbox(self.seed)
        own = [message for message in self.messages if message.payload.author == box.conversation]
        written = world.write_message(
            box,
            TEAM,
            number=len(own),
            previous=own[-1].id if own else None,
            seen={} if crossing else seen_by(self.messages, box.conversation),
            day=day,
            body=Body(text, answers or {}, 2),
        )
        return self._add(written, labels.SIGN_MAILBOX, box.signing)

    def answer(self, day: str, body: Body | None = None) -> Talk:
        """Let a counsellor answer."""
        counsellor = TEAM.counsellors[0]
        own = [message for message in self.messages if message.payload.author == counsellor.id]
        written = world.write_reply(
            counsellor,
            TEAM,
            self.messages,
            number=len(own),
            previous=own[-1].id if own else None,
            day=day,
            body=body or Body("Goed dat u schrijft."),
        )
        return self._add(written, labels.SIGN_WORKSTATION, counsellor.signing)

    def note(self, changes: Changes) -> Talk:
        """Let the team change what holds, after everything that was said until now."""
        newest = max((m.payload.number for m in self.messages if m.payload.kind == "message"), default=-1)
        self.noted.append(event(0, len(self.noted) + 1, changes, seen=newest))
        return self

    def read(self) -> Conversation:
        """Return the conversation."""
        return read_conversation(self.messages, self.noted, PERSONS)

    def _add(self, written: payload.Payload, tag: bytes, key: bytes) -> Talk:
        data, signature = world.sign_payload(written, tag, key)
        self.messages.append(Message(payload.message_id(data), written, data, signature))
        return self
