"""The rules of a thread as pure state: who may read, who wrote, in which order. spec: Conversation.

A message is read in two steps that are never taken apart: `envelope.open` says that it was sealed to us and unchanged
(what it returns is called `opened` here), one of the `authenticate_…` functions says whose it is. Only what they return
may be shown to anybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from crypto import labels
from crypto.address import derive_address
from crypto.body import Body, Kind
from crypto.errors import ForgedError, NoMatchError
from crypto.keyset import Keyset
from crypto.mailbox import Mailbox
from crypto.payload import (
    ABSENT,
    EXCLUDED,
    KINDS_BY_WORKSTATION,
    AllowList,
    Contact,
    Payload,
    Reference,
    Sealed,
    allow_id,
    message_id,
    parse,
)
from crypto.roster import Roster, Workstation
from crypto.verifying import author_id, verify


@dataclass(frozen=True, slots=True)
class Message:
    """A payload whose author is certain, with the bytes that prove it (payload, signature of 64 bytes)."""

    id: bytes
    payload: Payload
    data: bytes
    signature: bytes


# -- who may read -----------------------------------------------------------------------------------------------------


def first_allow(persons: Iterable[str], successor: str | None = None) -> AllowList:
    """Return the allow-list that goes with a first message."""
    return AllowList(1, tuple(sorted(set(persons))), None, successor)


def next_allow(allow: AllowList, persons: Iterable[str], successor: str | None = None) -> AllowList:
    """Return the list that follows this one."""
    return AllowList(allow.version + 1, tuple(sorted(set(persons))), allow_id(allow), successor)


def newest_allow(messages: Iterable[Message]) -> AllowList:
    """Return the highest version among authentic messages of a mailbox.

    A server that withholds a narrowing can keep it from being seen; it cannot make up a widening. Raises NoMatchError
    where there is none: ask again, never default to everybody.
    """
    lists = [(m.payload.allow, m.payload.number) for m in messages]
    known = [(allow.version, number, allow) for allow, number in lists if isinstance(allow, AllowList)]
    if not known:
        raise NoMatchError("no allow-list is known")
    return max(known, key=lambda entry: entry[:2])[2]


def choose_sealed(keyset: Keyset, allow: AllowList) -> dict[bytes, Sealed]:
    """Return for every active workstation its card's hash, or why it gets none.

    Raises NoMatchError if nobody who may read it can be reached.
    """
    present = {w.person for w in keyset.roster.active.values()}
    persons = present & set(allow.persons) or present & {allow.successor}
    sealed: dict[bytes, Sealed] = {}
    for workstation in keyset.roster.active.values():
        card = keyset.cards[workstation.id]
        sealed[workstation.id] = EXCLUDED if workstation.person not in persons else card.hash if card else ABSENT
    if not any(isinstance(state, bytes) for state in sealed.values()):
        raise NoMatchError("nobody who may read this can be reached")
    return sealed


def list_recipients(keyset: Keyset, payload: Payload) -> list[bytes]:
    """Return the recipients (1,216 bytes each) that the payload's `sealed` promises: the mailbox first, then cards."""
    cards = (keyset.cards[w] for w, state in sorted(payload.sealed.items()) if isinstance(state, bytes))
    return [payload.mailbox, *(card.recipient for card in cards if card is not None)]


# -- writing ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Draft:
    """What an author adds to what follows from keys and history."""

    kind: Kind
    body: Body
    day: str
    number: int
    previous: bytes | None
    seen: Mapping[bytes, int]


def compose_message(mailbox: Mailbox, keyset: Keyset, allow: AllowList, draft: Draft) -> Payload:
    """Return a mailbox's message, not yet signed. Raises NoMatchError if nobody can be reached."""
    return Payload(
        kind=draft.kind,
        organisation=keyset.roster.organisation,
        conversation=mailbox.conversation,
        author=mailbox.conversation,
        number=draft.number,
        address=derive_address(mailbox.address_key, mailbox.conversation, draft.number),
        previous=draft.previous,
        seen=draft.seen,
        day=draft.day,
        roster=Reference(keyset.roster.version, keyset.roster.hash),
        mailbox=mailbox.recipient,
        sealed=choose_sealed(keyset, allow),
        body=draft.body,
        allow=allow,
        contact=Contact(mailbox.verifying, mailbox.reply_address_key, mailbox.reply_delete_key),
    )


def compose_reply(workstation: Workstation, keyset: Keyset, messages: Sequence[Message], draft: Draft) -> Payload:
    """Return a workstation's `reply` or `destroyed` to a mailbox's authentic messages, not yet signed.

    Raises NoMatchError without any such message, or if nobody but the mailbox could read it.
    """
    allow = newest_allow(messages)
    first = next(m.payload for m in messages if m.payload.contact is not None)
    assert first.contact is not None, "chosen for having a contact"
    return Payload(
        kind=draft.kind,
        organisation=keyset.roster.organisation,
        conversation=first.conversation,
        author=workstation.id,
        number=draft.number,
        address=derive_address(first.contact.reply_address_key, workstation.id, draft.number),
        previous=draft.previous,
        seen=draft.seen,
        day=draft.day,
        roster=Reference(keyset.roster.version, keyset.roster.hash),
        mailbox=first.mailbox,
        sealed=choose_sealed(keyset, allow),
        body=draft.body,
        allow=Reference(allow.version, allow_id(allow)),
        contact=None,
    )


# -- reading ----------------------------------------------------------------------------------------------------------


def authenticate_message(
    opened: tuple[bytes, bytes], organisation: str, address: bytes, first: Payload | None = None
) -> Message:
    """Return a mailbox's message that lay under `address`.

    `first` is the conversation's first known message: its recipient and contact are trusted from then on. What is not
    given: that nobody else has the code. Raises MalformedError, ForgedError.
    """
    data, signature = opened
    payload = parse(data)
    if payload.contact is None or payload.organisation != organisation or payload.address != address:
        raise ForgedError("a message that does not belong here")
    if not payload.author == payload.conversation == author_id(labels.ID_CONVERSATION, payload.contact.verifying_key):
        raise ForgedError("a message in another's name")
    if first is not None and (first.conversation, first.mailbox, first.contact) != (
        payload.conversation,
        payload.mailbox,
        payload.contact,
    ):
        raise ForgedError("a message with other keys than the conversation began with")
    verify(labels.SIGN_MAILBOX, data, signature, payload.contact.verifying_key)
    return Message(message_id(data), payload, data, signature)


def authenticate_own(opened: tuple[bytes, bytes], organisation: str, mailbox: Mailbox, number: int) -> Message:
    """Return a message of one's own mailbox, looked for under `number`. Raises MalformedError, ForgedError."""
    address = derive_address(mailbox.address_key, mailbox.conversation, number)
    message = authenticate_message(opened, organisation, address)
    own = Contact(mailbox.verifying, mailbox.reply_address_key, mailbox.reply_delete_key)
    if (message.payload.number, message.payload.mailbox, message.payload.contact) != (number, mailbox.recipient, own):
        raise ForgedError("a message with other keys than one's own")
    return message


def authenticate_reply(
    opened: tuple[bytes, bytes], roster: Roster, mailbox: Mailbox, slot: tuple[bytes, int], persons: Iterable[str]
) -> Message:
    """Return a workstation's `reply` or `destroyed`, looked for under `slot` (workstation id, number).

    `persons` are those of every allow-list of this mailbox, and successors: nobody else speaks here. What is not given:
    that the server shows the newest one. Raises MalformedError, ForgedError.
    """
    data, signature = opened
    payload = parse(data)
    author, number = slot
    address = derive_address(mailbox.reply_address_key, author, number)
    expected = (roster.organisation, mailbox.conversation, author, number, address, mailbox.recipient)
    found = (
        payload.organisation,
        payload.conversation,
        payload.author,
        payload.number,
        payload.address,
        payload.mailbox,
    )
    workstation = roster.listed.get(author)
    if payload.kind not in KINDS_BY_WORKSTATION or found != expected:
        raise ForgedError("a reply that does not belong here")
    if workstation is None or workstation.person not in set(persons):
        raise ForgedError("a reply by somebody who has no word here")
    verify(labels.SIGN_WORKSTATION, data, signature, workstation.verifying_key)
    return Message(message_id(data), payload, data, signature)


def check_sealed(message: Message, workstation: bytes, card_hash: bytes) -> None:
    """Check that a message names this workstation with the card (its hash) that opened it. Raises ForgedError."""
    if message.payload.sealed.get(workstation) != card_hash:
        raise ForgedError("a message that does not say that it was sealed to us")


# -- a thread ---------------------------------------------------------------------------------------------------------


def speakers(messages: Iterable[Message]) -> set[str]:
    """Return the persons whom any allow-list of these messages names, successors included."""
    lists = [m.payload.allow for m in messages if isinstance(m.payload.allow, AllowList)]
    return {person for allow in lists for person in (*allow.persons, allow.successor) if person is not None}


def seen_by(messages: Iterable[Message], author: bytes) -> dict[bytes, int]:
    """Return the highest number of every other author among authentic messages."""
    seen: dict[bytes, int] = {}
    for message in messages:
        if message.payload.author != author:
            seen[message.payload.author] = max(message.payload.number, seen.get(message.payload.author, 0))
    return seen


def order(messages: Iterable[Message]) -> list[Message]:
    """Return messages so that each stands after its author's earlier ones and after all that its `seen` covers.

    What that leaves open is decided by day, author and number. Each message stands once, whatever its copies.
    """
    waiting = {m.id: m for m in messages}
    ordered: list[Message] = []
    while waiting:
        free = [m for m in waiting.values() if not any(_precedes(other, m) for other in waiting.values())]
        # Two authors who each claim to have seen the other's later message contradict themselves; then days decide.
        chosen = min(free or waiting.values(), key=_sort_key)
        ordered.append(waiting.pop(chosen.id))
    return ordered


def is_restart(message: Message, earlier: Iterable[Message]) -> bool:
    """Say whether an author begins anew although an earlier message of theirs is known; it is shown, never dropped."""
    return message.payload.previous is None and any(m.payload.author == message.payload.author for m in earlier)


def _precedes(earlier: Message, later: Message) -> bool:
    if earlier.payload.author == later.payload.author:
        return earlier.payload.number < later.payload.number
    return earlier.payload.number <= later.payload.seen.get(earlier.payload.author, -1)


def _sort_key(message: Message) -> tuple[str, bytes, int, bytes]:
    return message.payload.day, message.payload.author, message.payload.number, message.id
