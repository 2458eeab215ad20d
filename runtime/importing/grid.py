"""A file of rows as a grid of texts: CSV as spreadsheets write it, or a workbook, within limits. Raises NotReadable alone."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO

from runtime.forms.faults import Fault

MOST_BYTES = 10_000_000
MOST_COLUMNS = 200
MOST_LETTERS = 10_000_000
"""Letters in all cells together; a workbook can hold far more than its own size."""
LONGEST_CELL = 131_072
"""Letters in one cell, whatever the limit of the csv module is by then, which is the process's and may be changed."""
MOST_LINES = 20_000
"""Lines read to find the rows, empty ones counted."""
SECONDS = 20.0
CHECK_EVERY = 500
MARKS = ";,\t|"
Line = tuple[int, list[str]]
"""The number of a line in the file, and its cells."""


class NotReadable(Exception):
    """The file is not taken. Carries the fault."""

    def __init__(self, key: str, **values: object) -> None:
        self.fault = Fault(key, tuple(values.items()))
        super().__init__(key)


@dataclass(frozen=True, slots=True)
class Grid:
    """The headings of a file and its rows, each with the number of its line, without the empty ones."""

    headings: tuple[str, ...]
    rows: tuple[Line, ...]


def read_csv(file: IO[bytes], most_rows: int) -> Grid:
    """The grid of a CSV file: UTF-8, UTF-16 with its mark, or Windows-1252; whatever mark stands between the cells."""
    text = _decoded(file.read(MOST_BYTES + 1))
    if "\x00" in text:
        raise NotReadable("import.not_readable")
    first, _, rest = text.partition("\n")
    if first.strip().lower().startswith("sep=") and len(first.strip()) == 5:
        mark, text = first.strip()[4], rest
        offset = 1
    else:
        mark, offset = _mark(first), 0
    return grid_of(_lines(text, mark, offset), most_rows)


def grid_of(lines: Iterable[Line], most_rows: int) -> Grid:
    """The grid of lines: the first that is not empty has the headings. Raises NotReadable beyond the limits."""
    until = time.monotonic() + SECONDS
    headings: tuple[str, ...] = ()
    rows: list[Line] = []
    letters = 0
    for count, (number, cells) in enumerate(lines):
        if count > MOST_LINES:
            raise NotReadable("import.too_many_rows", count=most_rows)
        if count % CHECK_EVERY == 0 and time.monotonic() > until:
            raise NotReadable("import.too_slow")
        while cells and not cells[-1].strip():
            cells.pop()
        if not cells:
            continue
        letters += sum(map(len, cells))
        if len(cells) > MOST_COLUMNS:
            raise NotReadable("import.too_many_columns", count=MOST_COLUMNS)
        if letters > MOST_LETTERS:
            raise NotReadable("import.too_long")
        if not headings:
            headings = tuple(" ".join(cell.split()) for cell in cells)
        elif len(rows) >= most_rows:
            raise NotReadable("import.too_many_rows", count=most_rows)
        else:
            rows.append((number, cells))
    if not rows:
        raise NotReadable("import.no_rows")
    return Grid(headings, tuple(rows))


def _decoded(data: bytes) -> str:
    if len(data) > MOST_BYTES:
        raise NotReadable("import.too_large", count=MOST_BYTES // 1_000_000)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "cp1252")
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise NotReadable("import.not_readable")


def _mark(first: str) -> str:
    """What stands between the cells of the headings, outside of quotes; the first of MARKS where it is as frequent."""
    bare = "".join(first.split('"')[::2])
    return max(MARKS, key=lambda mark: (bare.count(mark), -MARKS.index(mark))) if any(map(bare.count, MARKS)) else ","


def _lines(text: str, mark: str, offset: int) -> Iterator[Line]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    before = 0
    try:
        for cells in reader:
            if len(cells) > MOST_COLUMNS:  # a line of nothing but commas is millions of empty cells
                if any(map(str.strip, cells[MOST_COLUMNS:])):
                    raise NotReadable("import.too_many_columns", count=MOST_COLUMNS)
                del cells[MOST_COLUMNS:]
            if max(map(len, cells), default=0) > LONGEST_CELL:
                raise NotReadable("import.broken_line", line=before + 1 + offset)
            yield before + 1 + offset, [_armed(cell) for cell in cells]
            before = reader.line_num
    except csv.Error:
        raise NotReadable("import.broken_line", line=before + 1 + offset) from None


def _armed(cell: str) -> str:
    """A text as it was before a download made it harmless for spreadsheets."""
    return cell[1:] if len(cell) > 1 and cell[0] == "'" and cell[1] in "=+-@\t\r\n" else cell
