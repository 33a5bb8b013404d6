"""Fixtures: a portal on a fresh database, with or without its team's keyset."""

import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import insert, select

from crypto.verifying import serialize_document
from portal import config as configuration
from portal import database, migrating
from portal.app import create_app
from portal.config import Config
from portal.site import compress, manifest
from portal.tables import document
from tests.portal.helpers import Portal, SettableClock
from tests.world import ORGANISATION, Team, make_team

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="session")
def team() -> Team:
    """Make three counsellors whose keyset verifies at NOW."""
    return make_team()


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a migrated database that nobody has used."""
    path = tmp_path_factory.mktemp("migrated") / "portal.sqlite"
    store = database.connect(f"sqlite:///{path}")
    migrating.migrate(store)
    store.engine.dispose()
    return path


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a release of three small files, in all their forms."""
    folder = tmp_path_factory.mktemp("site") / "release"
    (folder / "nl").mkdir(parents=True)
    (folder / "index.html").write_text("<h1>Begin</h1>")
    (folder / "nl" / "index.html").write_text("<h1>Begin</h1>")
    (folder / "main.js").write_text("export {}\n")
    compress.compress(folder)
    manifest.write(folder, date(2026, 11, 21))
    return folder


@pytest.fixture
def config(tmp_path: Path, migrated: Path, release: Path, team: Team) -> Config:
    """Change the example configuration to this test's team and files, and a puzzle that costs nothing."""
    shutil.copyfile(migrated, tmp_path / "portal.sqlite")
    return make_config(tmp_path / "portal.sqlite", release, team)


def make_config(path: Path, release: Path, team: Team) -> Config:
    """Return the configuration of a test with its database at `path`."""
    example = configuration.load(ROOT / "config.example.toml")
    return replace(
        example,
        organisation=replace(example.organisation, id=ORGANISATION, root_key=team.pins.root_key),
        site=replace(example.site, release=release),
        store=replace(example.store, url=f"sqlite:///{path}"),
        ticket=replace(example.ticket, cost=1, highest_cost=4, posts_per_step=1000, prefix="0"),
    )


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SettableClock:
    """One clock for the portal and for ALTCHA, which otherwise looks at the machine's."""
    settable = SettableClock()
    monkeypatch.setattr("altcha.v2.time", SimpleNamespace(time=settable, monotonic=time.monotonic))
    return settable


@pytest.fixture
def empty(config: Config, clock: SettableClock, team: Team) -> Iterator[Portal]:
    """Make a portal before its first roster."""
    app = create_app(config, clock=clock)
    store = database.connect(config.store.url)
    yield Portal(config, clock, store, app.test_client(use_cookies=True), app.test_client, team)
    store.engine.dispose()


@pytest.fixture(scope="session")
def published(migrated: Path, team: Team, tmp_path_factory: pytest.TempPathFactory, release: Path) -> Path:
    """Make a database in which the team has published its keyset; verifying every document takes a while."""
    path = tmp_path_factory.mktemp("published") / "portal.sqlite"
    shutil.copyfile(migrated, path)
    app = create_app(make_config(path, release, team), clock=SettableClock())
    for signed in (team.roster_document, *team.cards, *team.freshness):
        answer = app.test_client().put("/api/v1/keyset", data=serialize_document(signed))
        assert answer.status_code == 204
    store = database.connect(f"sqlite:///{path}")
    with store.alone() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    store.engine.dispose()
    return path


@pytest.fixture
def portal(empty: Portal, published: Path) -> Portal:
    """Make a portal whose team has published its keyset."""
    source = database.connect(f"sqlite:///{published}")
    with source.read() as connection, empty.database.write() as target:
        rows = connection.execute(select(document)).mappings().all()
        target.execute(insert(document), [dict(row) for row in rows])
    source.engine.dispose()
    return empty
