"""Sessions that began at a provider: what it calls them, so that it can be told when they end, and can end them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from metadata.model import IdentityProvider
from runtime.identity.external.logins import Told, issuer_of
from runtime.identity.sessions import LONGEST_TOKEN, revoke, utc_now
from runtime.identity.tables import logout_tokens, provider_sessions, sessions
from runtime.identity.tokens import digest, new_token
from runtime.identity.vault import Vault

WAITS = dt.timedelta(hours=1)
"""How long a sign-in may take between the provider and the session."""
NAME, INDEX = "name", "index"


@dataclass(frozen=True, slots=True)
class Departure:
    """What a provider is told of the session that ends."""

    provider: str
    session: Mapping[str, str]


def note_arrival(connection: Connection, vault: Vault, site: str, provider: IdentityProvider, contact: int, told: Told) -> str:
    """Keep what the provider calls the session that is about to begin. Returns the ticket with which it is taken up."""
    ticket = new_token()
    connection.execute(
        insert(provider_sessions).values(
            ticket_hash=digest(ticket),
            contact_id=contact,
            site=site,
            provider=provider.key,
            subject_hash=_subject(provider, told.session.get(NAME, told.identity.subject)),
            index_hash=digest(told.session[INDEX]) if told.session.get(INDEX) else "",
            held=vault.seal(contact, json.dumps(dict(told.session))),
            created_at=utc_now(),
        )
    )
    return ticket


def take_up(connection: Connection, ticket: str, contact: int, token: str) -> None:
    """The session with this token is the one that the ticket was given for; another person's ticket is passed over."""
    columns = provider_sessions.c
    which = (
        columns.ticket_hash == digest(ticket[:LONGEST_TOKEN]),
        columns.contact_id == contact,
        columns.session_id.is_(None),
        columns.created_at > utc_now() - WAITS,
    )
    connection.execute(update(provider_sessions).where(*which).values(session_id=_id_of(connection, token)))


def carry_on(connection: Connection, before: int, token: str) -> None:
    """The session with this token goes on in place of the one before."""
    change = update(provider_sessions).where(provider_sessions.c.session_id == before)
    connection.execute(change.values(session_id=_id_of(connection, token)))


def departure(connection: Connection, vault: Vault, contact: int, session: int) -> Departure | None:
    """Where the session began, and what it is called there; None for one that began here. It is told once."""
    columns = provider_sessions.c
    which = columns.session_id == session, columns.contact_id == contact
    row = connection.execute(select(columns.provider, columns.held).where(*which)).first()
    if row is None:
        return None
    connection.execute(delete(provider_sessions).where(*which))
    opened = vault.open(contact, row.held)
    return None if opened is None else Departure(row.provider, json.loads(opened))


def end_sessions(connection: Connection, site: str, provider: IdentityProvider, name: str, indexes: Iterable[str]) -> list[int]:
    """End the sessions of whoever the provider calls so: those that it names, or all. The contacts whose sessions ended.

    Where nobody is named ("") the sessions are, each by its index.
    """
    columns, named = provider_sessions.c, [digest(index) for index in indexes]
    which: list[ColumnElement[bool]] = [columns.site == site, columns.provider == provider.key]
    if not name:
        which.append(columns.index_hash.in_(named))
    else:
        which.append(columns.subject_hash == _subject(provider, name))
        if named:
            which.append(or_(columns.index_hash.in_(named), columns.index_hash == ""))
    found = connection.execute(select(columns.contact_id, columns.session_id).where(*which)).all()
    connection.execute(delete(provider_sessions).where(*which))
    return [
        row.contact_id for row in found if row.session_id is not None and revoke(connection, row.contact_id, row.session_id)
    ]


def told_once(connection: Connection, provider: IdentityProvider, message: str, until: dt.datetime) -> bool:
    """Note a message of a provider by its id. False where it was here before; it is known until it holds no longer."""
    try:
        with connection.begin_nested():
            kept = digest(f"{issuer_of(provider)} {message}")
            connection.execute(insert(logout_tokens).values(token_hash=kept, expires_at=until + WAITS))
    except IntegrityError:
        return False
    return True


def _subject(provider: IdentityProvider, name: str) -> str:
    return digest(f"{issuer_of(provider)} {name}")


def _id_of(connection: Connection, token: str) -> int:
    return int(connection.execute(select(sessions.c.id).where(sessions.c.token_hash == digest(token))).scalar_one())
