"""The two engines that a portal may stand on, each with fresh databases for tests."""

import shutil
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from sqlalchemy.engine import make_url

from bench import cluster
from bench.cluster import Cluster
from portal import database, migrating
from portal.database import Database


@contextmanager
def opened(url: str) -> Iterator[Database]:
    """Connect to a database, and leave nothing open."""
    store = database.connect(url)
    yield store
    store.engine.dispose()


def read_whole(path: Path) -> bytes:
    """Return what is in a file; nothing if the engine has removed it since it was listed."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


class Engine(ABC):
    """Where the tests of one session make their databases."""

    name: str
    # Whether several workers answer, rather than the application in the test's own process.
    served: bool = False

    def migrated(self) -> str:
        """Make a database of this version that nobody has used; return its address."""
        url = self.new()
        with opened(url) as store:
            migrating.migrate(store)
        return url

    @abstractmethod
    def new(self) -> str:
        """Make an empty database, or name one that migrating makes; return its address."""

    @abstractmethod
    def copy(self, url: str) -> str:
        """Make a copy of a database to which nobody is connected; return its address."""

    @abstractmethod
    def drop(self, url: str) -> None:
        """Remove a database."""

    @abstractmethod
    def files(self, url: str) -> list[Path]:
        """List every file in which something of this database, or of what was deleted from it, may lie."""


@dataclass
class Sqlite(Engine):
    """SQLite: a file in a folder of its own."""

    folder: Path
    name = "sqlite"

    def __post_init__(self) -> None:
        self._numbers = count()

    def new(self) -> str:
        folder = self.folder / str(next(self._numbers))
        folder.mkdir()
        return f"sqlite:///{folder / 'portal.sqlite'}"

    def copy(self, url: str) -> str:
        copy = self.new()
        # With its write-ahead log, should there be one.
        for path in self.files(url):
            shutil.copyfile(path, self._path(copy).with_name(path.name))
        return copy

    def drop(self, url: str) -> None:
        shutil.rmtree(self._path(url).parent)

    def files(self, url: str) -> list[Path]:
        return sorted(self._path(url).parent.glob("portal.sqlite*"))

    @staticmethod
    def _path(url: str) -> Path:
        return Path(str(make_url(url).database))


@dataclass
class Postgresql(Engine):
    """PostgreSQL: a database of the session's own server."""

    cluster: Cluster
    name = "postgresql"

    def __post_init__(self) -> None:
        self._numbers = count()

    def new(self) -> str:
        return self.cluster.create(f"test{next(self._numbers)}")

    def copy(self, url: str) -> str:
        return self.cluster.create(f"test{next(self._numbers)}", template=str(make_url(url).database))

    def drop(self, url: str) -> None:
        self.cluster.drop(str(make_url(url).database))

    def files(self, url: str) -> list[Path]:
        """List the whole server's: its log of changes is for all databases."""
        assert make_url(url).get_backend_name() == "postgresql"
        return sorted(path for path in self.cluster.files.rglob("*") if path.is_file())


@contextmanager
def running(name: str, folder: Path) -> Iterator[Engine]:
    """Give an engine by its name."""
    if name == "sqlite":
        yield Sqlite(folder)
    else:
        # Tests may cut the power in a way that this forgets; those run a server of their own.
        with cluster.running("fsync = off\n") as server:
            yield Postgresql(server)
