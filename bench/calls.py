"""One call at so many visitors at a time: how many a second, how long each waits, and next to it the two limits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bench.crew import Crew, Plan, muster
from bench.premises import Premises, earn_ticket
from bench.process import Figures
from bench.serving import Server, read_processor, serving
from portal import config as configuration
from portal.config import Config

# Two processes are enough to keep either server busy, and leave it what there is of two cores.
_LOADERS: Final = 2
_PATHS: Final = {
    "submit": "/api/v1/blocks",
    "fetch": "/api/v1/blocks/fetch",
    "index": "/api/v1/index",
    "intake": "/api/v1/intake",
}
_DONE: Final = frozenset({"200", "204"})


@dataclass(frozen=True)
class Stage:
    """A portal that can be started, and the database's own processes, if it has any."""

    premises: Premises
    path: Path
    present: Sequence[bytes] = ()
    list_database: Callable[[], list[int]] = field(default=list)

    @property
    def config(self) -> Config:
        """What the portal is told."""
        return configuration.load(self.path)

    @contextmanager
    def portal(self) -> Iterator[Server]:
        """Run the portal."""
        server = self.config.server
        with serving("portal serve", self.path, server.port, server.workers) as running:
            yield running

    @contextmanager
    def limit(self) -> Iterator[Server]:
        """Run the same server with nothing behind it."""
        server = self.config.server
        with serving("bench.answering", self.path, server.port, server.workers) as running:
            yield running

    @contextmanager
    def visitors(self, call: str, clients: int, requests: int, path: str | None = None) -> Iterator[Crew]:
        """Let visitors come in, who wait for the word."""
        loaders = min(_LOADERS, clients)
        plans = [
            {
                **self._plan(call, clients // loaders, requests // loaders),
                "path": path or _PATHS[call],
                **self._authorize(call, clients // loaders, requests // loaders),
            }
            for _unused in range(loaders)
        ]
        with muster("bench.load", plans) as crew:
            yield crew

    @contextmanager
    def engine(self, call: str, clients: int, requests: int) -> Iterator[Crew]:
        """Prepare the engine's own work, in as many processes and threads as the server would use for it."""
        server = self.config.server
        processes = min(server.workers, clients)
        threads = min(server.threads, clients // processes)
        plans = [self._plan(call, threads, requests // processes) for _unused in range(processes)]
        with muster("bench.engine", plans) as crew:
            yield crew

    def _plan(self, call: str, clients: int, requests: int) -> Plan:
        config = self.config
        present = [address.hex() for address in self.present]
        about = {"call": call, "clients": clients, "requests": requests, "present": present}
        return {**about, "port": config.server.port, "url": config.store.url}

    def _authorize(self, call: str, clients: int, requests: int) -> Plan:
        config = self.config
        uses = config.ticket.posts_per_ticket
        if call != "submit":
            # Whoever shows a courier's credential may ask as often as they like.
            return {"authorizations": [self.premises.courier] * clients, "uses": requests}
        count = requests // uses + clients
        return {"authorizations": [earn_ticket(config) for _unused in range(count)], "uses": uses}


def measure_call(stage: Stage, call: str, loads: Mapping[int, int], size: int) -> Iterator[tuple[int, Figures]]:
    """Measure one call, whose answer has `size` bytes, and its two limits: for clients at a time, so many requests."""
    limits = {}
    with stage.limit():
        for clients, requests in loads.items():
            with stage.visitors(call, clients, requests, f"/{size}") as crew:
                limits[clients] = {"http": summarise(crew.work())["rate"]}
    for clients, requests in loads.items():
        with stage.engine(call, clients, requests) as crew:
            limits[clients]["engine"] = summarise(crew.work())["rate"]
    with stage.portal() as server:
        for clients, requests in loads.items():
            yield clients, {**measure_alone(stage, server, call, clients, requests), **limits[clients], "size": size}


def measure_alone(stage: Stage, server: Server, call: str, clients: int, requests: int) -> Figures:
    """Measure one call at a portal that runs, with what it cost whom."""
    workers, others = server.workers, stage.list_database()
    with stage.visitors(call, clients, requests) as crew:
        before, database = read_processor(workers), read_processor(others)
        figures = summarise(crew.work())
        return {
            **figures,
            "server": read_processor(workers) - before,
            "database": read_processor(stage.list_database()) - database,
            "peak": server.read_peak(),
        }


def summarise(reports: Sequence[Mapping[str, Any]]) -> Figures:
    """Return what several processes saw, as one."""
    seconds = sorted(each for report in reports for each in report["seconds"])
    statuses: Counter[str] = Counter()
    for report in reports:
        statuses.update(report.get("statuses", {}))
    clock = max(report["ended"] for report in reports) - min(report["begun"] for report in reports)
    failed = sum(count for status, count in statuses.items() if status not in _DONE)
    return {
        "requests": len(seconds),
        "failed": failed,
        "seconds": clock,
        "rate": (len(seconds) - failed) / clock,
        "p50": _quantile(seconds, 0.5),
        "p99": _quantile(seconds, 0.99),
        "longest": seconds[-1] if seconds else 0.0,
        "load": sum(report.get("processor", 0.0) for report in reports),
    }


def _quantile(ordered: Sequence[float], part: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else 0.0
