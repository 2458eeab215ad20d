"""From figures to the places of bars, points and slices. Pure; a drawing holds numbers only, so that no style is needed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal

from runtime.pages.chart_view import Bar, ChartRow, Dot, Drawing, Slice

LINE = 46
"""The height of a bar with its words above it."""
LONGEST = 34
"""Letters of a label that have room beside a figure on a phone."""
PLOT = 160
LEFT, RIGHT, HIGH, LOW = 3.0, 97.0, 8.0, 92.0
CENTRE, RADIUS = 50.0, 48.0

Figures = Sequence[tuple[ChartRow, Decimal | None]]


def bars(figures: Figures) -> Drawing:
    """A bar per group, from zero to its figure."""
    low, high = _bounds([figure for _, figure in figures if figure is not None])
    drawn = []
    for number, (row, figure) in enumerate(figures):
        ends = sorted((_share(figure or Decimal(0), low, high), _share(Decimal(0), low, high)))
        drawn.append(Bar(row, _shortened(row.label), number * LINE, _hundredths(ends[0]), _hundredths(ends[1] - ends[0])))
    return Drawing(height=len(drawn) * LINE, bars=tuple(drawn), zero=_zero(low, high))


def line(figures: Figures) -> Drawing:
    """The points of a line in their order, evenly apart; those without a figure are left out."""
    low, high = _bounds([figure for _, figure in figures if figure is not None])
    last = max(1, len(figures) - 1)
    dots = []
    for number, (row, figure) in enumerate(figures):
        if figure is not None:
            x = (LEFT + RIGHT) / 2 if len(figures) == 1 else LEFT + (RIGHT - LEFT) * number / last
            y = LOW - (LOW - HIGH) * _share(figure, low, high) / 100
            dots.append(Dot(row, _hundredths(x), _hundredths(y)))
    zero = LOW - (LOW - HIGH) * _share(Decimal(0), low, high) / 100
    return Drawing(
        height=PLOT,
        dots=tuple(dots),
        points=" ".join(f"{dot.x},{dot.y}" for dot in dots),
        zero=_hundredths(zero),
        top=_shortened(figures[0][0].label) if figures else "",
        bottom=_shortened(figures[-1][0].label) if len(figures) > 1 else "",
    )


def pie(figures: Figures) -> Drawing:
    """A slice per group that has more than nothing."""
    parts = [(row, figure) for row, figure in figures if figure is not None and figure > 0]
    total = sum((figure for _, figure in parts), Decimal(0))
    slices, turned = [], Decimal(0)
    for row, figure in parts:
        path = "" if figure == total else _slice(float(turned / total), float((turned + figure) / total))
        slices.append(Slice(row, path))
        turned += figure
    return Drawing(slices=tuple(slices))


def _bounds(figures: Sequence[Decimal]) -> tuple[Decimal, Decimal]:
    """The smallest and the largest figure, zero among them."""
    return min((*figures, Decimal(0))), max((*figures, Decimal(0)))


def _share(figure: Decimal, low: Decimal, high: Decimal) -> float:
    """How far between the bounds a figure is, in hundredths."""
    return 0.0 if high == low else float((figure - low) / (high - low)) * 100


def _zero(low: Decimal, high: Decimal) -> str:
    return _hundredths(_share(Decimal(0), low, high)) if low < 0 else ""


def _hundredths(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _shortened(label: str) -> str:
    return label if len(label) <= LONGEST else f"{label[: LONGEST - 1].rstrip()}…"


def _slice(begin: float, end: float) -> str:
    x1, y1 = _around(begin)
    x2, y2 = _around(end)
    large = 1 if end - begin > 1 / 2 else 0
    return f"M{CENTRE:g} {CENTRE:g}L{x1} {y1}A{RADIUS:g} {RADIUS:g} 0 {large} 1 {x2} {y2}Z"


def _around(share: float) -> tuple[str, str]:
    angle = 2 * math.pi * share - math.pi / 2
    return _hundredths(CENTRE + RADIUS * math.cos(angle)), _hundredths(CENTRE + RADIUS * math.sin(angle))
