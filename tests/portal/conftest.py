"""Fixtures: a portal on a fresh database, with or without its team's keyset."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import delete, insert, select
from werkzeug.test import Client, TestResponse

from crypto.verifying import serialize_document
from portal import config as configuration
from portal import database
from portal.app import create_app
from portal.config import Config
from portal.site import compress, manifest
from portal.tables import document, metadata
from tests.portal import engines
from tests.portal.engines import Engine
from tests.portal.helpers import Portal, SettableClock, closing_all
from tests.portal.served import Served, serving
from tests.world import NOW, ORGANISATION, Team, make_team

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="session")
def team() -> Team:
    """Make three counsellors whose keyset verifies at NOW."""
    return make_team()


@pytest.fixture(scope="session", params=["sqlite", "postgresql", "sqlite, served", "postgresql, served"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Run each test of a portal on both engines, and those that are marked so against several workers as well."""
    name, _, served = request.param.partition(", ")
    with engines.running(name, tmp_path_factory.mktemp("sqlite")) as engine:
        engine.served = bool(served)
        yield engine


@pytest.fixture(scope="session")
def served(
    engine: Engine,
    migrated: str,
    release: Path,
    team: Team,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Served | None]:
    """Start a server for the tests that want several workers: one for all, whose database each of them finds empty."""
    if not engine.served:
        yield None
        return
    config = make_config(engine.copy(migrated), release, team)
    with serving(config, tmp_path_factory.mktemp("served")) as running:
        yield running


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what is not about an engine, or not about several workers: marks say which tests are."""
    items[:] = [item for item in items if _is_wanted(item)]


def _is_wanted(item: pytest.Item) -> bool:
    engine, _, served = getattr(item, "callspec", _Plain).params.get("engine", "").partition(", ")
    mark = item.get_closest_marker("only")
    return (mark is None or engine in ("", mark.args[0])) and (
        not served or item.get_closest_marker("served") is not None
    )


class _Plain:
    params: Mapping[str, str] = {}


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
def config(engine: Engine, migrated: str, served: Served | None, release: Path, team: Team) -> Iterator[Config]:
    """Change the example configuration to this test's team and files, and a puzzle that costs nothing."""
    with closing_all():
        if served is not None:
            make_empty(served.config)
            yield served.config
        else:
            url = engine.copy(migrated)
            yield make_config(url, release, team)
    if served is None:
        engine.drop(url)


def make_empty(config: Config) -> None:
    """Remove every row that an earlier test has left."""
    with database.connect(config.store.url).write() as connection:
        for table in metadata.sorted_tables:
            connection.execute(delete(table))


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
def clock(served: Served | None, monkeypatch: pytest.MonkeyPatch) -> SettableClock:
    """One clock for the portal and for ALTCHA, which otherwise looks at the machine's."""
    settable = SettableClock() if served is None else served.clock
    settable.now = NOW
    monkeypatch.setattr("altcha.v2.time", SimpleNamespace(time=settable, monotonic=time.monotonic))
    return settable


@pytest.fixture
def empty(config: Config, clock: SettableClock, team: Team, engine: Engine, served: Served | None) -> Portal:
    """Make a portal before its first roster."""
    if served is None:
        new_client = partial(create_app(config, clock=clock).test_client, use_cookies=True)
    else:
        new_client = partial(Client, served.forward, TestResponse)
    return Portal(config, clock, database.connect(config.store.url), new_client(), new_client, team, engine)


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
