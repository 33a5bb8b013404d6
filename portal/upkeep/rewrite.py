"""Write the database anew in the order of its keys, so that the layout of its pages does not tell what came when.

What was written since the last rewrite still lies in its order of arrival: a limit that the threat model states.
"""

from sqlalchemy import Connection

from portal.database import Database
from portal.tables import metadata


def rewrite(store: Database) -> None:
    """Rewrite every table; writers wait meanwhile, readers do not (SQLite) or wait as well (PostgreSQL)."""
    with store.alone() as connection:
        if connection.dialect.name == "sqlite":
            _rewrite_sqlite(connection)
        else:
            _rewrite_postgresql(connection)


def _rewrite_sqlite(connection: Connection) -> None:
    # VACUUM copies each table in the order of its key; then the old pages are cut off the write-ahead log.
    connection.exec_driver_sql("VACUUM")
    connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _rewrite_postgresql(connection: Connection) -> None:
    for table in metadata.sorted_tables:
        connection.exec_driver_sql(f"CLUSTER {table.name} USING {table.name}_pkey")
