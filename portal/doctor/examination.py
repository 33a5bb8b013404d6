"""One visit of the doctor: every subject after the other, as far as one can see without those before it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from portal import config as configuration
from portal import database, logs
from portal.clock import Clock
from portal.config import Config
from portal.database import Database
from portal.doctor import clock as clocks
from portal.doctor import contacts, disk, expiry, keyset, postgresql, private, release, upkeep
from portal.doctor import database as databases
from portal.doctor.finding import Finding
from portal.errors import ConfigError
from portal.site.build import ROOT


def examine(path: Path, clock: Clock, *, root: Path = ROOT) -> Iterator[Finding]:
    """Look at everything that the configuration `path` names, and at the checkout `root`.

    Whatever cannot be read is a finding, too. Nothing is changed, and nothing is made.
    """
    try:
        config = configuration.load(path)
    except ConfigError as error:
        yield Finding(str(error))
        return
    now = clock()
    on = datetime.fromtimestamp(now, UTC).date()
    yield from private.examine(config, path)
    yield from clocks.examine_release(config, on)
    yield from _examine_database(config, now)
    yield from upkeep.examine(config)
    yield from contacts.examine(config, on, root / "content" / "contacts.toml")
    yield from release.examine(config, on)


def _examine_database(config: Config, now: int) -> Iterator[Finding]:
    opened = database.connect(config.store.url, connections=1)
    try:
        yield from _examine_opened(opened, config, now)
    except SQLAlchemyError as error:
        yield Finding(
            f"The database broke off while the doctor looked at it ({logs.describe(error)}). Look whether its "
            f"server runs and its disk is well, then run this again."
        )
    finally:
        opened.engine.dispose()


def _examine_opened(opened: Database, config: Config, now: int) -> Iterator[Finding]:
    trouble = databases.find_trouble(opened, config)
    if trouble is not None:
        yield trouble
        return
    yield from databases.examine(opened)
    yield from clocks.examine(opened, now)
    yield from disk.examine(opened, config, now)
    yield from expiry.examine(opened, now)
    yield from keyset.examine(opened, config.organisation, now)
    yield from postgresql.examine(opened)
