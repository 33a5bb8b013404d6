"""The questions of the intake, from `content/questions/`: one file for each version that was ever put to people."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from portal.errors import BuildError
from portal.site.content import read_document, read_slug, read_tables, read_values, refuse_twice

# Steps of the write page that a choice may lead to at once; its template has one for each.
_THEN: Final = ("danger", "device")


@dataclass(frozen=True)
class Choice:
    """One answer that can be chosen; only its `id` travels. `then` names the step that follows it at once, or is ""."""

    id: str
    label: str
    then: str


@dataclass(frozen=True)
class Question:
    """One question of the intake; `kind` is "one" (choice) or "several"."""

    id: str
    heading: str
    why: str
    kind: str
    choices: tuple[Choice, ...]

    @property
    def comes_first(self) -> bool:
        """Whether a choice leads to a step of its own: such a question is put before anything else."""
        return any(choice.then for choice in self.choices)


@dataclass(frozen=True)
class Questions:
    """All questions; `version` says which wording an answer was given to."""

    version: int
    questions: tuple[Question, ...]


def read_questions(folder: Path) -> tuple[Questions, ...]:
    """Return every version of the questions, the one that is put now last.

    An answer names the version it was given to, so no version that people have answered may ever be changed or removed;
    the files are `1.toml`, `2.toml` and so on. Raises: BuildError.
    """
    paths = sorted(folder.glob("*.toml"), key=lambda path: (len(path.name), path.name))
    if [path.name for path in paths] != [f"{n}.toml" for n in range(1, len(paths) + 1)] or not paths:
        raise BuildError(f"{folder} must hold 1.toml, 2.toml and so on, without a gap: every version of the questions.")
    return tuple(_read_version(path, version) for version, path in enumerate(paths, 1))


def _read_version(path: Path, version: int) -> Questions:
    document = read_document(path, {"questions"})
    questions = tuple(_question(f"{path.name}: question {n}", t) for n, t in read_tables(path, document, "questions"))
    refuse_twice(path, [question.id for question in questions])
    return Questions(version, questions)


def _question(where: str, table: Mapping[str, object]) -> Question:
    def choices(value: object) -> tuple[Choice, ...]:
        if not isinstance(value, list) or not value:
            raise ValueError("must be a list of choices")
        return tuple(_choice(f"{where}, choice {n}", c) for n, c in enumerate(value, 1))

    question = Question(**read_values(where, table, Question, {"id": read_slug, "kind": _kind, "choices": choices}))
    if len({choice.id for choice in question.choices}) < len(question.choices):
        raise BuildError(f"{where} ({question.id}): two choices have the same id.")
    return question


def _choice(where: str, table: object) -> Choice:
    # The one key that may be missing: most choices lead nowhere.
    whole = {"then": "", **table} if isinstance(table, dict) else table
    return Choice(**read_values(where, whole, Choice, {"id": read_slug, "then": _then}))


def _then(value: object) -> str:
    if value not in ("", *_THEN):
        raise ValueError(f"of then must be one of {', '.join(_THEN)}")
    return str(value)


def _kind(value: object) -> str:
    if value not in ("one", "several"):
        raise ValueError('of kind must be "one" or "several"')
    return str(value)
