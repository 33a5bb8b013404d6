"""Bringing a database to the shape of this version, with Alembic and without a configuration file of its own."""

import os
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import SQLAlchemyError

from portal.database import Database
from portal.errors import DatabaseError

_FOLDER: Final = Path(__file__).resolve().parent.parent / "migrations"


def migrate(database: Database) -> None:
    """Bring the database to the newest revision, making the file of an SQLite database if need be.

    The file can be read by its owner only; so can the folder, if it has to be made. Raises: DatabaseError.
    """
    configuration = _configuration()
    try:
        if database.engine.dialect.name == "sqlite":
            _make_file(Path(str(database.engine.url.database)))
        with database.write() as connection:
            configuration.attributes["connection"] = connection
            command.upgrade(configuration, "head")
    except (OSError, SQLAlchemyError) as error:
        raise DatabaseError(f"The database cannot be migrated ({type(error).__name__}); check [store] url.") from None


def require_current(database: Database) -> None:
    """Check that the database has the shape of this version.

    Raises: DatabaseError, with what to do.
    """
    try:
        with database.read() as connection:
            found = set(MigrationContext.configure(connection).get_current_heads())
    except SQLAlchemyError as error:
        raise DatabaseError(f"The database cannot be opened ({type(error).__name__}); check [store] url.") from None
    if not found:
        raise DatabaseError("The database is empty; run `python -m portal migrate` first.")
    if found != set(ScriptDirectory.from_config(_configuration()).get_heads()):
        raise DatabaseError("The database is of another version; stop the server and run `python -m portal migrate`.")


def _make_file(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _configuration() -> AlembicConfig:
    configuration = AlembicConfig()
    configuration.set_main_option("script_location", str(_FOLDER))
    configuration.set_main_option("path_separator", "os")
    return configuration
