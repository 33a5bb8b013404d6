"""The workstation: how long until the inbox can be used, and how many blocks it opens in a second."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from bench.organisation import CHEAP, fill_archive, found
from bench.process import Figures, best
from bench.report import Table, show_bytes, show_milliseconds, show_ratio, show_seconds
from workstation.keyring.sealing import COST, Cost


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured; a conversation has ten messages. Of several `runs` the quickest counts."""

    conversations: Sequence[int]
    strangers: int
    letters: int
    runs: int
    cost: Cost


FULL: Final = Sizes(conversations=(100, 1_000), strangers=200, letters=100, runs=3, cost=COST)
# Shows that everything here works; its figures say nothing.
QUICK: Final = Sizes(conversations=(2,), strangers=2, letters=2, runs=1, cost=CHEAP)


def measure(sizes: Sizes) -> dict[str, Figures]:
    """Prepare organisations, measure each part, and return its figures by name."""
    figures: dict[str, Figures] = {}
    with TemporaryDirectory(prefix="bench-") as temporary:
        for count in sizes.conversations:
            folder = Path(temporary) / str(count)
            fill_archive(found(folder, sizes.cost), count)
            for part in ("unlocking", "archive"):
                figures[f"{part} {count}"] = best(sizes.runs, part, folder)
        for part, blocks in (("strangers", sizes.strangers), ("letters", sizes.letters)):
            folder = Path(temporary) / part
            found(folder, CHEAP)
            figures[part] = best(sizes.runs, part, folder, blocks)
    return figures


def tabulate(sizes: Sizes, figures: dict[str, Figures]) -> list[Table]:
    """Return the tables of these figures."""
    columns = [
        (figures[f"unlocking {count}"], figures[f"archive {count}"], f"{count * 10:,} messages")
        for count in sizes.conversations
    ]
    unlocking = Table(
        ["unlocking", *(f"{title}, {archive['files']:,.0f} files" for _, archive, title in columns)],
        [
            ["pass phrase → inbox on the page", *(show_seconds(each["seconds"]) for each, _, _ in columns)],
            ["– of it, the processor", *(show_seconds(each["processor"]) for each, _, _ in columns)],
            ["the keyring alone (Argon2id)", *(show_seconds(each["keyring"]) for _, each, _ in columns)],
            ["the archive alone", *(show_seconds(each["seconds"]) for _, each, _ in columns)],
            ["the inbox once more", *(show_seconds(each["again"]) for each, _, _ in columns)],
            ["its size", *(f"{each['page_size'] / 1e3:.0f} kB" for each, _, _ in columns)],
            ["peak of memory, with Argon2id", *(show_bytes(each["peak"]) for each, _, _ in columns)],
            ["– of it, before anything was opened", *(show_bytes(each["imported"]) for each, _, _ in columns)],
            ["what the open archive takes", *(show_bytes(each["held"]) for _, each, _ in columns)],
        ],
    )
    return [unlocking, _tabulate_rates(figures, [(archive, title) for _, archive, title in columns])]


def draw(_sizes: Sizes, _figures: dict[str, Figures]) -> dict[str, str]:
    """Return no plots: two sizes make no line."""
    return {}


def _tabulate_rates(figures: dict[str, Figures], archives: Sequence[tuple[Figures, str]]) -> Table:
    strangers, letters = figures["strangers"], figures["letters"]
    rows = [
        *(_compare(f"files of the archive, {title}", each["files"], each) for each, title in archives),
        _compare(f"blocks for others, each tried with {strangers['cards']:.0f} cards", strangers["blocks"], strangers),
        _compare("first letters: opened, kept, told to colleagues", letters["blocks"], letters),
    ]
    return Table(["opening", "by the clock", "the processor", "the library alone", "ratio"], rows)


def _compare(title: str, count: float, figures: Figures) -> list[str]:
    rates = (_show_rate(figures[name], count) for name in ("seconds", "processor", "limit"))
    return [title, *rates, show_ratio(figures["limit"], figures["processor"])]


def _show_rate(seconds: float, count: float) -> str:
    return f"{show_milliseconds(seconds / count)} each, {count / seconds:,.0f} a second"
