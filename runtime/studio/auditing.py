"""The audit trail in the studio: found by person, record, kind and time, and given out as a file."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Response, request

from runtime.errors import AccessDenied, BadRequest
from runtime.pages.export_sheet import harmless
from runtime.records.audit_log import Asked, Entry, follow_log, kinds_of_log, read_log
from runtime.records.classed import PROTECTED
from runtime.records.people import find_contacts_by_email
from runtime.records.tables import OF_ROWS
from runtime.records.trail import names_of
from runtime.studio.desk import Desk, open_desk
from runtime.studio.rights import AUDIT

PAGE = 100
LONGEST = 200
CONTACT = "contact"
MARK = "\ufeff"
FIELDS = ("who", "entity", "row", "kind", "since", "until", "class")
HEADINGS = ("number", "at", "contact", "who", "from", "kind", "on", "row", "what", "classes")


@dataclass(frozen=True, slots=True)
class Line:
    """An entry with the name of who did it and when, as people read it."""

    entry: Entry
    who: str
    when: str


class NobodyThere(Exception):
    """No contact has what was typed as the person."""


def audit() -> Response:
    """The newest entries that are looked for."""
    desk = _desk()
    typed = _typed()
    context = desk.context
    try:
        asked = _asked(desk, typed)
    except NobodyThere:
        found: tuple[Entry, ...] = ()
    else:
        found = read_log(context.connection, context.snapshot, context.principal, asked, PAGE + 1)
    lines = _lines(desk, found[:PAGE])
    query = urlencode({name: value for name, value in typed.items() if value})
    return desk.page(
        "audit.html",
        title=desk.say("studio.audit"),
        lines=lines,
        typed=typed,
        kinds=kinds_of_log(context.connection),
        of_rows=OF_ROWS,
        classes=PROTECTED,
        file=f"{desk.url('audit', 'file')}?{query}",
        older=f"{desk.url('audit')}?{query}&before={found[PAGE - 1].number}" if len(found) > PAGE else "",
    )


def audit_file() -> Response:
    """All entries that are looked for, as CSV: read while it is sent, on a connection of its own."""
    desk = _desk()
    try:
        asked = _asked(desk, _typed())
    except NobodyThere:
        raise BadRequest from None
    desk.prove()
    desk.note("export", "audit", 0, asked_for={name: value for name, value in _typed().items() if value})
    response = Response(_csv(desk, asked), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="audit-{dt.date.today():%Y-%m-%d}.csv"'
    return response


def _desk() -> Desk:
    desk = open_desk()
    if not desk.reach.has(AUDIT):
        raise AccessDenied
    return desk


def _typed() -> dict[str, str]:
    typed = {name: request.args.get(name, "").strip()[:LONGEST] for name in FIELDS}
    if any("\x00" in text for text in typed.values()):
        raise BadRequest
    return typed


def _asked(desk: Desk, typed: dict[str, str]) -> Asked:
    """What is looked for. Raises BadRequest for what is no number or day, NobodyThere."""
    if typed["class"] not in ("", *PROTECTED):
        raise BadRequest
    asked = Asked(desk.context.site.key, entity=typed["entity"], kind=typed["kind"], classed=typed["class"])
    before = request.args.get("before", "")
    if typed["who"]:
        asked = replace(asked, contact=_contact(desk, typed["who"]))
    if typed["row"]:
        asked = replace(asked, row=_number(typed["row"]))
    zone = desk.formats.zone
    since, until = (_day(typed[name], zone) for name in ("since", "until"))
    after = until + dt.timedelta(days=1) if until else None
    return replace(asked, since=since, until=after, before=_number(before) if before else 0)


def _contact(desk: Desk, text: str) -> int:
    """The contact of an id or an e-mail. Raises NobodyThere."""
    if text.isascii() and text.isdigit() and len(text) < 19:
        return int(text)
    for person in find_contacts_by_email(desk.context.connection, desk.context.snapshot, text):
        return person.contact
    raise NobodyThere


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise BadRequest
    return int(text)


def _day(text: str, zone: ZoneInfo) -> dt.datetime | None:
    """The beginning of a day in the zone of the person."""
    if not text:
        return None
    try:
        return dt.datetime.combine(dt.date.fromisoformat(text), dt.time(), zone).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise BadRequest from None


def _lines(desk: Desk, entries: tuple[Entry, ...]) -> tuple[Line, ...]:
    names = _names(desk, desk.context.connection, entries)
    return tuple(Line(entry, names.get(entry.contact or 0, ""), desk.formats.moment(entry.at)) for entry in entries)


def _names(desk: Desk, connection: Any, entries: tuple[Entry, ...]) -> dict[int, str]:
    ids = {entry.contact for entry in entries if entry.contact is not None}
    return names_of(connection, desk.context.snapshot, desk.context.principal, CONTACT, ids)


def _csv(desk: Desk, asked: Asked) -> Iterator[bytes]:
    context = desk.context
    text = io.StringIO()
    writer = csv.writer(text)
    text.write(MARK)
    writer.writerow(HEADINGS)
    with context.services.doors.reading.connect() as connection:
        for page in follow_log(connection, context.snapshot, context.principal, asked):
            names = _names(desk, connection, page)
            for entry in page:
                what = "; ".join(f"{key}: {said}" if said else key for key, said in entry.facts)
                cells = (entry.origin, entry.kind, entry.entity, str(entry.row), what, " ".join(entry.classes))
                who = names.get(entry.contact or 0, "")
                writer.writerow(
                    [entry.number, entry.at.isoformat(sep=" ", timespec="seconds"), entry.contact or "", harmless(who)]
                    + [harmless(cell) for cell in cells]
                )
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()
