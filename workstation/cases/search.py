"""Words → the conversations in which they stand. Everything is in memory, and nothing is kept of a search."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from workstation.cases.inbox import Conversation

_BEFORE: Final = 30
_LENGTH: Final = 110


@dataclass(frozen=True, slots=True)
class Found:
    """A conversation in which all words stand, and the place of the first of them, on one line."""

    conversation: Conversation
    excerpt: str


def search(conversations: Iterable[Conversation], words: str) -> list[Found]:
    """Return the conversations that hold each of these words, however they are accented or capitalised.

    Searched are letters, gists, summaries, notes and labels, the newest first; nothing where there is no word.
    """
    wanted = fold(words).split()
    if not wanted:
        return []
    found = []
    for conversation in conversations:
        texts = list(_list_texts(conversation))
        folded = [fold(text) for text in texts]
        if all(any(word in text for text in folded) for word in wanted):
            index = max(i for i, text in enumerate(folded) if wanted[0] in text)
            found.append(Found(conversation, _cut(texts[index], wanted[0])))
    return found


def fold(text: str) -> str:
    """Return a text as it is compared: without accents and capitals."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()


def _list_texts(conversation: Conversation) -> Iterator[str]:
    yield from conversation.state.labels
    yield conversation.agreed.summary
    for letter in conversation.letters:
        if letter.messages[0].payload.kind == "copy":
            # It is found where it was written.
            continue
        yield letter.messages[0].payload.body.gist
        yield letter.text
    for note in conversation.state.notes:
        yield note.text


def _cut(text: str, word: str) -> str:
    line = " ".join(text.split())
    at = _find(line, word)
    start = max(0, at - _BEFORE)
    if start:
        start = line.find(" ", start) + 1 if " " in line[start:at] else start
    cut = line[start : start + _LENGTH]
    return ("… " if start else "") + cut + (" …" if start + _LENGTH < len(line) else "")


def _find(line: str, word: str) -> int:
    """Return the place in a line of a folded word that stands in it."""
    folded = fold(line)
    at = folded.find(word)
    if len(folded) == len(line):
        return at
    # A letter may fold into several, and an accent into nothing.
    return bisect_right(list(accumulate(len(fold(letter)) for letter in line)), at)
