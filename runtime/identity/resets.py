"""Tokens that set a new password: mailed, good once and for a short time."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Connection, insert, select, update

from runtime.identity.logins import find_login
from runtime.identity.sessions import utc_now
from runtime.identity.tables import tokens
from runtime.identity.tokens import digest, new_token

PURPOSE = "password"


def issue_reset(connection: Connection, contact: int, lifetime: dt.timedelta) -> str:
    """A new token for a contact; those issued before no longer work."""
    now, token = utc_now(), new_token()
    _use_up(connection, contact, now)
    connection.execute(
        insert(tokens).values(
            token_hash=digest(token), purpose=PURPOSE, contact_id=contact, created_at=now, expires_at=now + lifetime
        )
    )
    return token


def reset_contact(connection: Connection, token: str) -> int | None:
    """The contact that a token is for; None when it is unknown, used or too old."""
    where = (
        tokens.c.token_hash == digest(token),
        tokens.c.purpose == PURPOSE,
        tokens.c.used_at.is_(None),
        tokens.c.expires_at > utc_now(),
    )
    return connection.execute(select(tokens.c.contact_id).where(*where)).scalar()


def use_reset(connection: Connection, token: str) -> int | None:
    """Take a token: the contact that it was for, None for whoever comes second."""
    now = utc_now()
    contact = reset_contact(connection, token)
    where = (tokens.c.token_hash == digest(token), tokens.c.used_at.is_(None), tokens.c.expires_at > now)
    taken = connection.execute(update(tokens).where(*where).values(used_at=now)).rowcount
    if contact is None or not taken:
        return None
    _use_up(connection, contact, now)
    return contact


def reset_for_email(connection: Connection, email: str, lifetime: dt.timedelta) -> str | None:
    """A token for whoever signs in with this e-mail; None for nobody."""
    login = find_login(connection, email)
    return None if login is None else issue_reset(connection, login.contact, lifetime)


def _use_up(connection: Connection, contact: int, now: dt.datetime) -> None:
    where = (tokens.c.contact_id == contact, tokens.c.purpose == PURPOSE, tokens.c.used_at.is_(None))
    connection.execute(update(tokens).where(*where).values(used_at=now))
