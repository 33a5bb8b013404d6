"""Everything that the server can remember, column by column.

This is the whole of it on purpose in one place: whoever wants to know what a seized server gives away reads this
module. No column holds a time finer than a week, except `ticket.bucket`, which is dropped whole when its period is
over. No table keeps an order of arrival: in SQLite each is a tree in the order of its primary key (WITHOUT ROWID),
not of its insertions. What PostgreSQL keeps of order is in `docs/THREAT_MODEL.md`.

The shapes are fixed by `migrations/`; a test compares the two.
"""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, SmallInteger, String, Table

metadata = MetaData()

# spec: a block row is address (32), delete_hash (32), kind, expiry_week, body (65,536). No other column; never updated.
block = Table(
    "block",
    metadata,
    Column("address", LargeBinary(32), primary_key=True),
    Column("delete_hash", LargeBinary(32), nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("expiry_week", Integer, nullable=False),
    Column("body", LargeBinary(65536), nullable=False),
    # Intake lists addresses by kind; without this it would walk through every body.
    Index("block_kind", "kind", "address"),
    sqlite_with_rowid=False,
    # Any engine that speaks PostgreSQL can carry the parts on, on as many machines as it likes.
    postgresql_partition_by="HASH (address)",
)

# What the index shows, real and dummy alike.
index_entry = Table(
    "index_entry",
    metadata,
    Column("prefix", LargeBinary(4), primary_key=True),
    Column("expiry_week", Integer, nullable=False),
    sqlite_with_rowid=False,
)

# Replies that the index does not show yet.
waiting = Table(
    "waiting",
    metadata,
    Column("prefix", LargeBinary(4), primary_key=True),
    sqlite_with_rowid=False,
)

# How often each ticket was used; `bucket` counts validity periods since 1970, `hash` is of the challenge's signature.
ticket = Table(
    "ticket",
    metadata,
    Column("bucket", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary(32), primary_key=True),
    Column("posts", Integer, nullable=False),
    sqlite_with_rowid=False,
)

# Bytes accepted in a week; `kind` is an account of `portal.blocks.service`. Each account is several rows, of which a
# post takes any one: with one row, PostgreSQL would let one post in at a time.
budget = Table(
    "budget",
    metadata,
    Column("week", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(16), primary_key=True),
    Column("part", SmallInteger, primary_key=True, autoincrement=False),
    Column("bytes", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# Signed documents. For a roster `subject` is empty and `number` its version; for a card and a freshness statement
# they are the workstation's id and the week.
document = Table(
    "document",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("subject", LargeBinary(32), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("bytes", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

# The last week that the upkeep has seen, in one row: a clock that jumps past it deletes nothing.
calendar = Table(
    "calendar",
    metadata,
    Column("week", Integer, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)
