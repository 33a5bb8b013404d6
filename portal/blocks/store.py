"""Blocks in the database. A row is written once and deleted once; nothing updates it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, select, update

from portal.database import insert_new
from portal.tables import block, budget, waiting


@dataclass(frozen=True)
class Record:
    """One block as it is posted: address 32, delete hash 32, kind, body 65,536."""

    address: bytes
    delete_hash: bytes
    kind: int
    body: bytes


def insert(connection: Connection, rows: Sequence[tuple[Record, int]]) -> set[bytes]:
    """Insert each record, with its expiry week, whose address is free; return the addresses of these.

    Sorting keeps two posts of the same addresses from waiting for each other forever in PostgreSQL.
    """
    values = [{**vars(record), "expiry_week": week} for record, week in sorted(rows, key=lambda row: row[0].address)]
    return {row.address for row in insert_new(connection, block, values)}


def holds(connection: Connection, records: Collection[Record]) -> bool:
    """Tell whether each of these records stands in the database exactly as it is."""
    columns = (block.c.address, block.c.delete_hash, block.c.kind, block.c.body)
    statement = select(*columns).where(block.c.address.in_([record.address for record in records]))
    stored = {Record(*row) for row in connection.execute(statement)} if records else set()
    return stored == set(records)


def bodies(connection: Connection, addresses: Collection[bytes]) -> dict[bytes, bytes]:
    """Return the bodies that lie under some of these addresses."""
    statement = select(block.c.address, block.c.body).where(block.c.address.in_(addresses))
    return {row.address: row.body for row in connection.execute(statement)}


def remove(connection: Connection, pairs: Iterable[tuple[bytes, bytes]]) -> None:
    """Delete every block whose address and delete hash are both right."""
    same = (block.c.address == bindparam("a")) & (block.c.delete_hash == bindparam("h"))
    connection.execute(delete(block).where(same), [{"a": address, "h": delete_hash} for address, delete_hash in pairs])


def announce(connection: Connection, prefixes: Iterable[bytes]) -> None:
    """Let these prefixes wait for a place in the index."""
    rows = [{"prefix": prefix} for prefix in sorted(set(prefixes))]
    if rows:
        insert_new(connection, waiting, rows)


def charge(connection: Connection, week: int, account: str, size: int, limit: int) -> bool:
    """Add `size` bytes to an account of a week; answer False, and change nothing, if that exceeds `limit`."""
    same = (budget.c.week == week) & (budget.c.kind == account)
    fits = budget.c.bytes + size <= limit
    statement = update(budget).where(same, fits).values(bytes=budget.c.bytes + size)
    if connection.execute(statement).rowcount == 1:
        return True
    # Either the account is full, or this is its first charge of the week.
    insert_new(connection, budget, [{"week": week, "kind": account, "bytes": 0}])
    return connection.execute(statement).rowcount == 1


def expire(connection: Connection, week: int) -> None:
    """Delete the blocks, and forget the budgets, of weeks before `week`."""
    connection.execute(delete(block).where(block.c.expiry_week < week))
    connection.execute(delete(budget).where(budget.c.week < week))
