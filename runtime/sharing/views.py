"""The pages of links: making one, seeing and ending one's own, opening one, changing what it lets change, narrowing it."""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Response, flash, make_response, redirect, request, session
from markupsafe import Markup
from sqlalchemy import Connection
from werkzeug.datastructures import MultiDict

from metadata.snapshot import CompiledAttribute
from metadata.text import in_words
from runtime.access import Principal
from runtime.access.sharing import Share
from runtime.context import RequestContext, current
from runtime.errors import BadRequest, OutOfReach, SignInNeeded
from runtime.forms.faults import Unparsable
from runtime.forms.parse import Manner, parse_value
from runtime.identity.mails import address_of
from runtime.identity.sessions import utc_now
from runtime.pages.record_actions import action_label
from runtime.records.audit import record_act
from runtime.records.details import Record, fetch_record
from runtime.records.errors import Conflict, Invalid, Missing
from runtime.records.sharing import offered, pressable
from runtime.records.write import update
from runtime.render import formats_for
from runtime.render.texts import texts
from runtime.sharing.links import (
    MOST_ROWS,
    Link,
    NotShared,
    Wanted,
    come_by,
    find,
    list_links,
    longest,
    make,
    revoke,
    spend,
)
from runtime.sharing.pressing import Button, buttons, press

OPENED = "shares"
"""What the session keeps of the links that were opened on this browser: when, by their numbers."""
OPEN_S = 8 * 3600
MOST_OPEN = 5
AUDIT_ACT = "share_link"
REFUSED, GONE = 422, 404
LONGEST_ID = 18
ATTEMPTS = 60
"""How often in a minute one address may come with a link."""


@dataclass(frozen=True, slots=True)
class Line:
    """An attribute of a row as the page of a link shows it: `typed` is what stands in its input, where it can be changed."""

    key: str
    label: str
    shown: Markup
    kind: str
    typed: str
    error: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A row as the page of a link shows it."""

    id: int
    version: int
    lines: tuple[Line, ...]
    changes: bool
    buttons: tuple[Button, ...] = ()


def show_own() -> Response:
    """The person's links that hold, and those that others made from them."""
    context = current()
    return _page(context, "sharing/own.html", own=list_links(context.connection, context.site.key, _contact(context)))


def end_own() -> Response:
    """End a link, and all that were made from it, at once: 303."""
    context = current()
    contact, number = _contact(context), _number(request.form.get("end", ""))
    with context.lease.transaction() as connection:
        if revoke(connection, contact, number):
            _note(context, connection, number, "revoked")
    flash(_say(context, "share.ended"), "good")
    return _see(context, "/shares")


def ask_new() -> Response:
    """Ask what a link to a row is to give. Raises PageNotFound where the person may share nothing of it."""
    context = current()
    _contact(context)
    entity, rows = _wanted_rows(request.args)
    return _ask(context, context.principal, entity, rows)


def make_new() -> Response:
    """Make the link: 200 with its address, which is shown this once; 422 where it would give too much."""
    context = current()
    _contact(context)
    entity, rows = _wanted_rows(request.form)
    return _make(context, context.principal, entity, rows)


def arrive() -> Response:
    """Somebody comes with a link: to what it gives, or to a page that asks whether to use it where its uses are counted."""
    context = current()
    _count(context)
    number = find(context.connection, context.site.key, request.args.get("link", ""))
    found = None if number is None else come_by(context.connection, context.snapshot, context.site, number)
    if number is None or found is None:
        return _page(context, "sharing/over.html", GONE)
    if _is_open(number):
        return _see(context, f"/share/{number}")
    link = found[1]
    if link.is_used_up:
        return _page(context, "sharing/over.html", GONE)
    left = link.uses - link.used if link.uses else 0
    return _page(context, "sharing/open.html", link=request.args.get("link", ""), left=left)


def open_link() -> Response:
    """Use a link on this browser, for some hours: 303; 404 where it holds no longer or is used up."""
    context = current()
    _count(context)
    number = find(context.connection, context.site.key, request.form.get("link", ""))
    if number is None or come_by(context.connection, context.snapshot, context.site, number) is None:
        return _page(context, "sharing/over.html", GONE)
    if not _is_open(number):
        with context.lease.transaction() as connection:
            spent = spend(connection, context.site.key, number)
            _note(context, connection, number, "opened" if spent else "used up")
        if not spent:
            return _page(context, "sharing/over.html", GONE)
        kept = list(dict(session.get(OPENED) or {}).items())[1 - MOST_OPEN :]
        session[OPENED] = {**dict(kept), str(number): int(time.time())}
    return _see(context, f"/share/{number}")


def show_link(number: int, failure: str = "", errors: dict[str, str] | None = None, row: int = 0) -> Response:
    """What a link gives that was opened on this browser; that it is over, to who has opened it before it was."""
    context = current()
    if _is_over(context, number):
        return _page(context, "sharing/over.html", GONE)
    who, link = _opened(context, number)
    sheets = tuple(
        _sheet(context, who, link, record, errors if record.id == row else None) for record in _records(context, who, link)
    )
    if not sheets:
        return _page(context, "sharing/over.html", GONE)
    status = REFUSED if failure or errors else 200
    return _page(
        context, "sharing/link.html", status, link=link, sheets=sheets, failure=failure, name=_entity_name(context, link)
    )


def change(number: int) -> Response:
    """Change what the link lets change of a row, or press a button of it: 303; 422 for values that do not fit, or a row that
    was changed meanwhile."""
    context = current()
    if _is_over(context, number):
        return _page(context, "sharing/over.html", GONE)
    who, link = _opened(context, number)
    row, version = _number(request.form.get("row", "")), _number(request.form.get("version", ""))
    pressed = request.form.get("press", "")
    if pressed:
        return _press(context, (who, link), pressed, row, version)
    values, errors = _typed(context, link)
    if errors:
        return show_link(number, errors=errors, row=row)
    try:
        with context.lease.transaction() as connection:
            update(connection, context.snapshot, who, link.share.entity, row, version, values, listeners=context.listeners)
            _note(context, connection, number, f"changed {link.share.entity} {row}")
    except Conflict:
        return show_link(number, _say(context, "share.changed_meanwhile"))
    except Missing:
        raise OutOfReach from None
    except Invalid as error:
        return show_link(number, errors={key: _say(context, "share.unfit") for key in error.codes}, row=row)
    flash(_say(context, "share.saved"), "good")
    return _see(context, f"/share/{number}")


def _press(context: RequestContext, came: tuple[Principal, Link], name: str, row: int, version: int) -> Response:
    """Press a button of a row."""
    who, link = came
    try:
        done = press(context, who, link.share.entity, name, row, version)
    except Conflict:
        done = False
    except Missing:
        raise OutOfReach from None
    except Invalid:
        return show_link(link.id, _say(context, "share.unfit"))
    if not done:
        return show_link(link.id, _say(context, "share.changed_meanwhile"))
    with context.lease.transaction() as connection:
        _note(context, connection, link.id, f"pressed {name} of {link.share.entity} {row}")
    flash(_say(context, "share.saved"), "good")
    return _see(context, f"/share/{link.id}")


def ask_narrower(number: int) -> Response:
    """Ask what a link made from this one is to give: less, and not longer."""
    context = current()
    who, link = _opened(context, number)
    return _ask(context, who, link.share.entity, link.rows, link)


def make_narrower(number: int) -> Response:
    """Make a link from this one: 200 with its address; 422 where it would give more."""
    context = current()
    who, link = _opened(context, number)
    return _make(context, who, link.share.entity, link.rows, link)


def _ask(
    context: RequestContext, who: Principal, entity: str, rows: tuple[int, ...], above: Link | None = None, failure: str = ""
) -> Response:
    most = (
        offered(context.snapshot, context.site, who, entity)
        if entity in context.snapshot.entities
        else Share(entity, frozenset())
    )
    paths = (context.snapshot.entities[entity].primary_name.key,) if most.reading else ()
    found = [fetch_record(context.connection, context.snapshot, who, entity, "id", row, paths) for row in rows]
    if not most.reading or not found or None in found:
        raise OutOfReach
    attributes = context.snapshot.entities[entity].attributes
    days = longest(context.site, most).days
    if above is not None:
        days = max(1, min(days, (above.expires_at - utc_now()).days))
    return _page(
        context,
        "sharing/new.html",
        REFUSED if failure else 200,
        entity=entity,
        rows=[(record.id, str(record.key or record.id)) for record in found if record is not None],
        reading=[(key, _label(context, one)) for key, one in attributes.items() if key in most.reading],
        writing=[(key, _label(context, one)) for key, one in attributes.items() if key in most.writing],
        pressing=[
            (name, action_label(context, action))
            for name, action in pressable(context.snapshot, context.site, who, entity).items()
            if name in most.pressing
        ],
        days=days,
        left=above.uses - above.used if above is not None and above.uses else 0,
        action=f"/share/{above.id}/narrow" if above is not None else "/shares/new",
        failure=failure,
        chosen=request.form,
    )


def _make(context: RequestContext, who: Principal, entity: str, rows: tuple[int, ...], above: Link | None = None) -> Response:
    form = request.form
    kept = tuple(row for row in rows if str(row) in form.getlist("keep")) if above is not None else rows
    reading = frozenset(form.getlist("read"))
    share = Share(entity, reading, frozenset(form.getlist("write")) & reading, frozenset(form.getlist("press")))
    until = utc_now() + dt.timedelta(days=_amount(form.get("days", ""), 1))
    wanted = Wanted(share, kept, until, _amount(form.get("uses", ""), 0), form.get("name", "").strip())
    try:
        with context.lease.transaction() as connection:
            number, secret = make(connection, context.snapshot, context.site, who, wanted, above)
            _note(context, connection, number, f"made from {above.id}" if above else "made", who)
    except NotShared:
        why = "share.used_up" if above is not None and above.is_used_up else "share.refused"
        return _ask(context, who, entity, rows, above, _say(context, why))
    base = address_of(context.services.config.public_url, context.site, context.site.model.default_language)
    return _page(context, "sharing/made.html", address=f"{base}/share?{urlencode({'link': secret})}", own=above is None)


def _opened(context: RequestContext, number: int) -> tuple[Principal, Link]:
    """Who the visitor is by a link that he has opened. Raises PageNotFound."""
    found = come_by(context.connection, context.snapshot, context.site, number) if _is_open(number) else None
    if found is None:
        raise OutOfReach
    return found


def _records(context: RequestContext, who: Principal, link: Link) -> list[Record]:
    paths = tuple(sorted(link.share.reading))
    found = (fetch_record(context.connection, context.snapshot, who, link.share.entity, "id", row, paths) for row in link.rows)
    return [record for record in found if record is not None]


def _sheet(context: RequestContext, who: Principal, link: Link, record: Record, errors: dict[str, str] | None) -> Sheet:
    formats = formats_for(context.language, context.principal.time_zone)
    lines = []
    for key, attribute in context.snapshot.entities[link.share.entity].attributes.items():
        if key not in record.values or key not in link.share.reading:
            continue
        value, writes = record.values[key], key in who.share.writing and "write" in record.can if who.share else False
        typed = request.form.get(key, "") if errors else "" if value is None else str(value)
        kind = attribute.type.name if writes else ""
        shown = formats.for_attribute(attribute, context.snapshot)(value)
        lines.append(Line(key, _label(context, attribute), shown, kind, typed, (errors or {}).get(key, "")))
    pressed = buttons(context, who, link.share.entity, record.id)
    return Sheet(record.id, record.version, tuple(lines), any(line.kind for line in lines), pressed)


def _typed(context: RequestContext, link: Link) -> tuple[dict[str, Any], dict[str, str]]:
    """The values that were sent of what the link lets change, and what is wrong with the others, by attribute."""
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    manner = Manner(context.language, context.principal.time_zone)
    for key in sorted(link.share.writing):
        attribute = context.snapshot.entities[link.share.entity].attributes[key]
        if attribute.type.name == "boolean":
            values[key] = bool(request.form.get(key))
        elif key in request.form:
            try:
                values[key] = parse_value(request.form[key], attribute.model, manner)
            except Unparsable:
                errors[key] = _say(context, "share.unfit")
    return values, errors


def _wanted_rows(sent: MultiDict[str, str]) -> tuple[str, tuple[int, ...]]:
    return sent.get("entity", "")[:60], tuple(dict.fromkeys(_number(row) for row in sent.getlist("row")[:MOST_ROWS]))


def _number(named: str) -> int:
    if not (named.isascii() and named.isdigit() and len(named) < LONGEST_ID):
        raise BadRequest
    return int(named)


def _amount(typed: str, least: int) -> int:
    return max(least, int(typed)) if typed.isascii() and typed.isdigit() and len(typed) < 6 else least


def _is_over(context: RequestContext, number: int) -> bool:
    """Whether a link that was opened on this browser has ended since."""
    return _is_open(number) and come_by(context.connection, context.snapshot, context.site, number) is None


def _is_open(number: int) -> bool:
    opened = dict(session.get(OPENED) or {}).get(str(number), 0)
    return bool(0 <= time.time() - opened < OPEN_S)


def _contact(context: RequestContext) -> int:
    if context.principal.contact is None:
        raise SignInNeeded
    return context.principal.contact


def _count(context: RequestContext) -> None:
    """Count an attempt of the visitor's address, so that secrets cannot be tried out. Raises TooManyRequests."""
    context.services.throttle.admit("share", request.remote_addr or "", ATTEMPTS)


def _note(context: RequestContext, connection: Connection, link: int, what: str, who: Principal | None = None) -> None:
    """Write what became of a link to the audit trail; never its secret."""
    record_act(connection, who or context.principal, AUDIT_ACT, "share", link, {AUDIT_ACT: what}, "share")


def _label(context: RequestContext, attribute: CompiledAttribute) -> str:
    return attribute.model.label.in_language(context.language, context.site.model.default_language) or in_words(attribute.key)


def _entity_name(context: RequestContext, link: Link) -> str:
    entity = context.snapshot.entities[link.share.entity]
    return entity.model.label.in_language(context.language, context.site.model.default_language) or in_words(entity.key)


def _say(context: RequestContext, key: str, **parameters: object) -> str:
    return texts(context.snapshot, context.site, context.language)(key, **parameters)


def _see(context: RequestContext, path: str) -> Response:
    return make_response(redirect(context.url(path), 303))


def _page(context: RequestContext, template: str, status: int = 200, **values: Any) -> Response:
    moment = formats_for(context.language, context.principal.time_zone).moment
    return make_response(context.renderer.page(context, template, moment=moment, **values), status)
