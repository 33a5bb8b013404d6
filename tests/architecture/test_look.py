"""Facts about the look that two stylesheets must share: the site's and the desk's."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
SHEETS = [ROOT / "web/style/look.css", ROOT / "templates/desk/static/style/look.css"]
COLOURS = ("paper", "sheet", "ink", "soft", "calm", "alarm")


def tokens(path: Path) -> list[dict[str, str]]:
    """Return the colours of a stylesheet, first for light and then for dark."""
    text = path.read_text()
    found = {name: re.findall(rf"--{name}: (#[0-9a-f]{{6}});", text)[:2] for name in COLOURS}
    return [{name: values[i] for name, values in found.items()} for i in (0, 1)]


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, contrast ratio."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_site_and_desk_share_their_colours() -> None:
    """One house, one hand: a colour that changes in one stylesheet changes in the other."""
    assert tokens(SHEETS[0]) == tokens(SHEETS[1])


@pytest.mark.parametrize(("mode", "name"), list(product((0, 1), ("ink", "soft", "calm", "alarm"))))
def test_text_on_paper_has_a_contrast_of_seven(mode: int, name: str) -> None:
    """WCAG's AAA, in light and dark; in light mode soft ink is for paper only, since on a sheet it has 6.3."""
    colours = tokens(SHEETS[0])[mode]
    assert contrast(colours[name], colours["paper"]) >= 7
    if (mode, name) != (0, "soft"):
        assert contrast(colours[name], colours["sheet"]) >= 7
