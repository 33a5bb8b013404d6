"""Render the people's pages, once for each language.

The msgids are Dutch; every folder in `content/translations` is a further language.
"""

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from babel import Locale, UnknownLocaleError
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError

from portal.errors import BuildError

# The language of the msgids, and of the page at /.
SOURCE_LANGUAGE: Final = "nl"
_START: Final = "start"


@dataclass(frozen=True)
class _Language:
    """A language of the site: `code` stands in paths, `tag` in lang attributes, `name` is its own name for itself."""

    code: str
    tag: str
    name: str
    catalogue: NullTranslations


def render(templates: Path, translations: Path, context: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Yield the path and the bytes of every page.

    A page is a template that neither begins with `_` nor is `base.html`. Its path is `<language>/<name>/index.html`;
    the start page is its language's `index.html`, and in the source language also the site's. Raises: BuildError.
    """
    names = sorted(path.stem for path in templates.glob("*.html") if path.name != "base.html" and path.name[0] != "_")
    if _START not in names:
        raise BuildError(f"{templates} holds no {_START}.html.")
    languages = _read_languages(translations)
    for language in languages:
        environment = _environment(templates, language.catalogue)
        others = [other for other in languages if other is not language]
        for name in names:
            also_in = [{"tag": o.tag, "name": o.name, "address": _address(o.code, name)} for o in others]
            own = {"lang": language.tag, "home": _address(language.code, _START), "page": name, "also_in": also_in}
            page = _render_page(environment, name, {**context, **own})
            yield f"{_address(language.code, name)[1:]}index.html", page
            if name == _START and language.code == SOURCE_LANGUAGE:
                yield "index.html", page


def _address(code: str, name: str) -> str:
    return f"/{code}/" if name == _START else f"/{code}/{name}/"


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


def _read_languages(translations: Path) -> list[_Language]:
    folders = sorted(path for path in translations.glob("*") if path.is_dir())
    source = _Language(SOURCE_LANGUAGE, SOURCE_LANGUAGE, _own_name(SOURCE_LANGUAGE), NullTranslations())
    return [source, *map(_read_language, folders)]


def _read_language(folder: Path) -> _Language:
    name = _own_name(folder.name)
    path = folder / "LC_MESSAGES" / "messages.po"
    try:
        with path.open("rb") as file:
            catalogue = read_po(file, locale=folder.name, abort_invalid=True)
    except (OSError, ValueError) as error:
        raise BuildError(f"The translation {path} cannot be read ({type(error).__name__}).") from None
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    # The catalogue's header may be narrower than the path: /en/ is British, so that days and numbers are written so.
    tag = str(catalogue.locale_identifier).replace("_", "-")
    return _Language(folder.name, tag, name, Translations(compiled))


def _own_name(code: str) -> str:
    try:
        return Locale.parse(code).get_display_name() or code
    except (UnknownLocaleError, ValueError):
        raise BuildError(f"The translation {code} is named after no known language; name its folder like en.") from None
