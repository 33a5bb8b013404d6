"""All that this workstation holds of a conversation, and destroying it. What a disk remembers of it is not given."""

from __future__ import annotations

from dataclasses import dataclass

from crypto.address import derive_address
from crypto.event import Known
from crypto.labels import LAST_NUMBER
from crypto.payload import Contact
from workstation.desk.collect import Collector
from workstation.desk.letterbox import open_drafts
from workstation.desk.outbox import Outbox
from workstation.desk.receive import Receiver
from workstation.spool import Spool


@dataclass(frozen=True, slots=True)
class Holdings:
    """Where something of a conversation may lie."""

    receiver: Receiver
    collector: Collector
    outbox: Outbox

    def destroy(self, conversation: bytes, contact: Contact | None, spool: Spool) -> None:
        """Remove files, answers, drafts, blocks and messages; the archive identity is for the caller to forget.

        Without a contact no address of an answer is known: then they went before the message that held it. Doing it
        again does no harm. Raises WorkstationError, OSError.
        """
        known = self.receiver.messages.get(conversation, [])
        everything: list[Known] = [*known, *self.receiver.events.get(conversation, [])]
        addresses = {each.payload.address for each in everything}
        if contact is not None:
            # Those also that a power cut kept from the archive.
            addresses |= self.list_own(contact)
        # And, on a restored workstation, those that the lost one had not delivered.
        for name in self.outbox.list_files(addresses):
            self.collector.attachments.destroy(name)
        self.outbox.destroy(addresses, spool)
        self.collector.destroy(spool, known)
        spool.drop_incoming(addresses)
        open_drafts(self.receiver.keyring).destroy(conversation)
        # The messages last, because they say what else there is.
        self.receiver.archive.destroy(conversation)

    def list_own(self, contact: Contact) -> set[bytes]:
        """Return every address under which an answer of this workstation can lie."""
        own = self.receiver.keyring.id
        return {derive_address(contact.reply_address_key, own, number) for number in range(LAST_NUMBER + 1)}
