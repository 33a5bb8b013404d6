"""Blocks of the spool → authentic messages in the archive. spec: Steps, Receive 2; Conversation.

A block is tried with the cards of those weeks with which it was not tried before. A colleague's reply that comes before
the message it answers waits, unnoted, until that message is there. What was withdrawn is not taken in again.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from crypto import envelope
from crypto.age.hybrid import Identity
from crypto.body import Kind
from crypto.conversation import Message, authenticate_message, authenticate_reply, check_sealed, speakers
from crypto.errors import ForgedError, NoMatchError, ProtocolError
from crypto.labels import KEY_SIZE
from crypto.mailbox import Mailbox
from crypto.payload import KINDS_BY_WORKSTATION, Payload, parse
from crypto.roster import Roster
from crypto.week import week_number
from workstation.archive import Archive
from workstation.keyring.state import Withdrawn
from workstation.keyring.workstation import Keyring
from workstation.notes import Notes

# Payload and signature of an envelope that opened, and the hash of the card that opened it.
Opened = tuple[bytes, bytes, bytes]
# A withdrawal before all else; and messages before replies, for a reply belongs to a conversation that was adopted.
_TURNS: Final[Mapping[Kind, int]] = {"withdraw": 0, "message": 1, "allow": 1, "reply": 2, "destroyed": 2}


@dataclass(slots=True)
class Receiver:
    """What this workstation opens with, and what it has: messages by conversation, in the order they were kept.

    `unwanted` are the addresses of blocks that belong to what was withdrawn, and say more than that.
    """

    keyring: Keyring
    archive: Archive
    notes: Notes
    messages: dict[bytes, list[Message]]
    addresses: set[bytes] = field(default_factory=set)
    unwanted: set[bytes] = field(default_factory=set)
    identities: dict[int, Identity] = field(default_factory=dict)

    def receive(self, blocks: Iterable[tuple[bytes, bytes]], roster: Roster | None, now: int) -> set[bytes]:
        """Import blocks (address, bytes); return the conversations that changed or were withdrawn.

        Without a verified roster, colleagues' replies wait. Raises WorkstationError, OSError if one cannot be kept.
        """
        changed = set()
        arrived: list[tuple[bytes, Opened, Payload]] = []
        for address, block in blocks:
            opened = self._open(address, block, now)
            payload = None if opened is None else self._parse(address, opened)
            if opened is not None and payload is not None:
                arrived.append((address, opened, payload))
        for address, opened, payload in sorted(arrived, key=lambda each: _TURNS[each[2].kind]):
            if payload.conversation in self.keyring.state.withdrawn:
                self._turn_away(address, payload)
            elif payload.kind in KINDS_BY_WORKSTATION:
                if self._import_reply(address, opened, payload, roster):
                    changed.add(payload.conversation)
            elif self._import_message(address, opened, payload):
                changed.add(payload.conversation)
        return changed

    def is_new(self, address: bytes) -> bool:
        """Say whether a block has not been imported and some card has not been tried on it."""
        return address not in self.addresses and bool(self.notes.left(address, self.keyring.state.cards))

    def forget_cards(self, weeks: Iterable[int]) -> None:
        """Forget the identities of cards whose secrets were destroyed."""
        for week in weeks:
            self.identities.pop(week, None)

    def keep(self, message: Message) -> None:
        """Archive an authentic message, adopting its conversation. Raises WorkstationError, OSError."""
        conversation = message.payload.conversation
        state = self.keyring.state
        if conversation not in state.archives:
            state.archives[conversation] = os.urandom(KEY_SIZE)
            # The key must be safe before anything is sealed to it.
            self.keyring.save()
        self.archive.keep(message, state.archives[conversation])
        self.messages.setdefault(conversation, []).append(message)
        self.addresses.add(message.payload.address)

    def _open(self, address: bytes, block: bytes, now: int) -> Opened | None:
        weeks = self.notes.left(address, self.keyring.state.cards)
        this_week = week_number(now)
        # Honest senders seal to this week's card, or to one a little older: those first.
        for week in sorted(weeks, key=lambda w: (w > this_week, abs(w - this_week))):
            try:
                return (*envelope.open(block, [self._identity(week)]), self.keyring.state.cards[week].hash)
            except NoMatchError:
                continue
            except ProtocolError:
                break
        self.notes.add(address, weeks)
        return None

    def _identity(self, week: int) -> Identity:
        if week not in self.identities:
            self.identities[week] = Identity(self.keyring.state.cards[week].identity)
        return self.identities[week]

    def _parse(self, address: bytes, opened: Opened) -> Payload | None:
        try:
            return parse(opened[0])
        except ProtocolError:
            self._refuse(address)
            return None

    def _import_message(self, address: bytes, opened: Opened, payload: Payload) -> bool:
        try:
            known = self.messages.get(payload.conversation)
            first = None if not known else next(m.payload for m in known if m.payload.contact is not None)
            message = authenticate_message(opened[:2], self.keyring.state.me.organisation, address, first)
            check_sealed(message, self.keyring.id, opened[2])
        except ProtocolError:
            self._refuse(address)
            return False
        return self._withdraw(message) if payload.kind == "withdraw" else self._keep_new(message)

    def _withdraw(self, message: Message) -> bool:
        # From here on it is neither shown nor taken in again; what is to be destroyed and answered may take longer.
        withdrawn = Withdrawn(message.payload.day, (message.data, message.signature))
        self.keyring.state.withdrawn[message.payload.conversation] = withdrawn
        self.keyring.save()
        self.addresses.add(message.payload.address)
        return True

    def _turn_away(self, address: bytes, payload: Payload) -> None:
        if payload.kind in {"withdraw", "destroyed"}:
            # It may lie there: it says no more than we remember, and would come with every synchronisation.
            self.addresses.add(address)
        else:
            self.unwanted.add(address)

    def _import_reply(self, address: bytes, opened: Opened, payload: Payload, roster: Roster | None) -> bool:
        known = self.messages.get(payload.conversation)
        if not known or roster is None:
            return False
        try:
            mailbox = correspondent(next(m.payload for m in known if m.payload.contact is not None))
            slot = (payload.author, payload.number)
            message = authenticate_reply(opened[:2], roster, mailbox, slot, speakers(known))
            if payload.address != address:
                raise ForgedError("a reply that was moved")
            check_sealed(message, self.keyring.id, opened[2])
        except ProtocolError:
            self._refuse(address)
            return False
        return self._keep_new(message)

    def _keep_new(self, message: Message) -> bool:
        if any(m.id == message.id for m in self.messages.get(message.payload.conversation, [])):
            self.addresses.add(message.payload.address)
            return False
        self.keep(message)
        return True

    def _refuse(self, address: bytes) -> None:
        self.notes.add(address, self.keyring.state.cards)


def correspondent(first: Payload) -> Mailbox:
    """Return of a mailbox what its first message tells a desk: enough to authenticate replies, and no secret of it."""
    assert first.contact is not None, "the first message of a conversation is the mailbox's"
    return Mailbox(
        conversation=first.conversation,
        identity=b"",
        recipient=first.mailbox,
        signing=b"",
        verifying=first.contact.verifying_key,
        address_key=b"",
        delete_key=b"",
        reply_address_key=first.contact.reply_address_key,
        reply_delete_key=first.contact.reply_delete_key,
    )
