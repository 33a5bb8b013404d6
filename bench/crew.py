"""Processes that do the same work at the same time: prepared one by one, then all begun together.

`muster` is for whoever measures; `serve` is what each process runs. A plan goes in as a line of JSON, the figures come
out as one. Between the two, a line each: "ready" and "go".
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

Plan = Mapping[str, Any]


@dataclass
class Crew:
    """Processes that wait for the word."""

    processes: Sequence[subprocess.Popen[str]]

    def go(self) -> None:
        """Let all begin."""
        for process in self.processes:
            _say(process, "go")

    def stop(self) -> None:
        """Let whoever works until told otherwise come to an end."""
        for process in self.processes:
            _say(process, "stop")

    def report(self) -> list[dict[str, Any]]:
        """Wait until all have done their work; return what each has to say. Raises RuntimeError."""
        reports = []
        for process in self.processes:
            assert process.stdout is not None, "it was begun with a pipe"
            line = process.stdout.readline()
            if not line:
                raise RuntimeError("A process of the bench ended without its figures; what it said stands above.")
            reports.append(json.loads(line))
        return reports

    def work(self) -> list[dict[str, Any]]:
        """Let all begin, and wait for what each has to say."""
        self.go()
        return self.report()


@contextmanager
def muster(module: str, plans: Sequence[Plan]) -> Iterator[Crew]:
    """Begin a process for each plan and wait until all are ready."""
    command = [sys.executable, "-m", module]
    processes = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603 - ourselves
        for _plan in plans
    ]
    crew = Crew(processes)
    try:
        for process, plan in zip(processes, plans, strict=True):
            _say(process, json.dumps(plan))
        for process in processes:
            assert process.stdout is not None, "it was begun with a pipe"
            if process.stdout.readline() != "ready\n":
                raise RuntimeError("A process of the bench could not begin; what it said stands above.")
        yield crew
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def serve(prepare: Callable[[Plan], Callable[[], Plan]]) -> None:
    """Read a plan, prepare for it, wait for the word, work, and write the figures."""
    work = prepare(json.loads(sys.stdin.readline()))
    print("ready", flush=True)
    if sys.stdin.readline() == "go\n":
        print(json.dumps(work()), flush=True)


def _say(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdin is not None, "it was begun with a pipe"
    process.stdin.write(f"{line}\n")
    process.stdin.flush()
