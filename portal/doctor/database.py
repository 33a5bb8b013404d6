"""The database itself: whether it is there, of this version, and can be written."""

from collections.abc import Iterator

from sqlalchemy.exc import SQLAlchemyError

from portal import logs, migrating
from portal.config import Config
from portal.database import Database
from portal.doctor.finding import Finding
from portal.errors import DatabaseError
from portal.vitals import disk, store


def find_trouble(database: Database, config: Config) -> Finding | None:
    """Return what keeps everybody from looking further, if anything does."""
    if database.engine.dialect.name == "sqlite" and not disk.files(config):
        # Connecting would make an empty file.
        return Finding("The database is not there yet. Run `python -m portal migrate`, or correct [store] url.")
    try:
        migrating.require_current(database)
    except DatabaseError as error:
        return Finding(str(error))
    return None


def examine(database: Database) -> Iterator[Finding]:
    """Take the right to write, as every message does, and use it for nothing."""
    try:
        with database.write() as connection:
            store.touch(connection)
    except SQLAlchemyError as error:
        yield Finding(
            f"The database cannot be written ({logs.describe(error)}). Look whether its disk is full, whether it "
            f"belongs to the person who runs the portal, and whether another program holds it."
        )
    else:
        yield Finding("The database is of this version and can be written.", to_do=False)
