"""Room on the disk, for what may still come in this week and for the nightly rewrite."""

from collections.abc import Iterator
from typing import Final

from crypto.week import week_number
from portal.config import Config
from portal.database import Database
from portal.doctor.finding import Finding
from portal.vitals import disk

_GB: Final = 1_000_000_000


def examine(database: Database, config: Config, now: int) -> Iterator[Finding]:
    """Compare what is free with what may be needed before the budgets begin anew on Monday."""
    with database.read() as connection:
        found = disk.look(connection, config, week_number(now))
    if found is None:
        yield Finding(
            f"PostgreSQL's disk cannot be seen from here. Watch on its machine that as much as the database has, "
            f"and {_gb(2 * sum(disk.limits(config.budget).values()))} more, stays free.",
            to_do=False,
        )
    elif found.free < found.needed:
        yield Finding(
            f"The disk of the database has {_gb(found.free)} free, and {_gb(found.needed)} may be needed this week, "
            f"for what the budgets allow and for the nightly rewrite. Make room, or lower the numbers in [budget] and "
            f"start the server again."
        )
    else:
        yield Finding(
            f"The disk of the database has {_gb(found.free)} free, and needs at most {_gb(found.needed)} this week.",
            to_do=False,
        )


def _gb(size: int) -> str:
    return f"{size / _GB:.1f} GB"
