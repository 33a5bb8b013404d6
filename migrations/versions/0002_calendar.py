"""Make the table that remembers the last week, so that a clock which jumps deletes nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make an empty calendar: the first expiry writes its week."""
    op.create_table(
        "calendar",
        sa.Column("week", sa.Integer, primary_key=True, autoincrement=False),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Forget the week."""
    op.drop_table("calendar")
