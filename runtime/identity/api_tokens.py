"""Tokens with which programs act in a person's name: given out once, kept as hashes, narrowed to some roles or to reading."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, exists, insert, select, update

from metadata.snapshot import Snapshot
from runtime.identity.roles import roles_for
from runtime.identity.sessions import LONGEST_TOKEN, TOUCH_EVERY, utc_now
from runtime.identity.tables import api_tokens, external_logins, logins
from runtime.identity.tokens import digest, new_token
from runtime.records.people import Person, load_person

PREFIX = "foyer_"
"""What a token begins with, so that it is known for one where it should not be."""
BETWEEN = "\n"


@dataclass(frozen=True, slots=True)
class NewToken:
    """What a token is given with. Without `roles` it has all that the person has, also those that come later.

    It acts for one account: `acting`, or where that is None the contact's own, whatever the person chooses in a browser.
    """

    contact: int
    site: str
    name: str
    roles: tuple[str, ...]
    reading: bool
    lifetime: dt.timedelta
    acting: int | None = None


@dataclass(frozen=True, slots=True)
class LiveToken:
    """A token that holds, with its person, the roles that the person was given, and those that it is narrowed to, if any."""

    id: int
    person: Person
    granted: frozenset[str]
    narrowed: frozenset[str]
    reading: bool
    stale: bool
    acting: int | None = None


@dataclass(frozen=True, slots=True)
class TokenEntry:
    """A token as it is listed."""

    id: int
    contact: int
    name: str
    roles: tuple[str, ...]
    reading: bool
    created_at: dt.datetime
    expires_at: dt.datetime
    seen_at: dt.datetime | None


def give(connection: Connection, new: NewToken) -> tuple[int, str]:
    """Make a token: its id, and the token itself, which is kept nowhere else."""
    now, token = utc_now(), f"{PREFIX}{new_token()}"
    made = connection.execute(
        insert(api_tokens)
        .values(
            token_hash=digest(token),
            contact_id=new.contact,
            site=new.site,
            name=new.name[:200],
            roles=BETWEEN.join(sorted(new.roles)),
            reading=new.reading,
            created_at=now,
            expires_at=now + new.lifetime,
            account_id=new.acting,
        )
        .returning(api_tokens.c.id)
    )
    return int(made.scalar_one()), token


def find(connection: Connection, snapshot: Snapshot, site: str, token: str) -> LiveToken | None:
    """The token, if it holds on the site and its person is there, active and not locked, and may act for its account."""
    columns = api_tokens.c
    holds = (
        columns.token_hash == digest(token[:LONGEST_TOKEN]),
        columns.site == site,
        columns.revoked_at.is_(None),
        columns.expires_at > utc_now(),
        *(
            ~exists().where(ways.c.contact_id == columns.contact_id, ways.c.disabled.is_(True))
            for ways in (logins, external_logins)
        ),
    )
    row = connection.execute(select(api_tokens).where(*holds)).mappings().first()
    person = load_person(connection, snapshot, row["contact_id"], row["account_id"]) if row is not None else None
    if row is None or person is None or not person.active:
        return None
    stale = row["seen_at"] is None or utc_now() - row["seen_at"] > TOUCH_EVERY
    narrowed = frozenset(row["roles"].split(BETWEEN)) if row["roles"] else frozenset()
    granted, acting = roles_for(connection, snapshot, person.contact, site, row["account_id"]), row["account_id"]
    return LiveToken(row["id"], person, granted, narrowed, row["reading"], stale, acting)


def touch(connection: Connection, token: int) -> None:
    """Note that a token was used now."""
    connection.execute(update(api_tokens).where(api_tokens.c.id == token).values(seen_at=utc_now()))


def entries(connection: Connection, site: str, contacts: Iterable[int] | None = None) -> tuple[TokenEntry, ...]:
    """The tokens that hold on a site, of everybody or of some contacts, in the order in which they were given."""
    columns = api_tokens.c
    where = [columns.site == site, columns.revoked_at.is_(None), columns.expires_at > utc_now()]
    if contacts is not None:
        where.append(columns.contact_id.in_(tuple(contacts)))
    rows = connection.execute(select(api_tokens).where(*where).order_by(columns.id)).all()
    return tuple(
        TokenEntry(
            row.id,
            row.contact_id,
            row.name,
            tuple(row.roles.split(BETWEEN)) if row.roles else (),
            row.reading,
            row.created_at,
            row.expires_at,
            row.seen_at,
        )
        for row in rows
    )


def take_back(connection: Connection, token: int) -> tuple[int, str] | None:
    """End a token: its contact and site. None where there is none of this id that holds."""
    columns = api_tokens.c
    held = columns.id == token, columns.revoked_at.is_(None)
    row = connection.execute(select(columns.contact_id, columns.site).where(*held)).first()
    ended = connection.execute(update(api_tokens).where(*held).values(revoked_at=utc_now())).rowcount
    return (row.contact_id, row.site) if row is not None and ended else None
