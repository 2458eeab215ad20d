"""Who has given the right password and stands before the second step: a token of a short life, no session yet."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from runtime.identity.sessions import LONGEST_TOKEN, utc_now
from runtime.identity.tables import tokens
from runtime.identity.tokens import digest, new_token

PURPOSE = "second_factor"
LIFETIME = dt.timedelta(minutes=10)


def begin_pending(connection: Connection, site: str, contact: int) -> str:
    """Let a contact give the second step on a site. Returns the token, which is kept nowhere else."""
    now, token = utc_now(), new_token()
    connection.execute(
        insert(tokens).values(
            token_hash=_hash(site, token), purpose=PURPOSE, contact_id=contact, created_at=now, expires_at=now + LIFETIME
        )
    )
    return token


def pending_contact(connection: Connection, site: str, token: str) -> int | None:
    """The contact that stands there with this token; None for a token unknown, used or too old."""
    found: int | None = connection.execute(select(tokens.c.contact_id).where(*_holds(site, token))).scalar()
    return found


def take_pending(connection: Connection, site: str, token: str) -> bool:
    """Use the token up. False for whoever comes second."""
    return connection.execute(update(tokens).where(*_holds(site, token)).values(used_at=utc_now())).rowcount > 0


def drop_pending(connection: Connection, contact: int) -> None:
    """Send a contact back to the first step, wherever it stands before the second."""
    connection.execute(delete(tokens).where(tokens.c.contact_id == contact, tokens.c.purpose == PURPOSE))


def _holds(site: str, token: str) -> tuple[ColumnElement[bool], ...]:
    return (
        tokens.c.token_hash == _hash(site, token),
        tokens.c.purpose == PURPOSE,
        tokens.c.used_at.is_(None),
        tokens.c.expires_at > utc_now(),
    )


def _hash(site: str, token: str) -> str:
    return digest(f"{site} {token[:LONGEST_TOKEN]}")
