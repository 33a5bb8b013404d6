"""A portal under test: the real application on a real database, a clock that can be set, and a visitor's requests."""

import base64
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from altcha import Challenge, solve_challenge
from sqlalchemy import Engine as SqlalchemyEngine
from sqlalchemy import create_engine, select
from werkzeug.test import Client, TestResponse

from crypto.encoding import digest, encode_b64u, serialize_json
from crypto.verifying import Document, serialize_document
from portal.config import Config
from portal.database import Database
from portal.tables import metadata
from portal.vitals.store import budgets
from tests.portal.engines import Engine
from tests.world import NOW, Team, make_random

BLOCK = 65_536
TABLES = ("block", "index_entry", "waiting", "ticket", "budget", "document", "calendar")


@dataclass
class SettableClock:
    """A clock that stands still until it is set."""

    now: int = NOW

    def __call__(self) -> int:
        return self.now


@dataclass(frozen=True)
class Post:
    """One record as its sender knows it: with the token that deletes it."""

    kind: int = 1
    address: bytes = field(default_factory=lambda: os.urandom(32))
    token: bytes = field(default_factory=lambda: os.urandom(32))
    body: bytes = field(default_factory=lambda: os.urandom(BLOCK))

    @property
    def record(self) -> bytes:
        return self.address + digest(self.token) + bytes([self.kind]) + self.body


def credential_of(seed: str = "team") -> bytes:
    """Return the courier's credential that tests.world gives to a team made from this seed."""
    random = make_random(seed)
    random(32)
    return random(32)


def solve(challenge: object) -> str:
    """Return the Authorization header for a puzzle as the server gave it."""
    assert isinstance(challenge, dict)
    solution = solve_challenge(Challenge.from_dict(challenge))
    assert solution is not None
    return "Ticket " + encode_b64u(serialize_json({"challenge": challenge, "solution": _whole(solution.to_dict())}))


def _whole(solution: dict[str, object]) -> dict[str, object]:
    return {"counter": solution["counter"], "derivedKey": solution["derivedKey"]}


@dataclass(frozen=True)
class Portal:
    """The application, and everything a test may look at."""

    config: Config
    clock: SettableClock
    database: Database
    client: Client
    new_client: Callable[[], Client]
    team: Team
    engine: Engine

    @property
    def courier(self) -> str:
        return "Courier " + encode_b64u(credential_of())

    def ticket(self) -> str:
        """Earn a ticket; return its Authorization header."""
        return solve(self.client.get("/api/v1/ticket").get_json())

    def post(self, *posts: Post, authorization: str | None = None, client: Client | None = None) -> TestResponse:
        body = b"".join(post.record for post in posts)
        headers = {"Authorization": self.ticket() if authorization is None else authorization}
        return (client or self.client).post("/api/v1/blocks", data=body, headers=headers)

    def fetch(self, *addresses: bytes) -> list[bytes]:
        """Fetch up to four addresses, filled up with random ones; return the blocks for those that were asked for."""
        asked = [*addresses, *(os.urandom(32) for _ in range(4 - len(addresses)))]
        data = self.client.post("/api/v1/blocks/fetch", data=b"".join(asked)).data
        return [data[i * BLOCK : (i + 1) * BLOCK] for i in range(len(addresses))]

    def delete(self, *posts: Post) -> TestResponse:
        pairs = [post.address + post.token for post in posts]
        pairs += [os.urandom(64) for _ in range(16 - len(pairs))]
        return self.client.post("/api/v1/blocks/delete", data=b"".join(pairs))

    def put(self, document: Document) -> TestResponse:
        return self.client.put("/api/v1/keyset", data=serialize_document(document))

    def rows(self, table: str) -> list[tuple[object, ...]]:
        """Return every row of a table in one order, read beside the application."""
        described = metadata.tables[table]
        with self.database.read() as connection:
            rows = connection.execute(select(described).order_by(*described.columns)).all()
        return [tuple(row) for row in rows]

    def used(self, week: int) -> dict[str, int]:
        """Return the bytes of a week, by account."""
        with self.database.read() as connection:
            return budgets(connection, week)

    def everything(self) -> dict[str, list[tuple[object, ...]]]:
        return {table: self.rows(table) for table in TABLES}

    def files(self) -> list[Path]:
        """List every file in which something of the database, or of what was deleted from it, may lie."""
        return self.engine.files(self.config.store.url)


@contextmanager
def held(portal: Portal) -> Iterator[None]:
    """Write for as long as the block takes, so that nobody else can."""
    with portal.database.write() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"LOCK TABLE {', '.join(TABLES)} IN EXCLUSIVE MODE")
        yield


def make_impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let whoever connects from now on wait a hundredth of a second for other writers, instead of ten."""
    monkeypatch.setattr("portal.database._PRAGMAS", ("PRAGMA busy_timeout = 10",))
    monkeypatch.setattr("portal.database._SETTINGS", ("SET lock_timeout = '10ms'",))


@contextmanager
def closing_all() -> Iterator[None]:
    """Close, at the end, every connection that was opened meanwhile: applications never do so themselves."""
    made: list[SqlalchemyEngine] = []

    def create(*args: Any, **kwargs: Any) -> SqlalchemyEngine:
        made.append(create_engine(*args, **kwargs))
        return made[-1]

    with patch("portal.database.create_engine", create):
        yield
    for engine in made:
        engine.dispose()


def decode_b64u(text: str) -> bytes:
    """Decode without asking for a size or for canonical form."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
