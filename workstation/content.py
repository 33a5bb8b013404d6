"""What an editor keeps in `content/`: the word list and the questions."""

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


@dataclass(frozen=True, slots=True)
class Questions:
    """All questions of one version, by id."""

    version: int
    by_id: Mapping[str, Question]


@cache
def load_words() -> tuple[str, ...]:
    """Return the Dutch word list, in which fingerprints are read aloud."""
    return tuple((CONTENT / "words" / "nl.txt").read_text(encoding="utf-8").split())


@cache
def load_questions() -> Questions:
    """Return the questions that answers refer to."""
    fields = tomllib.loads((CONTENT / "questions.toml").read_text(encoding="utf-8"))
    by_id = {
        q["id"]: Question(q["heading"], {choice["id"]: choice["label"] for choice in q["choices"]})
        for q in fields["questions"]
    }
    return Questions(fields["version"], by_id)
