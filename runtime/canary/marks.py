"""Marks: values that are like no others, told again in any answer, and known by the cell that they were planted in."""

from __future__ import annotations

import datetime as dt
import re
import struct
import uuid
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from metadata.model import Attribute

WORD = "canary"
"""Stands in every marked text that has room for it, so that a search for one word finds all rows."""
SHORTEST = 8
FIGURES = 50_000_000
DAYS = 20_000
FIRSTDAY = dt.date(2104, 1, 1)
_TEXT = re.compile(r"zq[0-9a-z]{6}", re.IGNORECASE)
_FIGURE = re.compile(r"(?<![\w.,-])([89]\d)[ \u00a0\u202f.,'’]?(\d{3})[ \u00a0\u202f.,'’]?(\d{3})(?![0-9A-Za-z])")
DAY = re.compile(r"(?<!\d)(21[0-5]\d-[01]\d-[0-3]\d)")
_UUID = re.compile(r"c0ffee00-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}", re.IGNORECASE)
_SIGNS = "0123456789abcdefghijklmnopqrstuvwxyz"
_SPREAD = 1_000_003


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """One attribute of one planted row; what is no attribute, such as a draft, has what it is for an entity."""

    entity: str
    row: int
    attribute: str

    def __str__(self) -> str:
        return f"{self.entity} {self.row}, {self.attribute}"


@dataclass
class Marks:
    """All marks that were made, by what is found in an answer."""

    cells: dict[str, Cell] = field(default_factory=dict)
    made: int = 0

    def value(self, attribute: Attribute, cell: Cell, *, other: bool = False) -> Any:
        """A marked value for a cell; None where the type has no room for one. `other` ones sort the other way round."""
        self.made += 1
        number = (self.made * _SPREAD) % FIGURES
        number = FIGURES - 1 - number if other else number
        match attribute.type:
            case "text" | "long_text" | "email" | "phone" | "url" | "auto_number":
                return self._text(attribute, cell, number)
            case "unique_id":
                found = uuid.UUID(f"c0ffee00-0000-4000-8000-{number:012x}")
                return self._kept(str(found), cell, found)
            case "integer":
                return self._kept(str(80_000_000 + number % 20_000_000), cell, 80_000_000 + number % 20_000_000)
            case "decimal" | "money":
                return self._kept(str(80_000_000 + number % 20_000_000), cell, Decimal(80_000_000 + number % 20_000_000))
            case "date":
                return self._day(cell, number)
            case "datetime":
                return dt.datetime.combine(self._day(cell, number), dt.time(9), dt.UTC)
        return None

    def word(self, cell: Cell, *, other: bool = False) -> str:
        """A marked word."""
        self.made += 1
        number = (self.made * _SPREAD) % FIGURES
        return self._word(cell, FIGURES - 1 - number if other else number)

    def found(self, text: str) -> Iterator[tuple[str, Cell]]:
        """The marks in a text, however they are written there, with the cells that they are of."""
        for seen in {found.lower() for pattern in (_TEXT, DAY, _UUID) for found in pattern.findall(text)}:
            if seen in self.cells:
                yield seen, self.cells[seen]
        for seen in {"".join(parts) for parts in _FIGURE.findall(text)}:
            if seen in self.cells:
                yield seen, self.cells[seen]

    def _text(self, attribute: Attribute, cell: Cell, number: int) -> str | None:
        most = attribute.max_length or 200
        if most < SHORTEST or attribute.values:
            return None
        word = self._word(cell, number)
        around = {"email": f"{word}@canary.example", "url": f"https://{word}.example/"}.get(attribute.type)
        if around is None and attribute.type in ("text", "long_text"):
            around = f"{word} {WORD}"
        return around if around is not None and len(around) <= most else word

    def _word(self, cell: Cell, number: int) -> str:
        signs = ""
        for _ in range(6):
            number, rest = divmod(number, 36)
            signs = _SIGNS[rest] + signs
        word = f"zq{signs}"
        self._kept(word, cell, word)
        return word

    def _day(self, cell: Cell, number: int) -> dt.date:
        for step in range(DAYS):
            day = FIRSTDAY + dt.timedelta(days=(number + step) % DAYS)
            if self.cells.get(day.isoformat(), cell) == cell:
                self._kept(day.isoformat(), cell, day)
                return day
        return FIRSTDAY

    def _kept(self, needle: str, cell: Cell, value: Any) -> Any:
        self.cells[needle] = cell
        return value


def picture(word: str) -> bytes:
    """A small picture in PNG whose colour and comment follow from a word."""
    colour = zlib.crc32(word.encode()).to_bytes(4, "big")[:3]
    rows = (b"\0" + colour * 64) * 48
    head = struct.pack(">IIBBBBB", 64, 48, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"tEXt", b"Comment\0" + word.encode()), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    made = b"".join(struct.pack(">I", len(body)) + kind + body + _sum(kind + body) for kind, body in parts)
    return b"\x89PNG\r\n\x1a\n" + made


def _sum(data: bytes) -> bytes:
    return struct.pack(">I", zlib.crc32(data))
