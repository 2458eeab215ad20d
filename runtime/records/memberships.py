"""The accounts that a contact may act for besides its own, as metadata declares them (`further_accounts` of the contact).

Like people, they are read with the system's rights, for signing in and for nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    Table,
    and_,
    case,
    false,
    func,
    inspect,
    literal,
    literal_column,
    or_,
    select,
    true,
)

from metadata.snapshot import Snapshot
from metadata.types import KEY_TYPE


@dataclass(frozen=True, slots=True)
class AccountChoice:
    """An account that a person may act for."""

    id: int
    name: str
    number: str
    own: bool


def has_further_accounts(snapshot: Snapshot) -> bool:
    """Whether metadata declares that people may act for several accounts."""
    return _declared(snapshot) is not None


def has_account_roles(snapshot: Snapshot) -> bool:
    """Whether people have, for a further account, the web roles of their memberships there."""
    declared = _declared(snapshot)
    return declared is not None and bool(declared.role)


def admitted(snapshot: Snapshot, contact: ColumnElement[int], acting: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether a contact may act for the account; NULL is its own."""
    declared = _declared(snapshot)
    if declared is None:
        return acting.is_(None)
    rows = declared.table.alias()
    counting = declared.counting(rows, contact, acting)
    found = select(literal_column("1")).select_from(rows).where(counting).correlate_except(rows).exists()
    return or_(acting.is_(None), found)


def acts_for_several(snapshot: Snapshot, contact: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether the contact may act for any account besides its own."""
    declared = _declared(snapshot)
    if declared is None:
        return false()
    rows = declared.table.alias()
    held: tuple[ColumnElement[bool], ...] = (rows.c[declared.contact] == contact, *declared.switched_on(rows))
    return select(literal_column("1")).select_from(rows).where(*held).correlate_except(rows).exists()


def join_account_roles(
    snapshot: Snapshot, left: FromClause, contact: ColumnElement[int], acting: ColumnElement[int]
) -> FromClause:
    """What the caller has, joined to the memberships of the contact in the account; `account_role` is their column."""
    declared = _with_roles(snapshot)
    rows = _members(snapshot, declared)
    return left.outerjoin(rows, declared.counting(rows, contact, acting))


def account_role(snapshot: Snapshot) -> ColumnElement[str]:
    """The web role of a membership that `join_account_roles` has joined."""
    declared = _with_roles(snapshot)
    return _members(snapshot, declared).c[declared.role]


def account_roles(snapshot: Snapshot, contact: ColumnElement[int], acting: ColumnElement[int]) -> Select[Any]:
    """The web roles that a contact has for a further account, as a statement of one column `role`."""
    declared = _with_roles(snapshot)
    role = declared.table.c[declared.role]
    return select(role.label("role")).where(declared.counting(declared.table, contact, acting), role.is_not(None))


def are_memberships_there(connection: Connection, snapshot: Snapshot) -> bool:
    """Whether the database has memberships as they are declared, before a release that declares them is made."""
    declared = _declared(snapshot)
    return declared is not None and declared.is_in(connection)


def some_members(connection: Connection, snapshot: Snapshot, roles: Iterable[str], most: int) -> Iterator[tuple[int, int]]:
    """Contacts with a further account that each acts for: of each role that memberships give some, else some of all.

    Nothing where the database has no memberships yet as they are declared.
    """
    declared = _declared(snapshot)
    if declared is None or not are_memberships_there(connection, snapshot):
        return
    columns = declared.table.c
    contact, account = columns[declared.contact], columns[declared.account]
    there = (contact.is_not(None), account.is_not(None), *declared.switched_on(declared.table))
    members = select(contact, account).where(*there).order_by(contact, account).limit(most)
    chosen = [columns[declared.role] == role for role in roles] if declared.role else [true()]
    for wanted in chosen:
        yield from ((row[0], row[1]) for row in connection.execute(members.where(wanted)))


@dataclass(frozen=True, slots=True, eq=False)
class _Memberships:
    """The table of memberships, and the names of its columns; `role` and `active` are empty where there are none."""

    table: Table
    contact: str
    account: str
    role: str = ""
    active: str = ""

    def counting(self, rows: FromClause, contact: ColumnElement[int], account: ColumnElement[int]) -> ColumnElement[bool]:
        """Whether a row of `rows` (the table or an alias) is a membership of the contact in the account, and counts."""
        return and_(rows.c[self.contact] == contact, rows.c[self.account] == account, *self.switched_on(rows))

    def is_in(self, connection: Connection) -> bool:
        """Whether the database has the table with all of these columns."""
        inspector = inspect(connection)
        if not inspector.has_table(self.table.name):
            return False
        there = {column["name"] for column in inspector.get_columns(self.table.name)}
        return there.issuperset(filter(None, (self.contact, self.account, self.role, self.active)))

    def switched_on(self, rows: FromClause) -> tuple[ColumnElement[bool], ...]:
        """That a membership counts, as a condition or none."""
        return (or_(rows.c[self.active].is_(None), rows.c[self.active].is_(True)),) if self.active else ()


def _declared(snapshot: Snapshot) -> _Memberships | None:
    return snapshot.derive(("memberships",), lambda: _compiled(snapshot))


def _with_roles(snapshot: Snapshot) -> _Memberships:
    declared = _declared(snapshot)
    if declared is None or not declared.role:
        raise ValueError("metadata declares no web roles of memberships")
    return declared


def _members(snapshot: Snapshot, declared: _Memberships) -> FromClause:
    """One alias per snapshot, so that a join and its column mean the same."""
    return snapshot.derive(("memberships joined",), lambda: declared.table.alias("foyer_member"))


def _compiled(snapshot: Snapshot) -> _Memberships | None:
    contact = snapshot.entities["contact"]
    declared = contact.model.further_accounts
    if declared is None:
        return None
    if declared.entity:
        entity = snapshot.entities[declared.entity]
        names = (declared.contact, declared.account, declared.role, declared.active)
        columns = (entity.attributes[name].column.name if name else "" for name in names)
        return _Memberships(entity.table, *columns)
    found = contact.relationships[declared.relationship]
    assert found.link is not None  # noqa: S101 - the checks let nothing else through
    return _Memberships(found.link, found.near, found.far)


def acting_company(snapshot: Snapshot, acting: ColumnElement[int]) -> ColumnElement[int]:
    """The company of a person: for a further account the one that sells to that, else the contact's."""
    contact, account = (snapshot.entities[key].table for key in ("contact", "account"))
    return case((acting.is_(None), contact.c["company"]), else_=account.c["company"])


def may_act_for(connection: Connection, snapshot: Snapshot, contact: int, account: int) -> bool:
    """Whether a contact may act for an account that is not its own."""
    if not has_further_accounts(snapshot):
        return False
    held = admitted(snapshot, literal(contact, KEY_TYPE), literal(account, KEY_TYPE))
    return bool(connection.execute(select(held)).scalar())


def membership_roles(connection: Connection, snapshot: Snapshot, contact: int, account: int) -> frozenset[str] | None:
    """The web roles that a contact has for a further account; None where they are those of the contact."""
    if not has_account_roles(snapshot):
        return None
    held = account_roles(snapshot, literal(contact, KEY_TYPE), literal(account, KEY_TYPE))
    return frozenset(connection.execute(held).scalars())


def accounts_for(connection: Connection, snapshot: Snapshot, contact: int) -> tuple[AccountChoice, ...]:
    """The accounts that a contact may act for: its own first, then the others by name."""
    person, account = (snapshot.entities[key].table for key in ("contact", "account"))
    own = select(person.c["account"]).where(person.c["id"] == contact).scalar_subquery()
    wanted: ColumnElement[bool] = account.c["id"] == own
    declared = _declared(snapshot)
    if declared is not None:
        rows = declared.table
        held = select(rows.c[declared.account]).where(rows.c[declared.contact] == contact, *declared.switched_on(rows))
        wanted = or_(wanted, account.c["id"].in_(held))
    is_own = func.coalesce(account.c["id"] == own, literal_column("1=0")).label("own")
    statement = select(account.c["id"], account.c["name"], account.c["number"], is_own).where(wanted)
    found = connection.execute(statement.order_by(account.c["name"], account.c["id"])).all()
    choices = (AccountChoice(row.id, row.name or "", row.number or "", bool(row.own)) for row in found)
    return tuple(sorted(choices, key=lambda choice: not choice.own))
