"""What an editor keeps in `content/`: the word list, the questions, and beginnings of answers."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
CONTENT: Final = ROOT / "content"


@dataclass(frozen=True, slots=True)
class Question:
    """A question of the intake, as it was put to the reporter."""

    heading: str
    choices: Mapping[str, str]


# All questions of one version, by id.
Questions = Mapping[str, Question]


@dataclass(frozen=True, slots=True)
class Reply:
    """The beginning of an answer, for a counsellor to change."""

    title: str
    text: str


@cache
def load_replies() -> Mapping[str, Mapping[str, Reply]]:
    """Return the beginnings of answers by language and id, in their order: each is for reporters, in their language."""
    return {path.stem: _read_replies(path) for path in sorted((CONTENT / "replies").glob("*.toml"), reverse=True)}


@cache
def load_words() -> tuple[str, ...]:
    """Return the Dutch word list, in which fingerprints are read aloud."""
    return tuple((CONTENT / "words" / "nl.txt").read_text(encoding="utf-8").split())


@cache
def load_questions() -> Mapping[int, Questions]:
    """Return the questions by version: answers refer to the one that they were given to."""
    return {int(path.stem): _read_questions(path) for path in sorted((CONTENT / "questions").glob("*.toml"))}


def _read_questions(path: Path) -> Questions:
    fields = tomllib.loads(path.read_text(encoding="utf-8"))
    return {
        q["id"]: Question(q["heading"], {choice["id"]: choice["label"] for choice in q["choices"]})
        for q in fields["questions"]
    }


def _read_replies(path: Path) -> Mapping[str, Reply]:
    fields = tomllib.loads(path.read_text(encoding="utf-8"))
    return {each["id"]: Reply(each["title"], each["text"].strip()) for each in fields["replies"]}
