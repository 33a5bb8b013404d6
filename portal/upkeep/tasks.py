"""The three tasks of the clock, each of which can also be run by hand: tick, expire, rewrite."""

from portal import database, migrating
from portal.blocks import service as blocks
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
    Publication(store, config.index, config.store, clock).tick()


def expire(config: Config, store: Database, clock: Clock) -> None:
    """Delete everything whose term is over. What is cut off halfway is done by the next run."""
    now = clock()
    with store.write() as connection:
        ticket.expire(connection, config.ticket, now)
        index.expire(connection, now)
        keyset.expire(connection, now)
        blocks.expire(connection, now)
