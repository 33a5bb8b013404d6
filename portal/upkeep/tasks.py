"""The three tasks of the clock, each of which can also be run by hand: tick, expire, rewrite."""

from portal import database, migrating
from portal.blocks import service as blocks
from portal.calendar.service import Calendar
from portal.clock import Clock
from portal.config import Config
from portal.database import Database
from portal.index import service as index
from portal.index.service import Publication
from portal.keyset import service as keyset
from portal.ticket import service as ticket


def open_store(config: Config) -> Database:
    """Connect to the configured database. Raises: DatabaseError, if it is not migrated."""
    store = database.connect(config.store.url, connections=1)
    migrating.require_current(store)
    return store


def tick(config: Config, store: Database, clock: Clock) -> None:
    """Publish the next entries of the index."""
    Publication(store, config.index, config.store, Calendar(clock)).tick()


def expire(config: Config, store: Database, clock: Clock, *, clock_is_right: bool = False) -> None:
    """Delete everything whose term is over. What is cut off halfway is done by the next run.

    Raises: ClockError, if the clock is too far ahead to be believed; nothing was deleted.
    """
    with store.write() as connection:
        week = Calendar(clock).turn(connection, clock_is_right=clock_is_right)
        ticket.expire(connection, config.ticket, clock())
        index.expire(connection, week)
        keyset.expire(connection, week)
    blocks.expire(store, week)
