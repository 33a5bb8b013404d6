"""A small line plot as SVG: both axes may be logarithmic, and it is readable on white and on black.

Lines differ by their dashes and by what is written at their ends, not by colours.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

_WIDTH: Final = 640
_HEIGHT: Final = 320
_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 190, 30, 40
_STYLE: Final = """
svg { color: #222; background: #fff }
@media (prefers-color-scheme: dark) { svg { color: #ddd; background: #111 } }
text { fill: currentColor }
path { fill: none; stroke: currentColor; stroke-width: 1.5 }
.grid { stroke-width: 0.5; opacity: 0.4 }
"""
_DASHES: Final = ("none", "8 4", "2 3", "12 3 2 3", "5 5", "1 5")


@dataclass(frozen=True, slots=True)
class Plot:
    """Lines over the same positions; both axes are logarithmic, since what is measured spans powers of ten."""

    title: str
    along: str
    lines: Mapping[str, Sequence[tuple[float, float]]]

    def render(self) -> str:
        """Return it as SVG."""
        points = [point for line in self.lines.values() for point in line]
        across = _Axis([x for x, _ in points], _LEFT, _WIDTH - _RIGHT)
        upward = _Axis([y for _, y in points], _HEIGHT - _BOTTOM, _TOP)
        box = f'viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(self.title)}"'
        below = f'x="{(_LEFT + _WIDTH - _RIGHT) / 2}" y="{_HEIGHT - 6}" text-anchor="middle"'
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" {box} font-family="sans-serif" font-size="11">',
            f"<style>{_STYLE}</style>",
            f'<text x="{_LEFT}" y="16" font-size="13">{escape(self.title)}</text>',
            f"<text {below}>{escape(self.along)}</text>",
        ]
        for y in upward.ticks:
            at = upward.place(y)
            parts.append(f'<path class="grid" d="M{_LEFT} {at:.1f}H{_WIDTH - _RIGHT}"/>')
            parts.append(f'<text x="{_LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{y:,g}</text>')
        for x in sorted({x for x, _ in points}):
            at = across.place(x)
            parts.append(f'<text x="{at:.1f}" y="{_HEIGHT - _BOTTOM + 16}" text-anchor="middle">{x:,.0f}</text>')
        return "\n".join([*parts, *self._draw(across, upward), "</svg>\n"])

    def _draw(self, across: _Axis, upward: _Axis) -> list[str]:
        parts = []
        # Names are moved apart where lines end close to each other.
        floor = math.inf
        ends = sorted(self.lines, key=lambda name: self.lines[name][-1][1])
        for number, name in enumerate(ends):
            line = [(across.place(x), upward.place(y)) for x, y in self.lines[name]]
            path = "L".join(f"{x:.1f} {y:.1f}" for x, y in line)
            parts.append(f'<path d="M{path}" stroke-dasharray="{_DASHES[number % len(_DASHES)]}"/>')
            floor = min(line[-1][1] + 4, floor - 13)
            parts.append(f'<text x="{line[-1][0] + 8:.1f}" y="{floor:.1f}">{escape(name)}</text>')
        return parts


class _Axis:
    def __init__(self, values: Sequence[float], start: float, end: float) -> None:
        self._start, self._end = start, end
        first, last = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
        self._least, self._most = first, max(last, first + 1)
        self.ticks = [10.0**power for power in range(self._least, self._most + 1)]

    def place(self, value: float) -> float:
        part = (math.log10(value) - self._least) / (self._most - self._least)
        return self._start + part * (self._end - self._start)
