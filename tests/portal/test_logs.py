"""Every error there is, provoked with canaries: none comes out in a log, in an answer or in PostgreSQL's own log.

The lists of errors are made from the source, so that one that is added is missed here until somebody provokes it.
"""

import ast
import base64
import inspect
import io
import logging
import os
import signal
import socket
import struct
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from alembic.config import Config as AlembicConfig
from flask import Flask
from sqlalchemy import Connection, insert, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import default_exceptions
from werkzeug.test import TestResponse

from crypto.encoding import encode_b64u
from crypto.labels import KIND_REPLY
from crypto.verifying import serialize_document
from portal import database, logs, migrating
from portal.app import create_app
from portal.blocks import store as blocks_store
from portal.cli import main
from portal.errors import RefusalError
from portal.gate import RECORD_SIZE
from portal.surroundings import surround
from portal.tables import block
from portal.upkeep import loop
from tests.portal.engines import Postgresql
from tests.portal.helpers import Portal, Post, SettableClock, held, make_impatient
from tests.portal.servers import COURIER, Server, children, set_up, stop, wait_until, write_config
from tests.world import WEEK, Team, make_team

ROOT = Path(__file__).resolve().parent.parent.parent
CANARY = "kanarie7f3a4d2f"
ADDRESS = "192.0.2.77"
BODY = (CANARY * 5000).encode()
VISITOR = {"X-Canary": CANARY, "Cookie": f"c={CANARY}", "User-Agent": CANARY, "Referer": f"https://{CANARY}/"}


def spellings() -> list[str]:
    """Return the canary as it might be written: as text, in hexadecimal as PostgreSQL does, in base64."""
    octets = CANARY.encode()
    encoded = [base64.b64encode(bytes(shift) + octets * 2).decode()[4 * (shift > 0) + 4 : -8] for shift in range(3)]
    return [CANARY, octets.hex(), octets.hex().upper(), *encoded, ADDRESS]


def check_silent(written: str) -> None:
    """Look for a canary in any spelling."""
    assert not [(each, written[max(0, written.find(each) - 200) :][:400]) for each in spellings() if each in written]


@pytest.fixture
def written(portal: Portal, capfd: pytest.CaptureFixture[str]) -> Iterator[Callable[[], str]]:
    """Write logs as the server does; return all that was written since: log, standard error, PostgreSQL's log."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.PlainFormatter())
    root, level = logging.getLogger(), logs.log.level
    root.addHandler(handler)
    logs.log.setLevel(logging.INFO)
    begun = len(server_log(portal))

    def read() -> str:
        return stream.getvalue() + "".join(capfd.readouterr()) + server_log(portal)[begun:]

    yield read
    root.removeHandler(handler)
    logs.log.setLevel(level)


def server_log(portal: Portal) -> str:
    """Return PostgreSQL's own log."""
    engine = portal.engine
    return (engine.cluster.folder / "log").read_text() if isinstance(engine, Postgresql) else ""


# Refusals.


def refusal_sites() -> set[tuple[str, int]]:
    """Return file and line of everything in the portal that refuses a request."""
    return {
        (path.relative_to(ROOT).as_posix(), node.lineno)
        for path in (ROOT / "portal").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "RefusalError"
    }


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> set[tuple[str, int]]:
    """Note file and line of each refusal that is made."""
    sites: set[tuple[str, int]] = set()
    make = RefusalError.__init__

    def note(self: RefusalError, *args: Any, **kwargs: Any) -> None:
        frame = sys._getframe(1)
        sites.add((Path(frame.f_code.co_filename).relative_to(ROOT).as_posix(), frame.f_lineno))
        make(self, *args, **kwargs)

    monkeypatch.setattr(RefusalError, "__init__", note)
    return sites


def ask(
    portal: Portal, method: str, path: str, body: bytes = b"", authorization: str = "", **changes: Any
) -> TestResponse:
    """Ask with a canary wherever there is room for one."""
    config = {key: changes.pop(key) for key in ("organisation", "budget", "ticket") if key in changes}
    client = create_app(replace(portal.config, **config), clock=portal.clock).test_client() if config else portal.client
    headers = VISITOR | ({"Authorization": authorization} if authorization else {})
    environ = {"REMOTE_ADDR": ADDRESS} | changes
    return client.open(f"{path}?q={CANARY}", method=method, data=body, headers=headers, environ_overrides=environ)


def records(count: int = 1, kind: int = 1, **changes: Any) -> bytes:
    """Return records whose bodies hold the canary."""
    body = BODY[:65_536]
    return b"".join(Post(kind=kind, body=body, **changes).record for _ in range(count))


def documents(portal: Portal, version: int = 2) -> dict[str, bytes]:
    """Return documents that are refused, each for another reason, with a canary in the names."""
    team, someone = portal.team, portal.team.counsellors[0]
    named = tuple(replace(each, name=CANARY) for each in team.roster.workstations)
    later, newer = team.next_roster(version=version, workstations=named)
    return {
        "garbage": BODY[:900],
        "other root": serialize_document(make_team(CANARY).roster_document),
        "not newer": serialize_document(team.next_roster(version=1, workstations=named)[1]),
        "newer": serialize_document(newer),
        "second card": serialize_document(someone.card(WEEK, identity=BODY[:32])),
        "late card": serialize_document(someone.card(WEEK + 40)),
        "other roster": serialize_document(someone.freshness(later, team.cards)),
        "card": serialize_document(team.cards[0]),
    }


def provoke(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestResponse]:
    """Provoke every refusal; each answer is one."""
    blocks, keyset, config = "/api/v1/blocks", "/api/v1/keyset", portal.config
    wrong = encode_b64u(BODY[:32])
    ticketed = {"ticket": replace(config.ticket, posts_per_ticket=1)}
    # The gate.
    yield ask(portal, "GET", "/", PATH_INFO=CANARY)
    yield ask(portal, "GET", f"/api/v2/{CANARY}")
    yield ask(portal, "GET", blocks)
    yield ask(portal, "POST", blocks, HTTP_TRANSFER_ENCODING=CANARY)
    yield ask(portal, "POST", blocks, CONTENT_LENGTH="")
    yield ask(portal, "POST", blocks, CONTENT_LENGTH=CANARY)
    yield ask(portal, "PUT", keyset, BODY)
    yield ask(portal, "POST", f"{blocks}/fetch", BODY[:99])
    # The site and health.
    yield ask(portal, "GET", f"/{CANARY}")
    yield ask(portal, "GET", "/healthz")
    # Admission.
    yield ask(portal, "POST", blocks, records(), CANARY)
    yield ask(portal, "POST", blocks, records(), f"Courier {CANARY}")
    yield ask(portal, "POST", blocks, records(), f"Courier {wrong}")
    yield ask(portal, "POST", blocks, records(), f"Ticket {CANARY}")
    yield ask(portal, "POST", blocks, records(), portal_ticket_of_another(portal))
    yield ask(portal, "GET", "/api/v1/intake", authorization=f"Ticket {CANARY}")
    ticket = portal.ticket()
    assert ask(portal, "POST", blocks, records(), ticket, **ticketed).status_code == 204
    yield ask(portal, "POST", blocks, records(), ticket, **ticketed)
    # Blocks.
    yield ask(portal, "POST", blocks, records(kind=KIND_REPLY), portal.ticket())
    yield ask(portal, "POST", blocks, records(kind=9), portal.courier)
    yield ask(portal, "POST", blocks, records(2, address=BODY[:32]), portal.courier)
    assert ask(portal, "POST", blocks, records(address=BODY[:32]), portal.courier).status_code == 204
    yield ask(portal, "POST", blocks, records(address=BODY[:32], kind=0), portal.courier)
    yield ask(portal, "POST", blocks, records(), portal.courier, budget=replace(config.budget, courier_per_week=0))
    # The keyset.
    given = documents(portal)
    for name in ("garbage", "other root", "not newer", "second card", "late card", "other roster"):
        yield ask(portal, "PUT", keyset, given[name])
    yield ask(
        portal, "PUT", keyset, given["newer"], organisation=replace(config.organisation, minimum_roster_version=5)
    )
    # The store.
    make_impatient(monkeypatch)
    with held(portal):
        yield ask(portal, "GET", "/healthz", organisation=config.organisation, REMOTE_ADDR="127.0.0.1")
    with portal.database.write() as connection:
        connection.execute(text("DELETE FROM document"))
    yield ask(portal, "GET", keyset)
    yield ask(portal, "PUT", keyset, given["card"])


def portal_ticket_of_another(portal: Portal) -> str:
    """Earn a ticket of a portal with another secret."""
    secret = replace(portal.config.ticket, secret=BODY[:32])
    other = create_app(replace(portal.config, ticket=secret), clock=portal.clock).test_client()
    return replace(portal, client=other).ticket()


def test_every_refusal_there_is_says_nothing_of_who_is_refused(
    portal: Portal, refused: set[tuple[str, int]], written: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each line of the portal that refuses something was reached; neither its answer nor a log repeats anything."""
    for answer in provoke(portal, monkeypatch):
        assert 400 <= answer.status_code <= 503
        check_silent(answer.text + str(answer.headers))
    assert refused == refusal_sites()
    check_silent(written())


@pytest.mark.parametrize("code", default_exceptions)
def test_every_http_error_of_the_framework_says_nothing(
    code: int, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Whatever the framework's own description quotes."""
    app = Flask("failing", static_folder=None)

    @app.get("/fail")
    def fail() -> str:
        raise default_exceptions[code](CANARY)

    surround(app)
    answer = app.test_client().get(f"/fail?q={CANARY}", headers=VISITOR)
    assert answer.status_code == code
    check_silent(answer.text + str(answer.headers) + caplog.text + "".join(capfd.readouterr()))


def test_a_visitor_who_leaves_in_the_middle_is_refused_without_a_word(
    portal: Portal, written: Callable[[], str]
) -> None:
    """A body that ends before its length is a refusal, and no failure of ours."""
    answer = ask(portal, "POST", "/api/v1/blocks", BODY[:100], portal.courier, CONTENT_LENGTH=str(RECORD_SIZE))
    assert answer.status_code == 400
    assert written() == ""


# Failures in every layer.


def layers() -> list[tuple[str, str]]:
    """Return every public function and method of the rooms' services and stores."""
    found = []
    for path in sorted((ROOT / "portal").rglob("*.py")):
        if path.stem in ("service", "store") and path.parent.name != "vitals":
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            found += [(name, function) for function in functions(import_module(name))]
    return found


def functions(module: ModuleType) -> Iterator[str]:
    """Return the names of what a module defines and others call."""
    for name, value in vars(module).items():
        if name.startswith("_") or getattr(value, "__module__", None) != module.__name__:
            continue
        if inspect.isfunction(value):
            yield name
        elif inspect.isclass(value):
            yield from (
                f"{name}.{each}" for each, way in vars(value).items() if each[0] != "_" and inspect.isfunction(way)
            )


ERRORS: dict[str, Callable[[], Exception]] = {
    "unexpected": lambda: RuntimeError(CANARY),
    "operational": lambda: OperationalError(CANARY, {"body": BODY}, ValueError(CANARY)),
    "integrity": lambda: IntegrityError(CANARY, {"body": BODY}, ValueError(CANARY)),
    "pool": lambda: PoolTimeoutError(CANARY),
}


@pytest.mark.slow
@pytest.mark.only("sqlite")
@pytest.mark.parametrize("kind", ERRORS)
def test_a_failure_in_any_layer_says_nothing(
    portal: Portal, written: Callable[[], str], monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Each function of each service and store fails once; whoever calls it, nothing of the error comes out."""
    unreached = set()
    for version, (module, function) in enumerate(layers(), 2):
        hits: list[str] = []

        def fail(*_: object, hits: list[str] = hits, **__: object) -> None:
            hits.append(CANARY)
            error = ERRORS[kind]()
            raise error from ValueError(CANARY)

        with portal.database.write() as connection:
            connection.execute(text("DELETE FROM calendar"))
            connection.execute(text("DELETE FROM document WHERE kind = 'card'"))
            # So that there is something to expire.
            old = {"address": os.urandom(32), "delete_hash": bytes(32), "kind": 0, "expiry_week": 1, "body": b""}
            connection.execute(insert(block), [old])
        with monkeypatch.context() as patch:
            patch.setattr(f"{module}.{function}", fail)
            for answer in use(portal, version):
                check_silent(answer.text if answer.status_code >= 400 else "")
            work_once(portal, patch)
        if not hits:
            unreached.add(f"{module}.{function}")
    assert unreached == set()
    found = written()
    assert "says" not in found
    assert "Error at " in found
    check_silent(found)


def use(portal: Portal, version: int = 2) -> Iterator[TestResponse]:
    """Make every call, with a canary wherever there is room for one; the list of counsellors is a new one."""
    yield ask(portal, "GET", "/api/v1/keyset")
    yield from (
        ask(portal, "PUT", "/api/v1/keyset", documents(portal, version)[name])
        for name in ("card", "other roster", "newer")
    )
    yield ask(portal, "GET", "/api/v1/ticket")
    yield ask(portal, "POST", "/api/v1/blocks", records(kind=KIND_REPLY), portal.courier)
    with suppress(AssertionError):
        # Where no ticket is to be had, the call before has failed.
        yield ask(portal, "POST", "/api/v1/blocks", records(), portal.ticket())
    yield ask(portal, "POST", "/api/v1/blocks/fetch", BODY[:128])
    yield ask(portal, "POST", "/api/v1/blocks/delete", BODY[:1024])
    yield ask(portal, "GET", "/api/v1/index")
    yield ask(portal, "GET", "/api/v1/intake", authorization=portal.courier)
    yield ask(portal, "GET", "/healthz", REMOTE_ADDR="127.0.0.1")


def work_once(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the upkeep do each of its tasks once."""
    clock, seconds = SettableClock(portal.clock.now), iter([14 * 3600])

    def sleep(_seconds: float) -> None:
        step = next(seconds, None)
        if step is None:
            monkeypatch.setattr("os.getppid", lambda: -1)
        else:
            clock.now += step

    monkeypatch.setattr("os.getppid", lambda: 1)
    monkeypatch.setattr("time.sleep", sleep)
    loop.run(portal.config, portal.database, clock, 1)


# Failures of the real database.


def forbid(portal: Portal, connection: Connection) -> None:
    """Let the database refuse every block; PostgreSQL's error then quotes the row."""
    if portal.engine.name == "postgresql":
        connection.execute(text("ALTER TABLE block ADD CONSTRAINT never CHECK (kind > 9)"))
    else:
        connection.execute(text("CREATE TRIGGER never BEFORE INSERT ON block BEGIN SELECT RAISE(ABORT, 'never'); END"))


def test_a_row_that_the_database_refuses_is_written_nowhere(portal: Portal, written: Callable[[], str]) -> None:
    """Its error holds the whole row; log and answer hold its kind, PostgreSQL's log nothing."""
    with portal.database.write() as connection:
        forbid(portal, connection)
    answer = ask(portal, "POST", "/api/v1/blocks", records(address=BODY[:32]), portal.courier)
    assert answer.status_code == 500
    found = written()
    assert "A request failed: IntegrityError at " in found
    check_silent(found + answer.text)


@pytest.mark.only("postgresql")
def test_without_its_settings_postgresql_would_write_it(portal: Portal, written: Callable[[], str]) -> None:
    """So the test above can fail, and the doctor looks at the right settings."""
    name = make_url(portal.config.store.url).database
    with portal.database.write() as connection:
        forbid(portal, connection)
        connection.execute(text(f"ALTER DATABASE \"{name}\" SET log_min_messages = 'warning'"))
    portal.database.engine.dispose()
    changed = create_app(portal.config, clock=portal.clock).test_client()
    portal = replace(portal, client=changed)
    ask(portal, "POST", "/api/v1/blocks", records(address=BODY[:32]), portal.courier)
    assert CANARY.encode().hex() in written()


def test_a_table_that_is_gone_is_written_without_statements(portal: Portal, written: Callable[[], str]) -> None:
    """Every call and every task of the upkeep fails, on both engines, and nothing of what they were about comes out."""
    ticket = portal.ticket()
    with portal.database.write() as connection:
        for table in ("block", "index_entry", "ticket", "waiting", "document", "calendar"):
            connection.execute(text(f"ALTER TABLE {table} RENAME TO gone_{table}"))
    for answer in use(portal):
        check_silent(answer.text)
    assert ask(portal, "POST", "/api/v1/blocks", records(), ticket).status_code in (500, 503)
    with pytest.MonkeyPatch.context() as monkeypatch:
        work_once(portal, monkeypatch)
    found = written()
    assert found.count("Expiry failed: ") == 2
    for word in ("INSERT", "SELECT", "gone"):
        assert word not in found
    check_silent(found)


def test_a_pool_without_connections_is_written_without_words(
    portal: Portal, written: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who waits for too long is told to come again."""
    made: list[database.Database] = []
    connect = database.connect
    monkeypatch.setattr(
        "portal.database.connect",
        lambda *_args, **_more: made.append(connect(portal.config.store.url, connections=1)) or made[-1],
    )
    client = create_app(portal.config, clock=portal.clock).test_client()
    monkeypatch.setattr(made[0].engine.pool, "_timeout", 0.01)
    with made[0].read(), made[0].read(), made[0].read():
        answer = ask(replace(portal, client=client), "POST", "/api/v1/blocks", records(), portal.courier)
    assert answer.status_code == 503
    found = written()
    assert "The store did not answer: TimeoutError at " in found
    check_silent(found + answer.text)


@pytest.mark.only("postgresql")
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_connection_that_is_cut_in_the_middle_is_written_without_words(
    portal: Portal, written: Callable[[], str], monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """As when PostgreSQL is killed: the pool and the driver say much then, and none of it is let through."""
    insert = blocks_store.insert

    def cut(connection: Connection, rows: Any) -> set[bytes]:
        done = insert(connection, rows) if moment == "after" else set()
        pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with portal.database.write() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
        return done or insert(connection, rows)

    monkeypatch.setattr("portal.blocks.store.insert", cut)
    answer = ask(portal, "POST", "/api/v1/blocks", records(address=BODY[:32]), portal.courier)
    assert answer.status_code == 503
    found = written()
    assert "The store did not answer: OperationalError at " in found
    check_silent(found + answer.text)
    assert "Traceback" not in found


# What libraries say.


def test_of_what_libraries_say_only_their_names_come_through() -> None:
    """Neither their words nor a traceback, which quotes the error before the error."""
    error = RuntimeError(CANARY)
    error.__context__ = OperationalError(CANARY, {"body": BODY}, ValueError(CANARY))
    record = logging.LogRecord(
        "sqlalchemy.pool", logging.ERROR, CANARY, 1, f"{CANARY} %s", (CANARY,), (RuntimeError, error, None)
    )
    record.stack_info = CANARY
    line = logs.PlainFormatter().format(record)
    assert line.endswith("] sqlalchemy.pool says ERROR: RuntimeError")
    check_silent(line)
    assert "\n" not in line


# The command line.


@pytest.mark.parametrize("command", ["doctor", "migrate", "serve", "tick", "expire", "rewrite", "upkeep"])
def test_no_command_shows_the_password_of_the_database(
    command: str, tmp_path: Path, release: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Where the server is not there, an error says so without its address."""
    path = write_config(tmp_path, release, bytes(32), 8000)
    url = f"postgresql+psycopg://{CANARY}:{CANARY}@127.0.0.1:1/{CANARY}"
    path.write_text(path.read_text().replace("sqlite:///var/portal.sqlite", url))
    assert main([command, "--config", str(path)]) == 1
    found = "".join(capfd.readouterr())
    assert "The database cannot be " in found
    check_silent(found)


def test_a_migration_that_fails_on_real_rows_shows_none(
    portal: Portal, written: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A constraint that stored rows do not meet is said with its kind only."""
    assert ask(portal, "POST", "/api/v1/blocks", records(address=BODY[:32]), portal.courier).status_code == 204

    def fail(configuration: AlembicConfig, _revision: str) -> None:
        connection = configuration.attributes["connection"]
        if portal.engine.name == "postgresql":
            forbid(portal, connection)
        connection.execute(text("INSERT INTO block SELECT * FROM block"))

    monkeypatch.setattr("alembic.command.upgrade", fail)
    with pytest.raises(Exception, match=r"The database cannot be migrated \(IntegrityError\)") as raised:
        migrating.migrate(portal.database)
    check_silent(written() + str(raised.value))


# The real server.


@pytest.fixture
def running(tmp_path: Path, release: Path, team: Team) -> Iterator[Server]:
    """Start a server for this test alone."""
    started = set_up(tmp_path, release, team)
    yield started
    stop(started)


def head(length: int, path: str = f"/api/v1/blocks?q={CANARY}") -> bytes:
    """Return the head of a post with a canary wherever there is room for one."""
    lines = [f"POST {path} HTTP/1.1", f"Host: {CANARY}", f"Content-Length: {length}", "X-Forwarded-For: " + ADDRESS]
    lines += [f"{name}: {value}" for name, value in (VISITOR | COURIER).items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


@pytest.mark.slow
def test_visitors_who_leave_and_workers_that_die_are_written_without_words(running: Server) -> None:
    """Cut off in the head, in the body, with a reset, and while a worker is aborted or killed under the request."""
    for question in (head(RECORD_SIZE)[:50], head(RECORD_SIZE) + BODY[:100], head(RECORD_SIZE) + BODY[:60_000]):
        for reset in (False, True):
            with socket.create_connection(("127.0.0.1", running.port), timeout=10) as connection:
                connection.sendall(question)
                if reset:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    for how in (signal.SIGABRT, signal.SIGKILL, signal.SIGTERM):
        workers = [pid for pid in children(running.process.pid) if not is_upkeep(pid)]
        with socket.create_connection(("127.0.0.1", running.port), timeout=10) as connection:
            connection.sendall(head(RECORD_SIZE) + BODY[:60_000])
            # Until a worker has it; then it waits for the rest.
            threading.Event().wait(0.3)
            # Twice, as gunicorn does with a worker that hangs.
            for pid, kind in [(pid, kind) for kind in (how, signal.SIGKILL) for pid in workers]:
                with suppress(ProcessLookupError):
                    os.kill(pid, kind)
                threading.Event().wait(0.2)
        wait_until(lambda: not set(workers) & set(children(running.process.pid)), 40)  # noqa: B023 - used at once.
        wait_until(lambda: len(children(running.process.pid)) == 3, 40)
    stop(running)
    check_silent(running.log)
    assert "Worker (pid:" in running.log
    assert "Traceback" not in running.log


def is_upkeep(pid: int) -> bool:
    """Tell the upkeep from the workers."""
    return b"upkeep" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")


@pytest.mark.slow
def test_a_database_that_fails_under_the_real_server_is_written_without_words(running: Server) -> None:
    """Every worker and the upkeep write kind and place, to the same log, and nothing else."""
    store = database.connect(f"sqlite:///{running.folder}/var/portal.sqlite")
    with store.write() as connection:
        connection.execute(text("CREATE TRIGGER never BEFORE INSERT ON block BEGIN SELECT RAISE(ABORT, 'never'); END"))
        connection.execute(text("ALTER TABLE index_entry RENAME TO gone"))
    store.engine.dispose()
    with running.client() as client:
        body = records(address=BODY[:32])
        answer = client.post(f"/api/v1/blocks?q={CANARY}", content=body, headers=VISITOR | COURIER)
        assert answer.status_code == 500
        assert client.get(f"/api/v1/index?q={CANARY}", headers=VISITOR).status_code == 503
    stop(running)
    assert "A request failed: IntegrityError at " in running.log
    assert "The store did not answer: OperationalError at " in running.log
    check_silent(running.log)
