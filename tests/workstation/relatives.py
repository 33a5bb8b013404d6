"""A reporter's mailbox and a family's, as their browsers write; and what the family can open of all that desks sent."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from crypto import envelope, labels, payload
from crypto.age.hybrid import Identity
from crypto.attachment import Attachment
from crypto.body import Body, Kind, Scope, Share
from crypto.conversation import (
    Draft,
    Message,
    authenticate_reply,
    compose_message,
    first_allow,
    list_recipients,
    next_allow,
    order,
)
from crypto.errors import ProtocolError
from crypto.labels import KIND_REPLY
from crypto.letter import split_body
from crypto.mailbox import Mailbox, derive, derive_family_secret
from crypto.payload import AllowList
from crypto.signing import sign
from crypto.week import day_of
from tests.workstation.helpers import ORGANISATION, PERSONS, Organisation, make_mailbox
from tests.world import NOW


@dataclass
class Side:
    """One mailbox that writes in its turn: each message names the one before it, whether or not it was delivered."""

    organisation: Organisation
    box: Mailbox
    allow: AllowList = field(default_factory=lambda: first_allow(PERSONS))
    number: int = 0
    previous: bytes | None = None
    seen: dict[bytes, int] = field(default_factory=dict)

    def say(self, kind: Kind, body: Body | None = None, to: Iterable[str] = PERSONS) -> tuple[bytes, bytes]:
        """Write a message and let these couriers fetch it; return its address and block."""
        draft = Draft(kind, body or Body(), day_of(NOW), self.number, self.previous, dict(self.seen))
        keyset = self.organisation.keyset()
        written = compose_message(self.box, keyset, self.allow, draft)
        data = payload.serialize(written)
        self.number, self.previous = self.number + 1, payload.message_id(data)
        block = envelope.seal(
            data, sign(labels.SIGN_MAILBOX, data, self.box.signing), list_recipients(keyset, written), os.urandom
        )
        self.organisation.bring(written.address, block, to)
        return written.address, block

    def write(
        self, text: str, to: Iterable[str] = PERSONS, attachments: tuple[Attachment, ...] = ()
    ) -> list[tuple[bytes, bytes]]:
        """Write a letter, a long one as several messages."""
        return [self.say("message", body, to) for body in split_body(Body(text, {}, 1, attachments))]

    def share(self, family: Side, scope: Scope, to: Iterable[str] = PERSONS, index: int = 0) -> tuple[bytes, bytes]:
        """Say what a family conversation is given."""
        return self.say("share", Body(share=Share(family.box.conversation, scope, index)), to)

    def list(self, persons: Iterable[str], to: Iterable[str] = PERSONS) -> tuple[bytes, bytes]:
        """Say who may read from now on."""
        self.allow = next_allow(self.allow, persons)
        return self.say("allow", to=to)


def make_family(reporter: Side, index: int = 0) -> Side:
    """Return a family's mailbox of this reporter's; its number 0 is not written yet."""
    box = derive(derive_family_secret(reporter.box, index), ORGANISATION)
    return Side(reporter.organisation, box, AllowList(1, reporter.allow.persons, None, reporter.allow.successor))


def begin(organisation: Organisation, scope: Scope | None = None, seed: int = 7) -> tuple[Side, Side]:
    """Let a reporter write, and share with a first family code if a scope is given."""
    reporter = Side(organisation, make_mailbox(seed))
    reporter.write("Hallo")
    family = make_family(reporter)
    if scope is not None:
        family.say("allow")
        reporter.share(family, scope)
    return reporter, family


@dataclass
class Post:
    """What all desks have sent, as the server holds it."""

    organisation: Organisation
    records: list[bytes] = field(default_factory=list)

    def go_round(self, persons: Iterable[str] = PERSONS) -> None:
        """Let each of these desks look once, and its courier carry what it wrote to everybody."""
        for person in persons:
            with self.organisation.desk(person):
                pass
            self.collect(person)

    def collect(self, person: str) -> None:
        """Let a courier carry what its desk wrote."""
        self.records += self.organisation.collect(person)

    def read(self, side: Side) -> list[Message]:
        """Return what a mailbox can open and believes, in the order in which it was sent."""
        found = []
        for record in self.records:
            assert record[64] == KIND_REPLY
            try:
                opened = envelope.open(record[65:], [Identity(side.box.identity)])
            except ProtocolError:
                continue
            claimed = payload.parse(opened[0])
            slot = claimed.author, claimed.number
            found.append(
                authenticate_reply(opened, self.organisation.keyset().roster, side.box, slot, side.allow.persons)
            )
        return found

    def copies(self, side: Side) -> list[str]:
        """Return the texts of the copies that a mailbox can open, one of each original."""
        messages = [m for m in order(self.read(side)) if m.payload.kind == "copy"]
        return list({m.payload.body.original: m.payload.body.text for m in messages}.values())

    def told(self, side: Side) -> list[Scope]:
        """Return what desks said to a mailbox about what is shared, in turn."""
        shares: Sequence[Share | None] = [
            m.payload.body.share for m in order(self.read(side)) if m.payload.kind == "shared"
        ]
        return [share.scope for share in shares if share is not None]
