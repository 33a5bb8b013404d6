"""How a ceremony tells what it did: Gedaan, Controleer, Daarna. The last one is a command to copy."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from pathlib import Path

from workstation.texts import translate as _

Lines = list[str]


def guide(done: Iterable[str], check: Iterable[str], then: Iterable[str]) -> Lines:
    """Return the three parts that every ceremony has, each under its heading."""
    parts = ((_("Gedaan"), done), (_("Controleer"), check), (_("Daarna"), then))
    return [line for heading, lines in parts for line in (heading, *(f"  {each}" for each in lines), "")][:-1]


def value(text: str) -> str:
    """Return what is compared or copied, on a line of its own."""
    return "  " + text


def words(eight: Iterable[str]) -> str:
    """Return eight words to read aloud, on a line of their own."""
    return value(" ".join(eight))


def command(*parts: str | Path) -> str:
    """Return a command that can be copied; paths are quoted where a shell needs it, text stands as it is."""
    typed = (part if isinstance(part, str) else shlex.quote(str(part)) for part in parts)
    return value(" ".join(("python -m workstation", *typed)))
