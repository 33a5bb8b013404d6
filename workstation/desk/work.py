"""An unlocked desk: the keyring, the messages in memory, and the spool at hand."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from crypto.attachment import Attachment
from crypto.conversation import Message
from crypto.errors import ProtocolError
from crypto.keyset import Keyset, verify
from crypto.roster import Roster, open_roster
from crypto.week import day_of, in_grace
from workstation.archive import Archive
from workstation.attachments import Attachments
from workstation.cases.inbox import Conversation, group, list_inbox, read_conversation
from workstation.ceremony.enrolment import list_words
from workstation.ceremony.published import Outlook, examine, parse_published
from workstation.ceremony.refusals import explain
from workstation.ceremony.renewal import Renewal, renew
from workstation.desk.answer import list_entries, write_reply
from workstation.desk.collect import Collector
from workstation.desk.compose import Extras, make_body, propose
from workstation.desk.outbox import Outbox
from workstation.desk.receive import Receiver
from workstation.desk.uploads import Staged
from workstation.desk.withdrawals import Withdrawals
from workstation.errors import UnfitFileError, WorkstationError
from workstation.keyring.workstation import Keyring
from workstation.notes import Notes
from workstation.spool import Spool
from workstation.texts import translate as _

# What a page waits for at most, however much somebody has laid there: 256 MiB. The rest comes with the next page.
_BLOCKS_PER_LOOK: Final = 4_096


@dataclass(slots=True)
class Work:
    """Everything that is open at a desk. `refusal` says why nobody may be answered now; "" if they may.

    Conversations and attachments go by random names that last until the desk is locked: what a browser notes of them
    tells nothing.
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
    trouble: str = ""
    conversations: dict[bytes, Conversation] = field(default_factory=dict)
    names: dict[bytes, str] = field(default_factory=dict)
    enclosed: dict[tuple[bytes, Attachment], str] = field(default_factory=dict)

    def take_in(self, now: int) -> None:
        """Look into the spool: keyset, what is due, new blocks, deliveries. Trouble there never keeps from reading."""
        self.spool, self.keyset, self.refusal, self.trouble = None, None, "", ""
        try:
            spool = Spool.open(self.spool_folder)
            spool.refuse_other(self.keyring.state.me.organisation)
            self.spool = spool
            self._check_keyset(spool, now)
            self._receive(self.spool, now)
            # Before anything is given out: the answer to a withdrawal must not go twice.
            Withdrawals(self.receiver, self.collector, self.outbox).finish(self.spool, self.keyset, now)
            self.outbox.settle(self.spool, self.receiver.addresses & self.spool.list_incoming())
            self.collector.collect(self.spool, (m for known in self.receiver.messages.values() for m in known))
        except WorkstationError as error:
            self.trouble = str(error)
        except OSError:
            self.trouble = _("De gedeelde map of de schijf kan niet worden gebruikt. Is die vol, of eruit gehaald?")
        if self.keyset is None:
            self.refusal = self.refusal or self.trouble
        for conversation in self.keyring.state.withdrawn:
            self._forget(conversation)

    def roster(self) -> Roster | None:
        """Return the newest roster that this workstation has verified, expired or not: for names."""
        document = self.keyring.state.roster
        return None if document is None else open_roster(document, self.keyring.pins)

    def team_words(self) -> tuple[int, tuple[str, ...]] | None:
        """Return that roster's number and its eight words, for whoever calls to compare them."""
        document, roster = self.keyring.state.roster, self.roster()
        if document is None or roster is None:
            return None
        return roster.version, list_words(self.keyring.pins.root_key, document)

    def inbox(self) -> list[Conversation]:
        """Return all conversations, those that wait for an answer first."""
        return list_inbox(self.conversations)

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
        if self.spool is not None:
            # The reply is safe. What stands in its way is told on the next page, which tries again.
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
                self.keyset = verify(data, self.keyring.pins, now)
                self.outlook = examine(parse_published(data), self.keyset.roster, now)
        except ProtocolError as error:
            self.refusal = explain(error)
        except WorkstationError as error:
            self.refusal = str(error)
            return
        self.checked = (state, self.keyset, self.refusal)

    def _receive(self, spool: Spool, now: int) -> None:
        present = spool.list_incoming()
        new = [address for address in sorted(present) if self.receiver.is_new(address)]
        if len(new) > _BLOCKS_PER_LOOK:
            # At random, so that nobody can crowd out the others.
            new = secrets.SystemRandom().sample(new, _BLOCKS_PER_LOOK)
        for conversation in self.receiver.receive(_read_blocks(spool, new), self.roster(), now):
            self._read(conversation)
        spool.drop_incoming(self.receiver.unwanted)
        self.receiver.unwanted.clear()
        self.receiver.notes.save(present)

    def _read(self, conversation: bytes) -> None:
        if conversation in self.keyring.state.withdrawn:
            return
        self.conversations[conversation] = read_conversation(self.receiver.messages[conversation])
        self.names.setdefault(conversation, secrets.token_urlsafe(9))

    def _forget(self, conversation: bytes) -> None:
        self.conversations.pop(conversation, None)
        self.names.pop(conversation, None)
        for enclosed in [enclosed for enclosed in self.enclosed if enclosed[0] == conversation]:
            del self.enclosed[enclosed]


def begin(keyring: Keyring, spool_folder: Path, now: int) -> Work:
    """Open the archive into memory and take in what is new. Raises WorkstationError, OSError."""
    archive = Archive(keyring.folder / "archive", keyring.derive_local(b"archive"))
    messages, unreadable = archive.load(keyring.state.archives)
    notes = Notes.load(keyring.folder / "notes", keyring.derive_local(b"notes"))
    receiver = Receiver(keyring, archive, notes, _first_ones_first(messages))
    receiver.addresses |= {message.payload.address for message in messages}
    attachments = Attachments.open(keyring.folder / "attachments", keyring.derive_local(b"attachments"))
    outbox = Outbox(keyring.folder / "outbox", attachments)
    work = Work(keyring, spool_folder, receiver, Collector(attachments), outbox, unreadable)
    for conversation in receiver.messages:
        work._read(conversation)  # noqa: SLF001 - the constructor's other half
    work.take_in(now)
    return work


def _first_ones_first(messages: list[Message]) -> dict[bytes, list[Message]]:
    # Without any message of the mailbox there is nobody to trust and nothing to show.
    return {c: known for c, known in group(messages).items() if any(m.payload.contact is not None for m in known)}


def _read_blocks(spool: Spool, addresses: list[bytes]) -> Iterator[tuple[bytes, bytes]]:
    for address in addresses:
        try:
            block = spool.read_incoming(address)
        except UnfitFileError:
            continue
        if block is not None:
            yield address, block
