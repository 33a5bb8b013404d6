"""What in a story may tell who wrote it, from `content/identifying.toml`; the write page compares it there."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

from portal.site.content import read_document, read_full_line, read_values, refuse_twice

# Stands between two phrases in an attribute of the page.
_BETWEEN: Final = "|"


@dataclass(frozen=True)
class Phrases:
    """Phrases of one kind, each list as one text: found `any_case`, or only `as_written`."""

    any_case: str
    as_written: str


@dataclass(frozen=True)
class Identifying:
    """All kinds."""

    places: Phrases
    parties: Phrases
    functions: Phrases
    months: Phrases
    no_names: Phrases


def read_identifying(path: Path) -> Identifying:
    """Return the phrases, strictly read. Raises: BuildError."""
    names = [field.name for field in fields(Identifying)]
    document = read_document(path, set(names))
    return Identifying(**{name: _phrases(path, name, document.get(name)) for name in names})


def _phrases(path: Path, name: str, table: object) -> Phrases:
    values = read_values(f"{path.name}: {name}", table, Phrases, {"any_case": _lines, "as_written": _lines})
    found: Mapping[str, list[str]] = values
    refuse_twice(path, [phrase.lower() for phrases in found.values() for phrase in phrases])
    return Phrases(**{key: _BETWEEN.join(phrases) for key, phrases in found.items()})


def _lines(value: object) -> list[str]:
    phrases = [read_full_line(phrase) for phrase in value] if isinstance(value, list) else [""]
    if any(_BETWEEN in phrase or phrase != phrase.strip() or not phrase for phrase in phrases):
        raise ValueError(f"that must be a list of texts without {_BETWEEN}, or a space at their ends, is not")
    return phrases
