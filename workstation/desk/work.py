"""An unlocked desk: the keyring, the messages in memory, and the spool at hand."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from crypto.attachment import Attachment
from crypto.body import Body
from crypto.consent import Proposal
from crypto.conversation import Message
from crypto.errors import ProtocolError
from crypto.event import Changes, Known
from crypto.keyset import Keyset, verify
from crypto.roster import Roster, open_roster
from crypto.verifying import Document
from crypto.week import day_of, in_grace
from workstation import files
from workstation.archive import Archive
from workstation.attachments import Attachments
from workstation.cases.family import begins_as_family, is_silent
from workstation.cases.inbox import Conversation, list_inbox, read_conversation
from workstation.ceremony.destruction import destroy_due
from workstation.ceremony.enrolment import list_words
from workstation.ceremony.published import Outlook, examine, parse_published
from workstation.ceremony.refusals import explain
from workstation.ceremony.renewal import Renewal, renew
from workstation.ceremony.succession import is_former
from workstation.desk.answer import list_entries, write_reply
from workstation.desk.collect import Collector
from workstation.desk.compose import Extras, make_body, propose
from workstation.desk.events import list_held, list_unannounced, make_cover, write_event
from workstation.desk.holdings import Holdings
from workstation.desk.opening import Tell, tell_nobody
from workstation.desk.outbox import Outbox
from workstation.desk.passing import Missed, list_missed, pass_on
from workstation.desk.receive import Receiver
from workstation.desk.retention import Retention
from workstation.desk.sharing import write_owed
from workstation.desk.uploads import Staged
from workstation.desk.withdrawals import Withdrawals
from workstation.errors import UnfitFileError, WorkstationError
from workstation.keyring.workstation import Keyring
from workstation.notes import Notes
from workstation.spool import Spool
from workstation.texts import translate as _

# spec: six a day while a courier runs, so a week's; and no page waits for more than a few.
_COVER_COUNT: Final = 42
_COVER_PER_LOOK: Final = 4
# What a page waits for at most, however much somebody has laid there: 256 MiB. The rest comes with the next page.
_BLOCKS_PER_LOOK: Final = 4_096


def say_unusable() -> str:
    """Return what is told of a disk or stick that is full or gone."""
    return _("De gedeelde map of de schijf kan niet worden gebruikt. Is die vol, of eruit gehaald?")


@dataclass(slots=True)
class Work:
    """Everything that is open at a desk. `refusal` says why nobody may be answered now; "" if they may.

    Conversations and attachments go by random names that last until the desk is locked: what a browser notes of them
    tells nothing. `handout` is one that is being looked at and not yet taken, or empty.
    """

    keyring: Keyring
    spool_folder: Path
    receiver: Receiver
    collector: Collector
    outbox: Outbox
    unreadable: int
    keyset: Keyset | None = None
    refusal: str = ""
    spool: Spool | None = None
    renewal: Renewal | None = None
    outlook: Outlook | None = None
    checked: tuple[tuple[str, bool, bytes | None] | None, Keyset | None, str] = (None, None, "")
    known_roster: tuple[Document, Roster] | None = None
    trouble: str = ""
    conversations: dict[bytes, Conversation] = field(default_factory=dict)
    names: dict[bytes, str] = field(default_factory=dict)
    enclosed: dict[tuple[bytes, Attachment], str] = field(default_factory=dict)
    handout: bytes = b""

    def take_in(self, now: int, tell: Tell = tell_nobody) -> None:
        """Look into the spool: keyset, what is due, new blocks, deliveries. Trouble there never keeps from reading."""
        self.spool, self.keyset, self.refusal, self.trouble = None, None, "", ""
        try:
            spool = Spool.open(self.spool_folder)
            spool.refuse_other(self.keyring.state.me.organisation)
            self.spool = spool
            self._check_keyset(spool, now)
            everything = self._receive(spool, now, tell)
            # Before anything is given out: the answer to a withdrawal must not go twice.
            holdings = Holdings(self.receiver, self.collector, self.outbox)
            Withdrawals(holdings).finish(self.spool, self.keyset, now)
            ended = Retention(holdings).end_due(self.conversations.values(), self.spool, now)
            for conversation in (*ended, *self.keyring.state.withdrawn):
                self._forget(conversation)
            if everything:
                # All that is here was tried, and what opened is kept or removed: only now old secrets may go.
                self.receiver.forget_cards(destroy_due(self.keyring, self.spool, now))
            self._announce(now)
            self._share(now)
            self.outbox.settle(self.spool, self.receiver.addresses & self.spool.list_incoming())
            self.collector.collect(self.spool, (m for known in self.receiver.messages.values() for m in known))
            # Last: on a stick without room for it, everything else was done.
            self._lay_cover(self.spool)
        except WorkstationError as error:
            self.trouble = str(error)
        except OSError:
            self.trouble = say_unusable()
        if self.keyset is None:
            self.refusal = self.refusal or self.trouble
        for conversation in self.keyring.state.withdrawn:
            # Also where something stood in the way before.
            self._forget(conversation)

    def roster(self) -> Roster | None:
        """Return the newest roster that this workstation has verified, expired or not: for names."""
        document = self.keyring.state.roster
        if document is None:
            return None
        # Asked for with every line of a page; verifying it again each time would take as long as everything else.
        if self.known_roster is None or self.known_roster[0] != document:
            self.known_roster = document, open_roster(document, self.keyring.pins)
        return self.known_roster[1]

    def team_words(self) -> tuple[int, tuple[str, ...]] | None:
        """Return that roster's number and its eight words, for whoever calls to compare them."""
        document, roster = self.keyring.state.roster, self.roster()
        if document is None or roster is None:
            return None
        return roster.version, list_words(self.keyring.pins.root_key, document)

    def inbox(self) -> list[Conversation]:
        """Return all conversations in which there is somebody to answer, those that wait for an answer first."""
        return list_inbox({c.id: c for c in self.conversations.values() if not is_silent(c)})

    def find(self, name: str) -> Conversation | None:
        """Return the conversation of this name."""
        return next((self.conversations[c] for c, known in self.names.items() if known == name), None)

    def name_attachment(self, conversation: bytes, attachment: Attachment) -> str:
        """Return the name under which the page offers an attachment of a conversation."""
        return self.enclosed.setdefault((conversation, attachment), secrets.token_urlsafe(9))

    def find_attachment(self, name: str) -> tuple[bytes, Attachment] | None:
        """Return conversation and attachment of this name."""
        return next((enclosed for enclosed, known in self.enclosed.items() if known == name), None)

    def answer(
        self,
        conversation: Conversation,
        text: str,
        now: int,
        staged: Sequence[Staged] = (),
        extras: Extras | None = None,
    ) -> None:
        """Seal a reply, a long one as several, and give it to the spool; without extras, what holds goes on to hold.

        Raises WorkstationError; then nothing is sent.
        """
        today = day_of(now)
        extras = extras or propose(conversation.agreed, today)
        body = make_body(text, extras, conversation.agreed, [each.attachment for each in staged], today)
        if self.keyset is None:
            raise WorkstationError(self.refusal)
        messages = self.receiver.messages[conversation.id]
        written = write_reply(self.keyring, self.keyset, messages, body, now)
        # First what will be delivered, then the copy: after a power cut in between, the reply is sent and comes back.
        self.outbox.add([record for _message, record in written], self._adopt(conversation.id, messages, staged))
        for message, _record in written:
            self.receiver.keep(message)
        self._read(conversation.id)
        # The reply is safe. What stands in the way of copies stands there at the next look, and is told then.
        with suppress(WorkstationError, OSError):
            self._share(now)
        self._give_out()

    def propose(self, conversation: Conversation, proposal: Proposal, now: int) -> None:
        """Ask the reporter for consent to hand a text over. Raises WorkstationError; then nothing is sent."""
        if self.keyset is None:
            raise WorkstationError(self.refusal)
        messages = self.receiver.messages[conversation.id]
        written = write_reply(self.keyring, self.keyset, messages, Body(proposal=proposal), now)
        # In this order, as with an answer.
        self.outbox.add([record for _message, record in written])
        for message, _record in written:
            self.receiver.keep(message)
        self._read(conversation.id)
        self._give_out()

    def change(self, conversation: Conversation, changes: Changes, now: int) -> None:
        """Change what holds about a case, here and on the desks of whoever may read it. Raises WorkstationError."""
        if self.keyset is None:
            raise WorkstationError(self.refusal)
        try:
            self._write_event(self.keyset, conversation, changes, now)
        except OSError:
            raise WorkstationError(say_unusable()) from None
        self._give_out()

    def list_missed(self) -> list[Missed]:
        """Return what colleagues' workstations may read and were never sealed; nothing without a keyset."""
        if self.keyset is None:
            return []
        return [
            missed
            for conversation in self.conversations.values()
            for missed in list_missed(self.keyset, conversation, self._list_known(conversation.id), self.keyring.id)
        ]

    def pass_on(self, workstation: bytes, now: int) -> int:
        """Give a colleague's workstation all that it missed; return how many conversations. Raises WorkstationError."""
        if self.keyset is None:
            raise WorkstationError(self.refusal)
        missed = [each for each in self.list_missed() if each.workstation.id == workstation]
        for each in missed:
            records, told = pass_on(self.keyset, each)
            for record in records:
                self.outbox.add([record])
            # Told last: after a power cut in between, it is passed on once more, and shown once.
            for changes in told:
                self._write_event(self.keyset, self.conversations[each.conversation.id], changes, now)
        self._give_out()
        return len(missed)

    def list_unopened(self) -> set[bytes]:
        """Return the addresses of blocks that a colleague could open, that name this workstation, and did not open.

        What a family wrote is left out: it may have opened, and been turned away for a share that came before it here.
        """
        if self.spool is None:
            return set()
        claimed = {
            address
            for conversation, events in self.receiver.events.items()
            if not begins_as_family(self.receiver.messages.get(conversation, []))
            for each in events
            for address, cards in each.payload.changes.opened.items()
            if self.keyring.id in cards
        }
        there = claimed - self.receiver.addresses
        return {a for a in there & self.spool.list_incoming() if a in self.receiver.notes.tried}

    def _list_known(self, conversation: bytes) -> list[Known]:
        return [*self.receiver.messages[conversation], *self.receiver.events.get(conversation, [])]

    def _write_event(self, keyset: Keyset, conversation: Conversation, changes: Changes, now: int) -> None:
        messages = self.receiver.messages[conversation.id]
        event, record = write_event(self.keyring, keyset, messages, changes, conversation.state.time + 1, now)
        # In this order, as with an answer.
        self.outbox.add([record])
        self.receiver.keep(event)
        self._read(conversation.id)

    def _announce(self, now: int) -> None:
        """Tell colleagues which messages opened here, so that a desk for which one did not can say so.

        And what is here without having been sealed to us, from a backup or a colleague: nobody need pass it on.
        """
        if self.keyset is None:
            return
        for conversation in list(self.conversations.values()):
            told = [a for a, authors in conversation.state.opened.items() if self.keyring.id in authors]
            known, held = (
                self._list_known(conversation.id),
                conversation.state.relayed.get(self.keyring.id, frozenset()),
            )
            for changes in [
                *list_unannounced(conversation.messages, self.keyring.id, told),
                *list_held(known, self.keyring.id, held),
            ]:
                # Nobody is reachable: then nobody need be told.
                with suppress(WorkstationError):
                    self._write_event(self.keyset, self.conversations[conversation.id], changes, now)

    def _share(self, now: int) -> None:
        """Seal what families are owed; what cannot be written now is owed at the next look. Raises OSError."""
        if self.keyset is None:
            return
        for conversation in write_owed(self.receiver, self.outbox, self.keyset, self.conversations, now):
            self._read(conversation)

    @staticmethod
    def _lay_cover(spool: Spool) -> None:
        """Keep a week's cover in the spool, a little more at each look."""
        lacking = _COVER_COUNT - len(spool.list_cover())
        for _unused in range(min(lacking, _COVER_PER_LOOK)):
            spool.put_cover(make_cover())

    def _give_out(self) -> None:
        if self.spool is not None:
            # It is safe. What stands in its way is told on the next page, which tries again.
            with suppress(WorkstationError, OSError):
                self.outbox.settle(self.spool, set())

    def _adopt(
        self, conversation: bytes, messages: Sequence[Message], staged: Sequence[Staged]
    ) -> dict[str, Iterator[bytes]]:
        parts = {}
        for each in staged:
            name = self.collector.attachments.name(conversation, each.attachment)
            self.collector.attachments.adopt(name, each.path)
            parts[name] = list_entries(each.attachment, messages)
        return parts

    def _check_keyset(self, spool: Spool, now: int) -> None:
        data = spool.read_keyset()
        if data is None:
            self.refusal = _("Er is nog geen lijst van vertrouwenspersonen opgehaald. Synchroniseer eerst.")
        # What holds of a keyset changes with its bytes, and in the night. Verifying is too slow for every page.
        state = (day_of(now), in_grace(now), data)
        if self.checked[0] == state:
            _state, self.keyset, self.refusal = self.checked
            return
        try:
            # There may be a roster to learn, and a new week to vouch for.
            self.renewal = renew(self.keyring, spool, now)
            self.outlook = None
            if data is not None:
                keyset = verify(data, self.keyring.pins, now)
                self.outlook = examine(parse_published(data), keyset.roster, now)
                if self.keyring.id in keyset.roster.active:
                    self.keyset = keyset
                else:
                    # Restored and not yet listed, or retired: nobody would believe an answer.
                    self.refusal = _("Deze werkplek staat niet op de lijst. Bel de beheerder van de lijst.")
        except ProtocolError as error:
            self.refusal = self._explain(error, data)
        except WorkstationError as error:
            self.refusal = str(error)
            return
        self.checked = (state, self.keyset, self.refusal)

    def _explain(self, error: ProtocolError, data: bytes | None) -> str:
        try:
            former = data is not None and is_former(self.keyring, parse_published(data).roster)
        except ProtocolError:
            former = False
        if former:
            return _(
                "Het portaal toont nog de lijst van de vorige beheerder. Synchroniseer zodra de server is herstart; "
                "lezen kan intussen."
            )
        return explain(error)

    def _receive(self, spool: Spool, now: int, tell: Tell) -> bool:
        """Take in new blocks; say whether all of them were, and could be read."""
        present = spool.list_incoming()
        untried = [address for address in sorted(present) if self.receiver.is_new(address)]
        # At random, so that nobody can crowd out the others.
        chosen = secrets.SystemRandom().sample(untried, min(len(untried), _BLOCKS_PER_LOOK))
        skipped: list[bytes] = []
        blocks = _read_blocks(spool, chosen, skipped, tell)
        for conversation in self.receiver.receive(blocks, self.roster(), now):
            self._read(conversation)
        spool.drop_incoming(self.receiver.unwanted)
        self.receiver.unwanted.clear()
        self.receiver.notes.save(present)
        return len(chosen) == len(untried) and not skipped

    def _read(self, conversation: bytes) -> None:
        if conversation in self.keyring.state.withdrawn:
            return
        events = self.receiver.events.get(conversation, [])
        self.conversations[conversation] = read_conversation(
            self.receiver.messages[conversation], events, self._list_persons()
        )
        self.names.setdefault(conversation, secrets.token_urlsafe(9))

    def _list_persons(self) -> dict[bytes, str]:
        roster = self.roster()
        listed = {} if roster is None else {w.id: w.person for w in roster.workstations}
        return {**listed, self.keyring.id: self.keyring.state.me.person}

    def _forget(self, conversation: bytes) -> None:
        self.conversations.pop(conversation, None)
        self.names.pop(conversation, None)
        for enclosed in [enclosed for enclosed in self.enclosed if enclosed[0] == conversation]:
            del self.enclosed[enclosed]


def begin(keyring: Keyring, spool_folder: Path, now: int, tell: Tell = tell_nobody) -> Work:
    """Open the archive into memory and take in what is new. Raises WorkstationError, OSError."""
    archive = Archive(keyring.folder / "archive", keyring.derive_local(b"archive"))
    archived, unreadable = archive.load(keyring.state.archives, partial(tell, "kept"))
    notes = Notes.load(keyring.folder / "notes", keyring.derive_local(b"notes"))
    receiver = Receiver(keyring, archive, notes)
    unreadable += receiver.restore(archived)
    attachments = Attachments.open(keyring.folder / "attachments", keyring.derive_local(b"attachments"))
    outbox = Outbox(keyring.folder / "outbox", attachments)
    files.sweep(outbox.folder)
    work = Work(keyring, spool_folder, receiver, Collector(attachments), outbox, unreadable)
    for conversation in receiver.messages:
        work._read(conversation)  # noqa: SLF001 - the constructor's other half
    work.take_in(now, tell)
    return work


def _read_blocks(
    spool: Spool, addresses: list[bytes], skipped: list[bytes], tell: Tell
) -> Iterator[tuple[bytes, bytes]]:
    for done, address in enumerate(addresses):
        tell("new", done, len(addresses))
        try:
            block = spool.read_incoming(address)
        except UnfitFileError:
            block = None
        if block is None:
            skipped.append(address)
        else:
            yield address, block
