"""Tokens that set a new password: mailed, good once and for a short time."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Connection

from runtime.identity import mailed
from runtime.identity.logins import find_login

PURPOSE = "password"


def issue_reset(connection: Connection, contact: int, lifetime: dt.timedelta) -> str:
    """A new token for a contact; those issued before no longer work."""
    return mailed.issue(connection, PURPOSE, contact, lifetime)


def reset_contact(connection: Connection, token: str) -> int | None:
    """The contact that a token is for; None when it is unknown, used or too old."""
    found = mailed.find(connection, PURPOSE, token)
    return None if found is None else found.contact


def use_reset(connection: Connection, token: str) -> int | None:
    """Take a token: the contact that it was for, None for whoever comes second."""
    found = mailed.take(connection, PURPOSE, token)
    return None if found is None else found.contact


def reset_for_email(connection: Connection, email: str, lifetime: dt.timedelta) -> str | None:
    """A token for whoever signs in with this e-mail; None for nobody."""
    login = find_login(connection, email)
    return None if login is None else issue_reset(connection, login.contact, lifetime)
