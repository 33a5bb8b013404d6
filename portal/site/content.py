"""Read what an editor writes in `content/`: strictly, so that a slip is found when building and not by a reader."""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

from crypto.encoding import check_slug
from crypto.errors import MalformedError
from portal.errors import BuildError


def read_values(
    where: str, table: object, shape: type, readers: Mapping[str, Callable[[object], Any]]
) -> dict[str, Any]:
    """Return a table as the values of a dataclass, each read by its reader (text of one line where there is none).

    Keys must be exactly the fields. Raises: BuildError, which begins with `where`.
    """
    names = [field.name for field in fields(shape)]
    if not isinstance(table, dict):
        raise BuildError(f"{where} must be a table with the keys {', '.join(names)}.")
    for name in sorted(set(names) ^ set(table)):
        fix = (
            "is missing; add it"
            if name in names
            else f"is unknown; remove it, or correct it to one of {', '.join(names)}"
        )
        raise BuildError(f"{where}: {name} {fix}.")
    return {name: _read_value(f"{where}: {name}", table[name], readers.get(name, read_full_line)) for name in names}


def _read_value(where: str, value: object, read: Callable[[object], Any]) -> object:
    try:
        return read(value)
    except ValueError as error:
        raise BuildError(f"{where}: a value {error}.") from None


def read_document(path: Path, known: set[str]) -> Mapping[str, object]:
    """Return a TOML file whose top level holds no other names than `known`. Raises: BuildError."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BuildError(f"{path} cannot be read: {error}.") from None
    for name in sorted(set(document) - known):
        raise BuildError(
            f"{path.name}: {name} is unknown; remove it, or correct it to one of {', '.join(sorted(known))}."
        )
    return document


def read_tables(path: Path, document: Mapping[str, object], name: str) -> Sequence[tuple[int, Mapping[str, object]]]:
    """Return the tables of this name, at least one, counted from 1. Raises: BuildError."""
    tables = document.get(name)
    if not isinstance(tables, list) or not tables:
        raise BuildError(f"{path.name} holds no [[{name}]]; a site without them is not built.")
    return list(enumerate(tables, 1))


def refuse_twice(path: Path, names: list[str]) -> None:
    """Refuse a name that stands there twice. Raises: BuildError."""
    for name in names:
        if names.count(name) > 1:
            raise BuildError(f"{path.name}: {name} stands there twice.")


def read_line(value: object) -> str:
    """Return text of one line, perhaps empty. Raises: ValueError, whose text goes on after "a value"."""
    if not isinstance(value, str) or not value.isprintable():
        raise ValueError("that must be text of one line is not")
    return value


def read_full_line(value: object) -> str:
    """Return text of one line that says something. Raises: ValueError."""
    text = read_line(value)
    if not text.strip():
        raise ValueError("that must be text is empty")
    return text


def read_slug(value: object) -> str:
    """Return an id. Raises: ValueError."""
    try:
        return check_slug(value)
    except MalformedError:
        raise ValueError("that must be an id is not 1 to 32 of a-z, 0-9 and -") from None


def read_day(value: object) -> date:
    """Return a day. Raises: ValueError."""
    # A datetime is a date to Python; TOML's own dates are plain.
    if type(value) is not date:
        raise ValueError("that must be a day is not written as 2026-11-30, without quotes")
    return value
