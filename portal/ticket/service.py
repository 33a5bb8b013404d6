"""The rule of tickets: the more is posted, the more work a ticket costs, up to what a slow phone bears."""

from dataclasses import dataclass

from sqlalchemy import Connection

from portal import proof
from portal.clock import Clock
from portal.config import Ticket
from portal.database import Database
from portal.ticket import store


@dataclass(frozen=True)
class Tickets:
    """Tickets, as their call sees them."""

    database: Database
    ticket: Ticket
    clock: Clock

    def issue(self) -> bytes:
        """Make a fresh puzzle, as JSON."""
        now = self.clock()
        with self.database.read() as connection:
            posts = store.posts(connection, proof.current_period(self.ticket, now))
        return proof.issue(self.ticket, self._cost(posts), now)

    def _cost(self, posts: int) -> int:
        # In steps, so that the cost of a puzzle does not count the posts for everybody to read.
        steps = 1 + posts // self.ticket.posts_per_step
        return min(self.ticket.cost * steps, self.ticket.highest_cost)


def expire(connection: Connection, ticket: Ticket, now: int) -> None:
    """Forget the use of every ticket that holds no longer."""
    store.drop(connection, proof.current_period(ticket, now))
