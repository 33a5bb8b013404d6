"""The rules of blocks: first write wins, all or none, and a fetch tells nothing but what lies under an address.

spec: Server, the three calls under /api/v1/blocks.
"""

import os
import secrets
from collections import Counter
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from crypto.address import delete_hash, prefix
from crypto.labels import BLOCK_SIZE, KEY_SIZE, KIND_CHUNK, KIND_REPLY
from portal.admission.service import Admission, Claim, Courier
from portal.blocks import store
from portal.blocks.store import Record
from portal.calendar.service import Calendar
from portal.config import Budget, Store
from portal.database import Database
from portal.errors import RefusalError
from portal.gate import RECORD_SIZE

# 32 MB: SQLite overwrites and PostgreSQL forgets so much in well below a second.
_PORTION: Final = 500


@dataclass(frozen=True)
class Blocks:
    """Blocks, as the three calls see them."""

    database: Database
    admission: Admission
    store: Store
    budget: Budget
    calendar: Calendar

    def post(self, body: bytes, authorization: str) -> None:
        """Store every record of `body`, or none.

        Raises: RefusalError 400 (not of our form), 401 (no admission), 403 (a reply with a ticket), 409 (an address
        is taken by something else) or 503 (this week's budget is used up).
        """
        records = parse(body)
        claim = self.admission.read(authorization)
        if not isinstance(claim, Courier) and any(record.kind == KIND_REPLY for record in records):
            raise RefusalError(403, "A reply can be posted with the courier's credential only.")
        try:
            with self.database.write() as connection:
                self.admission.admit(connection, claim)
                self._store(connection, records, claim)
        except RefusalError:
            # All of it is undone, but a refused post still counts as a use of its ticket.
            with self.database.write() as connection:
                self.admission.admit(connection, claim)
            raise

    def fetch(self, body: bytes) -> bytes:
        """Return, for each 32-byte address in `body`, the block that lies there or as many fresh random bytes."""
        addresses = _split(body, KEY_SIZE)
        filler = _split(os.urandom(len(addresses) * BLOCK_SIZE), BLOCK_SIZE)
        with self.database.read() as connection:
            found = store.bodies(connection, addresses)
        return b"".join(found.get(address, fill) for address, fill in zip(addresses, filler, strict=True))

    def delete(self, body: bytes) -> None:
        """Delete each block for which `body` holds address and delete token; others are not mentioned."""
        pairs = [(pair[:KEY_SIZE], delete_hash(pair[KEY_SIZE:])) for pair in _split(body, 2 * KEY_SIZE)]
        with self.database.write() as connection:
            store.remove(connection, pairs)

    def _store(self, connection: Connection, records: list[Record], claim: Claim) -> None:
        week = self.calendar.week(connection)
        new = store.insert(connection, [(record, self._expiry_week(week)) for record in records])
        if not store.holds(connection, [record for record in records if record.address not in new]):
            raise RefusalError(409, "An address is taken by something else.")
        stored = [record for record in records if record.address in new]
        self._charge(connection, week, stored, claim)
        store.announce(connection, [prefix(record.address) for record in stored if record.kind == KIND_REPLY])

    def _expiry_week(self, week: int) -> int:
        # spec: term + 0–3 random weeks, so that the expiry does not name the week of posting.
        return week + self.store.block_term_weeks + secrets.randbelow(self.store.block_term_spread_weeks + 1)

    def _charge(self, connection: Connection, week: int, records: list[Record], claim: Claim) -> None:
        limits = {
            "courier": self.budget.courier_per_week,
            "chunk": self.budget.chunks_per_week,
            "head": self.budget.heads_per_week,
        }
        for account, count in sorted(Counter(_account(record, claim) for record in records).items()):
            if not store.charge(connection, week, account, count * BLOCK_SIZE, limits[account]):
                raise RefusalError(
                    503, "No more can be received this week; the telephone numbers on the site still work."
                )


def parse(body: bytes) -> list[Record]:
    """Read records of 65,601 bytes: address 32, delete hash 32, kind 1, body 65,536.

    Raises: RefusalError 400.
    """
    records = [
        Record(address=part[:32], delete_hash=part[32:64], kind=part[64], body=part[65:])
        for part in _split(body, RECORD_SIZE)
    ]
    if any(record.kind > KIND_REPLY for record in records):
        raise RefusalError(400, "The kind of a block is 0, 1 or 2.")
    if len({record.address for record in records}) < len(records):
        raise RefusalError(400, "An address may stand only once in one request.")
    return records


def expire(database: Database, week: int) -> None:
    """Delete every block whose last week is before `week`; whoever writes meanwhile waits for one portion at most."""
    with database.write() as connection:
        store.forget_budgets(connection, week)
    with database.read() as connection:
        addresses = store.expired(connection, week)
    for start in range(0, len(addresses), _PORTION):
        with database.write() as connection:
            store.drop(connection, addresses[start : start + _PORTION])


def _account(record: Record, claim: Claim) -> str:
    # Whoever sends them, attachments close first: a team's files never shut out its own words.
    if record.kind == KIND_CHUNK:
        return "chunk"
    return "courier" if isinstance(claim, Courier) else "head"


def _split(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]
