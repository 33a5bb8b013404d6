"""What desks tell each other about a conversation: signed by one, sealed to its allow-list. spec: Case event.

A browser never meets one, so this module has no twin. An event lies under a random address, like any other head at the
portal; the place of the mailbox's recipient is taken by a throw-away, as everywhere where there are fewer than twelve.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from crypto import labels
from crypto.body import check_sized
from crypto.conversation import Message, choose_sealed, newest_allow, seen_by
from crypto.encoding import (
    Json,
    check_b64u,
    check_boolean,
    check_day,
    check_integer,
    check_keys,
    check_name,
    check_object,
    check_organisation,
    check_slug,
    digest,
    encode_b64u,
    parse_json,
    serialize_json,
)
from crypto.errors import ForgedError, MalformedError
from crypto.keyset import Keyset
from crypto.labels import LAST_NUMBER, PROTOCOL_VERSION
from crypto.payload import (
    Reference,
    Sealed,
    allow_id,
    message_id,
    parse_reference,
    parse_sealed,
    reference_json,
    sealed_json,
)
from crypto.payload import read as read_payload
from crypto.roster import Roster, Workstation
from crypto.verifying import verify

NOTE_SIZE: Final = 16_384
LABEL_COUNT: Final = 32
OPENED_COUNT: Final = 16
RELAYED_COUNT: Final = 256
LAST_TIME: Final = 2**32

Status = Literal["active", "paused", "closed"]
STATUSES: Final[tuple[Status, ...]] = ("active", "paused", "closed")


@dataclass(frozen=True, slots=True)
class Changes:
    """What an event changes; what it leaves None or empty stays as it was.

    `keep_until` (a day) goes with status "closed" and with no other. `assigned` is a person, "" for nobody; `due` a
    day, "" for none. `labels` are set or taken away. `opened` names for addresses of messages that this desk has opened
    the cards (hashes) that they name, by workstation; `relayed` for workstations the ids of what was passed on to them.
    """

    status: Status | None = None
    keep_until: str | None = None
    assigned: str | None = None
    due: str | None = None
    labels: Mapping[str, bool] = field(default_factory=dict)
    note: str = ""
    opened: Mapping[bytes, Mapping[bytes, bytes]] = field(default_factory=dict)
    relayed: Mapping[bytes, tuple[bytes, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Event:
    """One event's fields. `time` is one more than the highest that its author knew: it orders, and is no clock.

    `seen` are the highest numbers of the conversation's authors when it was written.
    """

    organisation: str
    conversation: bytes
    author: bytes
    address: bytes
    time: int
    seen: Mapping[bytes, int]
    day: str
    roster: Reference
    allow: Reference
    sealed: Mapping[bytes, Sealed]
    changes: Changes


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """An event whose author is certain, with the bytes that prove it."""

    id: bytes
    payload: Event
    data: bytes
    signature: bytes


# What desks hold of a conversation.
Known = Message | CaseEvent


_KEYS: Final = frozenset(
    [
        "address",
        "allow",
        "author",
        "changes",
        "conversation",
        "day",
        "organisation",
        "roster",
        "sealed",
        "seen",
        "time",
        "type",
        "version",
    ]
)
_CHANGES: Final = frozenset({"assigned", "due", "keep_until", "labels", "note", "opened", "relayed", "status"})


def is_event(data: bytes) -> bool:
    """Say whether an opened payload claims to be an event and not a message. Raises MalformedError if it is neither."""
    return _is_event(parse_json(data))


def compose_event(  # noqa: PLR0913, PLR0917 - who, to whom, about what, and the three that only a caller knows
    workstation: Workstation,
    keyset: Keyset,
    messages: Sequence[Message],
    changes: Changes,
    day: str,
    time: int,
    address: bytes,
) -> Event:
    """Return an event about the conversation of these messages, not yet signed; `address` is 32 random bytes.

    Raises NoMatchError without any message of the mailbox, or if nobody could read it.
    """
    allow = newest_allow(messages)
    first = next(m.payload for m in messages if m.payload.contact is not None)
    return Event(
        organisation=keyset.roster.organisation,
        conversation=first.conversation,
        author=workstation.id,
        address=address,
        time=time,
        seen=seen_by(messages, b""),
        day=day,
        roster=Reference(keyset.roster.version, keyset.roster.hash),
        allow=Reference(allow.version, allow_id(allow)),
        sealed=choose_sealed(keyset, allow),
        changes=changes,
    )


def list_event_recipients(keyset: Keyset, event: Event) -> list[bytes]:
    """Return the recipients (1,216 bytes each) that the event's `sealed` promises: cards only."""
    cards = (keyset.cards[w] for w, state in sorted(event.sealed.items()) if isinstance(state, bytes))
    return [card.recipient for card in cards if card is not None]


def read_known(data: bytes, signature: bytes) -> Known:
    """Return a message or event that was authenticated before. Raises MalformedError."""
    value = parse_json(data)
    if _is_event(value):
        return CaseEvent(digest(data), _read(value), data, signature)
    return Message(message_id(data), read_payload(value), data, signature)


def list_messages(known: Iterable[Known]) -> list[Message]:
    """Return the messages among these."""
    return [each for each in known if isinstance(each, Message)]


def authenticate_event(opened: tuple[bytes, bytes], roster: Roster, persons: Iterable[str]) -> CaseEvent:
    """Return an event by one of these persons' workstations, retired ones included.

    What is not given: that it lay under its address and was sealed to us; see `check_event_sealed`. Raises
    MalformedError, ForgedError.
    """
    data, signature = opened
    event = parse(data)
    workstation = roster.listed.get(event.author)
    if event.organisation != roster.organisation:
        raise ForgedError("an event of another organisation")
    if workstation is None or workstation.person not in set(persons):
        raise ForgedError("an event by somebody who has no word here")
    verify(labels.SIGN_EVENT, data, signature, workstation.verifying_key)
    return CaseEvent(digest(data), event, data, signature)


def check_event_sealed(event: Event, address: bytes, workstation: bytes, card_hash: bytes) -> None:
    """Check that an event lay where it says, sealed to the card (its hash) that opened it. Raises ForgedError."""
    if event.address != address or event.sealed.get(workstation) != card_hash:
        raise ForgedError("an event that was moved, or not sealed to us by its author")


def serialize(event: Event) -> bytes:
    """Return the canonical bytes that are signed and sealed."""
    return serialize_json(
        {
            "address": encode_b64u(event.address),
            "allow": reference_json(event.allow),
            "author": encode_b64u(event.author),
            "changes": _changes_json(event.changes),
            "conversation": encode_b64u(event.conversation),
            "day": event.day,
            "organisation": event.organisation,
            "roster": reference_json(event.roster),
            "sealed": sealed_json(event.sealed),
            "seen": {encode_b64u(author): number for author, number in event.seen.items()},
            "time": event.time,
            "type": "event",
            "version": PROTOCOL_VERSION,
        }
    )


def parse(data: bytes) -> Event:
    """Read an event; nothing in it is true before its signature is verified. Raises MalformedError."""
    return _read(parse_json(data))


def _is_event(value: Json) -> bool:
    return isinstance(value, dict) and value.get("type") == "event"


def _read(value: Json) -> Event:
    fields = check_keys(value, _KEYS)
    if fields["type"] != "event":
        raise MalformedError("not an event")
    check_integer(fields["version"], PROTOCOL_VERSION, PROTOCOL_VERSION)
    return Event(
        organisation=check_organisation(fields["organisation"]),
        conversation=check_b64u(fields["conversation"]),
        author=check_b64u(fields["author"]),
        address=check_b64u(fields["address"]),
        time=check_integer(fields["time"], 1, LAST_TIME),
        seen={check_b64u(a): check_integer(n, 0, LAST_NUMBER) for a, n in check_object(fields["seen"]).items()},
        day=check_day(fields["day"]),
        roster=parse_reference(fields["roster"]),
        allow=parse_reference(fields["allow"]),
        sealed=parse_sealed(fields["sealed"]),
        changes=_parse_changes(fields["changes"]),
    )


def _changes_json(changes: Changes) -> Json:
    return {
        "assigned": changes.assigned,
        "due": changes.due,
        "keep_until": changes.keep_until,
        "labels": dict(changes.labels),
        "note": changes.note,
        "opened": {
            encode_b64u(address): {encode_b64u(w): encode_b64u(h) for w, h in cards.items()}
            for address, cards in changes.opened.items()
        },
        "relayed": {encode_b64u(w): [encode_b64u(i) for i in ids] for w, ids in changes.relayed.items()},
        "status": changes.status,
    }


def _parse_changes(value: Json) -> Changes:
    fields = check_keys(value, _CHANGES)
    status = None if fields["status"] is None else _parse_status(fields["status"])
    keep_until = None if fields["keep_until"] is None else check_day(fields["keep_until"])
    if (status == "closed") != (keep_until is not None):
        raise MalformedError("what is closed, and nothing else, is kept until a day")
    return Changes(
        status=status,
        keep_until=keep_until,
        assigned=_optional(check_slug, fields["assigned"]),
        due=_optional(check_day, fields["due"]),
        labels={check_name(name): check_boolean(on) for name, on in _limited(fields["labels"], LABEL_COUNT).items()},
        note=check_sized(fields["note"], 0, NOTE_SIZE),
        opened={
            check_b64u(address): {check_b64u(w): check_b64u(h) for w, h in check_object(cards).items()}
            for address, cards in _limited(fields["opened"], OPENED_COUNT).items()
        },
        relayed={check_b64u(w): _parse_ids(ids) for w, ids in check_object(fields["relayed"]).items()},
    )


def _optional(check: Callable[[Json], str], value: Json) -> str | None:
    # None changes nothing, and "" takes away what was there.
    return None if value is None else "" if value == "" else check(value)


def _parse_status(value: Json) -> Status:
    for status in STATUSES:
        if value == status:
            return status
    raise MalformedError("no such status")


def _parse_ids(value: Json) -> tuple[bytes, ...]:
    if not isinstance(value, list) or len(value) > RELAYED_COUNT:
        raise MalformedError("ids are a list, and not a long one")
    return tuple(check_b64u(each) for each in value)


def _limited(value: Json, most: int) -> dict[str, Json]:
    fields = check_object(value)
    if len(fields) > most:
        raise MalformedError("too many at once")
    return fields
