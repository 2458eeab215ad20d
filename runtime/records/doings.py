"""What people did while they acted for an account, from the audit trail: rows that the reader may read, and no values.

It takes the privilege `history` on the account itself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from metadata.snapshot import Snapshot
from runtime.access import Principal, access_for
from runtime.records.tables import AUDIT
from runtime.records.trail import names_of

KINDS = ("create", "write", "delete", "associate", "disassociate", "action")
"""What is done to rows, or with them; what is done with a sign-in is not an account's business."""


@dataclass(frozen=True, slots=True)
class Doing:
    """Something that was done to a row: when, by whom (an id, and the name where it may be read), and the row's name."""

    number: int
    at: dt.datetime
    contact: int | None
    who: str
    kind: str
    entity: str
    row: int
    name: str


@dataclass(frozen=True, slots=True)
class Doings:
    """The newest first; `older` is what to ask with for those before them, None where there are none."""

    found: tuple[Doing, ...]
    older: int | None


def may_see_doings(connection: Connection, snapshot: Snapshot, principal: Principal) -> bool:
    """Whether the principal has the privileges read and history on the account that it acts for."""
    accesses = [access_for(snapshot, principal, "account", privilege) for privilege in ("read", "history")]
    if principal.account is None or not all(access.allowed for access in accesses):
        return False
    rows = snapshot.entities["account"].table
    mine = select(rows.c.id).where(rows.c.id == principal.account, *(access.predicate(rows) for access in accesses))
    return connection.execute(mine, dict(principal.binds)).first() is not None


def account_doings(connection: Connection, snapshot: Snapshot, principal: Principal, before: int | None, limit: int) -> Doings:
    """What was done for the principal's account, before an entry of the trail: one statement, and one for each entity in it.

    What was done to rows that are gone, or may not be read, is left out.
    """
    where = [AUDIT.c.account == principal.account, AUDIT.c.privilege.in_(KINDS), AUDIT.c.entity.in_(tuple(snapshot.entities))]
    if before is not None:
        where.append(AUDIT.c.id < before)
    columns = (AUDIT.c.id, AUDIT.c.at, AUDIT.c.contact, AUDIT.c.privilege, AUDIT.c.entity, AUDIT.c.row)
    rows = connection.execute(select(*columns).where(*where).order_by(AUDIT.c.id.desc()).limit(limit + 1)).all()
    shown, older = rows[:limit], rows[limit - 1].id if len(rows) > limit else None
    named = {entity: _names(connection, snapshot, principal, entity, shown) for entity in sorted({row.entity for row in shown})}
    people = names_of(connection, snapshot, principal, "contact", [row.contact for row in shown if row.contact is not None])
    found = (_doing(row, named, people) for row in shown if row.row in named[row.entity])
    return Doings(tuple(found), older)


def _names(
    connection: Connection, snapshot: Snapshot, principal: Principal, entity: str, rows: Sequence[Any]
) -> dict[int, str]:
    return names_of(connection, snapshot, principal, entity, [row.row for row in rows if row.entity == entity])


def _doing(row: Any, named: dict[str, dict[int, str]], people: dict[int, str]) -> Doing:
    name = named[row.entity][row.row]
    return Doing(row.id, row.at, row.contact, people.get(row.contact, ""), row.privilege, row.entity, row.row, name)
