"""The disk on which an SQLite database lies: what is free there, and what this week and a rewrite may still take."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Connection
from sqlalchemy.engine import make_url

from portal.config import Budget, Config
from portal.vitals import store

# A block of 65,536 bytes with its address fills seventeen pages of 4,096.
_OVERHEAD: Final = 1.07


@dataclass(frozen=True)
class Disk:
    """Bytes: `free` on the disk, `needed` at most until the week ends."""

    free: int
    needed: int


def files(config: Config) -> list[Path]:
    """List the files of an SQLite database that are there, its own first; none for PostgreSQL."""
    url = make_url(config.store.url)
    if url.get_backend_name() != "sqlite":
        return []
    path = Path(str(url.database))
    return [each for each in (path, *(path.with_name(f"{path.name}-{end}") for end in ("wal", "shm"))) if each.exists()]


def look(connection: Connection, config: Config, week: int) -> Disk | None:
    """Look at the disk; None if the database is another machine's, or another program's, to keep.

    What the week's budgets still allow may come in, and then the nightly rewrite copies the whole database once.
    """
    lying = files(config)
    if not lying:
        return None
    size = sum(path.stat().st_size for path in lying)
    allowed = int(_OVERHEAD * sum(_left(config.budget, store.budgets(connection, week))))
    return Disk(shutil.disk_usage(lying[0].parent).free, allowed + allowed + size)


def limits(budget: Budget) -> dict[str, int]:
    """Return what each account may take in a week, in bytes."""
    return {"head": budget.heads_per_week, "chunk": budget.chunks_per_week, "courier": budget.courier_per_week}


def _left(budget: Budget, used: dict[str, int]) -> list[int]:
    return [max(0, limit - used.get(account, 0)) for account, limit in limits(budget).items()]
