"""A small organisation on real files, made by its own ceremonies, with keyrings that are cheap to open."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from crypto import conversation, envelope, labels, payload
from crypto.age.hybrid import Identity
from crypto.attachment import Attachment
from crypto.body import Body
from crypto.card import parse_card
from crypto.conversation import Draft, Message, compose_message, first_allow, list_recipients
from crypto.keyset import Keyset, serialize_keyset, verify
from crypto.mailbox import Mailbox, derive
from crypto.payload import AllowList, Payload
from crypto.roster import Pins, parse_roster
from crypto.signing import sign
from crypto.verifying import parse_document, serialize_document
from crypto.week import day_of, week_number
from tests.world import NOW
from workstation.ceremony.card import renew_cards
from workstation.ceremony.enrolment import make_request, open_request
from workstation.ceremony.handout import Handout
from workstation.ceremony.renewal import renew, take_handout
from workstation.ceremony.root import make_root
from workstation.ceremony.roster import Changes, make_roster
from workstation.desk.work import Work, begin
from workstation.keyring.root import RootKeyring, open_root
from workstation.keyring.sealing import Cost
from workstation.keyring.state import Person
from workstation.keyring.workstation import Keyring, create_keyring, open_keyring
from workstation.spool import Spool

CHEAP = Cost(memory_kib=8, time=1)
ORGANISATION = "proef"
PASSPHRASE = "vier gewone losse woorden"
PERSONS = ("anna", "bram", "chris")


@dataclass(frozen=True)
class Organisation:
    """Folders: `root`, one a person, and a spool for each."""

    folder: Path

    def root(self) -> RootKeyring:
        return open_root(self.folder / "root", PASSPHRASE)

    def station(self, person: str) -> Path:
        return self.folder / person

    def spool(self, person: str) -> Spool:
        return Spool.open(self.folder / f"{person}-spool", create=True)

    @contextmanager
    def unlocked(self, person: str) -> Iterator[Keyring]:
        keyring = open_keyring(self.station(person), PASSPHRASE)
        try:
            yield keyring
        finally:
            keyring.close()

    @contextmanager
    def desk(self, person: str, now: int = NOW) -> Iterator[Work]:
        with self.unlocked(person) as keyring:
            yield begin(keyring, self.folder / f"{person}-spool", now)

    def pins(self) -> Pins:
        return self.root().pins

    def enrol(self, person: str, now: int = NOW, folder: str | None = None) -> bytes:
        """Make a workstation's keys; return its request."""
        me = Person(ORGANISATION, self.pins().root_key, person, person.title(), (f"Stichting {person}",))
        keyring = create_keyring(self.station(folder or person), me, PASSPHRASE, CHEAP)
        renew_cards(keyring, now)
        document = make_request(keyring)
        keyring.close()
        return serialize_document(document)

    def hand_out(self, requests: Sequence[bytes], retire: Sequence[bytes] = (), now: int = NOW) -> Handout:
        return make_roster(self.root(), Changes([open_request(data) for data in requests], retire), (), now)

    def take(self, person: str, handout: Handout, now: int = NOW) -> None:
        with self.unlocked(person) as keyring:
            take_handout(keyring, self.spool(person), handout, now)
            renew(keyring, self.spool(person), now)

    def publish(self, persons: Iterable[str] = PERSONS, now: int = NOW) -> bytes:
        """Do what couriers and an honest portal do with documents; return the keyset."""
        found = [document for person in persons for document in self.documents(person)]
        rosters = [document for document in found if document.payload_type == labels.TYPE_ROSTER]
        cards = {d.payload: d for d in found if d.payload_type == labels.TYPE_CARD}
        weeks = (week_number(now), week_number(now) + 1)
        data = serialize_keyset(
            max(rosters, key=lambda document: parse_roster(document.payload).version),
            [document for document in cards.values() if parse_card(document.payload).week in weeks],
            [document for document in found if document.payload_type == labels.TYPE_FRESHNESS],
        )
        for person in persons:
            self.spool(person).put_keyset(data)
            self.spool(person).put_synced(day_of(now))
        return data

    def documents(self, person: str):  # noqa: ANN201 - crypto's documents
        spool = self.spool(person)
        return [parse_document(spool.read_document(name) or b"") for name in spool.list_documents()]

    def keyset(self, now: int = NOW) -> Keyset:
        return verify(self.spool("anna").read_keyset() or b"", self.pins(), now)

    def deliver(self, written: Payload, opened: tuple[bytes, bytes], keyset: Keyset) -> bytes:
        """Seal what a reporter wrote and let every courier fetch it; return the address."""
        block = envelope.seal(*opened, list_recipients(keyset, written), os.urandom)
        self.bring(written.address, block)
        return written.address

    def bring(self, address: bytes, block: bytes, persons: Iterable[str] = PERSONS) -> None:
        for person in persons:
            self.spool(person).put_incoming(address, block)

    def replies(self, person: str) -> list[bytes]:
        """Return the records of replies that wait for a person's courier; case events wait there too."""
        spool = self.spool(person)
        records = (spool.read_outgoing(address) or b"" for address in sorted(spool.list_outgoing()))
        return [record for record in records if record[64] == labels.KIND_REPLY]

    def collect(self, person: str) -> list[bytes]:
        """Let a courier deliver what a desk wrote and every courier fetch it; return the records of replies."""
        spool = self.spool(person)
        records = []
        for address in sorted(spool.list_outgoing()):
            record = spool.read_outgoing(address)
            assert record is not None
            if record[64] == labels.KIND_REPLY:
                records.append(record)
            spool.mark_sent(address)
            self.bring(address, record[65:])
        return records


def found(folder: Path, persons: Sequence[str] = PERSONS) -> Organisation:
    """Found an organisation whose keyset verifies at NOW and lies in every spool."""
    organisation = Organisation(folder)
    make_root(folder / "root", ORGANISATION, PASSPHRASE, CHEAP)
    handout = organisation.hand_out([organisation.enrol(person) for person in persons])
    for person in persons:
        organisation.take(person, handout)
    organisation.publish(persons)
    return organisation


def make_mailbox(seed: int = 7) -> Mailbox:
    """Return a reporter's mailbox."""
    return derive(bytes([0]) + bytes([seed]) * 10, ORGANISATION)


def write(
    organisation: Organisation,
    box: Mailbox,
    text: str,
    number: int = 0,
    previous: bytes | None = None,
    persons: Iterable[str] = PERSONS,
    allow: AllowList | None = None,
    attachments: tuple[Attachment, ...] = (),
) -> bytes:
    """Let a reporter write and every courier fetch it; return the message's id."""
    body = Body(text, {"wellbeing": ("not-well",), "wish": ("talk", "charges")}, 1, attachments)
    return send(organisation, box, Draft("message", body, day_of(NOW), number, previous, {}), persons, allow)


def let_events_go(organisation: Organisation, person: str = "anna") -> None:
    """Let a desk tell its colleagues what opened there, and the courier bring it: then only answers wait."""
    with organisation.desk(person):
        pass
    organisation.collect(person)
    with organisation.desk(person) as work:
        assert not work.outbox.addresses()


def withdraw(organisation: Organisation, box: Mailbox, number: int = 1) -> bytes:
    """Let a reporter take the conversation back; return the message's id."""
    return send(organisation, box, Draft("withdraw", Body(), day_of(NOW), number, None, {}))


def send(
    organisation: Organisation,
    box: Mailbox,
    draft: Draft,
    persons: Iterable[str] = PERSONS,
    allow: AllowList | None = None,
) -> bytes:
    """Let every courier fetch what a reporter's browser makes of a draft; return the message's id."""
    keyset = organisation.keyset()
    written = compose_message(box, keyset, allow or first_allow(persons), draft)
    data = payload.serialize(written)
    organisation.deliver(written, (data, sign(labels.SIGN_MAILBOX, data, box.signing)), keyset)
    return payload.message_id(data)


def read_reply(organisation: Organisation, box: Mailbox, record: bytes, persons: Iterable[str] = PERSONS) -> Message:
    """Open a reply as the reporter's browser does."""
    opened = envelope.open(record[65:], [Identity(box.identity)])
    claimed = payload.parse(opened[0])
    slot = (claimed.author, claimed.number)
    return conversation.authenticate_reply(opened, organisation.keyset().roster, box, slot, persons)
