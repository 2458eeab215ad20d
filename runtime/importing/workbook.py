"""A workbook as a grid of texts: its first sheet, read row by row, after a look at how much it would unpack to."""

from __future__ import annotations

import datetime as dt
import importlib
import importlib.util
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from typing import IO, Any

from runtime.forms.numbers import plain
from runtime.forms.parse import Manner
from runtime.importing.grid import MOST_BYTES, MOST_COLUMNS, Grid, Line, NotReadable, grid_of

MOST_UNPACKED = 60_000_000
MOST_PARTS = 2000
MIDNIGHT = dt.time()


@cache
def can_read_workbooks() -> bool:
    """Are the libraries that read workbooks installed? The second one keeps entities out of XML."""
    return all(importlib.util.find_spec(name) is not None for name in ("openpyxl", "defusedxml"))


def read_workbook(file: IO[bytes], most_rows: int, manner: Manner) -> Grid:
    """The grid of the first sheet; numbers and dates become texts as the person writes them. Raises NotReadable."""
    if not can_read_workbooks():
        raise NotReadable("import.csv_only")
    _weigh(file)
    library = importlib.import_module("openpyxl")
    try:
        book = library.load_workbook(file, read_only=True, data_only=True, keep_links=False)
        try:
            return grid_of(_lines(book.worksheets[0], manner), most_rows)
        finally:
            book.close()
    except NotReadable:
        raise
    except Exception as error:  # what a broken file makes the library raise is of every kind
        raise NotReadable("import.not_readable") from error


def _weigh(file: IO[bytes]) -> None:
    """Refuse what unpacks to more than a sheet of rows can be; no part is unpacked beyond the size that it states."""
    file.seek(0, 2)
    if file.tell() > MOST_BYTES:
        raise NotReadable("import.too_large", count=MOST_BYTES // 1_000_000)
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise NotReadable("import.not_readable") from error
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise NotReadable("import.too_long")
    file.seek(0)


def _lines(sheet: Any, manner: Manner) -> Iterator[Line]:
    sheet.reset_dimensions()  # they may be stated wrongly
    for number, row in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS + 1, values_only=True), 1):
        yield number, [_text(value, manner) for value in row]


def _text(value: Any, manner: Manner) -> str:
    match value:
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
