"""One synchronisation: publish documents, fetch what is new, deliver what waits. spec: Steps, Receive 1, 3 and 5.

Attachments come last, and chunks before the replies that name them: whatever breaks off, messages have gone through.
"""

from __future__ import annotations

import math
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from crypto.labels import KEY_SIZE, KIND_REPLY
from crypto.visit import FETCH_COUNT
from crypto.week import day_of
from workstation import wellformed
from workstation.courier.chunks import Tell, fetch_chunks, is_ready, post_chunks
from workstation.courier.client import Client, authorize_courier
from workstation.courier.refusals import What, explain_document, explain_refused
from workstation.errors import CourierError, UnfitFileError
from workstation.spool import Spool
from workstation.texts import translate as _

# What a hostile portal can make us store in one go: 256 MiB. The rest comes with the next synchronisation.
_BLOCKS_PER_SYNC: Final = 4_096
# What somebody with the stick can make us post in one go; no team writes so many in a day.
_REPLIES_PER_SYNC: Final = 1_024
# Longer than any synchronisation; what was half written before was interrupted.
_HALF_SECONDS: Final = 24 * 3600
_random = secrets.SystemRandom()


@dataclass(frozen=True, slots=True)
class Synced:
    """What one synchronisation did; `chunks` are blocks of attachments that came in.

    `posted` counts everything that went, cover too: for nobody's eyes. People are told of the `answers` in it, and
    whether `notes_wait`. `problems` are sentences about what stays behind for the next one.
    """

    documents: int
    fetched: int
    posted: int
    answers: int
    notes_wait: bool
    chunks: int
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Courier:
    """A courier between one portal and one spool. `pause` is the longest wait in seconds between two deliveries.

    `tell` is given a line now and then about what takes long.
    """

    client: Client
    spool: Spool
    credential: bytes
    pause: float = 0.0
    sleep: Callable[[float], None] = time.sleep
    tell: Tell = lambda _line: None
    cover: float = 0.0
    _posted: Counter[What] = field(default_factory=Counter)
    _refused: Counter[tuple[What, int]] = field(default_factory=Counter)
    _mixed_in: set[bytes] = field(default_factory=set)

    def sync(self, now: int) -> Synced:
        """Do everything once. Raises CourierError, OSError; what was done until then stays done."""
        problems: list[str] = []
        for each in (self._posted, self._refused, self._mixed_in):
            each.clear()
        self.spool.sweep(now - _HALF_SECONDS)
        keyset = self._get_own_keyset()
        documents = self._publish(problems)
        if documents or keyset is None:
            keyset = self._get_own_keyset()
        if keyset is None and self.spool.resend_documents():
            # A portal that begins anew has lost what it had acknowledged.
            documents += self._publish(problems)
            keyset = self._get_own_keyset()
        if keyset is None:
            raise CourierError(_("Het portaal heeft nog geen lijst van vertrouwenspersonen. Voer eerst `card` uit."))
        self.spool.put_keyset(keyset)
        fetched = self._fetch(problems)
        self._deliver_all(problems)
        self.spool.put_index(self.client.get_index())
        # Attachments may take hours: that the mail was carried is true before.
        self.spool.put_synced(day_of(now))
        chunks = fetch_chunks(self.client, self.spool, self.tell, problems)
        junk = self.spool.count_junk()
        if junk:
            problems.append(
                _("{count} vreemde of beschadigde bestanden in de map zijn overgeslagen.").format(count=junk)
            )
        notes_wait = any(what == "note" for what, _status in self._refused)
        answers = self._posted["answer"]
        return Synced(documents, fetched, self._posted.total(), answers, notes_wait, chunks, tuple(problems))

    def _get_own_keyset(self) -> bytes | None:
        keyset = self.client.get_keyset()
        organisation = wellformed.read_organisation(keyset or b"")
        if organisation is not None:
            self.spool.refuse_other(organisation)
        return keyset

    def _publish(self, problems: list[str]) -> int:
        published = 0
        for name in self.spool.list_documents():
            document = self._read(lambda name=name: self.spool.read_document(name), problems)  # type: ignore[misc]
            if document is None:
                continue
            if not wellformed.is_document(name, document):
                self.spool.drop_document(name)
                problems.append(_("Een document in de map was beschadigd of verwisseld, en is niet verstuurd."))
                continue
            status = self.client.put_document(document)
            if status == 204:
                published += 1
                self._note(lambda name=name: self.spool.mark_document_sent(name), problems)  # type: ignore[misc]
            else:
                problems.append(explain_document(name, status))
        return published

    def _fetch(self, problems: list[str]) -> int:
        new = sorted(set(self.client.get_intake(self.credential)) - self.spool.list_incoming())
        # In random order, so that the portal cannot decide which blocks are left for the next time.
        _random.shuffle(new)
        if len(new) > _BLOCKS_PER_SYNC:
            problems.append(_("Er is meer dan in één keer wordt opgehaald. Synchroniseer nog eens."))
        wanted = new[:_BLOCKS_PER_SYNC]
        fetched = 0
        for start in range(0, len(wanted), FETCH_COUNT):
            four = wanted[start : start + FETCH_COUNT]
            filled = four + [secrets.token_bytes(KEY_SIZE) for _unused in range(FETCH_COUNT - len(four))]
            for address, block in zip(four, self.client.fetch(filled), strict=False):
                fetched += self._keep(address, block, problems)
        return fetched

    def _keep(self, address: bytes, block: bytes, problems: list[str]) -> bool:
        try:
            self.spool.put_incoming(address, block)
        except UnfitFileError as error:
            problems.append(str(error))
            return False
        return True

    def _deliver_all(self, problems: list[str]) -> None:
        self._mix_in_cover(problems)
        waiting = sorted(self.spool.list_outgoing())
        _random.shuffle(waiting)
        if len(waiting) > _REPLIES_PER_SYNC:
            problems.append(_("Er is meer dan in één keer wordt weggebracht. Synchroniseer nog eens."))
            del waiting[_REPLIES_PER_SYNC:]
        # A reply of words alone does not wait until another one's film is there.
        ready = [reply for reply in waiting if self._is_ready(reply)]
        self._deliver(ready, problems)
        for reply in waiting:
            if reply not in ready:
                self._deliver_chunks(reply, problems)
        self._deliver([r for r in waiting if r not in ready and self._is_ready(r)], problems)
        problems.extend(explain_refused(self._refused))

    def _mix_in_cover(self, problems: list[str]) -> None:
        """Let as much cover go out as chance has it, among everything else: then no block that goes tells anything."""
        there = sorted(self.spool.list_cover())
        _random.shuffle(there)
        for address in there[: draw_poisson(self.cover)]:
            self._note(lambda address=address: self.spool.use_cover(address), problems)  # type: ignore[misc]
            self._mixed_in.add(address)

    def _deliver_chunks(self, reply: bytes, problems: list[str]) -> None:
        try:
            for line in post_chunks(self.client, self.spool, self.credential, reply, problems):
                self.tell(line)
        except UnfitFileError as error:
            problems.append(str(error))
        # As between replies: not in one breath with what belongs to another conversation.
        self.sleep(_random.uniform(0, self.pause))

    def _deliver(self, replies: Iterable[bytes], problems: list[str]) -> None:
        for address in replies:
            record = self._read(lambda address=address: self.spool.read_outgoing(address), problems)  # type: ignore[misc]
            if record is None:
                continue
            if not wellformed.is_reply(address, record):
                self.spool.drop_outgoing(address)
                problems.append(
                    _("Iets in de map was beschadigd of verwisseld, en is niet verstuurd. Open het bureau ermee.")
                )
                continue
            if self._posted or self._refused:
                # One conversation a request, and not in one breath: else the portal sees which replies go together.
                self.sleep(_random.uniform(0, self.pause))
            status = self.client.post(record, authorize_courier(self.credential))
            what: What = "answer" if record[2 * KEY_SIZE] == KIND_REPLY else "note"
            if status == 204:
                self._posted[what] += 1
                self._note(lambda address=address: self.spool.mark_sent(address), problems)  # type: ignore[misc]
            elif address not in self._mixed_in:
                # Of cover nothing is told: it goes another time, like everything else that waits.
                self._refused[what, status] += 1

    def _is_ready(self, reply: bytes) -> bool:
        try:
            return is_ready(self.spool, reply)
        except UnfitFileError:
            # Told when its chunks were to be posted.
            return False

    @staticmethod
    def _note(mark: Callable[[], None], problems: list[str]) -> None:
        try:
            mark()
        except UnfitFileError as error:
            problems.append(str(error))

    @staticmethod
    def _read(read: Callable[[], bytes | None], problems: list[str]) -> bytes | None:
        try:
            return read()
        except UnfitFileError as error:
            problems.append(str(error))
            return None


def draw_poisson(mean: float) -> int:
    """Return how many of the things happened that happen at random, `mean` of them on average. Source: Knuth."""
    count, product, limit = 0, _random.random(), math.exp(-mean)
    while product > limit:
        count += 1
        product *= _random.random()
    return count
