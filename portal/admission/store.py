"""Counting how often a ticket was used."""

from typing import Final

from sqlalchemy import Connection, bindparam, update

from portal.database import insert_new
from portal.proof import Proof
from portal.tables import ticket

_SPEND: Final = (
    update(ticket)
    .where(
        ticket.c.bucket == bindparam("in_bucket"),
        ticket.c.hash == bindparam("with_hash"),
        ticket.c.posts < bindparam("limit"),
    )
    .values(posts=ticket.c.posts + 1)
)


def spend(connection: Connection, proof: Proof, limit: int) -> bool:
    """Use a ticket once more; answer False, and change nothing, if it was used `limit` times already."""
    again = {"in_bucket": proof.bucket, "with_hash": proof.hash, "limit": limit}
    if connection.execute(_SPEND, again).rowcount == 1:
        return True
    # Either it was used up, or this is its first use.
    return bool(insert_new(connection, ticket, [{"bucket": proof.bucket, "hash": proof.hash, "posts": 1}]))
