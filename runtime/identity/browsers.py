"""Browsers that a person has marked as known at the second step: found by the hash of a random token in a cookie."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from runtime.identity.sessions import LONGEST_TOKEN, device_name, utc_now
from runtime.identity.tables import browsers
from runtime.identity.tokens import digest, new_token


@dataclass(frozen=True, slots=True)
class KnownBrowser:
    """A browser as its owner sees it in a list."""

    id: int
    device: str
    created_at: dt.datetime
    expires_at: dt.datetime


def know_browser(connection: Connection, contact: int, site: str, agent: str, lifetime: dt.timedelta) -> str:
    """Ask a contact for no second step on a browser for some time. Returns its token, which is kept nowhere else."""
    now, token = utc_now(), new_token()
    connection.execute(
        insert(browsers).values(
            token_hash=digest(token),
            contact_id=contact,
            site=site,
            device=device_name(agent),
            created_at=now,
            expires_at=now + lifetime,
        )
    )
    return token


def is_known(connection: Connection, contact: int, site: str, token: str) -> bool:
    """Has this contact marked the browser that has this token, not too long ago?"""
    columns = browsers.c
    where = (
        columns.token_hash == digest(token[:LONGEST_TOKEN]),
        columns.contact_id == contact,
        columns.site == site,
        columns.expires_at > utc_now(),
    )
    return bool(token) and connection.execute(select(columns.id).where(*where)).first() is not None


def list_browsers(connection: Connection, contact: int, site: str) -> tuple[KnownBrowser, ...]:
    """The known browsers of a contact, the newest first."""
    columns = browsers.c
    statement = select(columns.id, columns.device, columns.created_at, columns.expires_at).where(
        columns.contact_id == contact, columns.site == site, columns.expires_at > utc_now()
    )
    rows = connection.execute(statement.order_by(columns.id.desc())).all()
    return tuple(KnownBrowser(row.id, row.device, row.created_at, row.expires_at) for row in rows)


def forget_browser(connection: Connection, contact: int, browser: int) -> bool:
    """Know one browser of a contact no longer. False where the contact has no such browser."""
    which = (browsers.c.contact_id == contact, browsers.c.id == browser)
    return connection.execute(delete(browsers).where(*which)).rowcount > 0


def forget_browsers(connection: Connection, contact: int) -> None:
    """Know none of a contact's browsers any longer, on any site."""
    connection.execute(delete(browsers).where(browsers.c.contact_id == contact))
