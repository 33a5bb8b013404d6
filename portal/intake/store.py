"""The addresses of blocks in the database."""

from sqlalchemy import Connection

from crypto.labels import KIND_HEAD, KIND_REPLY
from portal.database import joined
from portal.tables import block


def addresses(connection: Connection) -> bytes:
    """Return the addresses of all heads and replies, one after the other: sorted, so that their order tells nothing."""
    return joined(connection, block.c.address, block.c.kind.in_((KIND_HEAD, KIND_REPLY)))
