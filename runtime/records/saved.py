"""What people keep of lists for themselves: views under a name, the one that comes first, and which columns they want.

It belongs to the person: every statement that changes something names them, and it goes when their contact is deleted. A
shared view is also seen by the people of the account that its owner belonged to when it was kept.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Dialect,
    Index,
    Select,
    String,
    Table,
    Text,
    and_,
    bindparam,
    case,
    delete,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import IntegrityError

from metadata.snapshot import Snapshot
from metadata.types import KEY_TYPE, UtcDateTime
from runtime.records.hooks import Change, of_new_rows
from runtime.records.prepared import PerDialect
from runtime.records.proof import Reader
from runtime.records.tables import TABLES

VIEW, FIRST, COLUMNS = "view", "first", "columns"
MOST_VIEWS = 25
"""Views that a person may keep of one list."""
MOST_SEEN = 200
"""Rows that are read for one list: a person's own, then those that others share."""
LONGEST_NAME = 80
LARGEST_STATE = 8000
_PLACE = uuid.UUID("2c7f0f0e-6d0b-4f0e-9d5e-5d5a0c8a7b11")
_PERSON = "contact"

SAVED = Table(
    "foyer_saved_list",
    TABLES,
    Column("id", String(32), primary_key=True),
    Column("contact_id", KEY_TYPE, nullable=False),
    Column("account_id", KEY_TYPE),
    Column("site", String(120), nullable=False),
    Column("list", String(160), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("name", String(LONGEST_NAME), nullable=False),
    Column("state", Text, nullable=False),
    Column("changed_at", UtcDateTime(), nullable=False),
    Index("ix_foyer_saved_list_owner", "contact_id", "site", "list"),
    Index("ix_foyer_saved_list_account", "account_id", "site", "list"),
    Index("ux_foyer_saved_list_name", "contact_id", "site", "list", "kind", "name", unique=True),
)


class NotKept(Exception):
    """A view cannot be kept. `code` is `too_many`, `too_large` or `taken`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose, of which list. `account` is the one that the person belongs to."""

    contact: int
    account: int | None
    site: str
    list: str


@dataclass(frozen=True, slots=True)
class SavedView:
    """A list's state under a name: arguments of its address. `own` says that it is the person's, `shared` that
    others see it."""

    id: str
    name: str
    state: Mapping[str, str]
    own: bool
    shared: bool


@dataclass(frozen=True, slots=True)
class Saved:
    """All that a person sees of what was kept of a list: views by name, the id of the first, columns by view."""

    views: tuple[SavedView, ...] = ()
    first: str = ""
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def view(self, key: str) -> SavedView | None:
        """The view of this id, if the person sees it."""
        return next((view for view in self.views if view.id == key), None)


def _reading(dialect: Dialect) -> Select[Any]:
    """One row at least, so that it can prove who asks."""
    contact, account = (bindparam(name, type_=KEY_TYPE) for name in ("s_contact", "s_account"))
    one = select(literal(1).label("one")).subquery()
    own = SAVED.c.contact_id == contact
    seen = or_(own, and_(SAVED.c.account_id == account, SAVED.c.kind == VIEW))
    here = and_(SAVED.c.site == bindparam("s_site", type_=String), SAVED.c.list == bindparam("s_list", type_=String), seen)
    columns = (SAVED.c.id, SAVED.c.contact_id, SAVED.c.account_id, SAVED.c.kind, SAVED.c.name, SAVED.c.state)
    mine = case((own, 0), else_=1)
    return select(*columns).select_from(one.outerjoin(SAVED, here)).order_by(mine, SAVED.c.name, SAVED.c.id).limit(MOST_SEEN)


_READ = PerDialect(_reading)


def saved_of(reader: Reader, owner: Owner) -> Saved:
    """What a person sees of a list, in one statement."""
    values = {"s_contact": owner.contact, "s_account": owner.account, "s_site": owner.site, "s_list": owner.list}
    views: list[SavedView] = []
    first, columns = "", {}
    for key, contact, account, kind, name, state in _READ.on(reader.dialect).rows(reader, values):
        if kind == VIEW:
            views.append(SavedView(key, name, json.loads(state), contact == owner.contact, account is not None))
        elif kind == FIRST:
            first = json.loads(state)
        elif kind == COLUMNS:
            columns = {view: tuple(paths) for view, paths in json.loads(state).items()}
    return Saved(tuple(views), first, columns)


def keep_view(connection: Connection, owner: Owner, name: str, state: Mapping[str, str], *, shared: bool) -> str:
    """Keep a state under a name, in the place of the person's view of that name; its id. Raises NotKept."""
    written = _text(state)
    if len(written) > LARGEST_STATE:
        raise NotKept("too_large")
    values = {"state": written, "account_id": owner.account if shared else None, "changed_at": _now()}
    known = connection.scalar(select(SAVED.c.id).where(*_views(owner), SAVED.c.name == name).limit(1))
    if known is not None:
        connection.execute(update(SAVED).where(SAVED.c.id == known).values(**values))
        return str(known)
    if (connection.scalar(select(func.count()).select_from(SAVED).where(*_views(owner))) or 0) >= MOST_VIEWS:
        raise NotKept("too_many")
    key = uuid.uuid4().hex
    whose = {"contact_id": owner.contact, "site": owner.site, "list": owner.list, "kind": VIEW}
    try:
        with connection.begin_nested():
            connection.execute(SAVED.insert().values(id=key, name=name, **whose, **values))
    except IntegrityError:  # another request of the same person was quicker
        named = (*_views(owner), SAVED.c.name == name)
        connection.execute(update(SAVED).where(*named).values(**values))
        return str(connection.scalar(select(SAVED.c.id).where(*named)))
    return key


def rename_view(connection: Connection, owner: Owner, key: str, name: str, *, shared: bool) -> bool:
    """Give a view of the person's another name and say who sees it; whether it was there. Raises NotKept."""
    values = {"name": name, "account_id": owner.account if shared else None, "changed_at": _now()}
    try:
        with connection.begin_nested():
            return connection.execute(update(SAVED).where(*_views(owner), SAVED.c.id == key).values(**values)).rowcount == 1
    except IntegrityError:
        raise NotKept("taken") from None


def drop_view(connection: Connection, owner: Owner, key: str) -> None:
    """Delete a view of the person's."""
    connection.execute(delete(SAVED).where(*_views(owner), SAVED.c.id == key))


def put_first(connection: Connection, owner: Owner, key: str) -> None:
    """The view with which the list opens for this person; "" for the list as it is."""
    _put(connection, owner, FIRST, key)


def keep_columns(connection: Connection, owner: Owner, columns: Mapping[str, tuple[str, ...]]) -> None:
    """The columns that the person wants, by view."""
    _put(connection, owner, COLUMNS, {view: list(paths) for view, paths in columns.items()})


@of_new_rows(lambda snapshot, entity: False)
def forget_person(connection: Connection, snapshot: Snapshot, change: Change) -> None:
    """Delete what a contact kept who is deleted, as a listener of `after_write`."""
    if change.kind == "delete" and change.entity == _PERSON:
        connection.execute(delete(SAVED).where(SAVED.c.contact_id == change.id))


def _put(connection: Connection, owner: Owner, kind: str, state: object) -> None:
    """Keep the one row of a kind, whose id is known beforehand; nothing to keep is no row."""
    place = [owner.contact, owner.site, owner.list, kind]
    key = uuid.uuid5(_PLACE, json.dumps(place)).hex
    if not state:
        connection.execute(delete(SAVED).where(SAVED.c.id == key))
        return
    insert = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
    values = {"state": _text(state), "changed_at": _now()}
    whose = {"contact_id": owner.contact, "site": owner.site, "list": owner.list, "kind": kind, "name": ""}
    wanted = insert(SAVED).values(id=key, **whose, **values)
    connection.execute(wanted.on_conflict_do_update(index_elements=[SAVED.c.id], set_=values))


def _views(owner: Owner) -> tuple[ColumnElement[bool], ...]:
    mine = SAVED.c.contact_id == owner.contact
    return mine, SAVED.c.site == owner.site, SAVED.c.list == owner.list, SAVED.c.kind == VIEW


def _text(state: object) -> str:
    return json.dumps(state, ensure_ascii=False, separators=(",", ":"))


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
