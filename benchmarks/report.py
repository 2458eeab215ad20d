"""Results as tables for people and as JSON for programs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Table:
    """A table of results: its title, the names of its columns, and rows of text."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)

    def add(self, row: tuple[str, ...]) -> None:
        """Add a row, with as many cells as there are columns."""
        self.rows.append(row)

    def text(self) -> str:
        """The table as people read it, and as Markdown has it."""
        widths = [max(map(len, cells)) for cells in zip(self.columns, *self.rows, strict=True)]
        lines = [_line(self.columns, widths), _line(["-" * width for width in widths], widths)]
        return "\n".join((f"\n{self.title}\n", *lines, *(_line(row, widths) for row in self.rows)))

    def data(self) -> dict[str, Any]:
        """The table as JSON has it."""
        return {"title": self.title, "rows": [dict(zip(self.columns, row, strict=True)) for row in self.rows]}


def _line(cells: Any, widths: list[int]) -> str:
    return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"


def whole(number: float) -> str:
    """A number without decimals."""
    return f"{number:,.0f}"
