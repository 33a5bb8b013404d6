"""A message's fields, and their canonical bytes. spec: Payload."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from crypto.body import Body, Kind, body_json, parse_body
from crypto.encoding import (
    Json,
    check_b64u,
    check_day,
    check_integer,
    check_keys,
    check_object,
    check_organisation,
    check_slug,
    digest,
    encode_b64u,
    parse_json,
    serialize_json,
)
from crypto.errors import MalformedError
from crypto.labels import LAST_NUMBER, PERSON_COUNT, PROTOCOL_VERSION
from crypto.recipient import decode_recipient, encode_recipient

EXCLUDED: Final = "excluded"
ABSENT: Final = "absent"

KINDS_BY_MAILBOX: Final[tuple[Kind, ...]] = ("message", "allow", "withdraw", "share", "consent")
KINDS_BY_WORKSTATION: Final[tuple[Kind, ...]] = ("reply", "destroyed", "copy", "shared", "proposal")
# A card's hash (32 bytes), or why there is none.
Sealed = bytes | Literal["excluded", "absent"]


@dataclass(frozen=True, slots=True)
class AllowList:
    """The persons who may read a conversation; valid only inside a payload signed by its mailbox."""

    version: int
    persons: tuple[str, ...]
    previous: bytes | None
    successor: str | None


@dataclass(frozen=True, slots=True)
class Reference:
    """Which version of a signed thing was meant, and its hash (32 bytes)."""

    version: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Contact:
    """What a counsellor needs in order to answer, besides the recipient; 32 bytes each."""

    verifying_key: bytes
    reply_address_key: bytes
    reply_delete_key: bytes


@dataclass(frozen=True, slots=True)
class Payload:
    """One message's fields. A mailbox gives its allow-list and contact; a workstation names the list it followed."""

    kind: Kind
    organisation: str
    conversation: bytes
    author: bytes
    number: int
    address: bytes
    previous: bytes | None
    seen: Mapping[bytes, int]
    day: str
    roster: Reference
    mailbox: bytes
    sealed: Mapping[bytes, Sealed]
    body: Body
    allow: AllowList | Reference
    contact: Contact | None


_KEYS: Final = frozenset(
    [
        "address",
        "allow",
        "author",
        "body",
        "conversation",
        "day",
        "mailbox",
        "number",
        "organisation",
        "previous",
        "roster",
        "sealed",
        "seen",
        "type",
        "version",
    ]
)


def message_id(payload: bytes) -> bytes:
    """Return a message's id (32 bytes): the hash of its payload, whatever number it came under."""
    return digest(payload)


def allow_id(allow: AllowList) -> bytes:
    """Return an allow-list's id (32 bytes)."""
    return digest(serialize_json(_allow_json(allow)))


def serialize(payload: Payload) -> bytes:
    """Return the canonical bytes that are signed and sealed."""
    fields: dict[str, Json] = {
        "version": PROTOCOL_VERSION,
        "type": payload.kind,
        "organisation": payload.organisation,
        "conversation": encode_b64u(payload.conversation),
        "author": encode_b64u(payload.author),
        "number": payload.number,
        "address": encode_b64u(payload.address),
        "previous": _optional(payload.previous),
        "seen": {encode_b64u(author): number for author, number in payload.seen.items()},
        "day": payload.day,
        "roster": reference_json(payload.roster),
        "mailbox": encode_recipient(payload.mailbox),
        "sealed": sealed_json(payload.sealed),
        "body": body_json(payload.kind, payload.body),
        "allow": _allow_json(payload.allow) if isinstance(payload.allow, AllowList) else reference_json(payload.allow),
    }
    if payload.contact is not None:
        fields["contact"] = {
            "reply_address_key": encode_b64u(payload.contact.reply_address_key),
            "reply_delete_key": encode_b64u(payload.contact.reply_delete_key),
            "verifying_key": encode_b64u(payload.contact.verifying_key),
        }
    return serialize_json(fields)


def parse(data: bytes) -> Payload:
    """Read a payload; nothing in it is true before its signature is verified. Raises MalformedError."""
    return read(parse_json(data))


def read(value: Json) -> Payload:
    """Read a payload from its JSON. Raises MalformedError."""
    kind = _parse_kind(value.get("type") if isinstance(value, dict) else None)
    by_mailbox = kind in KINDS_BY_MAILBOX
    fields = check_keys(value, _KEYS | {"contact"} if by_mailbox else _KEYS)
    check_integer(fields["version"], PROTOCOL_VERSION, PROTOCOL_VERSION)
    return Payload(
        kind=kind,
        organisation=check_organisation(fields["organisation"]),
        conversation=check_b64u(fields["conversation"]),
        author=check_b64u(fields["author"]),
        number=check_integer(fields["number"], 0, LAST_NUMBER),
        address=check_b64u(fields["address"]),
        previous=None if fields["previous"] is None else check_b64u(fields["previous"]),
        seen={check_b64u(a): check_integer(n, 0, LAST_NUMBER) for a, n in check_object(fields["seen"]).items()},
        day=check_day(fields["day"]),
        roster=parse_reference(fields["roster"]),
        mailbox=decode_recipient(fields["mailbox"]),
        sealed=parse_sealed(fields["sealed"]),
        body=parse_body(kind, fields["body"]),
        allow=_parse_allow(fields["allow"]) if by_mailbox else parse_reference(fields["allow"]),
        contact=_parse_contact(fields["contact"]) if by_mailbox else None,
    )


def _parse_kind(value: Json) -> Kind:
    for kind in (*KINDS_BY_MAILBOX, *KINDS_BY_WORKSTATION):
        if value == kind:
            return kind
    raise MalformedError("a message of an unknown type")


def _optional(value: bytes | None) -> str | None:
    return None if value is None else encode_b64u(value)


def reference_json(reference: Reference) -> Json:
    """Return a reference as JSON."""
    return {"hash": encode_b64u(reference.hash), "version": reference.version}


def parse_reference(value: Json) -> Reference:
    """Read a reference. Raises MalformedError."""
    fields = check_keys(value, frozenset({"hash", "version"}))
    return Reference(check_integer(fields["version"], 1), check_b64u(fields["hash"]))


def sealed_json(sealed: Mapping[bytes, Sealed]) -> Json:
    """Return as JSON which workstation was sealed to, with which card."""
    return {encode_b64u(w): state if isinstance(state, str) else encode_b64u(state) for w, state in sealed.items()}


def parse_sealed(value: Json) -> dict[bytes, Sealed]:
    """Read which workstation was sealed to, with which card. Raises MalformedError."""
    return {
        check_b64u(workstation): state if state in (EXCLUDED, ABSENT) else check_b64u(state)
        for workstation, state in check_object(value).items()
    }


def _parse_contact(value: Json) -> Contact:
    fields = check_keys(value, frozenset({"reply_address_key", "reply_delete_key", "verifying_key"}))
    return Contact(*(check_b64u(fields[key]) for key in ("verifying_key", "reply_address_key", "reply_delete_key")))


def _allow_json(allow: AllowList) -> Json:
    return {
        "persons": list(allow.persons),
        "previous": _optional(allow.previous),
        "successor": allow.successor,
        "version": allow.version,
    }


def _parse_allow(value: Json) -> AllowList:
    fields = check_keys(value, frozenset({"persons", "previous", "successor", "version"}))
    persons = fields["persons"]
    if not isinstance(persons, list) or not 1 <= len(persons) <= PERSON_COUNT:
        raise MalformedError("an allow-list names one person at least")
    names = tuple(check_slug(person) for person in persons)
    if list(names) != sorted(set(names)):
        raise MalformedError("an allow-list is sorted and names nobody twice")
    version = check_integer(fields["version"], 1)
    previous = None if fields["previous"] is None else check_b64u(fields["previous"])
    if (version == 1) != (previous is None):
        raise MalformedError("only the first allow-list has none before it")
    return AllowList(version, names, previous, None if fields["successor"] is None else check_slug(fields["successor"]))
