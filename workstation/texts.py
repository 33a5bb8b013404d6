"""The catalogue: Dutch sentences are the msgids, other languages lie in `content/translations`.

A command speaks the language of its environment. The desk chooses for each request; what is chosen holds for that
thread alone, so that two pages never wait for each other or mix.
"""

from __future__ import annotations

import io
import os
from contextvars import ContextVar
from functools import cache
from typing import Final

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

from workstation.content import CONTENT

LANGUAGE_VARIABLE: Final = "VERTROUWENSPOST_LANGUAGE"
# By the code that a person chooses: what a page says of itself. British, so that days are written as the British do.
LANGUAGES: Final = {"nl": "nl", "en": "en-GB"}
_chosen: ContextVar[str] = ContextVar("language", default="")


@cache
def load(language: str) -> NullTranslations:
    """Return the catalogue of a language; where there is none, the Dutch msgids speak for themselves."""
    path = CONTENT / "translations" / language / "LC_MESSAGES" / "messages.po"
    if not path.is_file():
        return NullTranslations()
    with path.open("rb") as file:
        catalogue = read_po(file, locale=language, abort_invalid=True)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)


def choose(language: str) -> None:
    """Speak this language from here on, in this thread; "" leaves it to the environment again."""
    _chosen.set(language)


def language() -> str:
    """Return what is spoken here: what was chosen, else what the environment wants, else Dutch."""
    found = _chosen.get() or os.environ.get(LANGUAGE_VARIABLE, "")
    return found if found in LANGUAGES else "nl"


def locale() -> str:
    """Return the language as Babel names it, for days and numbers."""
    return LANGUAGES[language()].replace("-", "_")


def translate(text: str) -> str:
    """Return a sentence in the language that is spoken here."""
    return load(language()).gettext(text)


def translate_plural(one: str, many: str, count: int) -> str:
    """Return the sentence that fits a count, in the language that is spoken here."""
    return load(language()).ngettext(one, many, count)
