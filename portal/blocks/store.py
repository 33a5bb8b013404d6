"""Blocks in the database. A row is written once and deleted once; nothing updates it."""

import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, bindparam, delete, select, update

from portal.database import insert_new
from portal.tables import block, budget, waiting

# The rows of an account; as many posts can be stored at the same time, by luck.
_PARTS: Final = 16

# Made once: to build a statement takes SQLAlchemy longer than to execute it.
_SAME: Final = select(block.c.address, block.c.delete_hash, block.c.kind, block.c.body).where(
    block.c.address.in_(bindparam("addresses", expanding=True))
)
_BODIES: Final = select(block.c.address, block.c.body).where(
    block.c.address.in_(bindparam("addresses", expanding=True))
)
_REMOVE: Final = delete(block).where(
    block.c.address == bindparam("at_address"), block.c.delete_hash == bindparam("with_hash")
)
_PART: Final = update(budget).where(
    budget.c.week == bindparam("in_week"), budget.c.kind == bindparam("account"), budget.c.part == bindparam("in_part")
)
_CHARGE: Final = _PART.where(budget.c.bytes + bindparam("size") <= bindparam("limit")).values(
    bytes=budget.c.bytes + bindparam("size")
)
_LEVEL: Final = _PART.values(bytes=bindparam("share"))
_USED: Final = (
    select(budget.c.bytes)
    .where(budget.c.week == bindparam("in_week"), budget.c.kind == bindparam("account"))
    .order_by(budget.c.part)
    .with_for_update()
)


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
    addresses = [record.address for record in records]
    # Nearly always there are none, and nothing has to be asked.
    stored = {Record(*row) for row in connection.execute(_SAME, {"addresses": addresses})} if records else set()
    return stored == set(records)


def bodies(connection: Connection, addresses: Collection[bytes]) -> dict[bytes, bytes]:
    """Return the bodies that lie under some of these addresses."""
    return {row.address: row.body for row in connection.execute(_BODIES, {"addresses": addresses})}


def remove(connection: Connection, pairs: Iterable[tuple[bytes, bytes]]) -> None:
    """Delete every block whose address and delete hash are both right."""
    rows = [{"at_address": address, "with_hash": delete_hash} for address, delete_hash in pairs]
    connection.execute(_REMOVE, rows)


def announce(connection: Connection, prefixes: Iterable[bytes]) -> None:
    """Let these prefixes wait for a place in the index."""
    rows = [{"prefix": prefix} for prefix in sorted(set(prefixes))]
    if rows:
        insert_new(connection, waiting, rows)


def charge(connection: Connection, week: int, account: str, size: int, limit: int) -> bool:
    """Add `size` bytes to an account of a week; answer False, and change nothing, if that exceeds `limit`.

    As long as no part exceeds its share of the limit, all of them do not exceed the limit, and one row decides.
    """
    part = secrets.randbelow(_PARTS)
    at = {"in_week": week, "account": account}
    if connection.execute(_CHARGE, {**at, "in_part": part, "size": size, "limit": _share(limit, part)}).rowcount == 1:
        return True
    # Either that part is full, or this is the account's first charge of the week: all of them decide, and end up level.
    empty = {"week": week, "kind": account, "bytes": 0}
    insert_new(connection, budget, [{**empty, "part": each} for each in range(_PARTS)])
    used = sum(connection.execute(_USED, at).scalars()) + size
    if used > limit:
        return False
    connection.execute(_LEVEL, [{**at, "in_part": each, "share": _share(used, each)} for each in range(_PARTS)])
    return True


def expired(connection: Connection, week: int) -> list[bytes]:
    """Return the addresses of the blocks of weeks before `week`."""
    return list(connection.execute(select(block.c.address).where(block.c.expiry_week < week)).scalars())


def drop(connection: Connection, addresses: Collection[bytes]) -> None:
    """Delete the blocks under these addresses."""
    connection.execute(delete(block).where(block.c.address.in_(addresses)))


def forget_budgets(connection: Connection, week: int) -> None:
    """Forget how much came in, in the weeks before `week`."""
    connection.execute(delete(budget).where(budget.c.week < week))


def _share(size: int, part: int) -> int:
    # So rounded that the shares of all parts together are the whole.
    return (size + part) // _PARTS
