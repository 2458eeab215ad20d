"""Invitations by file: a CSV file of people, its columns matched, tried line by line in a transaction that is taken back, then
sent. What a line lacks is told, and given back as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from flask import Response, flash, request
from sqlalchemy import Connection

from runtime.forms.parse import coerce
from runtime.identity.invitations import ContactNotReady, lacks_of
from runtime.identity.logins import normal_email
from runtime.identity.roles import UnknownRoles, require_roles
from runtime.identity.standings import standings
from runtime.importing.grid import Grid, NotReadable, read_csv
from runtime.pages.export_sheet import harmless
from runtime.records.details import fetch_record
from runtime.records.errors import Refused
from runtime.records.people import Person, find_contacts_by_email, load_person
from runtime.records.roster import find_member
from runtime.records.write import create
from runtime.studio.desk import Desk
from runtime.studio.people.inviting import send_invitation
from runtime.studio.people.roster import people_desk, tends

MOST_ROWS = 500
MOST_BYTES = 200_000
FIELDS = ("email", "name", "account", "roles")
HEADINGS = {
    "email": ("email", "e-mail", "mail", "e-post", "e-mailadres"),
    "name": ("name", "full name", "full_name", "naam", "namn"),
    "account": ("account", "customer", "number", "konto", "kund", "klant"),
    "roles": ("roles", "role", "web roles", "rollen", "roller"),
}
LONGEST = 320


class Fault(Exception):
    """A line cannot be invited; carries the key of a text."""


REFUSALS = (Fault, ContactNotReady, UnknownRoles, Refused)
"""Why somebody is not invited."""


@dataclass(frozen=True, slots=True)
class Invited:
    """Who was invited, and whether the contact was made for that."""

    contact: int
    is_new: bool = False


class TakenBack(Exception):
    """The trial is over."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What comes of a line of the file: "send", "create" (the contact is made, too), or a fault, the key of a text."""

    line: int
    email: str
    name: str
    act: str
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """A file as it was read: its text, grid, and which column is which field."""

    text: str
    grid: Grid
    columns: Mapping[str, int]


def file() -> Response:
    """Ask for the file."""
    desk = people_desk()
    return _page(desk)


def submit_file() -> Response:
    """Try the file, send the invitations that can be sent, or give the lines back that cannot."""
    desk = people_desk()
    try:
        batch = _read(request.form.get("rows", ""))
    except NotReadable as error:
        return _page(desk, refused=desk.say(error.fault.key, **dict(error.fault.values)), status=422)
    if "email" not in batch.columns:
        return _page(desk, batch, refused=desk.say("studio.batch_no_email"), status=422)
    act = request.form.get("do", "")
    outcomes = _perform(desk, batch, really=act == "send")
    if act == "faults":
        return _as_file(desk, outcomes)
    if act != "send":
        return _page(desk, batch, outcomes)
    sent = sum(not outcome.fault for outcome in outcomes)
    flash(desk.say("studio.batch_sent", count=sent), "good")
    wrong = tuple(outcome for outcome in outcomes if outcome.fault)
    return _page(desk, batch, wrong, done=True) if wrong else desk.go("people")


def _read(text: str) -> Batch:
    """The batch of a request. Raises NotReadable."""
    uploaded = request.files.get("file")
    if uploaded is not None and uploaded.filename:
        data = uploaded.stream.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise NotReadable("studio.batch_too_large", count=MOST_BYTES // 1000)
        grid = read_csv(io.BytesIO(data), MOST_ROWS)
        text = _written(grid)
    else:
        grid = read_csv(io.BytesIO(text[:MOST_BYTES].encode()), MOST_ROWS)
    chosen = {field: request.form.get(f"column.{field}") for field in FIELDS}
    if all(value is None for value in chosen.values()):
        return Batch(text, grid, _proposed(grid))
    numbers = {
        field: int(value) for field, value in chosen.items() if value and value.isascii() and value.isdigit() and len(value) < 4
    }
    return Batch(text, grid, {field: place for field, place in numbers.items() if place < len(grid.headings)})


def _written(grid: Grid) -> str:
    """The grid as the page carries it on; empty lines keep the numbers of those that follow."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(grid.headings)
    for number, cells in grid.rows:
        text.write("\n" * (number - 1 - text.getvalue().count("\n")))
        writer.writerow([" ".join(cell.split()) for cell in cells])
    return text.getvalue()


def _proposed(grid: Grid) -> dict[str, int]:
    found: dict[str, int] = {}
    for place, heading in enumerate(grid.headings):
        for field, names in HEADINGS.items():
            if heading.casefold() in names and field not in found:
                found[field] = place
    return found


def _perform(desk: Desk, batch: Batch, *, really: bool) -> tuple[Outcome, ...]:
    """Invite everybody of the file in one transaction; the trial does all of it and takes it back, so it tells the truth."""
    outcomes: list[Outcome] = []
    try:
        with desk.context.lease.transaction() as connection:
            outcomes = list(_invited(desk, connection, batch))
            if not really:
                raise TakenBack
    except TakenBack:
        pass
    return tuple(outcomes)


def _invited(desk: Desk, connection: Connection, batch: Batch) -> Iterator[Outcome]:
    seen: set[str] = set()
    for line, cells in batch.grid.rows:
        given = {field: cells[place].strip()[:LONGEST] if place < len(cells) else "" for field, place in batch.columns.items()}
        email, name = given["email"], given.get("name", "")
        try:
            if normal_email(email) in seen:
                raise Fault("studio.batch_twice")
            with connection.begin_nested():
                invited = invite_one(desk, connection, given)
            seen.add(normal_email(email))
        except REFUSALS as error:
            yield Outcome(line, email, name, "", fault_of(error))
        else:
            yield Outcome(line, email, name, "create" if invited.is_new else "send")


def fault_of(error: Exception) -> str:
    """The key of the text that tells what kept somebody from being invited: one of REFUSALS."""
    if isinstance(error, Fault):
        return str(error)
    return "studio.batch_role_unknown" if isinstance(error, UnknownRoles) else "studio.batch_refused"


def invite_one(desk: Desk, connection: Connection, given: Mapping[str, str]) -> Invited:
    """Invite one, made anew where there is no contact with the e-mail; `given` are texts by FIELDS, roles with blanks between.

    Raises what REFUSALS names.
    """
    context = desk.context
    address = coerce(given["email"], context.snapshot.entities["contact"].attributes["email"].model)
    if address is None:
        raise Fault("studio.batch_bad_email")
    roles = require_roles(context.site, given.get("roles", "").replace(";", " ").replace(",", " ").split())
    if not tends(desk, frozenset(roles)):
        raise Fault("studio.batch_role_unknown")
    account = _account(desk, connection, given.get("account", ""))
    found = find_contacts_by_email(connection, context.snapshot, str(address))
    if len(found) > 1:
        raise Fault("studio.ready_lacks.email_twice")
    if not found:
        person = _made(desk, connection, str(address), given.get("name", ""), account)
        send_invitation(context, person, roles)
        return Invited(person.contact, is_new=True)
    person = found[0]
    _check(desk, connection, person, account)
    send_invitation(context, person, roles, account if person.account is None else None)
    return Invited(person.contact)


def _check(desk: Desk, connection: Connection, person: Person, account: int | None) -> None:
    context = desk.context
    if find_member(connection, context.snapshot, context.principal, person.contact) is None:
        raise Fault("studio.batch_refused")
    standing = standings(connection, context.site, (person.contact,))[person.contact]
    if not tends(desk, standing.roles):
        raise Fault("studio.people_above")
    if standing.signs_in:
        raise Fault("studio.batch_signs_in")
    if account is not None and person.account not in (None, account):
        raise Fault("studio.batch_other_account")
    for code in lacks_of(connection, context.snapshot, context.site, person):
        raise Fault("studio.ready_inactive" if code == "inactive" else f"studio.ready_lacks.{code}")


def _account(desk: Desk, connection: Connection, text: str) -> int | None:
    """The account with this number or name that the asking person may read. Raises Fault."""
    if not text:
        return None
    for attribute in ("number", "name"):
        found = fetch_record(connection, desk.context.snapshot, desk.context.principal, "account", attribute, text, ())
        if found is not None:
            return found.id
    raise Fault("studio.batch_no_account")


def _made(desk: Desk, connection: Connection, email: str, name: str, account: int | None) -> Person:
    context = desk.context
    values = {"full_name": name or email, "email": email, **({"account": account} if account is not None else {})}
    listeners = context.services.listeners
    made = create(connection, context.snapshot, context.principal, "contact", values, listeners=listeners)
    return cast(Person, load_person(connection, context.snapshot, made.id))


def _as_file(desk: Desk, outcomes: tuple[Outcome, ...]) -> Response:
    text = io.StringIO("\ufeff")
    text.seek(0, io.SEEK_END)
    writer = csv.writer(text)
    writer.writerow(["line", "email", "name", "fault"])
    for outcome in outcomes:
        if outcome.fault:
            said = desk.say(outcome.fault)
            writer.writerow([outcome.line, harmless(outcome.email), harmless(outcome.name), said])
    response = Response(text.getvalue(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="not-invited.csv"'
    return response


def _page(
    desk: Desk,
    batch: Batch | None = None,
    outcomes: tuple[Outcome, ...] = (),
    *,
    refused: str = "",
    done: bool = False,
    status: int = 200,
) -> Response:
    ready = sum(not outcome.fault for outcome in outcomes)
    return desk.page(
        "batch.html",
        title=desk.say("studio.batch"),
        status=status,
        batch=batch,
        fields=FIELDS,
        outcomes=outcomes,
        ready=ready,
        wrong=len(outcomes) - ready,
        refused=refused,
        done=done,
        most=MOST_ROWS,
    )
