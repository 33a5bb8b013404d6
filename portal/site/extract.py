"""Find the texts in `content/*.toml` for `make translations`: pybabel has no reader of TOML of its own."""

import tomllib
from collections.abc import Iterator, Mapping
from typing import IO, Any, Final

# Which keys of a table are texts for people, and which hold further tables; ids, numbers and sources are neither.
_TEXTS: Final = {
    "contacts": ("name", "what_for", "hours"),
    "questions": ("heading", "why", "choices"),
    "choices": ("label",),
}

# Line (unknown to tomllib), function, msgid, comments: what babel.messages.extract asks of an extractor.
Found = tuple[int, None, str, tuple[()]]


def extract_texts(file: IO[bytes], _keywords: object, _comment_tags: object, **_options: object) -> Iterator[Found]:
    """Yield every text that a page may show, in the order of the file."""
    document = tomllib.load(file)
    for name in ("contacts", "questions"):
        yield from _extract(name, document.get(name, []))


def _extract(name: str, tables: list[Mapping[str, Any]]) -> Iterator[Found]:
    for table in tables:
        for key in _TEXTS[name]:
            value = table[key]
            if key in _TEXTS:
                yield from _extract(key, value)
            elif value:
                yield 0, None, value, ()
