"""What was refused: it waits in memory for the next page of its own conversation, and is shown there once.

No other page takes it, not one in a second window either. Locking forgets it, with the session; the words of it are a
draft besides.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from flask import session

# The answer, the case beside it, or the question whether a text may be handed over.
Form = Literal["answer", "case", "handover"]


@dataclass(frozen=True, slots=True)
class Refused:
    """What was typed, by field, and the sentence that says why it was not taken."""

    typed: Mapping[str, object]
    error: str


def put_aside(form: Form, name: str, refused: Refused) -> None:
    """Let it wait for the next page of the conversation of this name."""
    session["refused"] = {**session.get("refused", {}), (form, name): refused}


def take_up(form: Form, name: str) -> Refused | None:
    """Return what waits for this page, if anything does; it waits no longer."""
    waiting = dict(session.get("refused", {}))
    found: Refused | None = waiting.pop((form, name), None)
    session["refused"] = waiting
    return found


def forget_gone(names: Collection[str]) -> None:
    """Forget what waits for a conversation that is not there any more: it was withdrawn, or its time was over."""
    waiting = session.get("refused", {})
    session["refused"] = {key: refused for key, refused in waiting.items() if key[1] in names}
