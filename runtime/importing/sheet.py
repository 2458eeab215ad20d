"""The rows of a sheet and the strings of a workbook, put together as the tags of their XML come by."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any

from runtime.forms.numbers import plain
from runtime.forms.parse import Manner
from runtime.importing.grid import MOST_COLUMNS, Line, NotReadable

LONGEST_NUMBER = 400
MOST_NUMBERS = 5000
"""How many numbers and days of a sheet are remembered with their texts."""
LETTERS = 26
DIGITS = "0123456789"
LAST_ROW = 1_048_576
MIDNIGHT = dt.time()


class Told:
    """The text of a string: that of its parts, without what tells how it is pronounced."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Begin another."""
        self._pieces: list[str] = []
        self._taking = False
        self._aside = False

    def start(self, tag: str) -> None:
        """A tag within it begins."""
        if tag == "rPh":
            self._aside = True
        self._taking = tag == "t" and not self._aside

    def end(self, tag: str) -> None:
        """A tag within it ends."""
        self._taking = False
        if tag == "rPh":
            self._aside = False

    def text(self, letters: str) -> None:
        """Some letters."""
        if self._taking:
            self._pieces.append(letters)

    def whole(self) -> str:
        """The text so far."""
        return "".join(self._pieces)


@dataclass(frozen=True, slots=True)
class Cells:
    """How what stands in cells is read: the shared strings, the styles of dates, and when days begin."""

    strings: list[str]
    dates: Mapping[int, bool]
    day: Callable[..., Any]

    def value(self, kind: str, style: str, written: str, told: str) -> Any:
        """The value of a cell."""
        if kind == "inlineStr":
            return told
        if not written:
            return None
        match kind:
            case "s":
                number = int(written)
                return self.strings[number] if number >= 0 else None
            case "b":
                return written.strip() not in ("0", "false")
            case "d":
                return dt.datetime.fromisoformat(written).replace(tzinfo=None)
            case "n":
                return self._number(int(style) if style else 0, written)
        return written

    def _number(self, style: int, written: str) -> Any:
        if len(written) > LONGEST_NUMBER:
            raise ValueError
        number = int(written) if written.isdecimal() else float(written)
        if style not in self.dates:
            return number
        try:
            return self.day(number, timedelta=self.dates[style])
        except (OverflowError, ValueError):  # no day that there is
            return "#VALUE!"


@dataclass(slots=True)
class Sheet:
    """The rows of a sheet, as its tags come by."""

    cells: Cells
    manner: Manner
    over: bool = False
    count: int = 0
    _lines: list[Line] = field(default_factory=list)
    _row: list[str] = field(default_factory=list)
    _number: int = 0
    _column: int = 0
    _kind: str = ""
    _style: str = ""
    _written: list[str] = field(default_factory=list)
    _told: Told = field(default_factory=Told)
    _value: bool = False
    _numbers: dict[tuple[str, str], str] = field(default_factory=dict)

    def start(self, tag: str, given: Mapping[str, str]) -> None:
        """A tag begins."""
        match tag:
            case "v":
                self._value = True
            case "row":
                number = int(given.get("r", self._number + 1))
                if not self._number < number <= LAST_ROW:
                    raise NotReadable("import.not_readable")
                self._number, self._column, self._row = number, 0, []
            case "c":
                column = _column(given["r"].rstrip(DIGITS)) if "r" in given else self._column + 1
                if column <= self._column:
                    raise NotReadable("import.not_readable")
                self._column, self._kind, self._style = column, given.get("t", "n"), given.get("s", "")
                self._written, self._value = [], False
                self._told.clear()
            case _:
                self._told.start(tag)

    def text(self, letters: str) -> None:
        """Some letters."""
        if self._value:
            self._written.append(letters)
        else:
            self._told.text(letters)

    def end(self, tag: str) -> None:
        """A tag ends."""
        match tag:
            case "c":
                self._take(self._read("".join(self._written)))
            case "row":
                self._lines.append((self._number, self._row))
            case "v":
                self._value = False
            case "sheetData":
                self.over = True
            case _:
                self._told.end(tag)

    def taken(self) -> list[Line]:
        """The rows that have come since the last time."""
        lines, self._lines = self._lines, []
        return lines

    def _read(self, written: str) -> str:
        """What a cell says. Days and quantities stand in many cells of a sheet, and are told once."""
        if self._kind != "n":
            return _text(self.cells.value(self._kind, self._style, written, self._told.whole()), self.manner)
        same = self._style, written
        if (text := self._numbers.get(same)) is None:
            if len(self._numbers) >= MOST_NUMBERS:
                self._numbers.clear()
            text = self._numbers[same] = _text(self.cells.value("n", self._style, written, ""), self.manner)
        return text

    def _take(self, text: str) -> None:
        if not text:
            return
        if self._column > MOST_COLUMNS:
            raise NotReadable("import.too_many_columns", count=MOST_COLUMNS)
        self.count += 1
        self._row += [""] * (self._column - 1 - len(self._row))
        self._row.append(text)


@lru_cache(maxsize=2 * MOST_COLUMNS)
def _column(letters: str) -> int:
    """The number of a column such as AB."""
    number = 0
    for letter in letters[:4].upper():
        number = number * LETTERS + ord(letter) - ord("A") + 1
    return number


def _text(value: Any, manner: Manner) -> str:
    match value:
        case str():
            return value
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float():
            exact = Decimal(f"{value:.15g}")  # as many digits as a spreadsheet shows of its binary numbers
            return plain(exact, manner.language) if exact.is_finite() else ""
        case dt.datetime():
            return value.date().isoformat() if value.time() == MIDNIGHT else value.isoformat(sep=" ", timespec="seconds")
    return str(value)
