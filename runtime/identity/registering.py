"""Registrations: somebody without a sign-in asks for one, proves the e-mail, and gets in at once or when it is approved.

What they wrote waits in a table of its own. A contact is made when the e-mail is proved, or when somebody approves, and gets an
invitation like any other.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, insert, select, update

from metadata.model import Joining
from metadata.snapshot import CompiledSite, Snapshot
from runtime.access import Principal
from runtime.identity.invitations import ContactNotReady, InvitationTerms, invite
from runtime.identity.logins import normal_email
from runtime.identity.sessions import LONGEST_TOKEN, utc_now
from runtime.identity.tables import registrations
from runtime.identity.tokens import digest, new_token
from runtime.records.errors import Invalid
from runtime.records.hooks import Listeners
from runtime.records.people import find_accounts_by, load_person
from runtime.records.write import create

ASKED, WAITING, ADMITTED, REFUSED, REPLACED = "asked", "waiting", "admitted", "refused", "replaced"
BY_THEMSELVES = ("request", "open")
"""Registrations of a site by which people come on their own."""
LIFETIME = dt.timedelta(days=1)
MOST_LISTED = 200


class CannotJoin(Exception):
    """No contact can be made of a registration: the e-mail is taken by now, or the values are refused."""


@dataclass(frozen=True, slots=True)
class Registration:
    """What somebody has asked for. `answers` are texts by attribute of the contact."""

    id: int
    email: str
    answers: Mapping[str, str]
    account: int | None
    language: str
    created_at: dt.datetime

    @property
    def name(self) -> str:
        """What the person is called."""
        return self.answers.get("full_name", "") or self.email


def account_by_rule(connection: Connection, snapshot: Snapshot, joining: Joining, email: str, code: str) -> int | None:
    """The account that the declared rule gives: by the domain of the e-mail, by a code, or none."""
    text = {"domain": email.rpartition("@")[2].lower(), "code": code.strip()}.get(joining.account, "")
    found = find_accounts_by(connection, snapshot, joining.account_attribute, text) if text else ()
    return found[0] if len(found) == 1 else None


def ask(connection: Connection, site: str, email: str, answers: Mapping[str, str], account: int | None, language: str) -> str:
    """Keep a registration and return the token of the link that proves its e-mail, which is kept nowhere else."""
    now, token = utc_now(), new_token()
    values = {
        "token_hash": digest(token),
        "site": site,
        "email": email,
        "answers": json.dumps(dict(answers), ensure_ascii=False),
        "account_id": account,
        "state": ASKED,
        "language": language,
        "created_at": now,
        "expires_at": now + LIFETIME,
    }
    connection.execute(insert(registrations).values(values))
    return token


def asked_by(connection: Connection, site: str, token: str) -> Registration | None:
    """The registration of a link; None for one unknown, used or too old."""
    columns = registrations.c
    where = (
        columns.token_hash == digest(token[:LONGEST_TOKEN]),
        columns.site == site,
        columns.state == ASKED,
        columns.expires_at > utc_now(),
    )
    return _one(connection.execute(select(registrations).where(*where)).first())


def waiting(connection: Connection, site: str) -> tuple[Registration, ...]:
    """The registrations that wait for approval, the oldest first."""
    where = (registrations.c.site == site, registrations.c.state == WAITING)
    rows = connection.execute(select(registrations).where(*where).order_by(registrations.c.id).limit(MOST_LISTED))
    return tuple(found for found in map(_one, rows) if found is not None)


def find_waiting(connection: Connection, site: str, number: int) -> Registration | None:
    """A registration that waits, by its id."""
    where = (registrations.c.site == site, registrations.c.state == WAITING, registrations.c.id == number)
    return _one(connection.execute(select(registrations).where(*where)).first())


def is_waiting(connection: Connection, site: str, email: str) -> bool:
    """Whether a registration with this e-mail waits for approval."""
    return connection.execute(select(registrations.c.id).where(*_waiting_with(site, email)).limit(1)).first() is not None


def wait(connection: Connection, site: str, registration: Registration) -> bool:
    """Let a registration whose e-mail is proved wait, in place of an earlier one. False for whoever comes second."""
    over = {"state": REPLACED, "decided_at": utc_now(), "answers": "{}"}
    connection.execute(update(registrations).where(*_waiting_with(site, registration.email)).values(over))
    return move(connection, registration, ASKED, WAITING)


def _waiting_with(site: str, email: str) -> tuple[ColumnElement[bool], ...]:
    columns = registrations.c
    return columns.site == site, columns.state == WAITING, func.lower(columns.email) == normal_email(email)


def move(
    connection: Connection, registration: Registration, before: str, after: str, *, by: int | None = None, reason: str = ""
) -> bool:
    """Bring a registration from one state to another. False for whoever comes second.

    What the person wrote is forgotten once it is decided.
    """
    values: dict[str, Any] = {"state": after, "decided_by": by, "reason": reason}
    if after in (ADMITTED, REFUSED):
        values |= {"decided_at": utc_now(), "answers": "{}"}
    where = (registrations.c.id == registration.id, registrations.c.state == before)
    return connection.execute(update(registrations).where(*where).values(values)).rowcount > 0


def admit(
    connection: Connection,
    snapshot: Snapshot,
    site: CompiledSite,
    registration: Registration,
    terms: InvitationTerms,
    listeners: Listeners,
    by: int | None = None,
) -> tuple[int, str]:
    """Make the contact of a registration and an invitation for it: its id, and the code. Raises CannotJoin."""
    values: dict[str, Any] = {**registration.answers, "email": registration.email}
    if registration.account is not None:
        values["account"] = registration.account
    if "language" in snapshot.entities["contact"].attributes:
        values.setdefault("language", registration.language)
    actor = replace(Principal.system("portal"), site=site.key, contact=by)
    try:
        made = create(connection, snapshot, actor, "contact", values, listeners=listeners)
    except Invalid as refused:
        raise CannotJoin from refused
    person = load_person(connection, snapshot, made.id)
    if person is None:
        raise CannotJoin
    try:
        return made.id, invite(connection, snapshot, site, person, terms)
    except ContactNotReady as missing:
        raise CannotJoin from missing


def _one(row: Row[Any] | None) -> Registration | None:
    if row is None:
        return None
    answers: dict[str, str] = json.loads(row.answers)
    return Registration(row.id, row.email, answers, row.account_id, row.language, row.created_at)
