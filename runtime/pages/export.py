"""A list as a file: all rows that its search and filters leave, in its order, with the columns of its view.

Both forms go out while the rows are read, and hold no more than a page of them.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from flask import Response

from metadata.model import ListComponent
from runtime.classed_reads import keep_export
from runtime.context import RequestContext
from runtime.pages.content import words_of
from runtime.pages.export_sheet import SheetColumn, Wording, cells, harmless, sheet_columns
from runtime.pages.export_view import ExportLink
from runtime.pages.export_workbook import workbook
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
MARK = "\ufeff"
"""Tells spreadsheets that a CSV file is UTF-8."""


def export_links(ask: BlockAsk, model: ListComponent) -> tuple[ExportLink, ...]:
    """The formats in which a list can be downloaded."""
    text = text_of(ask.context)
    link = {form: ask.query.link(**{EXPORT: form, "page": None, "after": None, "before": None}) for form in formats(model)}
    return tuple(ExportLink(text(f"export.{form}"), url, ask.query.name(READY)) for form, url in link.items())


def formats(model: ListComponent) -> tuple[str, ...]:
    """The formats of a list's download: none without `export`."""
    return ("xlsx", "csv") if model.export else ()


def exported(ask: BlockAsk, model: ListComponent, plan: ListPlan, asked: ListAsk) -> Response:
    """The download that the argument `export` asks for. Raises UnusableArgument for a format that there is not."""
    context, form, ready = ask.context, ask.query.own[EXPORT], ask.query.own.get(READY, "")
    if form not in formats(model):
        raise UnusableArgument(ask.query.name(EXPORT))
    if ready and not re.fullmatch("[0-9a-f]{16}", ready):
        raise UnusableArgument(ask.query.name(READY))
    text = text_of(context)
    zone, currency = formats_of(context).zone, context.site.model.currency
    wording = Wording(lambda found: words_of(context, found), text("value.yes"), text("value.no"), zone, currency)
    columns = sheet_columns(context.snapshot, plan, model.columns, wording)
    keep_export(context, plan.entity.key, _paths(plan), list=model.key, form=form)
    pages = _pages(context, plan, asked)
    body = _csv(columns, pages, wording) if form == "csv" else workbook(columns, pages)
    response = Response(body, content_type=CSV if form == "csv" else XLSX)
    name = re.sub(r"[^A-Za-z0-9_-]", "-", model.key)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}-{dt.date.today():%Y-%m-%d}.{form}"'
    if ready:
        config = context.services.config
        secure, same_site = config.public_url.startswith("https://"), config.cookie_same_site
        response.set_cookie(READY_COOKIE, ready, max_age=READY_SECONDS, secure=secure, samesite=same_site)
    return response


def _paths(plan: ListPlan) -> Iterator[str]:
    """What stands in the columns of the file."""
    for column in plan.columns:
        yield column.path
        if column.second is not None:
            yield column.second.path


def _pages(context: RequestContext, plan: ListPlan, asked: ListAsk) -> Iterator[list[Row]]:
    """The rows on a connection of their own, since the request's goes back before the last of them is sent."""
    doors, principal = context.services.doors, context.principal
    with doors.reading.connect() as connection:
        yield from follow(connection, plan, principal, asked, SIZE)


def _csv(columns: Sequence[SheetColumn], pages: Iterator[list[Row]], wording: Wording) -> Iterator[bytes]:
    text = io.StringIO()
    writer = csv.writer(text)
    text.write(MARK)
    writer.writerow([harmless(column.heading) for column in columns])
    for page in pages:
        writer.writerows([_as_text(cell, wording) for cell in cells(columns, row)] for row in page)
        yield text.getvalue().encode()
        text.seek(0)
        text.truncate()


def _as_text(cell: Any, wording: Wording) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return wording.yes if cell else wording.no
    if isinstance(cell, str):
        return harmless(cell)
    if isinstance(cell, Decimal):
        return format(cell, "f")
    return cell.isoformat(sep=" ") if isinstance(cell, dt.datetime) else str(cell)
