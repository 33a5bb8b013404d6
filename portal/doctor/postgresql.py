"""PostgreSQL's own settings: some let it remember more, or finer times, than this portal may.

They are the database server's, so the portal can only look. Every role may look.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from portal.database import Database
from portal.doctor.finding import Finding
from portal.vitals import store


@dataclass(frozen=True)
class Setting:
    """What a setting may be, the best first; what it does otherwise; and whether the server must start again for it."""

    right: tuple[str, ...]
    otherwise: str
    restart: bool = False


SETTINGS: Final[Mapping[str, Setting]] = {
    "track_commit_timestamp": Setting(
        ("off",), "the database keeps the second in which each message came", restart=True
    ),
    "archive_mode": Setting(
        ("off",), "the log of changes is kept for ever, with all that was deleted since", restart=True
    ),
    "wal_level": Setting(
        ("replica", "minimal"), "the log of changes holds whole rows for others to read", restart=True
    ),
    "wal_keep_size": Setting(("0",), "the log of changes is kept longer than is needed"),
    # PostgreSQL's rank of LOG, by which it writes statements and checkpoints, is below FATAL.
    "log_min_messages": Setting(
        ("fatal", "panic"), "an error writes the row that it was about, and every checkpoint its time, into the log"
    ),
    "log_min_error_statement": Setting(("panic", "fatal"), "an error writes its statement into the log"),
    "log_statement": Setting(("none",), "statements are written into the log, with their time"),
    "log_min_duration_statement": Setting(("-1",), "slow statements are written into the log, with their time"),
    "log_min_duration_sample": Setting(("-1",), "some statements are written into the log, with their time"),
    "log_transaction_sample_rate": Setting(("0",), "some transactions are written into the log, with their time"),
    "log_parameter_max_length_on_error": Setting(("0",), "an error writes what it was about into the log"),
}


def examine(database: Database) -> Iterator[Finding]:
    """Look at the settings as they hold for the portal's own connections."""
    if database.engine.dialect.name != "postgresql":
        return
    with database.read() as connection:
        found = store.settings(connection, SETTINGS)
    wrong = list(judge(found))
    yield from wrong
    if not wrong:
        yield Finding("PostgreSQL's settings keep no more than they need.", to_do=False)


def judge(found: Mapping[str, str | None]) -> Iterator[Finding]:
    """Say what is wrong with settings that were found; what this version of PostgreSQL does not have is right."""
    for name, setting in SETTINGS.items():
        value = found[name]
        if value is not None and value not in setting.right:
            then = "start PostgreSQL again" if setting.restart else "run `SELECT pg_reload_conf()`"
            yield Finding(
                f"PostgreSQL has {name} = {value}: {setting.otherwise}. As its administrator run `ALTER SYSTEM SET "
                f"{name} = '{setting.right[0]}'`, then {then}."
            )
