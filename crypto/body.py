"""What a message says, besides who wrote it to whom. spec: Payload, Bodies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeVar

from crypto.attachment import ATTACHMENT_COUNT, FILE_SIZE, Attachment
from crypto.consent import Consent, Proposal, check_action, read_signature, read_statement, statement_json
from crypto.encoding import (
    Json,
    check_b64u,
    check_boolean,
    check_day,
    check_integer,
    check_keys,
    check_name,
    check_object,
    check_slug,
    check_text,
    encode_b64u,
)
from crypto.errors import MalformedError

GIST_SIZE: Final = 1_024
SUMMARY_SIZE: Final = 8_192

LAST_FAMILY: Final = 255
# Of a text that is handed over, and so of one that is proposed.
PROPOSED_SIZE: Final = 16_384

_Choice = TypeVar("_Choice", bound=str)

Kind = Literal["message", "allow", "withdraw", "share", "consent", "reply", "destroyed", "copy", "shared", "proposal"]
Scope = Literal["none", "replies", "conversation", "questions"]
# Each includes the ones before.
SCOPES: Final[tuple[Scope, ...]] = ("none", "replies", "conversation", "questions")
Writer = Literal["mailbox", "team"]
WRITERS: Final[tuple[Writer, ...]] = ("mailbox", "team")
Track = Literal["question", "series", "aftercare"]
TRACKS: Final[tuple[Track, ...]] = ("question", "series", "aftercare")


@dataclass(frozen=True, slots=True)
class Share:
    """What a family conversation is given; `index` says which family code it is, and a workstation does not say it."""

    conversation: bytes
    scope: Scope
    index: int = 0


@dataclass(frozen=True, slots=True)
class Original:
    """Of which message (its id) something is a copy, who of the two sides wrote it, and on which day."""

    id: bytes
    by: Writer
    written_on: str


@dataclass(frozen=True, slots=True)
class Body:
    """What a person says: the text and the files beside it; answers in a message; what holds from now on in a reply.

    `continues` says that the text goes on in the author's next message. `summary` None leaves the last one as it is;
    `track` and `next` (a day) None say that none is agreed. The last four are there in their kinds and None in others.
    """

    text: str = ""
    answers: Mapping[str, tuple[str, ...]] | None = None
    questions: int = 0
    attachments: tuple[Attachment, ...] = ()
    continues: bool = False
    gist: str = ""
    summary: str | None = None
    track: Track | None = None
    next: str | None = None
    share: Share | None = None
    original: Original | None = None
    proposal: Proposal | None = None
    consent: Consent | None = None


_KEYS: Final[Mapping[Kind, frozenset[str]]] = {
    "message": frozenset({"answers", "attachments", "continues", "questions", "text"}),
    "allow": frozenset(),
    "withdraw": frozenset(),
    "share": frozenset({"conversation", "index", "scope"}),
    "consent": frozenset({"proposal", "signature", "statement", "text"}),
    "reply": frozenset({"attachments", "continues", "gist", "next", "summary", "text", "track"}),
    "destroyed": frozenset(),
    "copy": frozenset({"attachments", "by", "continues", "gist", "next", "original", "text", "written_on"}),
    "shared": frozenset({"conversation", "scope"}),
    "proposal": frozenset({"action", "recipient", "text", "until"}),
}


def body_json(kind: Kind, body: Body) -> Json:
    """Return a body as JSON, with the keys of its kind."""
    fields: dict[str, Json] = {
        "answers": {q: list(c) for q, c in (body.answers or {}).items()},
        "attachments": [_attachment_json(attachment) for attachment in body.attachments],
        "continues": body.continues,
        "gist": body.gist,
        "next": body.next,
        "questions": body.questions,
        "summary": body.summary,
        "text": body.text,
        "track": body.track,
    }
    if body.share is not None:
        fields |= {
            "conversation": encode_b64u(body.share.conversation),
            "index": body.share.index,
            "scope": body.share.scope,
        }
    if body.original is not None:
        fields |= {
            "by": body.original.by,
            "original": encode_b64u(body.original.id),
            "written_on": body.original.written_on,
        }
    if body.proposal is not None:
        fields |= {
            "action": body.proposal.action,
            "recipient": body.proposal.recipient,
            "text": body.proposal.text,
            "until": body.proposal.until,
        }
    if body.consent is not None:
        fields |= _consent_json(body.consent)
    return {key: fields[key] for key in _KEYS[kind]}


def parse_body(kind: Kind, value: Json) -> Body:
    """Read a body of this kind. Raises MalformedError."""
    fields = check_keys(value, _KEYS[kind])
    match kind:
        case "message":
            answers = {check_slug(q): _parse_choices(c) for q, c in check_object(fields["answers"]).items()}
            questions = check_integer(fields["questions"], 0)
            body = replace(_parse_common(fields), answers=answers, questions=questions)
        case "reply":
            body = replace(
                _parse_said(fields),
                summary=None if fields["summary"] is None else check_sized(fields["summary"], 1, SUMMARY_SIZE),
                track=None if fields["track"] is None else _parse_one(fields["track"], TRACKS),
            )
        case "copy":
            by = _parse_one(fields["by"], WRITERS)
            original = Original(check_b64u(fields["original"]), by, check_day(fields["written_on"]))
            body = replace(_parse_said(fields), original=original)
        case "share" | "shared":
            scope = _parse_one(fields["scope"], SCOPES)
            index = check_integer(fields["index"], 0, LAST_FAMILY) if kind == "share" else 0
            body = Body(share=Share(check_b64u(fields["conversation"]), scope, index))
        case "proposal":
            body = Body(proposal=_parse_proposal(fields))
        case "consent":
            body = Body(consent=_parse_consent(fields))
        case _:
            body = Body()
    return body


def check_sized(value: Json, least: int, most: int) -> str:
    """Return the value if it is text of least to most bytes of UTF-8. Raises MalformedError."""
    text = check_text(value)
    if not least <= len(text.encode()) <= most:
        raise MalformedError("a text is too long or empty")
    return text


def _parse_one(value: Json, choices: tuple[_Choice, ...]) -> _Choice:
    for choice in choices:
        if value == choice:
            return choice
    raise MalformedError("none of the words that can stand here")


def _parse_common(fields: Mapping[str, Json]) -> Body:
    return Body(
        check_text(fields["text"]),
        attachments=_parse_attachments(fields["attachments"]),
        continues=check_boolean(fields["continues"]),
    )


def _parse_said(fields: Mapping[str, Json]) -> Body:
    return replace(
        _parse_common(fields),
        gist=check_sized(fields["gist"], 0, GIST_SIZE),
        next=None if fields["next"] is None else check_day(fields["next"]),
    )


def _parse_proposal(fields: Mapping[str, Json]) -> Proposal:
    return Proposal(
        check_action(fields["action"]),
        check_name(fields["recipient"]),
        check_sized(fields["text"], 1, PROPOSED_SIZE),
        check_day(fields["until"]),
    )


def _parse_consent(fields: Mapping[str, Json]) -> Consent:
    text = None if fields["text"] is None else check_sized(fields["text"], 1, PROPOSED_SIZE)
    if fields["statement"] is None and fields["signature"] is None and text is None:
        return Consent(check_b64u(fields["proposal"]), None, None, None)
    return Consent(
        check_b64u(fields["proposal"]),
        text,
        read_statement(fields["statement"]),
        read_signature(fields["signature"]),
    )


def _consent_json(consent: Consent) -> dict[str, Json]:
    return {
        "proposal": encode_b64u(consent.proposal),
        "signature": None if consent.signature is None else encode_b64u(consent.signature),
        "statement": None if consent.statement is None else statement_json(consent.statement),
        "text": consent.text,
    }


def _parse_choices(value: Json) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise MalformedError("choices are a list")
    return tuple(check_slug(choice) for choice in value)


def _attachment_json(attachment: Attachment) -> Json:
    return {
        "digest": encode_b64u(attachment.digest),
        "key": encode_b64u(attachment.key),
        "name": attachment.name,
        "size": attachment.size,
    }


def _parse_attachments(value: Json) -> tuple[Attachment, ...]:
    if not isinstance(value, list) or len(value) > ATTACHMENT_COUNT:
        raise MalformedError("attachments are a list of ten at most")
    attachments = tuple(_parse_attachment(each) for each in value)
    if len({attachment.key for attachment in attachments}) < len(attachments):
        raise MalformedError("every attachment has a key of its own")
    return attachments


def _parse_attachment(value: Json) -> Attachment:
    fields = check_keys(value, frozenset({"digest", "key", "name", "size"}))
    return Attachment(
        key=check_b64u(fields["key"]),
        digest=check_b64u(fields["digest"]),
        name=check_name(fields["name"]),
        size=check_integer(fields["size"], 0, FILE_SIZE),
    )
