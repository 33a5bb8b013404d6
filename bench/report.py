"""Figures → tables, in the terminal and in a section of docs/PERFORMANCE.md. What stands around it is people's.

A section stands between the lines `<!-- bench NAME: … -->` and `<!-- end of NAME -->`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Table:
    """A table under its first line of column names; the first cell of a row says what it is."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]

    def render(self) -> str:
        """Return it as Markdown."""
        lines = [self.columns, ["---"] * len(self.columns), *self.rows]
        return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def render(tables: Iterable[Table]) -> str:
    """Return tables as Markdown."""
    return "\n\n".join(table.render() for table in tables)


def rewrite(path: Path, name: str, text: str) -> None:
    """Put a text between the marks of a bench. Raises LookupError if the file does not have them."""
    marked = re.compile(rf"(<!-- bench {name}: [^\n]*-->\n).*?(<!-- end of {name} -->)", re.DOTALL)
    document = path.read_text(encoding="utf-8")
    if len(marked.findall(document)) != 1:
        raise LookupError(f"{path} needs one section <!-- bench {name}: … --> … <!-- end of {name} -->")
    changed = marked.sub(lambda found: f"{found[1]}\n{text}\n\n{found[2]}", document)
    path.write_text(changed, encoding="utf-8")


def show_seconds(seconds: float) -> str:
    """Return seconds as a person reads them."""
    return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.0f} s"


def show_milliseconds(seconds: float) -> str:
    """Return a short time."""
    return f"{seconds * 1000:.2g} ms" if seconds < 0.1 else f"{seconds * 1000:.0f} ms"


def show_bytes(size: float) -> str:
    """Return a size in megabytes of 10⁶."""
    return f"{size / 1e6:.0f} MB"


def show_ratio(part: float, whole: float) -> str:
    """Return how much of the whole a part is."""
    return f"{part / whole:.0%}"
