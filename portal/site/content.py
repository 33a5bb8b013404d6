"""Read what an editor writes in `content/`: strictly, so that a slip is found when building and not by a reader."""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

from crypto.encoding import check_slug
from crypto.errors import MalformedError
from portal.errors import BuildError


@dataclass(frozen=True)
class Contact:
    """A telephone number and how far it can be trusted; `tel` is what a telephone dials."""

    key: str
    name: str
    what_for: str
    number: str
    tel: str
    hours: str
    source: str
    verified_on: date
    expires_on: date


@dataclass(frozen=True)
class Choice:
    """One answer that can be chosen; only its `id` travels."""

    id: str
    label: str


@dataclass(frozen=True)
class Question:
    """One question of the intake; `kind` is "one" (choice) or "several"."""

    id: str
    heading: str
    why: str
    kind: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class Questions:
    """All questions; `version` says which wording an answer was given to."""

    version: int
    questions: tuple[Question, ...]


def read_contacts(path: Path, on: date) -> list[Contact]:
    """Return the contacts that may be shown on the day `on`, in the order of the file.

    Numbers under [[held_back]] are never shown, and neither is one whose `expires_on` has passed: a wrong number is
    worse than none. Raises: BuildError.
    """
    document = _read(path, {"contacts", "held_back"})
    contacts = [_contact(f"{path.name}: contact {n}", table) for n, table in _numbered(path, document, "contacts")]
    _refuse_twice(path, [contact.key for contact in contacts])
    return [contact for contact in contacts if on <= contact.expires_on]


def read_questions(path: Path) -> Questions:
    """Return the questions of the intake. Raises: BuildError."""
    document = _read(path, {"version", "questions"})
    version = document.get("version")
    if not isinstance(version, int) or version < 1:
        raise BuildError(f"{path.name}: version is missing, or not a whole number from 1; add `version = 1`.")
    questions = tuple(_question(f"{path.name}: question {n}", t) for n, t in _numbered(path, document, "questions"))
    _refuse_twice(path, [question.id for question in questions])
    return Questions(version, questions)


def _contact(where: str, table: Mapping[str, object]) -> Contact:
    readers = {"verified_on": _day, "expires_on": _day, "hours": _text, "key": _slug}
    contact = Contact(**_values(where, table, Contact, readers))
    if contact.expires_on <= contact.verified_on:
        raise BuildError(f"{where} ({contact.key}): expires_on must come after verified_on.")
    return contact


def _question(where: str, table: Mapping[str, object]) -> Question:
    def choices(value: object) -> tuple[Choice, ...]:
        if not isinstance(value, list) or not value:
            raise ValueError("must be a list of choices")
        return tuple(
            Choice(**_values(f"{where}, choice {n}", c, Choice, {"id": _slug})) for n, c in enumerate(value, 1)
        )

    question = Question(**_values(where, table, Question, {"id": _slug, "kind": _kind, "choices": choices}))
    if len({choice.id for choice in question.choices}) < len(question.choices):
        raise BuildError(f"{where} ({question.id}): two choices have the same id.")
    return question


def _values(where: str, table: object, shape: type, readers: Mapping[str, Callable[[object], Any]]) -> dict[str, Any]:
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
    try:
        return {name: readers.get(name, _full_text)(table[name]) for name in names}
    except ValueError as error:
        raise BuildError(f"{where}: a value {error}.") from None


def _read(path: Path, known: set[str]) -> Mapping[str, object]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BuildError(f"{path} cannot be read: {error}.") from None
    for name in sorted(set(document) - known):
        raise BuildError(
            f"{path.name}: {name} is unknown; remove it, or correct it to one of {', '.join(sorted(known))}."
        )
    return document


def _numbered(path: Path, document: Mapping[str, object], name: str) -> Sequence[tuple[int, Mapping[str, object]]]:
    tables = document.get(name)
    if not isinstance(tables, list) or not tables:
        raise BuildError(f"{path.name} holds no [[{name}]]; a site without them is not built.")
    return list(enumerate(tables, 1))


def _refuse_twice(path: Path, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise BuildError(f"{path.name}: {name} stands there twice.")


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.isprintable():
        raise ValueError("that must be text of one line is not")
    return value


def _full_text(value: object) -> str:
    text = _text(value)
    if not text.strip():
        raise ValueError("that must be text is empty")
    return text


def _slug(value: object) -> str:
    try:
        return check_slug(value)
    except MalformedError:
        raise ValueError("that must be an id is not 1 to 32 of a-z, 0-9 and -") from None


def _kind(value: object) -> str:
    if value not in ("one", "several"):
        raise ValueError('of kind must be "one" or "several"')
    return str(value)


def _day(value: object) -> date:
    # A datetime is a date to Python; TOML's own dates are plain.
    if type(value) is not date:
        raise ValueError("that must be a day is not written as 2026-11-30, without quotes")
    return value
