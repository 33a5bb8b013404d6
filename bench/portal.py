"""The portal: what it bears, on both engines, next to the limits of the same server and the same engine."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from bench import cluster
from bench.calls import Stage, measure_alone, measure_call
from bench.filling import fill_blocks, fill_index
from bench.plot import Plot
from bench.premises import Premises, opened
from bench.process import Figures
from bench.report import Table, show_bytes, show_milliseconds, show_ratio, show_seconds
from bench.serving import list_children
from bench.upkeep import measure_upkeep
from crypto.labels import BLOCK_SIZE, KEY_SIZE, PREFIX_SIZE
from crypto.week import week_number
from portal import config as configuration
from portal.gate import FETCH_COUNT

_ENGINES: Final = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
# A row of this size lies in the tree of keys with all of its body, so that the tree is larger than the one of as many
# real blocks, whose bodies lie elsewhere.
_SMALL_SIZE: Final = 900


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured. `most` submissions are made at the greatest number of clients, and `requests` else."""

    clients: Sequence[int]
    requests: int
    most: int
    lists: int
    listed: int
    grown: Sequence[int]
    kept: int
    kept_size: int


FULL: Final = Sizes(
    clients=(1, 4, 16, 64),
    requests=2_000,
    most=10_000,
    lists=200,
    listed=100_000,
    grown=(1_000, 100_000, 1_000_000),
    kept=100_000,
    kept_size=BLOCK_SIZE,
)
# Shows that everything here works; its figures say nothing.
QUICK: Final = Sizes(
    clients=(1, 4), requests=64, most=64, lists=8, listed=1_000, grown=(100, 1_000), kept=100, kept_size=BLOCK_SIZE
)

# Makes a database and returns its address, and tells which processes it consists of.
_Make = Callable[[str], str]
_ListProcesses = Callable[[], list[int]]


def measure(sizes: Sizes) -> dict[str, Figures]:
    """Measure all of it on each engine; return figures by name."""
    figures: dict[str, Figures] = {}
    with TemporaryDirectory(prefix="bench-") as temporary:
        premises = Premises.prepare(Path(temporary))
        for engine in _ENGINES:
            with _running(engine, Path(temporary)) as (make, list_processes):
                bench = _Bench(sizes, premises, engine, make, list_processes)
                for name, found in bench.measure():
                    figures[f"{engine} {name}"] = found
                    _tell(f"{engine} {name}", found)
    return figures


@dataclass(frozen=True)
class _Bench:
    sizes: Sizes
    premises: Premises
    engine: str
    make: _Make
    list_processes: _ListProcesses

    def measure(self) -> Iterator[tuple[str, Figures]]:
        """Give figures, each when it is there."""
        yield from self._measure_submissions()
        yield from self._measure_reading()
        for count in self.sizes.grown:
            yield from self._measure_grown(count)
        stage = self._open("upkeep")
        clients = min(16, self.sizes.clients[-1])
        yield from measure_upkeep(stage, clients, self.sizes.kept, self.sizes.kept_size).items()

    def _measure_submissions(self) -> Iterator[tuple[str, Figures]]:
        stage = self._open("submit")
        loads = {**dict.fromkeys(self.sizes.clients, self.sizes.requests), self.sizes.clients[-1]: self.sizes.most}
        for clients, found in measure_call(stage, "submit", loads, 0):
            yield f"submit {clients}", found

    def _measure_reading(self) -> Iterator[tuple[str, Figures]]:
        stage = self._open("read", self.sizes.listed)
        with opened(stage.config) as store:
            fill_index(store, self.sizes.listed, self._week)
        for call, requests, size in (
            ("fetch", self.sizes.requests, FETCH_COUNT * BLOCK_SIZE),
            ("index", self.sizes.lists, self.sizes.listed * PREFIX_SIZE),
            ("intake", self.sizes.lists, self.sizes.listed * KEY_SIZE),
        ):
            for clients, found in measure_call(stage, call, dict.fromkeys(self.sizes.clients, requests), size):
                yield f"{call} {clients}", found

    def _measure_grown(self, count: int) -> Iterator[tuple[str, Figures]]:
        stage = self._open(f"grown{count}", count)
        with stage.portal() as server:
            for call in ("submit", "fetch"):
                yield f"grown {call} {count}", measure_alone(stage, server, call, 4, self.sizes.requests)

    def _open(self, name: str, blocks: int = 0) -> Stage:
        path = self.premises.open(f"{self.engine}-{name}", self.make(name))
        with opened(configuration.load(path)) as store:
            present = fill_blocks(store, blocks, _SMALL_SIZE, self._week) if blocks else []
        return Stage(self.premises, path, present, self.list_processes)

    @property
    def _week(self) -> int:
        return week_number(int(time.time())) + 26


@contextmanager
def _running(engine: str, folder: Path) -> Iterator[tuple[_Make, _ListProcesses]]:
    if engine == "sqlite":
        yield lambda name: f"sqlite:///{folder}/{name}.sqlite", list
        return
    with cluster.running() as server:

        def list_processes() -> list[int]:
            assert server.process is not None, "it is running"
            return [server.process.pid, *list_children(server.process.pid)]

        yield server.create, list_processes


def _tell(name: str, figures: Figures) -> None:
    # Whoever waits for minutes wants to see that something happens.
    print(f"{name}: {figures['rate']:,.0f} a second, {figures['failed']:.0f} failed", file=sys.stderr)


# -- what is shown ----------------------------------------------------------------------------------------------------


def tabulate(sizes: Sizes, figures: dict[str, Figures]) -> list[Table]:
    """Return the tables of these figures."""
    calls = [_tabulate_call(call, sizes, figures) for call in ("submit", "fetch", "index", "intake")]
    return [*calls, _tabulate_grown(sizes, figures), _tabulate_upkeep(figures)]


def draw(sizes: Sizes, figures: dict[str, Figures]) -> dict[str, str]:
    """Return plots by the names of their files."""
    submissions = {
        f"{title}{suffix}": [(clients, figures[f"{engine} submit {clients}"][key]) for clients in sizes.clients]
        for engine, title in _ENGINES.items()
        for key, suffix in (("rate", ""), ("engine", ": the engine alone"), ("http", ": the server alone"))
    }
    growth = {
        f"{title}, {call}": [(count, figures[f"{engine} grown {call} {count}"]["p50"] * 1000) for count in sizes.grown]
        for engine, title in _ENGINES.items()
        for call in ("submit", "fetch")
    }
    return {
        "submissions.svg": Plot("Submissions a second", "clients at a time", submissions).render(),
        "growth.svg": Plot("Milliseconds (p50), 4 clients", "blocks stored", growth).render(),
    }


def _tabulate_call(call: str, sizes: Sizes, figures: dict[str, Figures]) -> Table:
    columns = ["a second", "p50", "p99", "failed", "the server alone", "the engine alone", "of the smaller"]
    columns += ["processor: portal, database, load", "peak of a worker"]
    rows = []
    for engine, title in _ENGINES.items():
        for clients in sizes.clients:
            found = figures[f"{engine} {call} {clients}"]
            cost = ", ".join(
                show_milliseconds(found[name] / max(1, found["requests"])) for name in ("server", "database", "load")
            )
            rows.append(
                [
                    f"{title}, {clients}",
                    f"{found['rate']:,.0f}",
                    show_milliseconds(found["p50"]),
                    show_milliseconds(found["p99"]),
                    f"{found['failed']:.0f} of {found['requests']:,.0f}",
                    f"{found['http']:,.0f}",
                    f"{found['engine']:,.0f}",
                    show_ratio(found["rate"], min(found["http"], found["engine"])),
                    cost,
                    show_bytes(found["peak"]),
                ]
            )
    size = figures[f"sqlite {call} {sizes.clients[0]}"].get("size")
    return Table([f"{call}, {size:,.0f} bytes" if size else call, *columns], rows)


def _tabulate_grown(sizes: Sizes, figures: dict[str, Figures]) -> Table:
    rows = []
    for engine, title in _ENGINES.items():
        for call in ("submit", "fetch"):
            found = [figures[f"{engine} grown {call} {count}"] for count in sizes.grown]
            times = [f"{show_milliseconds(each['p50'])} (p99 {show_milliseconds(each['p99'])})" for each in found]
            rows.append([f"{title}, {call}", *times, f"× {found[-1]['p50'] / found[0]['p50']:.2f}"])
    return Table(["blocks stored, 4 clients", *(f"{count:,}" for count in sizes.grown), "last to first"], rows)


def _tabulate_upkeep(figures: dict[str, Figures]) -> Table:
    rows = []
    for engine, title in _ENGINES.items():
        for name in ("quiet", "rewrite", "expiry"):
            found = figures[f"{engine} {name}"]
            waits = [show_seconds(found[key]) for key in ("p50", "p99", "longest")]
            took = show_seconds(found["took"]) if name != "quiet" else "–"
            failed = f"{found['failed']:.0f} of {found['requests']:,.0f}"
            rows.append([f"{title}, {name}", took, f"{found['rate']:,.0f}", *waits, failed])
    return Table(["while posting goes on", "it took", "submissions a second", "p50", "p99", "longest", "failed"], rows)
