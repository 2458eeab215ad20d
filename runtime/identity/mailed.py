"""Tokens that are mailed: for one purpose, good once and for a short time. Only the newest of a contact's works."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, insert, select, update

from runtime.identity.sessions import LONGEST_TOKEN, utc_now
from runtime.identity.tables import tokens
from runtime.identity.tokens import digest, new_token


@dataclass(frozen=True, slots=True)
class Mailed:
    """What a token is for: the contact, and a word more where the purpose needs one, such as an address."""

    contact: int
    subject: str


def issue(connection: Connection, purpose: str, contact: int, lifetime: dt.timedelta, subject: str = "") -> str:
    """A new token for a contact, kept nowhere else; those issued before for the purpose no longer work."""
    now, token = utc_now(), new_token()
    use_up(connection, purpose, contact)
    values = {"purpose": purpose, "contact_id": contact, "created_at": now, "expires_at": now + lifetime, "subject": subject}
    connection.execute(insert(tokens).values(token_hash=digest(token), **values))
    return token


def find(connection: Connection, purpose: str, token: str) -> Mailed | None:
    """What a token is for; None when it is unknown, used or too old."""
    row = connection.execute(select(tokens.c.contact_id, tokens.c.subject).where(*_holds(purpose, token))).first()
    return None if row is None else Mailed(row.contact_id, row.subject)


def take(connection: Connection, purpose: str, token: str) -> Mailed | None:
    """Use a token: what it was for, None for whoever comes second."""
    found = find(connection, purpose, token)
    taken = connection.execute(update(tokens).where(*_holds(purpose, token)).values(used_at=utc_now())).rowcount
    if found is None or not taken:
        return None
    use_up(connection, purpose, found.contact)
    return found


def open_subject(connection: Connection, purpose: str, contact: int) -> str:
    """What the token of a contact for a purpose is about, while it is good; "" for none."""
    open_ones = select(tokens.c.subject).where(tokens.c.contact_id == contact, *_good(purpose))
    found: str | None = connection.execute(open_ones.order_by(tokens.c.created_at.desc()).limit(1)).scalar()
    return found or ""


def use_up(connection: Connection, purpose: str, contact: int) -> None:
    """Have none of a contact's tokens for a purpose work any longer."""
    where = (tokens.c.contact_id == contact, tokens.c.purpose == purpose, tokens.c.used_at.is_(None))
    connection.execute(update(tokens).where(*where).values(used_at=utc_now()))


def _holds(purpose: str, token: str) -> tuple[ColumnElement[bool], ...]:
    return (tokens.c.token_hash == digest(token[:LONGEST_TOKEN]), *_good(purpose))


def _good(purpose: str) -> tuple[ColumnElement[bool], ...]:
    return (tokens.c.purpose == purpose, tokens.c.used_at.is_(None), tokens.c.expires_at > utc_now())
