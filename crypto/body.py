"""What a message says, besides who wrote it to whom. spec: Payload, Bodies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from crypto.attachment import ATTACHMENT_COUNT, FILE_SIZE, Attachment
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

Kind = Literal["message", "allow", "withdraw", "reply", "destroyed"]
Track = Literal["question", "series", "aftercare"]
TRACKS: Final[tuple[Track, ...]] = ("question", "series", "aftercare")


@dataclass(frozen=True, slots=True)
class Body:
    """What a person says: the text and the files beside it; answers in a message; what holds from now on in a reply.

    `continues` says that the text goes on in the author's next message. `summary` None leaves the last one as it is;
    `track` and `next` (a day) None say that none is agreed.
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


_KEYS: Final[Mapping[Kind, frozenset[str]]] = {
    "message": frozenset({"answers", "attachments", "continues", "questions", "text"}),
    "allow": frozenset(),
    "withdraw": frozenset(),
    "reply": frozenset({"attachments", "continues", "gist", "next", "summary", "text", "track"}),
    "destroyed": frozenset(),
}


def body_json(kind: Kind, body: Body) -> Json:
    """Return a body as JSON, with the keys of its kind."""
    fields = {
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
    return {key: fields[key] for key in _KEYS[kind]}


def parse_body(kind: Kind, value: Json) -> Body:
    """Read a body of this kind. Raises MalformedError."""
    fields = check_keys(value, _KEYS[kind])
    if not fields:
        return Body()
    text, continues = check_text(fields["text"]), check_boolean(fields["continues"])
    attachments = _parse_attachments(fields["attachments"])
    if kind == "message":
        answers = {check_slug(question): _parse_choices(c) for question, c in check_object(fields["answers"]).items()}
        return Body(text, answers, check_integer(fields["questions"], 0), attachments, continues)
    return Body(
        text,
        attachments=attachments,
        continues=continues,
        gist=check_sized(fields["gist"], 0, GIST_SIZE),
        summary=None if fields["summary"] is None else check_sized(fields["summary"], 1, SUMMARY_SIZE),
        track=None if fields["track"] is None else _parse_track(fields["track"]),
        next=None if fields["next"] is None else check_day(fields["next"]),
    )


def check_sized(value: Json, least: int, most: int) -> str:
    """Return the value if it is text of least to most bytes of UTF-8. Raises MalformedError."""
    text = check_text(value)
    if not least <= len(text.encode()) <= most:
        raise MalformedError("a text is too long or empty")
    return text


def _parse_track(value: Json) -> Track:
    for track in TRACKS:
        if value == track:
            return track
    raise MalformedError("no such track")


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
