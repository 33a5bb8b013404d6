"""What was asked to hand over, and what the reporter says to it. Pure; the rule is `crypto.consent`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from crypto.consent import Consent, Proposal, check_consent
from crypto.conversation import Message
from crypto.errors import ForgedError
from crypto.sharing import is_whole

# Nobody has answered; may leave as it was asked; may leave as the reporter changed it; no, or not any more; too late;
# a message of the reporter is missing, which may be a no.
Standing = Literal["asked", "agreed", "changed", "declined", "expired", "incomplete"]


@dataclass(frozen=True, slots=True)
class Handover:
    """One proposal and what holds for it now. `text` is what may leave, or what was asked where nothing may."""

    id: bytes
    author: bytes
    day: str
    proposal: Proposal
    standing: Standing
    text: str
    consent: Consent | None

    @property
    def may_leave(self) -> bool:
        """Whether the mailbox has agreed to exactly this, and today is not too late."""
        return self.standing in {"agreed", "changed"}


def list_handovers(messages: Sequence[Message], today: str) -> list[Handover]:
    """Return what was asked in these messages of a conversation, which are in the order of their thread."""
    consents: dict[bytes, Consent] = {}
    for message in sorted(messages, key=lambda m: m.payload.number):
        consent = message.payload.body.consent
        if message.payload.kind == "consent" and consent is not None:
            consents[consent.proposal] = consent
    first = next(m.payload for m in messages if m.payload.contact is not None)
    assert first.contact is not None, "chosen for having one"
    key, whole = first.contact.verifying_key, is_whole(messages, first.conversation)
    handovers = [
        _read(message, proposal, consents.get(message.id), key, today)
        for message in messages
        if message.payload.kind == "proposal" and (proposal := message.payload.body.proposal) is not None
    ]
    return [each if whole or not each.may_leave else replace(each, standing="incomplete") for each in handovers]


def _read(message: Message, proposal: Proposal, consent: Consent | None, key: bytes, today: str) -> Handover:
    payload = message.payload

    def stand(standing: Standing, text: str = proposal.text) -> Handover:
        return Handover(message.id, payload.author, payload.day, proposal, standing, text, consent)

    if consent is None:
        return stand("expired" if today > proposal.until else "asked")
    try:
        # As if it were still in time: whether it is, is said apart.
        text = check_consent(consent, proposal, payload.organisation, key, min(today, proposal.until))
    except ForgedError:
        return stand("declined")
    if today > proposal.until:
        return stand("expired", text)
    return stand("agreed" if consent.text is None else "changed", text)
