"""The rules of the index: every tick adds the same number of entries, whatever happened in between.

So neither a reply nor its absence, and neither a submission nor a deletion, ever shows there. Replies that find no
place wait, and which of them comes first is left to chance. spec: Server, "Index".
"""

import os
import secrets
from dataclasses import dataclass

from sqlalchemy import Connection

from crypto.labels import PREFIX_SIZE
from portal.calendar.service import Calendar
from portal.config import Index, Store
from portal.database import Database
from portal.index import store


@dataclass(frozen=True)
class Publication:
    """The index, as its call and its tick see it."""

    database: Database
    index: Index
    store: Store
    calendar: Calendar

    def read(self) -> bytes:
        """Return the sorted prefixes, concatenated."""
        with self.database.read() as connection:
            return store.listed(connection)

    def tick(self) -> None:
        """Publish exactly `entries_per_tick` new entries: waiting replies by chance, filled up with dummies."""
        with self.database.write() as connection:
            waiting = store.waiting_prefixes(connection)
            count = min(self.index.entries_per_tick, len(waiting))
            chosen = secrets.SystemRandom().sample(waiting, count)
            store.leave_waiting_room(connection, chosen)
            week = self.calendar.week(connection)
            # A chosen prefix that stands there already is found by its reader as it is; a dummy takes its place here.
            added = sum(self._publish(connection, prefix, week) for prefix in sorted(chosen))
            while added < self.index.entries_per_tick:
                added += self._publish(connection, os.urandom(PREFIX_SIZE), week)

    def _publish(self, connection: Connection, prefix: bytes, week: int) -> bool:
        # spec: each lives for the block term + 0–3 weeks, whatever becomes of its block.
        spread = secrets.randbelow(self.store.block_term_spread_weeks + 1)
        return store.publish(connection, prefix, week + self.store.block_term_weeks + spread)


def expire(connection: Connection, week: int) -> None:
    """Remove every entry whose last week is before `week`."""
    store.expire(connection, week)
