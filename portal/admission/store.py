"""Counting how often a ticket was used."""

from sqlalchemy import Connection, update

from portal.database import insert_new
from portal.proof import Proof
from portal.tables import ticket


def spend(connection: Connection, proof: Proof, limit: int) -> bool:
    """Use a ticket once more; answer False, and change nothing, if it was used `limit` times already."""
    same = (ticket.c.bucket == proof.bucket) & (ticket.c.hash == proof.hash)
    again = update(ticket).where(same, ticket.c.posts < limit).values(posts=ticket.c.posts + 1)
    if connection.execute(again).rowcount == 1:
        return True
    # Either it was used up, or this is its first use.
    return bool(insert_new(connection, ticket, [{"bucket": proof.bucket, "hash": proof.hash, "posts": 1}]))
