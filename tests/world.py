"""A small organisation for tests and vectors: everything in it follows from a seed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from crypto import card, conversation, freshness, keyset, labels, mailbox, payload, roster
from crypto.age.hybrid import Identity, recipient_of
from crypto.attachment import Attachment
from crypto.body import Body
from crypto.encoding import digest
from crypto.envelope import open as open_envelope
from crypto.envelope import seal
from crypto.signing import sign, sign_document, verifying_key
from crypto.verifying import Document, author_id
from crypto.week import week_number, week_start

ORGANISATION = "proef"
# Wednesday 2026-11-18 12:00 UTC, week 2026-W47.
NOW = 1_795_003_200
WEEK = week_number(NOW)
EXPIRES_ON = "2027-02-12"


def make_random(seed: str) -> Callable[[int], bytes]:
    """Return a source of bytes that is the same for the same seed."""
    count = 0

    def random(size: int) -> bytes:
        nonlocal count
        count += 1
        return hashlib.shake_256(f"{seed}/{count}".encode()).digest(size)

    return random


@dataclass(frozen=True)
class Counsellor:
    """A workstation with its secrets; one identity serves all weeks here."""

    signing: bytes
    identity: bytes
    workstation: roster.Workstation

    @property
    def id(self) -> bytes:
        return self.workstation.id

    def card(self, week: int, organisation: str = ORGANISATION, identity: bytes | None = None) -> Document:
        body = card.serialize_card(organisation, self.id, week, recipient_of(identity or self.identity))
        return sign_document(labels.TYPE_CARD, body, self.signing)

    def freshness(self, about: roster.Roster, cards: Sequence[Document], week: int = WEEK) -> Document:
        by_week: dict[int, dict[bytes, bytes]] = {week: {}, week + 1: {}}
        for document in cards:
            read = card.parse_card(document.payload)
            if read.week in by_week:
                by_week[read.week][read.workstation] = read.hash
        statement = freshness.Freshness(about.organisation, self.id, week, about.version, about.hash, by_week)
        return sign_document(labels.TYPE_FRESHNESS, freshness.serialize_freshness(statement), self.signing)


def make_counsellor(person: str, random: Callable[[int], bytes]) -> Counsellor:
    """Return a counsellor with keys of their own."""
    signing, identity = random(32), random(32)
    key = verifying_key(signing)
    names = (f"Stichting {person}",)
    return Counsellor(
        signing,
        identity,
        roster.Workstation(author_id(labels.ID_WORKSTATION, key), person, person.title(), names, key, None),
    )


@dataclass(frozen=True)
class Team:
    """A root, its counsellors and the documents they publish."""

    root: bytes
    counsellors: tuple[Counsellor, ...]
    roster: roster.Roster
    roster_document: Document
    cards: tuple[Document, ...]
    freshness: tuple[Document, ...]

    @property
    def pins(self) -> roster.Pins:
        return roster.Pins(ORGANISATION, verifying_key(self.root), 1)

    @property
    def keyset(self) -> keyset.Keyset:
        return keyset.verify(self.served(), self.pins, NOW)

    def served(
        self,
        roster_document: Document | None = None,
        cards: Sequence[Document] | None = None,
        statements: Sequence[Document] | None = None,
    ) -> bytes:
        return keyset.serialize_keyset(
            roster_document or self.roster_document,
            self.cards if cards is None else cards,
            self.freshness if statements is None else statements,
        )

    def next_roster(self, **changes: object) -> tuple[roster.Roster, Document]:
        changed = replace(self.roster, version=self.roster.version + 1, previous=self.roster.hash)
        return sign_roster(replace(changed, **changes), self.root)  # type: ignore[arg-type]


def sign_roster(unsigned: roster.Roster, root: bytes) -> tuple[roster.Roster, Document]:
    """Return a roster with its hash, and signed."""
    body = roster.serialize_roster(unsigned)
    return replace(unsigned, hash=digest(body)), sign_document(labels.TYPE_ROSTER, body, root)


def make_team(seed: str = "team", persons: Sequence[str] = ("anna", "bram", "chris")) -> Team:
    """Return a team whose keyset verifies at NOW."""
    random = make_random(seed)
    root, credential = random(32), random(32)
    counsellors = tuple(sorted((make_counsellor(p, random) for p in persons), key=lambda c: c.id))
    stations = tuple(c.workstation for c in counsellors)
    threshold = min(2, len(set(persons)))
    unsigned = roster.Roster(ORGANISATION, 1, None, EXPIRES_ON, threshold, digest(credential), stations, b"")
    signed, document = sign_roster(unsigned, root)
    cards = tuple(c.card(week) for c in counsellors for week in (WEEK, WEEK + 1))
    statements = tuple(c.freshness(signed, cards) for c in counsellors)
    return Team(root, counsellors, signed, document, cards, statements)


def make_mailbox(seed: str = "reporter") -> mailbox.Mailbox:
    """Return the mailbox of a secret that follows from the seed."""
    secret = make_random(seed)(11)
    return mailbox.derive(bytes([secret[0] & 15]) + secret[1:], ORGANISATION)


def make_attachment(seed: str = "photo", name: str = "foto 1.jpg", size: int = 70_000) -> Attachment:
    """Return what a message says of a file; there need not be one."""
    random = make_random(seed)
    return Attachment(key=random(32), digest=random(32), name=name, size=size)


def write_message(box: mailbox.Mailbox, team: Team, text: str = "Hallo", **changes: object) -> payload.Payload:
    """Return a reporter's first message to everybody, with fields changed on request."""
    allow = conversation.first_allow(c.workstation.person for c in team.counsellors)
    body = Body(text, {"hoe-gaat-het": ("slaap-slecht",)}, 1, (make_attachment(),))
    draft = conversation.Draft("message", body, "2026-11-18", 0, None, {})
    return replace(conversation.compose_message(box, team.keyset, allow, draft), **changes)  # type: ignore[arg-type]


def write_reply(
    counsellor: Counsellor, team: Team, messages: Sequence[conversation.Message], **changes: object
) -> payload.Payload:
    """Return a counsellor's first reply, with fields changed on request."""
    seen = conversation.seen_by(messages, counsellor.id)
    body = Body(
        "Goed dat u schrijft.", gist="U bent niet alleen.", summary="Wat we weten.", track="series", next="2026-11-26"
    )
    draft = conversation.Draft("reply", body, "2026-11-19", 0, None, seen)
    composed = conversation.compose_reply(counsellor.workstation, team.keyset, messages, draft)
    return replace(composed, **changes)  # type: ignore[arg-type]


def sign_payload(written: payload.Payload, tag: bytes, key: bytes) -> tuple[bytes, bytes]:
    """Return a payload's bytes and signature, as `envelope.open` would return them."""
    data = payload.serialize(written)
    return data, sign(tag, data, key)


def seal_payload(
    opened: tuple[bytes, bytes], recipients: Sequence[bytes], random: Callable[[int], bytes] | None = None
) -> bytes:
    """Seal what sign_payload returned."""
    return seal(*opened, recipients, random or make_random("seal"))


def open_with(block: bytes, identity: bytes) -> tuple[bytes, bytes]:
    """Open a block with the seed of an identity."""
    return open_envelope(block, [Identity(identity)])


def monday(weeks: int = 0) -> int:
    """Return the first second of the week of NOW, or of one some weeks later."""
    return week_start(WEEK + weeks)
