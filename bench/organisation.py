"""An organisation to measure: three counsellors by the demo's own ceremonies, and what Anna's workstation holds.

Everything is made by the code that makes it in earnest, and kept as a desk keeps it. Only the portal is left out: its
keyset is put together from what the counsellors publish.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from crypto import envelope, labels
from crypto.age.hybrid import recipient_of
from crypto.body import Body
from crypto.card import parse_card
from crypto.conversation import (
    Draft,
    Message,
    compose_message,
    compose_reply,
    first_allow,
    list_recipients,
    newest_allow,
    seen_by,
)
from crypto.encoding import digest
from crypto.event import CaseEvent, Changes, Known, compose_event
from crypto.event import serialize as serialize_event
from crypto.keyset import Keyset, serialize_keyset, verify
from crypto.labels import KEY_SIZE, SIGNATURE_SIZE
from crypto.mailbox import Mailbox, derive
from crypto.payload import message_id, serialize
from crypto.signing import sign
from crypto.verifying import Document, parse_document
from crypto.week import WEEK_SECONDS, day_of, week_number
from workstation.archive import Archive
from workstation.content import load_words
from workstation.demo.site import ORGANISATION, TEAM, Site, unlock
from workstation.demo.team import make_keys
from workstation.desk.events import list_unannounced
from workstation.keyring.sealing import COST, Cost
from workstation.keyring.workstation import Keyring
from workstation.spool import Spool

# Wednesday 2026-11-18 12:00 UTC: every run measures the same week, with the same cards.
NOW: Final = 1_795_003_200
ANNA: Final = TEAM[0]
# What a keyring costs in the quick mode, which shows that all of this works, and no figures.
CHEAP: Final = Cost(memory_kib=8, time=1)

_MESSAGES: Final = 10
# A desk keeps the secrets of so many past weeks (spec: Destruction), and tries each of them on every block.
_PAST_WEEKS: Final = 5


def found(folder: Path, cost: Cost = COST) -> Site:
    """Found an organisation that has existed for some weeks: its keyset lies in Anna's spool."""
    site = Site(folder, cost)
    for now in (NOW - _PAST_WEEKS * WEEK_SECONDS, NOW):
        for _line in make_keys(site, now):
            pass
    spool = open_spool(site)
    spool.put_keyset(_publish(site))
    spool.put_synced(day_of(NOW))
    return site


def open_spool(site: Site) -> Spool:
    """Open Anna's spool."""
    return Spool.open(site.spool(ANNA))


def read_keyset(site: Site) -> Keyset:
    """Return the keyset that holds now."""
    with unlock(site, ANNA) as keyring:
        return verify(open_spool(site).read_keyset() or b"", keyring.pins, NOW)


def _publish(site: Site) -> bytes:
    documents = [document for who in TEAM for document in _list_documents(Spool.open(site.spool(who)))]
    cards = {d.payload: d for d in documents if d.payload_type == labels.TYPE_CARD}
    weeks = (week_number(NOW), week_number(NOW) + 1)
    with unlock(site, ANNA) as keyring:
        roster = keyring.state.roster
    assert roster is not None, "the demo's ceremonies bring everybody the roster"
    return serialize_keyset(
        roster,
        [document for document in cards.values() if parse_card(document.payload).week in weeks],
        [d for d in documents if d.payload_type == labels.TYPE_FRESHNESS],
    )


def _list_documents(spool: Spool) -> Iterator[Document]:
    for name in spool.list_documents():
        yield parse_document(spool.read_document(name) or b"")


# -- what is said -----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Writer:
    """Whoever writes here: reporters, and the counsellors whose keyrings are given. Words follow from a seed."""

    keyset: Keyset
    keyrings: list[Keyring]
    random: Random

    def fill_archive(self, conversations: int) -> int:
        """Let Anna's desk keep conversations of ten messages and five events each; return how many files that are."""
        anna = self.keyrings[0]
        archive = Archive(anna.folder / "archive", anna.derive_local(b"archive"))
        archive.load(anna.state.archives)
        files = 0
        for _unused in range(conversations):
            seed = os.urandom(KEY_SIZE)
            for known in self.converse():
                archive.keep(known, seed)
                anna.state.archives[known.payload.conversation] = seed
                files += 1
        # Saved once, for all: to be repeated thousands of times, it would be most of the preparation.
        anna.save()
        return files

    def converse(self) -> list[Known]:
        """Return a conversation: five letters and five answers, what each desk told of the letters, two case events."""
        box = self.make_mailbox()
        messages: list[Message] = []
        while len(messages) < _MESSAGES:
            messages.append(self.write_message(box, messages))
            messages.append(self._write_reply(messages))
        changes = [each for keyring in self.keyrings for each in list_unannounced(messages, keyring.id, ())]
        written = [
            self._write_event(self.keyrings[time % len(self.keyrings)], messages, each, time)
            for time, each in enumerate(changes)
        ]
        for extra in (
            Changes(assigned=ANNA.person, labels={self.random.choice(("aangifte", "gezin", "online")): True}),
            Changes(note=self.make_text(200)),
        ):
            written.append(self._write_event(self.keyrings[0], messages, extra, len(written)))
        return [*messages, *written]

    def make_mailbox(self) -> Mailbox:
        """Return a reporter's mailbox."""
        return derive(bytes(1) + os.urandom(10), ORGANISATION)

    def make_text(self, size: int) -> str:
        """Return so many characters of words, roughly."""
        words = self.random.choices(load_words(), k=size // 7 + 1)
        return " ".join(words).capitalize() + "."

    def write_message(self, box: Mailbox, messages: list[Message]) -> Message:
        """Return the reporter's next letter; half of them are shorter than 900 characters, some a good deal longer."""
        own = [m for m in messages if m.payload.author == box.conversation]
        answers = {} if own else {"wellbeing": ("not-well",), "wish": ("talk", "charges")}
        body = Body(self.make_text(self._draw_size(900)), answers, 1)
        draft = Draft("message", body, self._day(messages), len(own), own[-1].id if own else None, {})
        allow = newest_allow(messages) if own else first_allow(who.person for who in TEAM)
        payload = compose_message(box, self.keyset, allow, draft)
        data = serialize(payload)
        return Message(message_id(data), payload, data, sign(labels.SIGN_MAILBOX, data, box.signing))

    def seal(self, message: Message) -> bytes:
        """Return the block that a reporter's browser makes of a message."""
        recipients = list_recipients(self.keyset, message.payload)
        return envelope.seal(message.data, message.signature, recipients, os.urandom)

    def _write_reply(self, messages: list[Message]) -> Message:
        keyring = self.keyrings[0]
        own = [m for m in messages if m.payload.author == keyring.id]
        body = Body(self.make_text(self._draw_size(600)), gist=self.make_text(60), track="series", next="2026-12-01")
        seen = seen_by(messages, keyring.id)
        draft = Draft("reply", body, self._day(messages), len(own), own[-1].id if own else None, seen)
        payload = compose_reply(keyring.listed, self.keyset, messages, draft)
        data = serialize(payload)
        return Message(message_id(data), payload, data, sign(labels.SIGN_WORKSTATION, data, keyring.state.signing))

    def _write_event(self, keyring: Keyring, messages: list[Message], changes: Changes, time: int) -> CaseEvent:
        address = os.urandom(KEY_SIZE)
        event = compose_event(keyring.listed, self.keyset, messages, changes, day_of(NOW), time + 1, address)
        data = serialize_event(event)
        return CaseEvent(digest(data), event, data, sign(labels.SIGN_EVENT, data, keyring.state.signing))

    def _draw_size(self, median: int) -> int:
        return min(int(self.random.lognormvariate(0, 0.8) * median), 20_000)

    @staticmethod
    def _day(messages: list[Message]) -> str:
        return day_of(NOW - (_MESSAGES - len(messages)) * 2 * 86_400)


def make_stranger() -> bytes:
    """Return an envelope that nobody can open, as cover is; a colleague's event looks the same."""
    return envelope.seal(b"", bytes(SIGNATURE_SIZE), [recipient_of(os.urandom(KEY_SIZE))], os.urandom)


def fill_archive(site: Site, conversations: int) -> int:
    """Let Anna's workstation keep so many conversations; return how many files that are."""
    keyset = read_keyset(site)
    with ExitStack() as stack:
        keyrings = [stack.enter_context(unlock(site, who)) for who in TEAM]
        return Writer(keyset, keyrings, Random(1)).fill_archive(conversations)  # noqa: S311 - the length of texts
