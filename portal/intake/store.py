"""The addresses of blocks in the database."""

from sqlalchemy import Connection, select

from crypto.labels import KIND_HEAD, KIND_REPLY
from portal.tables import block


def addresses(connection: Connection) -> list[bytes]:
    """Return the addresses of all heads and replies, sorted, so that their order tells nothing."""
    statement = select(block.c.address).where(block.c.kind.in_((KIND_HEAD, KIND_REPLY))).order_by(block.c.address)
    return list(connection.execute(statement).scalars())
