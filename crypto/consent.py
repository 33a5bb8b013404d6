"""Consent to a hand-over: what a mailbox signs so that others can check it without us. spec: Consent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from crypto import labels
from crypto.encoding import (
    Json,
    check_b64u,
    check_day,
    check_keys,
    check_name,
    check_organisation,
    decode_b64u,
    digest,
    encode_b64u,
    parse_json,
    serialize_json,
)
from crypto.errors import ForgedError, MalformedError
from crypto.verifying import verify

Action = Literal["handover"]
HANDOVER: Final[Action] = "handover"


@dataclass(frozen=True, slots=True)
class Statement:
    """Who may be given which text until when: `hash` is of its UTF-8, `until` a day, the last one."""

    organisation: str
    action: Action
    recipient: str
    until: str
    hash: bytes
    verifying_key: bytes


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a counsellor asks for: to give this text to a recipient, up to and including a day."""

    action: Action
    recipient: str
    text: str
    until: str


@dataclass(frozen=True, slots=True)
class Consent:
    """A mailbox's answer to a proposal (its message's id).

    `text` is the text where the reporter changed it, else None. Without statement and signature it is a no.
    """

    proposal: bytes
    text: str | None
    statement: Statement | None
    signature: bytes | None


def state(proposal: Proposal, text: str | None, organisation: str, verifying_key: bytes) -> Statement:
    """Return what is to be signed for a proposal, with its own text or a changed one."""
    hashed = digest((proposal.text if text is None else text).encode())
    return Statement(organisation, proposal.action, proposal.recipient, proposal.until, hashed, verifying_key)


def serialize_statement(statement: Statement) -> bytes:
    """Return the canonical bytes that are signed."""
    return serialize_json(statement_json(statement))


def statement_json(statement: Statement) -> Json:
    """Return a statement as JSON."""
    return {
        "action": statement.action,
        "hash": encode_b64u(statement.hash),
        "organisation": statement.organisation,
        "recipient": statement.recipient,
        "until": statement.until,
        "verifying_key": encode_b64u(statement.verifying_key),
    }


def parse_statement(data: bytes) -> Statement:
    """Read a statement's bytes. Raises MalformedError."""
    return read_statement(parse_json(data))


def read_statement(value: Json) -> Statement:
    """Read a statement from its JSON. Raises MalformedError."""
    fields = check_keys(value, _KEYS)
    return Statement(
        check_organisation(fields["organisation"]),
        check_action(fields["action"]),
        check_name(fields["recipient"]),
        check_day(fields["until"]),
        check_b64u(fields["hash"]),
        check_b64u(fields["verifying_key"]),
    )


def check_action(value: Json) -> Action:
    """Return the value if it is an action that can be agreed to. Raises MalformedError."""
    if value != HANDOVER:
        raise MalformedError("no such action")
    return HANDOVER


def read_signature(value: Json) -> bytes:
    """Read a signature, 64 bytes. Raises MalformedError."""
    if not isinstance(value, str):
        raise MalformedError("not text")
    return decode_b64u(value, labels.SIGNATURE_SIZE)


def check_consent(consent: Consent, proposal: Proposal, organisation: str, verifying_key: bytes, day: str) -> str:
    """Return the text that may be handed over on this day.

    `verifying_key` is the conversation's, `day` today. Raises ForgedError: then nothing may leave.
    """
    statement, signature = consent.statement, consent.signature
    if statement is None or signature is None:
        raise ForgedError("no consent was given")
    if statement != state(proposal, consent.text, organisation, verifying_key):
        raise ForgedError("consent to something else")
    if day > statement.until:
        raise ForgedError("a consent that has expired")
    verify(labels.SIGN_CONSENT, serialize_statement(statement), signature, verifying_key)
    return proposal.text if consent.text is None else consent.text


_KEYS: Final = frozenset({"action", "hash", "organisation", "recipient", "until", "verifying_key"})
