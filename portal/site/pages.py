"""Render the people's pages, once for each language."""

import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError

from portal.errors import BuildError

# The first is the language of the message ids, and of the page at /.
LANGUAGES: Final = ("nl",)
_START: Final = "start"


def render(templates: Path, translations: Path, context: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Yield the path and the bytes of every page.

    A page is a template that neither begins with `_` nor is `base.html`. Its path is `<language>/<name>/index.html`;
    the start page is its language's `index.html`, and in the first language also the site's. Raises: BuildError.
    """
    names = sorted(path.stem for path in templates.glob("*.html") if path.name != "base.html" and path.name[0] != "_")
    if _START not in names:
        raise BuildError(f"{templates} holds no {_START}.html.")
    for language in LANGUAGES:
        environment = _environment(templates, _catalogue(translations, language))
        for name in names:
            page = _render_page(environment, name, {**context, "lang": language, "page": name})
            yield f"{language}/index.html" if name == _START else f"{language}/{name}/index.html", page
            if name == _START and language == LANGUAGES[0]:
                yield "index.html", page


def _render_page(environment: Environment, name: str, context: Mapping[str, Any]) -> bytes:
    try:
        return environment.get_template(f"{name}.html").render(context).encode()
    except TemplateError as error:
        raise BuildError(f"The page {name} cannot be rendered: {error}.") from None


def _environment(templates: Path, catalogue: NullTranslations) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(templates),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    # newstyle: what is filled into a translated text is escaped like everything else.
    environment.install_gettext_translations(catalogue, newstyle=True)  # type: ignore[attr-defined]
    return environment


def _catalogue(translations: Path, language: str) -> NullTranslations:
    if language == LANGUAGES[0]:
        return NullTranslations()
    path = translations / language / "LC_MESSAGES" / "messages.po"
    try:
        with path.open("rb") as file:
            catalogue = read_po(file, locale=language, abort_invalid=True)
    except (OSError, ValueError) as error:
        raise BuildError(f"The translation {path} cannot be read ({type(error).__name__}).") from None
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)
