"""What should be gone and is still there."""

from collections.abc import Iterator

from portal.database import Database
from portal.doctor.finding import Finding
from portal.vitals import expiry


def examine(database: Database, now: int) -> Iterator[Finding]:
    """Look for what has passed its term: blocks, and entries of the index. All else goes with them, or stays."""
    with database.read() as connection:
        weeks = expiry.lag(connection, now)
    if weeks:
        yield Finding(
            f"Something has been there {'1 week' if weeks == 1 else f'{weeks} weeks'} longer than its term. Run "
            f"`python -m portal expire`, which says what is wrong if it cannot; then look why the server does not."
        )
    else:
        yield Finding("Nothing is kept longer than its term.", to_do=False)
