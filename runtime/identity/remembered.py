"""Arrivals of signed-in people that a process remembers, and the claim by which a statement proves that they still hold.

A remembered arrival is never believed: it says what the first statement of a request is to be asked with, and that statement
says whether everything is as it was (see `runtime.records.proof`).
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    FromClause,
    Select,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    or_,
    select,
    union,
)
from sqlalchemy.exc import DBAPIError

from metadata.snapshot import Snapshot
from metadata.types import KEY_TYPE, UtcDateTime
from runtime.access import Principal
from runtime.identity.sessions import LONGEST_TOKEN, Arrival, LiveSession, is_stale, utc_now
from runtime.identity.tables import contact_roles, sessions
from runtime.identity.tokens import digest
from runtime.records.memberships import account_roles, admitted, has_account_roles, has_further_accounts
from runtime.records.people import contact_table, is_person, join_people, person_value
from runtime.records.prepared import PerDialect
from runtime.records.proof import Claim

LARGEST = 10_000
BETWEEN = "\n"


@dataclass(frozen=True, slots=True)
class Known:
    """An arrival as it was found last; `values` are the binds of its claim.

    `principals` holds the principal by the language of the request.
    """

    release: int
    session: LiveSession
    values: Mapping[str, Any]
    principals: dict[str, Principal] = field(default_factory=dict)

    def agrees(self, arrival: Arrival) -> bool:
        """Is this what was found now? When the session was seen does not matter."""
        found, known = arrival.session, self.session
        if found is None or arrival.release != self.release:
            return False
        return (found.id, found.person, found.roles, found.remember, found.acting) == (
            known.id,
            known.person,
            known.roles,
            known.remember,
            known.acting,
        )


class ArrivalMemory:
    """The arrivals of the sessions used last, by the hash of their token and the site. Safe between threads.

    What was found on a snapshot is forgotten with it: a newer one begins with nothing.
    """

    def __init__(self, largest: int = LARGEST) -> None:
        self._largest = largest
        self._snapshot: Snapshot | None = None
        self._known: dict[tuple[str, str], Known] = {}
        self._lock = threading.Lock()

    def find(self, snapshot: Snapshot, site: str, token: str) -> Known | None:
        """What is known of a session on this snapshot; None also when it is time to note that the session was seen."""
        key = _key(site, token)
        with self._lock:
            known = self._known.pop(key, None) if self._snapshot is snapshot else None
            if known is None or is_stale(known.session):
                return None
            self._known[key] = known
            return known

    def keep(self, snapshot: Snapshot, site: str, token: str, arrival: Arrival) -> None:
        """Remember what was found of a session, in place of what was known.

        Not remembered are that there is none, and what was found while a newer release is not served yet.
        """
        key, session = _key(site, token), arrival.session
        with self._lock:
            if not self._adopted(snapshot):
                return
            self._known.pop(key, None)
            if session is None or arrival.release != snapshot.release or any(BETWEEN in role for role in session.roles):
                return
            person = person_value(session.person)
            if person is None:
                return
            while len(self._known) >= self._largest:
                del self._known[next(iter(self._known))]
            self._known[key] = Known(arrival.release, session, {**_claim_values(key, arrival.release, session), **person})

    def forget(self, site: str, token: str) -> None:
        """Find a session in the ordinary way the next time, since more has changed than its claim tells."""
        with self._lock:
            self._known.pop(_key(site, token), None)

    def _adopted(self, snapshot: Snapshot) -> bool:
        """Is this the snapshot that is remembered for? A newer one takes the place of the one before."""
        if self._snapshot is not snapshot:
            if self._snapshot is not None and snapshot.release < self._snapshot.release:
                return False
            self._snapshot = snapshot
            self._known.clear()
        return True

    def __len__(self) -> int:
        """How many are remembered."""
        return len(self._known)


@lru_cache(maxsize=LARGEST)  # a token is looked at by each request; the cookie that brings it is remembered as well
def _key(site: str, token: str) -> tuple[str, str]:
    return digest(token[:LONGEST_TOKEN]), site


def arrival_claim(snapshot: Snapshot, latest: str) -> Claim:
    """That an arrival is as it was: the release, the session that holds, its person and the roles. `latest` as for arrivals."""
    return snapshot.derive(("arrival claim", latest), lambda: Claim(_claim(snapshot, latest)))


def still_holds(connection: Connection, snapshot: Snapshot, latest: str, known: Known) -> bool:
    """Whether the claim is true, in a statement that asks nothing else; False also where the statement fails."""

    def make() -> PerDialect:
        asked = select(arrival_claim(snapshot, latest).column)
        return PerDialect(lambda dialect: asked)

    alone: PerDialect = snapshot.derive(("arrival claim alone", latest), make)
    try:
        return bool(alone.on(connection.dialect).rows(connection, claim_values(known))[0][0])
    except DBAPIError:  # as where the connection has died, or the tables are those of a newer release
        return False


def claim_values(known: Known) -> dict[str, Any]:
    """The binds of the claim at this moment."""
    return {**known.values, "was_now": utc_now()}


def _claim_values(key: tuple[str, str], release: int, session: LiveSession) -> dict[str, Any]:
    return {
        "was_token": key[0],
        "was_site": key[1],
        "was_release": release,
        "was_roles": BETWEEN.join(("", *sorted(session.roles), "")),
        "was_number": len(session.roles),
        "was_contact": session.person.contact,
        "was_acting": session.acting or 0,
    }


def _claim(snapshot: Snapshot, latest: str) -> ColumnElement[bool]:
    contact = contact_table(snapshot)
    acting = sessions.c.account_id if has_further_accounts(snapshot) else None
    holds = and_(
        sessions.c.token_hash == bindparam("was_token"),
        sessions.c.site == bindparam("was_site"),
        sessions.c.revoked_at.is_(None),
        sessions.c.expires_at > bindparam("was_now", type_=UtcDateTime()),
        admitted(snapshot, sessions.c.contact_id, sessions.c.account_id),
    )
    active = or_(contact.c["active"].is_(None), contact.c["active"].is_(True))
    joined = join_people(snapshot, sessions, and_(contact.c["id"] == sessions.c.contact_id, active), acting)
    newest = literal_column(f"({latest})") == bindparam("was_release", type_=contact.c["id"].type)
    found: Select[Any] = (
        select(literal_column("1")).select_from(joined).where(holds, is_person(snapshot, acting), newest, _same_roles(snapshot))
    )
    return found.correlate(None).exists()


def _same_roles(snapshot: Snapshot) -> ColumnElement[bool]:
    """As many roles as there were, and each of them one of those that there were."""
    names = bindparam("was_roles", type_=contact_roles.c.role.type)
    number = bindparam("was_number", type_=contact_table(snapshot).c["id"].type)
    role: ColumnElement[str] = contact_roles.c.role
    held: FromClause = contact_roles
    contact: ColumnElement[int] = bindparam("was_contact", type_=contact_roles.c.contact_id.type)
    where: tuple[ColumnElement[bool], ...] = (
        contact_roles.c.contact_id == contact,
        contact_roles.c.site == bindparam("was_site"),
    )
    if has_account_roles(snapshot):
        held = _held_by_turns(snapshot, contact, where).subquery("foyer_held")
        role, where = held.c.role, ()
    named = func.replace(names, literal_column("'\n'") + role + literal_column("'\n'"), literal_column("''")) != names
    counted = select(and_(func.count() == number, func.count(case((named, literal_column("1")))) == number))
    return counted.select_from(held).where(*where).correlate(None).scalar_subquery()


def _held_by_turns(
    snapshot: Snapshot, contact: ColumnElement[int], where: tuple[ColumnElement[bool], ...]
) -> CompoundSelect[Any]:
    """The roles of the contact where it acts for its own account, else those of its memberships in the other one."""
    acting: ColumnElement[int] = bindparam("was_acting", type_=KEY_TYPE)
    own = select(contact_roles.c.role.label("role")).where(*where, acting == 0)
    return union(own, account_roles(snapshot, contact, acting))
