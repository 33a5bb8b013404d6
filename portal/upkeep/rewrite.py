"""Write the database anew in the order of its keys, so that the layout of its pages does not tell what came when.

What was written since the last rewrite still lies in its order of arrival: a limit that the threat model states.
"""

from sqlalchemy import Connection, text

from portal.database import Database
from portal.tables import metadata


def rewrite(store: Database) -> None:
    """Rewrite every table; writers wait meanwhile, readers do not (SQLite) or only for their part (PostgreSQL)."""
    if store.engine.dialect.name == "sqlite":
        with store.alone() as connection:
            _rewrite_sqlite(connection)
    else:
        _rewrite_postgresql(store)


def _rewrite_sqlite(connection: Connection) -> None:
    # VACUUM copies each table in the order of its key: not in memory, which may be smaller than the database.
    connection.exec_driver_sql("PRAGMA temp_store = FILE")
    try:
        connection.exec_driver_sql("VACUUM")
    finally:
        connection.exec_driver_sql("PRAGMA temp_store = MEMORY")
    # The old pages are cut off the write-ahead log.
    connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _rewrite_postgresql(store: Database) -> None:
    for table in metadata.sorted_tables:
        key = ", ".join(table.primary_key.columns.keys())
        # Each in a transaction of its own: whoever writes waits for one part at most.
        for part in _parts(store, table.name):
            with store.write() as connection:
                _rewrite_part(connection, part, key)


def _parts(store: Database, name: str) -> list[str]:
    with store.read() as connection:
        tree = text("SELECT relid::regclass::text FROM pg_partition_tree(:name) WHERE isleaf ORDER BY 1")
        return list(connection.execute(tree, {"name": name}).scalars()) or [name]


def _rewrite_part(connection: Connection, name: str, key: str) -> None:
    # Not CLUSTER, which sorts the rows but leaves each with the number of the transaction that brought it.
    # S608: both are names of ours.
    for statement in (
        f"LOCK TABLE {name} IN ACCESS EXCLUSIVE MODE",
        f"CREATE UNLOGGED TABLE rewritten AS SELECT * FROM {name}",  # noqa: S608
        f"TRUNCATE {name}",
        f"INSERT INTO {name} SELECT * FROM rewritten ORDER BY {key}",  # noqa: S608
        "DROP TABLE rewritten",
    ):
        connection.exec_driver_sql(statement)
