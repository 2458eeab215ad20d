"""What happened with a contact's sign-in, from the audit trail: for the person to see."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass

from sqlalchemy import Connection, select

from runtime.access import Principal
from runtime.identity.logins import find_login
from runtime.identity.sessions import device_name
from runtime.identity.tables import consents
from runtime.records.audit import record_act
from runtime.records.tables import AUDIT

SIGN_IN, SIGN_IN_REFUSED, PASSWORD = "sign_in", "sign_in_refused", "password"
KINDS = (SIGN_IN, SIGN_IN_REFUSED, PASSWORD, "second_factor", "external_login", "account_chosen", "terms", "my_data", "closing")
SHOWN = 30


@dataclass(frozen=True, slots=True)
class SignInEvent:
    """Something that happened with a sign-in. `device` is a browser and its system, where that was noted."""

    at: dt.datetime
    kind: str
    device: str


@dataclass(frozen=True, slots=True)
class Consent:
    """A version of the terms that a contact has accepted."""

    version: str
    at: dt.datetime


def note_sign_in(connection: Connection, site: str, contact: int, agent: str) -> None:
    """Write down that a contact has signed in, in the transaction of the session."""
    _note(connection, SIGN_IN, site, contact, agent)


def note_refusal(connection: Connection, site: str, email: str, agent: str) -> None:
    """Write down that somebody gave a wrong password for whoever signs in with the e-mail; nothing for nobody."""
    login = find_login(connection, email)
    if login is not None:
        _note(connection, SIGN_IN_REFUSED, site, login.contact, agent)


def note_password(connection: Connection, site: str, contact: int, agent: str) -> None:
    """Write down that a contact has a new password, in the transaction that gives it."""
    _note(connection, PASSWORD, site, contact, agent)


def events_of(connection: Connection, site: str, contact: int) -> tuple[SignInEvent, ...]:
    """What happened lately with a contact's sign-in on a site, the newest first."""
    where = (AUDIT.c.entity == "contact", AUDIT.c.row == contact, AUDIT.c.site == site, AUDIT.c.privilege.in_(KINDS))
    wanted = select(AUDIT.c.at, AUDIT.c.privilege, AUDIT.c.changes).where(*where).order_by(AUDIT.c.id.desc()).limit(SHOWN)
    rows = connection.execute(wanted).all()
    return tuple(SignInEvent(row.at, row.privilege, str(json.loads(row.changes).get("device", ""))) for row in rows)


def consents_of(connection: Connection, site: str, contact: int) -> tuple[Consent, ...]:
    """The versions of the terms that a contact has accepted on a site, in their order."""
    where = (consents.c.contact_id == contact, consents.c.site == site)
    rows = connection.execute(select(consents.c.version, consents.c.accepted_at).where(*where).order_by(consents.c.id)).all()
    return tuple(Consent(row.version, row.accepted_at) for row in rows)


def _note(connection: Connection, act: str, site: str, contact: int, agent: str) -> None:
    who = Principal("contact", site, contact if act != SIGN_IN_REFUSED else None)
    record_act(connection, who, act, "contact", contact, {"device": device_name(agent)}, "portal")
