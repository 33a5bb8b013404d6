"""Divide each account of a week into parts, so that PostgreSQL stores several posts at the same time."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

PARTS = 16


def upgrade() -> None:
    """Make the parts, each with its share of what was used."""
    used = _take("SELECT week, kind, bytes FROM budget")
    budget = op.create_table(
        "budget",
        sa.Column("week", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("part", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.bulk_insert(
        budget,
        [
            {"week": week, "kind": kind, "part": part, "bytes": (size + part) // PARTS}
            for week, kind, size in used
            for part in range(PARTS)
        ],
    )


def downgrade() -> None:
    """Put each account into one row again."""
    used = _take("SELECT week, kind, SUM(bytes) FROM budget GROUP BY week, kind")
    budget = op.create_table(
        "budget",
        sa.Column("week", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.bulk_insert(budget, [{"week": week, "kind": kind, "bytes": int(size)} for week, kind, size in used])


def _take(statement: str) -> list[tuple[int, str, int]]:
    # A few rows a week; neither engine could change the primary key in place.
    rows = [(row[0], row[1], row[2]) for row in op.get_bind().execute(sa.text(statement))]
    op.drop_table("budget")
    return rows
