"""A workbook (XLSX) that goes out while its rows are read: its parts are written into a ZIP archive, whose bytes are taken as
they come. It holds a page of rows and what the compression keeps back.

Sizes of the parts stand behind them in the archive, which is what lets it begin before it is known how long it becomes. No part
grows to where an archive needs 64 bits for it: spreadsheets do not read that everywhere.
"""

from __future__ import annotations

import datetime as dt
import io
import math
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import IO, Any
from xml.sax.saxutils import escape

from runtime.pages.export_sheet import SheetColumn, cells
from runtime.records.prepared import Row

SHEET_ROWS = 1_048_575
"""Rows that a sheet has under its headings; what is more goes to another sheet."""
SHEET_BYTES = 1_500_000_000
"""Where a sheet ends too, although it has room for more rows."""
LETTERS = 32_767
"""What a cell holds; a longer text is cut."""
LEVEL = 3
"""Of compression: more of it takes longer and gains little."""
FIRST_DAY = dt.date(1900, 3, 1)
"""Spreadsheets count days from 1900 on, and do not agree before this one."""
ZERO = dt.date(1899, 12, 30)
DAY = 86_400
HEAD_LOOK, DAY_LOOK, MOMENT_LOOK = 1, 2, 3
UNSAYABLE = re.compile("[\x00-\x08\x0b\x0c\r\x0e-\x1f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
"""Characters that XML has no way to write, and the beginning of what a reader would take for the way in which they are."""

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OPEN = "http://schemas.openxmlformats.org/"
_MAIN, _OFFICE = f"{_OPEN}spreadsheetml/2006/main", f"{_OPEN}officeDocument/2006/relationships"
_PACKAGE, _KIND = f"{_OPEN}package/2006", "application/vnd.openxmlformats-officedocument.spreadsheetml"
_ROOT = (
    f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" Type="{_OFFICE}/officeDocument" '
    'Target="xl/workbook.xml"/></Relationships>'
)
_STYLES = (
    f'{_XML}<styleSheet xmlns="{_MAIN}">'
    '<numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/>'
    '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd hh:mm"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="4"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
_SHEET = (
    f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" '
    'activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
    '<sheetFormatPr defaultColWidth="16" defaultRowHeight="15"/><sheetData>'
)
_SHEET_END = "</sheetData></worksheet>"


def workbook(columns: Sequence[SheetColumn], pages: Iterable[list[Row]]) -> Iterator[bytes]:
    """The bytes of a workbook, a piece for each page of rows; the headings stand above the rows of each sheet."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as archive:
        archive.writestr("_rels/.rels", _ROOT)
        archive.writestr("xl/styles.xml", _STYLES)
        count, rows = 1, _Rows(columns, pages)
        yield from _sheet(archive, sink, rows, count)
        while rows.more():
            count += 1
            yield from _sheet(archive, sink, rows, count)
        for name, text in _around(count):
            archive.writestr(name, text)
    yield sink.taken()


class _Sink(io.RawIOBase):
    """What an archive is written to: it can only be added to, and what was added can be taken out."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        found = b"".join(self._pieces)
        self._pieces.clear()
        return found


class _Rows:
    """The rows of all pages, given out a page at a time, or what of one a sheet has room for."""

    def __init__(self, columns: Sequence[SheetColumn], pages: Iterable[list[Row]]) -> None:
        self.columns = columns
        self.names = [_letters(across) for across in range(len(columns))]
        self._pages = iter(pages)
        self._left: list[Row] = []

    def next(self, most: int) -> list[Row]:
        """At most so many rows that come next: none at the end."""
        if not self._left:
            self._left = next(self._pages, [])
        found, self._left = self._left[:most], self._left[most:]
        return found

    def more(self) -> bool:
        """Are there rows left?"""
        self._left = self._left or next(self._pages, [])
        return bool(self._left)


def _sheet(archive: zipfile.ZipFile, sink: _Sink, rows: _Rows, number: int) -> Iterator[bytes]:
    """Write a sheet, as many rows as it holds, and give what of the archive has come meanwhile."""
    with archive.open(f"xl/worksheets/sheet{number}.xml", "w") as part:
        size = _put(part, _SHEET + _headings(rows))
        if number == 1:
            yield sink.taken()
        done = 0
        while done < SHEET_ROWS and size < SHEET_BYTES and (page := rows.next(SHEET_ROWS - done)):
            size += _put(part, "".join(_row(rows, row, place) for place, row in enumerate(page, done + 2)))
            done += len(page)
            yield sink.taken()
        _put(part, _SHEET_END)


def _put(part: IO[bytes], text: str) -> int:
    data = text.encode()
    part.write(data)
    return len(data)


def _headings(rows: _Rows) -> str:
    return f'<row r="1">{"".join(map(_head, rows.names, rows.columns))}</row>'


def _head(name: str, column: SheetColumn) -> str:
    return f'<c r="{name}1" s="{HEAD_LOOK}" t="inlineStr"><is><t xml:space="preserve">{_said(column.heading)}</t></is></c>'


def _row(rows: _Rows, row: Row, place: int) -> str:
    places = zip(rows.names, cells(rows.columns, row), strict=True)
    written = "".join(_cell(f"{name}{place}", cell) for name, cell in places if cell is not None)
    return f'<row r="{place}">{written}</row>'


def _cell(place: str, cell: Any) -> str:
    write = _WAYS.get(type(cell))
    return write(place, cell) if write is not None else _text(place, str(cell))


def _text(place: str, text: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{_said(text)}</t></is></c>'


def _number(place: str, value: int | float) -> str:
    return f'<c r="{place}"><v>{value!r}</v></c>' if math.isfinite(value) else _text(place, str(value))


def _decimal(place: str, value: Decimal) -> str:
    return f'<c r="{place}"><v>{value:f}</v></c>' if value.is_finite() else _text(place, str(value))


def _boolean(place: str, value: bool) -> str:
    return f'<c r="{place}" t="b"><v>{value:d}</v></c>'


def _day(place: str, value: dt.date) -> str:
    if value < FIRST_DAY:
        return _text(place, value.isoformat())
    return f'<c r="{place}" s="{DAY_LOOK}"><v>{(value - ZERO).days}</v></c>'


def _moment(place: str, value: dt.datetime) -> str:
    if value.date() < FIRST_DAY:
        return _text(place, value.isoformat(sep=" "))
    seconds = value.hour * 3600 + value.minute * 60 + value.second
    return f'<c r="{place}" s="{MOMENT_LOOK}"><v>{(value.date() - ZERO).days + seconds / DAY!r}</v></c>'


_WAYS: dict[type, Callable[[str, Any], str]] = {
    str: _text,
    int: _number,
    float: _number,
    Decimal: _decimal,
    bool: _boolean,
    dt.date: _day,
    dt.datetime: _moment,
}


def _said(text: str) -> str:
    """A text as a cell has it: cut where it is too long, with what XML has no way to write as spreadsheets write it."""
    cut = text if len(text) <= LETTERS else f"{text[: LETTERS - 1]}…"
    return escape(UNSAYABLE.sub(lambda found: f"_x{ord(found[0]):04X}_", cut) if UNSAYABLE.search(cut) else cut)


def _letters(across: int) -> str:
    """What a column is called: A to Z, AA and so on."""
    name, left = "", across + 1
    while left:
        left, digit = divmod(left - 1, 26)
        name = chr(ord("A") + digit) + name
    return name


def _around(count: int) -> Iterator[tuple[str, str]]:
    """The parts that say how many sheets there are, with their names."""
    numbers = range(1, count + 1)
    sheets = "".join(f'<sheet name="Sheet{number}" sheetId="{number}" r:id="rId{number}"/>' for number in numbers)
    yield "xl/workbook.xml", f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{sheets}</sheets></workbook>'
    links = "".join(f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers)
    links += f'<Relationship Id="rId{count + 1}" Type="{_OFFICE}/styles" Target="styles.xml"/>'
    yield "xl/_rels/workbook.xml.rels", f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{links}</Relationships>'
    parts = "".join(
        f'<Override PartName="/xl/{name}.xml" ContentType="{_KIND}.{kind}+xml"/>'
        for name, kind in (
            ("workbook", "sheet.main"),
            ("styles", "styles"),
            *((f"worksheets/sheet{number}", "worksheet") for number in numbers),
        )
    )
    yield (
        "[Content_Types].xml",
        f'{_XML}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
        f'ContentType="application/xml"/>{parts}</Types>',
    )
