"""The contact behind a sign-in: the one place where identity reaches contact rows, with the system's rights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    FromClause,
    String,
    Table,
    and_,
    bindparam,
    cast,
    delete,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy.sql.elements import Label

from metadata.snapshot import Snapshot
from metadata.types import KEY_TYPE
from runtime.access import Principal, access_for
from runtime.records.audit import AUDITED
from runtime.records.hooks import Listeners
from runtime.records.memberships import acting_company, may_act_for
from runtime.records.write import update

FIELDS = ("full_name", "email", "account", "company", "language", "time_zone", "active")
PREFIX = "person_"
AS_IT_WAS = "was_person"
APART = "\x1f"
Acting = ColumnElement[int] | None


@dataclass(frozen=True, slots=True)
class Person:
    """A contact, as far as it matters for signing in."""

    contact: int
    name: str
    email: str
    account: int | None
    company: int | None
    language: str
    time_zone: str
    active: bool
    account_name: str = ""
    account_number: str = ""


def person_columns(snapshot: Snapshot, acting: Acting = None) -> tuple[Label[Any], ...]:
    """The columns of a person, for a statement of the caller's that joins `people`; read with `person_from`.

    `acting` is the account that the person acts for where it is not its own; NULL or None for its own.
    """
    columns, account = contact_table(snapshot).c, snapshot.entities["account"].table.c
    values: dict[str, ColumnElement[Any]] = {name: columns[name] for name in FIELDS}
    if acting is not None:
        values |= {"account": _acted_for(snapshot, acting), "company": acting_company(snapshot, acting)}
    own = (value.label(PREFIX + name) for name, value in values.items())
    of_account = (account[name].label(f"{PREFIX}account_{name}") for name in ("name", "number"))
    return (columns["id"].label(f"{PREFIX}id"), *own, *of_account)


def join_people(snapshot: Snapshot, left: FromClause, on: ColumnElement[bool], acting: Acting = None) -> FromClause:
    """What the caller has, joined to contacts by his condition, and to the accounts that they act for (see `person_columns`).

    Nobody is a row of NULLs.
    """
    contact, account = contact_table(snapshot), snapshot.entities["account"].table
    acted_for = contact.c["account"] if acting is None else _acted_for(snapshot, acting)
    return left.outerjoin(contact, on).outerjoin(account, account.c["id"] == acted_for)


def _acted_for(snapshot: Snapshot, acting: ColumnElement[int]) -> ColumnElement[int]:
    return func.coalesce(acting, contact_table(snapshot).c["account"])


def contact_table(snapshot: Snapshot) -> Table:
    """The table of contacts, for the condition by which a session or a login is joined to its person."""
    return snapshot.entities["contact"].table


def person_from(row: Mapping[Any, Any]) -> Person | None:
    """The person in a row that has the person's columns; None where the join found nobody."""
    if row[f"{PREFIX}id"] is None:
        return None
    return Person(
        contact=row[f"{PREFIX}id"],
        name=row[f"{PREFIX}full_name"] or "",
        email=row[f"{PREFIX}email"] or "",
        account=row[f"{PREFIX}account"],
        company=row[f"{PREFIX}company"],
        language=row[f"{PREFIX}language"] or "",
        time_zone=row[f"{PREFIX}time_zone"] or "",
        active=row[f"{PREFIX}active"] is not False,
        account_name=row[f"{PREFIX}account_name"] or "",
        account_number=row[f"{PREFIX}account_number"] or "",
    )


def is_person(snapshot: Snapshot, acting: Acting = None) -> ColumnElement[bool]:
    """Whether an active row with the person's columns is as it was: the value of `person_value` is bound.

    All of it is one text, because each bind of a statement costs as much as comparing ten.
    """
    texts = [_as_text(label.element) for label in person_columns(snapshot, acting) if label.name != f"{PREFIX}active"]
    whole = texts[0]
    for text in texts[1:]:
        whole = whole + literal_column(f"'{APART}'", String()) + text
    return whole == bindparam(AS_IT_WAS, type_=String())


def _as_text(column: ColumnElement[Any]) -> ColumnElement[str]:
    text = column if isinstance(column.type, String) else cast(column, String())
    return func.coalesce(text, literal_column("''", String()))


def person_value(person: Person) -> dict[str, str] | None:
    """The bind of `is_person`; None for somebody of whom it could not be told apart from others."""
    account, company = ("" if row is None else str(row) for row in (person.account, person.company))
    texts = (
        str(person.contact),
        person.name,
        person.email,
        account,
        company,
        person.language,
        person.time_zone,
        person.account_name,
        person.account_number,
    )
    return None if any(APART in text for text in texts) else {AS_IT_WAS: APART.join(texts)}


def load_person(connection: Connection, snapshot: Snapshot, contact: int, acting: int | None = None) -> Person | None:
    """The contact with this id, as it acts for another account than its own where one is given.

    None also where it may not act for that.
    """
    if acting is not None and not may_act_for(connection, snapshot, contact, acting):
        return None
    account = None if acting is None else literal(acting, KEY_TYPE)
    found = _people(connection, snapshot, contact_table(snapshot).c["id"] == contact, acting=account)
    return found[0] if found else None


def find_contacts_by_email(connection: Connection, snapshot: Snapshot, email: str) -> tuple[Person, ...]:
    """All contacts with this e-mail, whatever its case, active or not, in the order of their ids."""
    wanted = func.lower(contact_table(snapshot).c["email"]) == email.strip().lower()
    return _people(connection, snapshot, wanted)


def find_contact_by_name(connection: Connection, snapshot: Snapshot, attribute: str, text: str) -> int | None:
    """The contact whose text attribute, which is a key, is what somebody typed; None where there is none, or several.

    Phones begin with a capital: a name in small letters, or in capitals, is found however it was typed. Each of these is looked
    up in the index of the key.
    """
    column: Column[Any] = snapshot.entities["contact"].attributes[attribute].column
    typed = text.strip()
    wanted = select(column, contact_table(snapshot).c["id"]).where(column.in_({typed, typed.lower(), typed.upper()}))
    found = {row[0]: row[1] for row in connection.execute(wanted)}
    return found.get(typed, next(iter(found.values())) if len(found) == 1 else None)


def everybody(connection: Connection, snapshot: Snapshot) -> tuple[Person, ...]:
    """All contacts, in the order of their ids."""
    return _people(connection, snapshot, true())


def assign_account(connection: Connection, snapshot: Snapshot, contact: int, account: int) -> None:
    """Make a contact one of an account's, as an invitation says."""
    change_person(connection, snapshot, contact, {"account": account})


def change_person(
    connection: Connection,
    snapshot: Snapshot,
    contact: int,
    values: Mapping[str, Any],
    actor: Principal | None = None,
    listeners: Listeners = AUDITED,
) -> None:
    """Write typed values to a contact, with the system's rights; `actor` is who is written down for it.

    Raises Invalid, which leaves it as it was.
    """
    table = contact_table(snapshot)
    version = connection.execute(select(table.c["version"]).where(table.c["id"] == contact)).scalar_one()
    acting = actor or Principal.system("system")
    update(connection, snapshot, acting, "contact", contact, version, values, listeners=listeners)


def find_people(connection: Connection, snapshot: Snapshot, words: str, limit: int) -> tuple[Person, ...]:
    """Active contacts whose name, e-mail, or account's name or number holds each of the words, by name, at most `limit`."""
    contact, account = contact_table(snapshot), snapshot.entities["account"].table
    active: ColumnElement[bool] = or_(contact.c["active"].is_(None), contact.c["active"].is_(True))
    places = (contact.c["full_name"], contact.c["email"], account.c["name"], account.c["number"])
    each = (or_(false(), *(place.icontains(word, autoescape=True) for place in places)) for word in words.split())
    return _people(connection, snapshot, and_(active, *each), (contact.c["full_name"], contact.c["id"]), limit)


def _people(
    connection: Connection,
    snapshot: Snapshot,
    where: ColumnElement[bool],
    order: tuple[ColumnElement[Any], ...] = (),
    limit: int | None = None,
    acting: Acting = None,
) -> tuple[Person, ...]:
    contact, account = contact_table(snapshot), snapshot.entities["account"].table
    acted_for = contact.c["account"] if acting is None else _acted_for(snapshot, acting)
    joined = contact.outerjoin(account, account.c["id"] == acted_for)
    statement = select(*person_columns(snapshot, acting)).select_from(joined).where(where)
    statement = statement.order_by(*(order or (contact.c["id"],))).limit(limit)
    found = (person_from(row) for row in connection.execute(statement).mappings())
    return tuple(person for person in found if person is not None)


def find_accounts(connection: Connection, snapshot: Snapshot, principal: Principal, text: str) -> tuple[int, ...]:
    """The ids of the accounts with this number, of those that may be read; without any, of those with this name."""
    read = access_for(snapshot, principal, "account", "read")
    account = snapshot.entities["account"].table
    for key in ("number", "name"):
        if not read.allowed or key not in read.attributes:
            continue
        named = select(account.c["id"]).where(account.c[key] == text, read.predicate(account, (key,)))
        found = tuple(connection.execute(named, principal.binds).scalars())
        if found:
            return found
    return ()


def account_name(connection: Connection, snapshot: Snapshot, account: int) -> str:
    """The number of an account, or its name where it has none; "" where there is no such account."""
    table = snapshot.entities["account"].table
    row = connection.execute(select(table.c["number"], table.c["name"]).where(table.c["id"] == account)).first()
    return "" if row is None else row[0] or row[1] or ""


def find_accounts_by(connection: Connection, snapshot: Snapshot, attribute: str, text: str) -> tuple[int, ...]:
    """The ids of the accounts whose text attribute is this, whatever its case; two at most."""
    account = snapshot.entities["account"]
    held = func.lower(account.attributes[attribute].column) == text.lower()
    return tuple(connection.execute(select(account.table.c["id"]).where(held).limit(2)).scalars())


def delete_of_nobody(connection: Connection, snapshot: Snapshot, column: Column[Any], *, but: int) -> int:
    """Delete the rows of an engine's table whose `column` names a contact that is not there, nor `but`; how many rows."""
    contacts = select(contact_table(snapshot).c["id"])
    return connection.execute(delete(column.table).where(column != but, column.not_in(contacts))).rowcount
