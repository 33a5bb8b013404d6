"""Make the six tables that `portal/tables.py` describes."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

PARTITIONS = 16


def upgrade() -> None:
    """Make all tables."""
    op.create_table(
        "block",
        sa.Column("address", sa.LargeBinary(32), primary_key=True),
        sa.Column("delete_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("kind", sa.SmallInteger, nullable=False),
        sa.Column("expiry_week", sa.Integer, nullable=False),
        sa.Column("body", sa.LargeBinary(65536), nullable=False),
        sqlite_with_rowid=False,
        postgresql_partition_by="HASH (address)",
    )
    if op.get_bind().dialect.name == "postgresql":
        # Ciphertext does not become smaller, so nothing tries.
        op.execute("ALTER TABLE block ALTER COLUMN body SET STORAGE EXTERNAL")
        for part in range(PARTITIONS):
            values = f"FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {part})"
            op.execute(f"CREATE TABLE block_{part:02} PARTITION OF block {values}")
    op.create_index("block_kind", "block", ["kind", "address"])
    op.create_table(
        "index_entry",
        sa.Column("prefix", sa.LargeBinary(4), primary_key=True),
        sa.Column("expiry_week", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table("waiting", sa.Column("prefix", sa.LargeBinary(4), primary_key=True), sqlite_with_rowid=False)
    op.create_table(
        "ticket",
        sa.Column("bucket", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("hash", sa.LargeBinary(32), primary_key=True),
        sa.Column("posts", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "budget",
        sa.Column("week", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "document",
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("subject", sa.LargeBinary(32), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("bytes", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Drop everything: before the first version there was nothing."""
    for table in ("document", "budget", "ticket", "waiting", "index_entry", "block"):
        op.drop_table(table)
