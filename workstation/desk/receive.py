"""Blocks of the spool → authentic messages in the archive. spec: Steps, Receive 2; Conversation.

A block is tried with the cards of those weeks with which it was not tried before. A colleague's reply or event that
comes before the message it belongs to waits, unnoted, until that message is there. What was withdrawn, or has ended, is
not taken in again.

A message, reply or event may lie elsewhere than its author put it: a colleague passed it on, verbatim, to somebody of
whom its author had no card. It is taken in only where it names none of ours, and the newest allow-list names us.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from crypto import envelope
from crypto.age.hybrid import Identity
from crypto.body import Kind
from crypto.conversation import (
    Message,
    authenticate_message,
    authenticate_reply,
    check_sealed,
    newest_allow,
    speakers,
)
from crypto.errors import ForgedError, ProtocolError
from crypto.event import CaseEvent, Event, Known, authenticate_event, check_event_sealed, is_event
from crypto.event import parse as parse_event
from crypto.labels import KEY_SIZE
from crypto.mailbox import Mailbox
from crypto.payload import KINDS_BY_MAILBOX, KINDS_BY_WORKSTATION, AllowList, Payload, Sealed, parse
from crypto.roster import Roster
from crypto.week import week_number
from workstation.archive import Archive
from workstation.cases.family import Family, admit, may_be_family, read_family
from workstation.keyring.state import Withdrawn
from workstation.keyring.workstation import Keyring
from workstation.notes import Notes

# Payload and signature of an envelope that opened, and the hash of the card that opened it.
Opened = tuple[bytes, bytes, bytes]
# A withdrawal before all else; then what says that a conversation is a family's, and of whom; and messages before
# replies, for a reply belongs to a conversation that was adopted.
_TURNS: Final[Mapping[Kind, int]] = {
    **dict.fromkeys(KINDS_BY_MAILBOX, 3),
    **dict.fromkeys(KINDS_BY_WORKSTATION, 4),
    "withdraw": 0,
    "allow": 1,
    "share": 2,
}


@dataclass(slots=True)
class Receiver:
    """What this workstation opens with, and what it has: by conversation its messages, in the order kept, and events.

    `unwanted` are the addresses of blocks that belong to what was withdrawn, and say more than that. `sharers` are the
    conversations that have named one in a `share`.
    """

    keyring: Keyring
    archive: Archive
    notes: Notes
    messages: dict[bytes, list[Message]] = field(default_factory=dict)
    events: dict[bytes, list[CaseEvent]] = field(default_factory=dict)
    addresses: set[bytes] = field(default_factory=set)
    unwanted: set[bytes] = field(default_factory=set)
    sharers: dict[bytes, set[bytes]] = field(default_factory=dict)
    identities: dict[int, Identity] = field(default_factory=dict)

    def restore(self, archived: Iterable[Known]) -> int:
        """Take over what the archive holds; return how much of it no conversation can be made of."""
        for known in archived:
            self._remember(known)
        # Without any message of the mailbox there is nobody to trust and nothing to show.
        trusted = {c for c, messages in self.messages.items() if any(m.payload.contact is not None for m in messages)}
        lost = [*self.messages.keys() - trusted, *self.events.keys() - trusted]
        return sum(len(self.messages.pop(c, [])) + len(self.events.pop(c, [])) for c in lost)

    def receive(self, blocks: Iterable[tuple[bytes, bytes]], roster: Roster | None, now: int) -> set[bytes]:
        """Import blocks (address, bytes); return the conversations that changed or were withdrawn.

        Without a verified roster, what colleagues wrote waits. Raises WorkstationError, OSError if one cannot be kept.
        """
        changed = set()
        messages: list[tuple[bytes, Opened, Payload]] = []
        events: list[tuple[bytes, Opened, Event]] = []
        for address, block in blocks:
            opened = self._open(address, block, now)
            if opened is None:
                continue
            try:
                if is_event(opened[0]):
                    events.append((address, opened, parse_event(opened[0])))
                else:
                    messages.append((address, opened, parse(opened[0])))
            except ProtocolError:
                self._refuse(address)
        waiting = sorted(messages, key=lambda each: _TURNS[each[2].kind])
        # Twice: what a family wrote may wait for what its reporter wrote, and that for nothing.
        for _turn in range(2):
            for address, opened, payload in waiting:
                if self._import(address, opened, payload, roster):
                    changed.add(payload.conversation)
            waiting = [each for each in waiting if each[2].contact is not None and self.is_new(each[0])]
        for address, opened, event in events:
            if self._import_event(address, opened, event, roster):
                changed.add(event.conversation)
        return changed

    def is_new(self, address: bytes) -> bool:
        """Say whether a block has not been imported and some card has not been tried on it."""
        return address not in self.addresses and bool(self.notes.left(address, self.keyring.state.cards))

    def forget_cards(self, weeks: Iterable[int]) -> None:
        """Forget the identities of cards whose secrets were destroyed."""
        for week in weeks:
            self.identities.pop(week, None)

    def keep(self, known: Known) -> None:
        """Archive what is authentic, adopting its conversation. Raises WorkstationError, OSError."""
        conversation = known.payload.conversation
        state = self.keyring.state
        if conversation not in state.archives:
            state.archives[conversation] = os.urandom(KEY_SIZE)
            # The key must be safe before anything is sealed to it.
            self.keyring.save()
        self.archive.keep(known, state.archives[conversation])
        self._remember(known)

    def forget(self, conversation: bytes) -> None:
        """Forget what is known of a conversation; its files are for the caller to destroy."""
        gone: list[Known] = [*self.messages.pop(conversation, []), *self.events.pop(conversation, [])]
        self.addresses -= {known.payload.address for known in gone}
        for reporters in self.sharers.values():
            reporters.discard(conversation)

    def end_families(self, conversation: bytes, day: str) -> None:
        """Mark as withdrawn what this conversation has shared with; the keyring is for the caller to save."""
        for family in [family for family, reporters in self.sharers.items() if conversation in reporters]:
            self._end_family(family, day)

    def _end_family(self, family: bytes, day: str) -> None:
        known = self.messages.get(family, [])
        if family in self.keyring.state.withdrawn or not may_be_family(known):
            return
        own = [m for m in known if isinstance(m.payload.allow, AllowList)]
        # Told to whom its newest list names, as if it had asked for it itself; one that is not known cannot be told.
        newest = max(own, key=lambda m: (newest_allow([m]).version, m.payload.number), default=None)
        told = None if newest is None else (newest.data, newest.signature)
        self.keyring.state.withdrawn[family] = Withdrawn(day, told, with_reporter=True)

    def _remember(self, known: Known) -> None:
        if isinstance(known, CaseEvent):
            self.events.setdefault(known.payload.conversation, []).append(known)
        else:
            self.messages.setdefault(known.payload.conversation, []).append(known)
            share = known.payload.body.share
            if known.payload.kind == "share" and share is not None:
                self.sharers.setdefault(share.conversation, set()).add(known.payload.conversation)
        self.addresses.add(known.payload.address)

    def _open(self, address: bytes, block: bytes, now: int) -> Opened | None:
        weeks = self.notes.left(address, self.keyring.state.cards)
        this_week = week_number(now)
        # Honest senders seal to this week's card, or to one a little older: those first.
        likely = sorted(weeks, key=lambda w: (w > this_week, abs(w - this_week)))
        try:
            which, data, signature = envelope.open_any(block, [self._identity(week) for week in likely])
        except ProtocolError:
            self.notes.add(address, weeks)
            return None
        return data, signature, self.keyring.state.cards[likely[which]].hash

    def _identity(self, week: int) -> Identity:
        if week not in self.identities:
            self.identities[week] = Identity(self.keyring.state.cards[week].identity)
        return self.identities[week]

    def _import(self, address: bytes, opened: Opened, payload: Payload, roster: Roster | None) -> bool:
        if payload.conversation in self.keyring.state.withdrawn:
            self._turn_away(address, payload)
            return payload.kind == "share" and self._end_named(opened, payload)
        ended = self.keyring.state.ended.get(payload.conversation)
        if ended is not None and payload.kind != "withdraw" and payload.number <= ended.numbers.get(payload.author, -1):
            self._refuse(address)
            return False
        if payload.kind in KINDS_BY_WORKSTATION:
            return self._import_reply(address, opened, payload, roster)
        return self._import_message(address, opened, payload)

    def _import_message(self, address: bytes, opened: Opened, payload: Payload) -> bool:
        known = self.messages.get(payload.conversation, [])
        passed_on = payload.kind != "withdraw" and self._is_passed_on(address, payload.address, payload.sealed)
        try:
            first = next((m.payload for m in known if m.payload.contact is not None), None)
            place = payload.address if passed_on else address
            message = authenticate_message(opened[:2], self.keyring.state.me.organisation, place, first)
            if not passed_on:
                check_sealed(message, self.keyring.id, opened[2])
            elif not self._may_read([*known, message]):
                raise ForgedError("passed on to somebody whom the newest list does not name")
        except ProtocolError:
            self._refuse(address)
            return False
        if payload.kind == "withdraw":
            return self._withdraw(message)
        admission = admit(message, known, self._list_claims(payload.conversation))
        if admission == "refuse":
            self._refuse(address)
        return admission == "take" and self._keep_new(message, address)

    def _list_claims(self, conversation: bytes) -> list[Family]:
        reporters = self.sharers.get(conversation, ())
        claims = (read_family(each, conversation, self.messages.get(each, [])) for each in reporters)
        return [claim for claim in claims if claim is not None]

    def _end_named(self, opened: Opened, payload: Payload) -> bool:
        """End what was shared by a conversation that was withdrawn before this `share` was here."""
        try:
            share = authenticate_message(
                opened[:2], self.keyring.state.me.organisation, payload.address
            ).payload.body.share
        except ProtocolError:
            return False
        if share is None or share.conversation in self.keyring.state.withdrawn:
            return False
        self._end_family(share.conversation, self.keyring.state.withdrawn[payload.conversation].day)
        self.keyring.save()
        return True

    def _withdraw(self, message: Message) -> bool:
        # From here on it is neither shown nor taken in again; what is to be destroyed and answered may take longer.
        withdrawn = Withdrawn(message.payload.day, (message.data, message.signature))
        self.keyring.state.withdrawn[message.payload.conversation] = withdrawn
        self.end_families(message.payload.conversation, message.payload.day)
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
            if not self._is_passed_on(address, payload.address, payload.sealed):
                if payload.address != address:
                    raise ForgedError("a reply that was moved")
                check_sealed(message, self.keyring.id, opened[2])
            elif not self._may_read(known):
                raise ForgedError("passed on to somebody whom the newest list does not name")
        except ProtocolError:
            self._refuse(address)
            return False
        return self._keep_new(message, address)

    def _import_event(self, address: bytes, opened: Opened, event: Event, roster: Roster | None) -> bool:
        if event.conversation in self.keyring.state.withdrawn:
            self.unwanted.add(address)
            return False
        ended = self.keyring.state.ended.get(event.conversation)
        if ended is not None and event.time <= ended.time:
            self._refuse(address)
            return False
        known = self.messages.get(event.conversation)
        if not known or roster is None:
            return False
        try:
            authentic = authenticate_event(opened[:2], roster, speakers(known))
            if not self._is_passed_on(address, event.address, event.sealed):
                check_event_sealed(event, address, self.keyring.id, opened[2])
            elif not self._may_read(known):
                raise ForgedError("passed on to somebody whom the newest list does not name")
        except ProtocolError:
            self._refuse(address)
            return False
        return self._keep_new(authentic, address)

    def _is_passed_on(self, address: bytes, written: bytes, sealed: Mapping[bytes, Sealed]) -> bool:
        return address != written and not isinstance(sealed.get(self.keyring.id), bytes)

    def _may_read(self, messages: Iterable[Message]) -> bool:
        allow = newest_allow(messages)
        return self.keyring.state.me.person in {*allow.persons, allow.successor}

    def _keep_new(self, known: Known, address: bytes) -> bool:
        # Under whatever address it came: it need not be opened again.
        self.addresses.add(address)
        there: list[Message] | list[CaseEvent] = (self.events if isinstance(known, CaseEvent) else self.messages).get(
            known.payload.conversation, []
        )
        if any(each.id == known.id for each in there):
            return False
        self.keep(known)
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
        family_key=b"",
    )
