"""Server-side sessions: one row each, found by the hash of a random token that only the browser has."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Dialect,
    Integer,
    Select,
    and_,
    bindparam,
    delete,
    func,
    insert,
    literal,
    literal_column,
    or_,
    select,
    update,
)

from metadata.snapshot import Snapshot
from metadata.types import UtcDateTime
from runtime.identity.tables import contact_roles, sessions
from runtime.identity.tokens import digest, new_token
from runtime.records.memberships import (
    account_role,
    acts_for_several,
    admitted,
    has_account_roles,
    has_further_accounts,
    join_account_roles,
)
from runtime.records.people import Person, contact_table, join_people, person_columns, person_from
from runtime.records.prepared import Prepared

TOUCH_EVERY = dt.timedelta(minutes=1)
LONGEST_TOKEN = 100


@dataclass(frozen=True, slots=True)
class LiveSession:
    """A session that holds, with its person and the roles that the person was given on the site.

    `acting` is the account that it acts for where it is not the contact's own; `several` says whether there are others;
    `terms` is the version of the terms that it knows to be accepted.
    """

    id: int
    person: Person
    roles: frozenset[str]
    seen_at: dt.datetime
    remember: bool
    acting: int | None = None
    several: bool = False
    terms: str = ""


@dataclass(frozen=True, slots=True)
class Arrival:
    """What the first statement of a request finds: the newest release, and the session if it holds."""

    release: int
    session: LiveSession | None


@dataclass(frozen=True, slots=True)
class SessionEntry:
    """A session as its owner sees it in a list."""

    id: int
    device: str
    created_at: dt.datetime
    seen_at: dt.datetime
    current: bool


@dataclass(frozen=True, slots=True)
class NewSession:
    """What a session is opened with."""

    contact: int
    site: str
    device: str
    remember: bool
    lifetime: dt.timedelta
    acting: int | None = None
    terms: str = ""


def open_session(connection: Connection, new: NewSession) -> str:
    """Open a session and return its token, which is kept nowhere else. Sessions long over are swept away."""
    now, token = utc_now(), new_token()
    connection.execute(delete(sessions).where(sessions.c.contact_id == new.contact, sessions.c.expires_at < now))
    connection.execute(
        insert(sessions).values(
            token_hash=digest(token),
            contact_id=new.contact,
            site=new.site,
            created_at=now,
            seen_at=now,
            expires_at=now + new.lifetime,
            device=device_name(new.device),
            remember=new.remember,
            account_id=new.acting,
            terms=new.terms,
        )
    )
    return token


def load_arrival(connection: Connection, snapshot: Snapshot, site: str, token: str, latest: str) -> Arrival:
    """The newest release and the session, its person and roles, in one statement. `latest` is the text of a scalar subquery."""
    dialect = connection.dialect
    ask = snapshot.derive(("arrival", dialect.name, latest), lambda: _ArrivalAsk(snapshot, latest, dialect))
    values = {"token": digest(token[:LONGEST_TOKEN]), "site": site, "now": utc_now()}
    rows = ask.prepared.rows(connection, values)
    first = dict(zip(ask.names, rows[0], strict=True))
    person = person_from(first)
    release = int(first["release"] or 0)
    if person is None:
        return Arrival(release, None)
    place = ask.names.index("role")
    roles = frozenset(row[place] for row in rows if row[place] is not None)
    found = LiveSession(
        first["session_id"],
        person,
        roles,
        first["seen_at"],
        first["remember"],
        first.get("acting"),
        bool(first.get("several")),
        first["terms"],
    )
    return Arrival(release, found)


class _ArrivalAsk:
    """The statement of an arrival, compiled once per snapshot, and the names of its columns."""

    def __init__(self, snapshot: Snapshot, latest: str, dialect: Dialect) -> None:
        statement = _arrival_statement(snapshot, latest)
        self.prepared = Prepared(statement, dialect)
        self.names = tuple(str(column.key) for column in statement.selected_columns)


def _arrival_statement(snapshot: Snapshot, latest: str) -> Select[Any]:
    """One row per role, at least one row: the release stands in a table of one row that everything else is joined to."""
    one = select(literal(1, Integer).label("one")).subquery("one")
    contact, several = contact_table(snapshot), has_further_accounts(snapshot)
    holds = and_(
        sessions.c.token_hash == bindparam("token"),
        sessions.c.site == bindparam("site"),
        sessions.c.revoked_at.is_(None),
        sessions.c.expires_at > bindparam("now", type_=UtcDateTime()),
        admitted(snapshot, sessions.c.contact_id, sessions.c.account_id),
    )
    active: ColumnElement[bool] = or_(contact.c["active"].is_(None), contact.c["active"].is_(True))
    acting = sessions.c.account_id if several else None
    person_of = and_(contact.c["id"] == sessions.c.contact_id, active)
    people = join_people(snapshot, one.outerjoin(sessions, holds), person_of, acting)
    role: ColumnElement[str] = contact_roles.c.role
    role_of = and_(contact_roles.c.contact_id == contact.c["id"], contact_roles.c.site == bindparam("site"))
    if has_account_roles(snapshot):
        people = join_account_roles(snapshot, people, contact.c["id"], sessions.c.account_id)
        role, role_of = func.coalesce(role, account_role(snapshot)), and_(role_of, sessions.c.account_id.is_(None))
    further = (sessions.c.account_id.label("acting"), acts_for_several(snapshot, contact.c["id"]).label("several"))
    return select(
        literal_column(f"({latest})").label("release"),
        sessions.c.id.label("session_id"),
        sessions.c.seen_at,
        sessions.c.remember,
        sessions.c.terms,
        role.label("role"),
        *(further if several else ()),
        *person_columns(snapshot, acting),
    ).select_from(people.outerjoin(contact_roles, role_of))


def is_stale(session: LiveSession) -> bool:
    """Is it time to note that the session was seen?"""
    return utc_now() - session.seen_at > TOUCH_EVERY


def touch(connection: Connection, session: int, lifetime: dt.timedelta) -> None:
    """Note that the session was seen now; it lives on for its lifetime from here."""
    now = utc_now()
    change = update(sessions).where(sessions.c.id == session, sessions.c.revoked_at.is_(None))
    connection.execute(change.values(seen_at=now, expires_at=now + lifetime))


def list_sessions(connection: Connection, contact: int, site: str, current: int | None) -> tuple[SessionEntry, ...]:
    """The sessions of a contact that hold, the last seen first."""
    columns = sessions.c
    statement = select(columns.id, columns.device, columns.created_at, columns.seen_at).where(
        columns.contact_id == contact, columns.site == site, columns.revoked_at.is_(None), columns.expires_at > utc_now()
    )
    rows = connection.execute(statement.order_by(columns.seen_at.desc(), columns.id)).all()
    return tuple(SessionEntry(row.id, row.device, row.created_at, row.seen_at, row.id == current) for row in rows)


def revoke(connection: Connection, contact: int, session: int) -> bool:
    """End one session of a contact. False where the contact has no such session."""
    return _revoke(connection, [sessions.c.contact_id == contact, sessions.c.id == session]) > 0


def revoke_all(connection: Connection, contact: int, but: int | None = None) -> int:
    """End all sessions of a contact, except perhaps one, on every site. Returns how many ended."""
    others = [] if but is None else [sessions.c.id != but]
    return _revoke(connection, [sessions.c.contact_id == contact, *others])


def _revoke(connection: Connection, which: Iterable[ColumnElement[bool]]) -> int:
    change = update(sessions).where(sessions.c.revoked_at.is_(None), *which).values(revoked_at=utc_now())
    return connection.execute(change).rowcount


def device_name(agent: str) -> str:
    """A short name for a browser and its system, from the User-Agent header."""
    browsers = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
    systems = (
        ("Android", "Android"),
        ("iPhone", "iOS"),
        ("iPad", "iOS"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    )
    browser = next((name for mark, name in browsers if mark in agent), "")
    system = next((name for mark, name in systems if mark in agent), "")
    return " · ".join(part for part in (browser, system) if part)


def utc_now() -> dt.datetime:
    """This moment, with its zone."""
    return dt.datetime.now(dt.UTC)
