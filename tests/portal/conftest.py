"""Fixtures: a portal on a fresh database, with or without its team's keyset."""

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
from portal import database
from portal.app import create_app
from portal.config import Config
from portal.site import compress, manifest
from portal.tables import document
from tests.portal import engines
from tests.portal.engines import Engine
from tests.portal.helpers import Portal, SettableClock, closing_all
from tests.world import ORGANISATION, Team, make_team

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="session")
def team() -> Team:
    """Make three counsellors whose keyset verifies at NOW."""
    return make_team()


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Run each test of a portal on both engines."""
    with engines.running(request.param, tmp_path_factory.mktemp("sqlite")) as engine:
        yield engine


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out, on the other engine, what is about one: its mark says which."""
    items[:] = [item for item in items if not _is_of_another_engine(item)]


def _is_of_another_engine(item: pytest.Item) -> bool:
    mark = item.get_closest_marker("only")
    return mark is not None and item.callspec.params["engine"] != mark.args[0]  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def migrated(engine: Engine) -> str:
    """Make a migrated database that nobody has used."""
    return engine.migrated()


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
def config(engine: Engine, migrated: str, release: Path, team: Team) -> Iterator[Config]:
    """Change the example configuration to this test's team and files, and a puzzle that costs nothing."""
    url = engine.copy(migrated)
    with closing_all():
        yield make_config(url, release, team)
    engine.drop(url)


def make_config(url: str, release: Path, team: Team) -> Config:
    """Return the configuration of a test with this database."""
    example = configuration.load(ROOT / "config.example.toml")
    return replace(
        example,
        organisation=replace(example.organisation, id=ORGANISATION, root_key=team.pins.root_key),
        site=replace(example.site, release=release),
        store=replace(example.store, url=url),
        ticket=replace(example.ticket, cost=1, highest_cost=4, posts_per_step=1000, prefix="0"),
        metrics=replace(example.metrics, socket=None),
    )


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SettableClock:
    """One clock for the portal and for ALTCHA, which otherwise looks at the machine's."""
    settable = SettableClock()
    monkeypatch.setattr("altcha.v2.time", SimpleNamespace(time=settable, monotonic=time.monotonic))
    return settable


@pytest.fixture
def empty(config: Config, clock: SettableClock, team: Team, engine: Engine) -> Portal:
    """Make a portal before its first roster."""
    app = create_app(config, clock=clock)
    store = database.connect(config.store.url)
    return Portal(config, clock, store, app.test_client(use_cookies=True), app.test_client, team, engine)


@pytest.fixture(scope="session")
def published(engine: Engine, migrated: str, team: Team, release: Path) -> list[dict[str, object]]:
    """Return the rows of a team that has published its keyset; verifying every document takes a while."""
    config = make_config(engine.copy(migrated), release, team)
    with closing_all():
        app = create_app(config, clock=SettableClock())
        for signed in (team.roster_document, *team.cards, *team.freshness):
            answer = app.test_client().put("/api/v1/keyset", data=serialize_document(signed))
            assert answer.status_code == 204
        with database.connect(config.store.url).read() as connection:
            return [dict(row) for row in connection.execute(select(document)).mappings()]


@pytest.fixture
def portal(empty: Portal, published: list[dict[str, object]]) -> Portal:
    """Make a portal whose team has published its keyset."""
    with empty.database.write() as connection:
        connection.execute(insert(document), published)
    return empty
