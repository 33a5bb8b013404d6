"""The state of the database, for whoever watches over it. It is read only, but for the right to write."""

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, func, select, text

from portal.health.store import touch
from portal.keyset.store import CARD
from portal.tables import block, budget, document, index_entry

__all__ = ["block_count", "budgets", "card_holders", "now", "oldest", "settings", "touch"]


def oldest(connection: Connection) -> int | None:
    """Return the first of the weeks in which a block or an entry of the index expires."""
    weeks = [
        connection.execute(select(func.min(table.c.expiry_week))).scalar_one_or_none() for table in (block, index_entry)
    ]
    return min((week for week in weeks if week is not None), default=None)


def block_count(connection: Connection) -> int:
    """Count the blocks; this walks through an index, not through their bodies."""
    return int(connection.execute(select(func.count(block.c.kind))).scalar_one())


def budgets(connection: Connection, week: int) -> dict[str, int]:
    """Return the bytes that were accepted in a week, by account."""
    statement = select(budget.c.kind, func.sum(budget.c.bytes)).where(budget.c.week == week).group_by(budget.c.kind)
    return {account: int(size) for account, size in connection.execute(statement)}


def card_holders(connection: Connection, week: int) -> set[bytes]:
    """Return the ids of the workstations that have a card for a week."""
    statement = select(document.c.subject).where(document.c.kind == CARD, document.c.number == week)
    return set(connection.execute(statement).scalars())


def now(connection: Connection) -> int:
    """Return the time of PostgreSQL's own machine, in seconds since 1970."""
    return int(connection.execute(text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one())


def settings(connection: Connection, names: Iterable[str]) -> Mapping[str, str | None]:
    """Return PostgreSQL's own settings, as SHOW gives them to any role; None where this version has no such one."""
    statement = text("SELECT current_setting(:name, true)")
    return {name: connection.execute(statement, {"name": name}).scalar_one() for name in names}
