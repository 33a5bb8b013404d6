"""The catalogue: Dutch sentences are the msgids, other languages lie in `content/translations`."""

from __future__ import annotations

import os
from functools import cache
from typing import Final

from babel.support import NullTranslations, Translations

from workstation.content import CONTENT

LANGUAGE_VARIABLE: Final = "VERTROUWENSPOST_LANGUAGE"


@cache
def load(language: str) -> NullTranslations:
    """Return the catalogue of a language; where there is none, the Dutch msgids speak for themselves."""
    return Translations.load(CONTENT / "translations", [language])


def translate(text: str) -> str:
    """Return a sentence in the language of this process."""
    return load(os.environ.get(LANGUAGE_VARIABLE, "nl")).gettext(text)
