"""Contacts for those who look after people: searched, and read one by one, as far as the asking principal may read them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, FromClause, Select, and_, false, func, null, or_, select

from metadata.snapshot import Snapshot
from runtime.access import Access, Principal, access_for

CONTACT, ACCOUNT = "contact", "account"
SHOWN = ("full_name", "email", "active")


@dataclass(frozen=True, slots=True)
class Member:
    """A contact in the roster. What of it may not be read is empty; `active` is then taken for true."""

    contact: int
    name: str
    email: str
    account: str
    active: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whom to find: each word in the name, the e-mail or the account's name; ids that are in `within`, and not in `without`."""

    words: str = ""
    within: tuple[Select[Any], ...] = ()
    without: tuple[Select[Any], ...] = ()
    offset: int = 0
    limit: int = 50


def find_members(connection: Connection, snapshot: Snapshot, principal: Principal, wanted: Wanted) -> tuple[Member, ...]:
    """The contacts within the principal's reach that are wanted, by name: one statement. None where no grant lets it read."""
    made = _statement(snapshot, principal, many=True)
    if made is None:
        return ()
    statement, columns = made
    places = [columns["full_name"], columns["email"], columns["account"]]
    for word in wanted.words.split():
        statement = statement.where(or_(false(), *(place.icontains(word, autoescape=True) for place in places)))
    id = columns["id"]
    for ids in wanted.within:
        statement = statement.where(id.in_(ids))
    for ids in wanted.without:
        statement = statement.where(id.not_in(ids))
    statement = statement.order_by(columns["full_name"], id).limit(wanted.limit).offset(wanted.offset)
    return tuple(_members(connection, statement, principal))


def find_member(connection: Connection, snapshot: Snapshot, principal: Principal, contact: int) -> Member | None:
    """A contact by its id; None for missing and for not permitted, alike."""
    made = _statement(snapshot, principal)
    if made is None:
        return None
    statement, columns = made
    return next(_members(connection, statement.where(columns["id"] == contact), principal), None)


def members_by_email(connection: Connection, snapshot: Snapshot, principal: Principal, limit: int) -> tuple[Member, ...]:
    """The contacts within reach whose e-mail another one within reach has as well, by e-mail."""
    made = _statement(snapshot, principal, many=True)
    if made is None:
        return ()
    statement, columns = made
    address = func.lower(columns["email"])
    found, inner = _statement(snapshot, principal, many=True) or made
    twice = found.with_only_columns(func.lower(inner["email"])).where(inner["email"] != "")
    twice = twice.group_by(func.lower(inner["email"])).having(func.count() > 1)
    statement = statement.where(address.in_(twice)).order_by(address, columns["id"]).limit(limit)
    return tuple(_members(connection, statement, principal))


def _statement(snapshot: Snapshot, principal: Principal, *, many: bool = False) -> tuple[Select[Any], dict[str, Any]] | None:
    """The select of members, and its columns by what they are called; every name passes the grants that open it."""
    read = access_for(snapshot, principal, CONTACT, "read")
    if not read.allowed:
        return None
    rows = snapshot.entities[CONTACT].table.alias()
    columns: dict[str, Any] = {"id": rows.c.id, **{key: _column(read, rows, key) for key in SHOWN}}
    joined: FromClause = rows
    of_account = access_for(snapshot, principal, ACCOUNT, "read")
    columns["account"] = null()
    if "account" in read.attributes and of_account.allowed and "name" in of_account.attributes:
        accounts = snapshot.entities[ACCOUNT].table.alias()
        pointed = read.column(rows, "account", "account")
        joined = rows.outerjoin(accounts, and_(accounts.c.id == pointed, of_account.predicate(accounts)))
        columns["account"] = of_account.column(accounts, "name", "name")
    named = [column.label(key) for key, column in columns.items()]
    return select(*named).select_from(joined).where(read.predicate(rows, many=many)), columns


def _column(read: Access, rows: FromClause, key: str) -> Any:
    return read.column(rows, key, key) if key in read.attributes else null()


def _members(connection: Connection, statement: Select[Any], principal: Principal) -> Iterator[Member]:
    for row in connection.execute(statement, dict(principal.binds)):
        yield Member(row.id, row.full_name or "", row.email or "", row.account or "", row.active is not False)
