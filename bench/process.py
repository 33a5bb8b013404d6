"""A measured process: begun afresh for one piece of work, so that nothing is warm and its memory is its own."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

# What one piece of work cost, by name; seconds, bytes and counts.
Figures = Mapping[str, float]


@dataclass(slots=True)
class Cost:
    """What a block of code took: seconds by the clock, and of the processor."""

    seconds: float = 0.0
    processor: float = 0.0


@contextmanager
def metered() -> Iterator[Cost]:
    """Measure a block; what it cost is known when it ends."""
    cost = Cost()
    start, processor = time.perf_counter(), time.process_time()
    yield cost
    cost.seconds, cost.processor = time.perf_counter() - start, time.process_time() - processor


def read_peak() -> int:
    """Return the most memory (bytes) that this process has held at a time, or since `reset_peak`.

    Not getrusage's figure: a new process begins that one with the memory of whoever started it.
    """
    found = re.search(r"^VmHWM:\s+(\d+) kB$", Path("/proc/self/status").read_text(encoding="ascii"), re.MULTILINE)
    assert found is not None, "Linux tells every process its peak"
    return int(found[1]) * 1024


def reset_peak() -> int:
    """Let the peak begin anew at what this process holds now; return that."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return read_peak()


def run(part: str, folder: Path, count: int = 0) -> Figures:
    """Let a new process measure one part (a name that `bench.part` knows). Raises CalledProcessError."""
    command = [sys.executable, "-m", "bench.part", part, str(folder), str(count)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)  # noqa: S603 - ourselves
    figures: Figures = json.loads(done.stdout)
    return figures


def best(runs: int, part: str, folder: Path, count: int = 0) -> Figures:
    """Return the figures of the quickest of several runs; ratios then are those of one and the same run."""
    found = []
    for _unused in range(runs):
        found.append(run(part, folder, count))
        # Whoever waits for minutes wants to see that something happens.
        print(f"{part} {folder.name}: {found[-1]['seconds']:.2f} s", file=sys.stderr)
    return min(found, key=lambda figures: figures["seconds"])
