"""A hand-over on paper: what the record says, for whoever reads rather than checks. spec: Consent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import as_file, files
from typing import Final

from babel.dates import format_date
from fpdf import FPDF
from fpdf.fonts import TTFFont

from workstation.texts import language, locale
from workstation.texts import translate as _

_FONT: Final = "Source Sans Pro"
# In place of a character that the font has no picture of.
_LACKING: Final = "◊"
_BODY, _SMALL, _TITLE = 11.0, 9.0, 18.0
# Millimetres.
_MARGIN, _LINE, _SMALL_LINE, _LABEL_WIDTH = 25.0, 6.0, 4.5, 48.0


@dataclass(frozen=True, slots=True)
class Printed:
    """What stands on paper: days as YYYY-MM-DD, `key` the mailbox's verifying key in base64url."""

    text: str
    recipient: str
    until: str
    organisation: str
    by: str
    day: str
    key: str


def print_out(printed: Printed) -> bytes:
    """Return a PDF. Its only time is the day of the hand-over."""
    page = FPDF()
    page.set_margin(_MARGIN)
    page.set_auto_page_break(auto=True, margin=_MARGIN)
    day = datetime.fromisoformat(printed.day)
    page.set_creation_date(day.replace(tzinfo=UTC))
    page.set_title(_("Overdracht met toestemming"))
    page.set_lang(language())
    for style, name in (("", "Regular"), ("B", "Semibold")):
        with as_file(files("font_source_sans_pro") / "files" / f"SourceSansPro-{name}.ttf") as path:
            page.add_font(_FONT, style, path)
    page.add_page()
    page.set_font(_FONT, "B", _TITLE)
    page.multi_cell(0, 10, _("Overdracht met toestemming"), new_x="LMARGIN", new_y="NEXT")
    page.ln(4)
    for label, value in (
        (_("Voor"), printed.recipient),
        (_("Mag tot en met"), _say(printed.until)),
        (_("Overgedragen op"), _say(printed.day)),
        (_("Door"), printed.by),
        (_("Organisatie"), printed.organisation),
    ):
        page.set_font(_FONT, "B", _BODY)
        page.cell(_LABEL_WIDTH, _LINE, label)
        page.set_font(_FONT, "", _BODY)
        page.multi_cell(0, _LINE, _shown(page, value), align="L", new_x="LMARGIN", new_y="NEXT")
    page.ln(6)
    page.set_font(_FONT, "", _BODY)
    page.multi_cell(0, _LINE, _shown(page, printed.text), align="L", new_x="LMARGIN", new_y="NEXT")
    page.ln(8)
    page.set_font(_FONT, "", _SMALL)
    for sentence in _explain(printed, lacking=_LACKING in _shown(page, printed.text)):
        page.multi_cell(0, _SMALL_LINE, sentence, align="L", new_x="LMARGIN", new_y="NEXT")
        page.ln(1.5)
    return bytes(page.output())


def _say(day: str) -> str:
    return format_date(datetime.fromisoformat(day).date(), "d MMMM y", locale=locale())


def _shown(page: FPDF, text: str) -> str:
    """Return a text as the font can show it."""
    font = page.fonts[_FONT.lower()]
    assert isinstance(font, TTFFont), "it was added as one"
    return "".join(c if ord(c) in font.cmap or c == "\n" else _LACKING for c in text.replace("\t", "    "))


def _explain(printed: Printed, *, lacking: bool) -> list[str]:
    said = [
        _(
            "De melder is anoniem. De melder ging akkoord met precies deze tekst, voor deze ontvanger, tot en met deze "
            "dag. Dat akkoord is getekend met de sleutel van het postvak."
        ),
        _("Sleutel van de melder: %s") % printed.key,
        _(
            "De handtekening staat in overdracht.json. Controleer haar met: python3 controleer.py. Dat programma heeft "
            "alleen Python nodig."
        ),
    ]
    if lacking:
        said.append(_("Een teken dat dit blad niet kan tonen, staat hier als ◊. In overdracht.json staat het wel."))
    return said
