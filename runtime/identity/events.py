"""What happened with a contact's sign-in, from the audit trail: for the person to see."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from runtime.access import Principal
from runtime.identity.logins import Login
from runtime.identity.sessions import device_name
from runtime.identity.tables import consents
from runtime.records.audit import record_act
from runtime.records.tables import AUDIT

SIGN_IN, SIGN_IN_REFUSED, PASSWORD = "sign_in", "sign_in_refused", "password"
SECOND_FACTOR, EXTERNAL_LOGIN = "second_factor", "external_login"
KINDS = (SIGN_IN, SIGN_IN_REFUSED, PASSWORD, SECOND_FACTOR, EXTERNAL_LOGIN, "account_chosen", "terms", "my_data", "closing")
SHOWN = 30
TOLD = {
    "passed by app": "passed_app",
    "passed by mail": "passed_mail",
    "passed by recovery": "passed_recovery",
    "passed by passkey": "passed_passkey",
    "proved by app": "proved_app",
    "proved by mail": "proved_mail",
    "proved by recovery": "proved_recovery",
    "proved by passkey": "proved_passkey",
    "signed in by passkey": "alone_passkey",
    "on by app": "on_app",
    "on by mail": "on_mail",
    "off": "off",
    "reset": "reset",
    "reset, where there was none": "reset",
    "refused": "wrong_code",
    "passkey refused": "wrong_passkey",
    "recovery codes renewed": "renewed",
    "passkey added": "passkey_added",
    "passkey renamed": "passkey_renamed",
    "passkey removed": "passkey_removed",
    "browser known": "browser_known",
    "browser forgotten": "browser_forgotten",
}
"""What the trail says of a second factor, and the end of the text's key by which its person is told so."""
FROM, AT, NOT_AT, BY, REMOVED = "added from ", "proved at ", "not proved at ", "signed out by ", "removed"
LOGINS = {FROM: "added", AT: "proved", NOT_AT: "not_proved", BY: "signed_out", REMOVED: "removed"}
"""What the trail says of a sign-in with a provider, before the provider's key, and the end of the text's key."""


@dataclass(frozen=True, slots=True)
class SignInEvent:
    """Something that happened with a sign-in. `device` is a browser and its system, where that was noted.

    `detail` says more than the kind: which second factor, or what became of a sign-in with `provider`. It is "" where the
    trail does not say, as in lines of before.
    """

    at: dt.datetime
    kind: str
    device: str
    detail: str = ""
    provider: str = ""


@dataclass(frozen=True, slots=True)
class Consent:
    """A version of the terms that a contact has accepted."""

    version: str
    at: dt.datetime


def note_sign_in(connection: Connection, site: str, contact: int, agent: str) -> None:
    """Write down that a contact has signed in, in the transaction of the session."""
    _note(connection, SIGN_IN, site, contact, agent)


def note_refusal(connection: Connection, site: str, login: Login | None, agent: str) -> None:
    """Write down that somebody gave a wrong password for a login; nothing for nobody."""
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
    return tuple(_event(row.at, row.privilege, json.loads(row.changes)) for row in rows)


def consents_of(connection: Connection, site: str, contact: int) -> tuple[Consent, ...]:
    """The versions of the terms that a contact has accepted on a site, in their order."""
    where = (consents.c.contact_id == contact, consents.c.site == site)
    rows = connection.execute(select(consents.c.version, consents.c.accepted_at).where(*where).order_by(consents.c.id)).all()
    return tuple(Consent(row.version, row.accepted_at) for row in rows)


def _event(at: dt.datetime, kind: str, facts: Mapping[str, object]) -> SignInEvent:
    said, device = str(facts.get(kind, "")), str(facts.get("device", ""))
    if kind == SECOND_FACTOR:
        return SignInEvent(at, kind, device, TOLD.get(said, ""))
    if kind == EXTERNAL_LOGIN:
        start = next((one for one in LOGINS if said.startswith(one)), "")
        return SignInEvent(at, kind, device, LOGINS.get(start, ""), said.removeprefix(start).strip())
    return SignInEvent(at, kind, device)


def _note(connection: Connection, act: str, site: str, contact: int, agent: str) -> None:
    who = Principal("contact", site, contact if act != SIGN_IN_REFUSED else None)
    record_act(connection, who, act, "contact", contact, {"device": device_name(agent)}, "portal")
