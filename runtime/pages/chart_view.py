"""What the theme is given of charts: figures as texts, and the places of what is drawn of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ChartRow:
    """A group: what it is called, its figure, the address of its rows or none, and the number of its colour."""

    label: str
    value: str
    url: str = ""
    series: int = 1


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar: how far down its line begins, where the bar begins and how long it is, in hundredths of the width."""

    row: ChartRow
    label: str
    top: int
    x: str
    width: str


@dataclass(frozen=True, slots=True)
class Dot:
    """A point of a line, in hundredths of the width and of the height."""

    row: ChartRow
    x: str
    y: str


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a pie: the path around it, or "" for the whole of it."""

    row: ChartRow
    path: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """What is drawn: bars, or the dots of a line with the `points` that it joins and its ends in words, or slices.

    `zero` is where nothing would be, in hundredths; empty where that is at the edge.
    """

    height: int = 0
    bars: tuple[Bar, ...] = ()
    dots: tuple[Dot, ...] = ()
    points: str = ""
    zero: str = ""
    top: str = ""
    bottom: str = ""
    slices: tuple[Slice, ...] = ()


@dataclass(frozen=True, slots=True)
class ChartView:
    """A chart. `figure` is that of a number; `say` stands in the place of everything where there is nothing to show.

    `group` and `value` are the headings of the table, `described` is for those who cannot see the drawing, and `url` is where
    all rows are.
    """

    id: str
    label: str
    type: str
    text: str = ""
    say: str = ""
    figure: str = ""
    group: str = ""
    value: str = ""
    described: str = ""
    url: str = ""
    rows: tuple[ChartRow, ...] = ()
    drawing: Drawing = Drawing()

    @property
    def linked(self) -> bool:
        """Whether a group leads to its rows."""
        return any(row.url for row in self.rows)


@dataclass(frozen=True, slots=True)
class ChartsView:
    """Charts beside each other."""

    id: str
    charts: tuple[ChartView, ...]
    heading: str = ""
