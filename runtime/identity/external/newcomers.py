"""Who has come with a provider that vouches for the e-mail, and is nobody here yet: what was told waits while they register.

It waits encrypted, under a ticket that the browser's session has, and counts once.
"""

from __future__ import annotations

import datetime as dt
import json

from sqlalchemy import ColumnElement, Connection, delete, insert, select

from runtime.identity.external.logins import Identity, Told
from runtime.identity.sessions import LONGEST_TOKEN, utc_now
from runtime.identity.tables import newcomers
from runtime.identity.tokens import digest, new_token
from runtime.identity.vault import Vault

WAITS = dt.timedelta(minutes=20)
NOBODY = 0


def keep_newcomer(connection: Connection, vault: Vault, site: str, provider: str, told: Told) -> str:
    """Keep what a provider told of somebody, and return the ticket for it."""
    now, ticket, identity = utc_now(), new_token(), told.identity
    whole: dict[str, object] = {"identity": [identity.issuer, identity.subject, identity.name], "claims": dict(told.claims)}
    whole |= {"session": dict(told.session), "at": told.at}
    values = {"site": site, "provider": provider, "created_at": now, "expires_at": now + WAITS}
    held = vault.seal(NOBODY, json.dumps(whole, default=str))
    connection.execute(insert(newcomers).values(ticket_hash=digest(ticket), held=held, **values))
    return ticket


def find_newcomer(connection: Connection, vault: Vault, site: str, provider: str, ticket: str) -> Told | None:
    """What was told of whoever has the ticket; None for a ticket unknown, used, too old, or of another provider."""
    held = connection.execute(select(newcomers.c.held).where(*_holds(site, provider, ticket))).scalar()
    opened = vault.open(NOBODY, held) if held else None
    if opened is None:
        return None
    whole = json.loads(opened)
    return Told(Identity(*whole["identity"]), whole["claims"], whole["session"], whole["at"])


def take_newcomer(connection: Connection, site: str, provider: str, ticket: str) -> bool:
    """Use a ticket up. False for whoever comes second."""
    return connection.execute(delete(newcomers).where(*_holds(site, provider, ticket))).rowcount > 0


def _holds(site: str, provider: str, ticket: str) -> tuple[ColumnElement[bool], ...]:
    columns = newcomers.c
    return (
        columns.ticket_hash == digest(ticket[:LONGEST_TOKEN]),
        columns.site == site,
        columns.provider == provider,
        columns.expires_at > utc_now(),
    )
