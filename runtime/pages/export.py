"""A list as a file: all rows that its search and filters leave, in its order, with the columns of its view.

CSV goes out while it is read; a workbook is written to a file first, row by row. Neither holds more than a page of rows.
"""

from __future__ import annotations

import csv
import datetime as dt
import importlib
import importlib.util
import io
import re
import tempfile
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import cache
from typing import IO, Any

from flask import Response

from metadata.model import ListComponent
from runtime.context import RequestContext
from runtime.pages.content import words_of
from runtime.pages.export_sheet import SheetColumn, Wording, cells, harmless, sheet_columns
from runtime.pages.export_view import ExportLink
from runtime.pages.part import BlockAsk
from runtime.pages.queries import UnusableArgument
from runtime.pages.speech import formats_of, text_of
from runtime.records.ask import ListAsk
from runtime.records.following import follow
from runtime.records.plan import ListPlan
from runtime.records.prepared import Row

EXPORT, READY = "export", "ready"
READY_COOKIE = "foyer_download"
"""Tells the script that asked for it that the file is on its way; it holds nothing but what the script made up."""
READY_SECONDS = 60
CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SIZE = 1000
CHUNK = 1 << 16
SHEET_ROWS = 1_048_575
"""Rows that a sheet of a workbook has under its headings; what is more goes to another sheet."""
MARK = "\ufeff"
"""Tells spreadsheets that a CSV file is UTF-8."""


def export_links(ask: BlockAsk, model: ListComponent) -> tuple[ExportLink, ...]:
    """The formats in which a list can be downloaded."""
    text = text_of(ask.context)
    link = {form: ask.query.link(**{EXPORT: form, "page": None, "after": None, "before": None}) for form in formats(model)}
    return tuple(ExportLink(text(f"export.{form}"), url, ask.query.name(READY)) for form, url in link.items())


def formats(model: ListComponent) -> tuple[str, ...]:
    """The formats of a list's download: none without `export`, a workbook only where the library for it is there."""
    if not model.export:
        return ()
    return ("xlsx", "csv") if has_workbooks() else ("csv",)


@cache
def has_workbooks() -> bool:
    """Is the library that writes workbooks installed?"""
    return importlib.util.find_spec("xlsxwriter") is not None


def exported(ask: BlockAsk, model: ListComponent, plan: ListPlan, asked: ListAsk) -> Response:
    """The download that the argument `export` asks for. Raises UnusableArgument for a format that there is not."""
    context, form, ready = ask.context, ask.query.own[EXPORT], ask.query.own.get(READY, "")
    if form not in formats(model):
        raise UnusableArgument(ask.query.name(EXPORT))
    if ready and not re.fullmatch("[0-9a-f]{16}", ready):
        raise UnusableArgument(ask.query.name(READY))
    text = text_of(context)
    wording = Wording(lambda found: words_of(context, found), text("value.yes"), text("value.no"), formats_of(context).zone)
    columns = sheet_columns(context.snapshot, plan, model.columns, wording)
    pages = _pages(context, plan, asked)
    body = _csv(columns, pages) if form == "csv" else _workbook(columns, pages)
    response = Response(body, content_type=CSV if form == "csv" else XLSX)
    name = re.sub(r"[^A-Za-z0-9_-]", "-", model.key)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}-{dt.date.today():%Y-%m-%d}.{form}"'
    if ready:
        secure = context.services.config.public_url.startswith("https://")
        response.set_cookie(READY_COOKIE, ready, max_age=READY_SECONDS, secure=secure, samesite="Lax")
    return response


def _pages(context: RequestContext, plan: ListPlan, asked: ListAsk) -> Iterator[list[Row]]:
    """The rows on a connection of their own, since the request's goes back before the last of them is sent."""
    doors, principal = context.services.doors, context.principal
    with doors.reading.connect() as connection:
        yield from follow(connection, plan, principal, asked, SIZE)


def _csv(columns: Sequence[SheetColumn], pages: Iterator[list[Row]]) -> Iterator[bytes]:
    text = io.StringIO()
    writer = csv.writer(text)
    text.write(MARK)
    writer.writerow([harmless(column.heading) for column in columns])
    for page in pages:
        writer.writerows([_as_text(cell) for cell in cells(columns, row)] for row in page)
        yield text.getvalue().encode()
        text.seek(0)
        text.truncate()


def _as_text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return harmless(cell)
    if isinstance(cell, Decimal):
        return format(cell, "f")
    return cell.isoformat(sep=" ") if isinstance(cell, dt.datetime) else str(cell)


def _workbook(columns: Sequence[SheetColumn], pages: Iterator[list[Row]]) -> Iterator[bytes]:
    file = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the answer
    try:
        _write_workbook(file, columns, pages)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return _Chunks(file)


class _Chunks(Iterator[bytes]):
    """A file in pieces, closed at its end and with the answer: one to HEAD never begins, as a generator must to close it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def __next__(self) -> bytes:
        chunk = b"" if self._file.closed else self._file.read(CHUNK)
        if not chunk:
            self.close()
            raise StopIteration
        return chunk

    def close(self) -> None:
        """Called by whoever sends the answer, once it is sent or given up."""
        self._file.close()


def _write_workbook(file: IO[bytes], columns: Sequence[SheetColumn], pages: Iterator[list[Row]]) -> None:
    library = importlib.import_module("xlsxwriter")
    book = library.Workbook(file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    looks = {"head": {"bold": True}, "day": {"num_format": "yyyy-mm-dd"}, "moment": {"num_format": "yyyy-mm-dd hh:mm"}}
    made = {name: book.add_format(look) for name, look in looks.items()}
    sheet, place = None, 0
    for page in pages:
        for row in page:
            if sheet is None or place == SHEET_ROWS:
                sheet, place = _sheet(book, columns, made["head"]), 0
            place += 1
            for across, cell in enumerate(cells(columns, row)):
                _write_cell(sheet, place, across, cell, made)
    if sheet is None:
        _sheet(book, columns, made["head"])
    book.close()


def _sheet(book: Any, columns: Sequence[SheetColumn], look: Any) -> Any:
    sheet = book.add_worksheet()
    for across, column in enumerate(columns):
        sheet.write_string(0, across, column.heading, look)
    return sheet


def _write_cell(sheet: Any, down: int, across: int, cell: Any, looks: dict[str, Any]) -> None:
    match cell:
        case None:
            return
        case str():
            sheet.write_string(down, across, cell)
        case dt.datetime():
            sheet.write_datetime(down, across, cell, looks["moment"])
        case dt.date():
            sheet.write_datetime(down, across, dt.datetime.combine(cell, dt.time()), looks["day"])
        case _:
            sheet.write_number(down, across, cell)
