"""Conversations that their reporters take back: all of it goes, and one reply says so. spec: Conversation, Withdrawal.

What was shared with family goes with it, as if its mailbox had asked for it: the newest list of that one stands
in the place of a `withdraw`.

Every step can be done again, and the keyring knows which ones are left: as long as the archive identity is there, not
everything is destroyed; as long as the `withdraw` is there, it is not answered. Id and day remain.

    withdrawn, and nothing more is shown or taken in           the receiver does this
    outbox, attachments, blocks in the spool, draft, archive files
    the archive identity is gone
    `destroyed` lies in the outbox, under the next number
    the `withdraw` and the number are gone
    the outbox gives it out                                    only when `finish` did not fail
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from crypto.address import derive_address
from crypto.body import Body
from crypto.conversation import Draft, Message, seen_by
from crypto.errors import NoMatchError
from crypto.keyset import Keyset
from crypto.labels import LAST_NUMBER
from crypto.payload import message_id, parse
from crypto.week import day_of
from workstation.desk.answer import count_numbers, seal_reply
from workstation.desk.holdings import Holdings
from workstation.desk.receive import Receiver
from workstation.keyring.workstation import Keyring
from workstation.spool import Spool


@dataclass(frozen=True, slots=True)
class Withdrawals:
    """What is withdrawn, and what this workstation still has of it."""

    holdings: Holdings

    @property
    def receiver(self) -> Receiver:
        """What takes messages in, and forgets them."""
        return self.holdings.receiver

    @property
    def keyring(self) -> Keyring:
        """The keyring, which remembers what is withdrawn."""
        return self.receiver.keyring

    def finish(self, spool: Spool, keyset: Keyset | None, now: int) -> None:
        """Do what is left to do; without a keyset, answering waits. Before the outbox gives anything out.

        Raises WorkstationError, OSError.
        """
        state = self.keyring.state
        for conversation, withdrawn in list(state.withdrawn.items()):
            if withdrawn.unanswered is None:
                continue
            data, signature = withdrawn.unanswered
            message = Message(message_id(data), parse(data), data, signature)
            if conversation in state.archives:
                self._destroy(message, spool)
            if self._is_written(message) or (keyset is not None and self._write(message, keyset, now)):
                self._settle(message)

    def _destroy(self, withdraw: Message, spool: Spool) -> None:
        conversation = withdraw.payload.conversation
        known = self.receiver.messages.get(conversation, [])
        self.holdings.destroy(conversation, withdraw.payload.contact, spool)
        # Their identity after them.
        state = self.keyring.state
        state.numbers[conversation] = count_numbers(self.keyring, [withdraw, *known])
        del state.archives[conversation]
        self.keyring.save()
        self.receiver.forget(conversation)

    def _is_written(self, withdraw: Message) -> bool:
        # Its number is taken after it is written: where that lies already, a power cut came in between.
        number = count_numbers(self.keyring, [withdraw]).next
        return number > LAST_NUMBER or self._own_address(withdraw, number) in self.holdings.outbox.addresses()

    def _write(self, withdraw: Message, keyset: Keyset, now: int) -> bool:
        numbering = count_numbers(self.keyring, [withdraw])
        seen = seen_by([withdraw], self.keyring.id)
        draft = Draft("destroyed", Body(), day_of(now), numbering.next, numbering.previous, seen)
        try:
            _message, record = seal_reply(self.keyring, keyset, [withdraw], draft)
        except NoMatchError:
            return False
        self.holdings.outbox.add([record])
        return True

    def _settle(self, withdraw: Message) -> None:
        state, conversation = self.keyring.state, withdraw.payload.conversation
        withdrawn, numbering = state.withdrawn[conversation], count_numbers(self.keyring, [withdraw])
        state.withdrawn[conversation] = replace(withdrawn, unanswered=None)
        state.numbers.pop(conversation, None)
        try:
            self.keyring.save()
        except OSError:
            # It must not go out while the keyring would have it written once more.
            state.withdrawn[conversation], state.numbers[conversation] = withdrawn, numbering
            raise

    def _own_address(self, withdraw: Message, number: int) -> bytes:
        assert withdraw.payload.contact is not None, "a mailbox's message names its keys"
        return derive_address(withdraw.payload.contact.reply_address_key, self.keyring.id, number)
