"""The sign-ins that contacts have with other providers: one for each provider, each the sign-in of one contact."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from metadata.model import IdentityProvider
from runtime.identity.sessions import utc_now
from runtime.identity.tables import external_logins, logins

LONGEST_NAME = 320
SAML = "saml "


class LoginElsewhere(Exception):
    """The sign-in is another contact's, or the contact has another one of the same provider."""


class LastLogin(Exception):
    """Without this one the contact could no longer sign in."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody as a provider knows him: by its issuer and an identifier that stays; `name` is for people to read."""

    issuer: str
    subject: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What a provider says about somebody who has signed in there.

    `session` is what it calls his session there, `at` when he last proved who he is, in seconds; None where it does not say.
    """

    identity: Identity
    claims: Mapping[str, Any]
    session: Mapping[str, str] = field(default_factory=dict)
    at: int | None = None

    @property
    def verified_email(self) -> str:
        """The e-mail, if the provider says that it has verified it."""
        email = self.claims.get("email")
        return email if isinstance(email, str) and self.claims.get("email_verified") is True else ""

    def proved_since(self, moment: int, leeway: int) -> bool:
        """Whether he proved there who he is after a moment, as far as clocks agree."""
        return self.at is not None and self.at >= moment - leeway


@dataclass(frozen=True, slots=True)
class ExternalLogin:
    """A sign-in of a contact, as the contact sees it in a list."""

    id: int
    issuer: str
    name: str
    created_at: dt.datetime
    used_at: dt.datetime


def issuer_of(provider: IdentityProvider) -> str:
    """By what name the sign-ins of a provider are kept, as `plain_issuer` writes it.

    The same service may speak both protocols under one name, and its identifiers in one say nothing about those in the other.
    """
    return f"{SAML}{provider.issuer}" if provider.protocol == "saml" else plain_issuer(provider.issuer)


def plain_issuer(issuer: str) -> str:
    """An issuer as it is compared: of OpenID Connect without a slash at its end."""
    return issuer if issuer.startswith(SAML) else issuer.rstrip("/")


def used_issuers(own: Iterable[ExternalLogin]) -> frozenset[str]:
    """The issuers of somebody's sign-ins, to be compared with `issuer_of`."""
    return frozenset(plain_issuer(login.issuer) for login in own)


def contact_of(connection: Connection, identity: Identity) -> int | None:
    """Whose sign-in it is; None for nobody's."""
    columns = external_logins.c
    statement = select(columns.contact_id).where(columns.issuer == identity.issuer, columns.subject == identity.subject)
    found: int | None = connection.execute(statement).scalar()
    return found


def is_barred(connection: Connection, contact: int) -> bool:
    """Whether the contact was barred from signing in, in whatever way."""
    return any(
        connection.execute(select(ways.c.contact_id).where(ways.c.contact_id == contact, ways.c.disabled.is_(True))).first()
        is not None
        for ways in (logins, external_logins)
    )


def add_external(connection: Connection, contact: int, identity: Identity) -> None:
    """Make a sign-in the contact's. Raises LoginElsewhere."""
    now = utc_now()
    values = {"issuer": identity.issuer, "subject": identity.subject, "name": identity.name[:LONGEST_NAME]}
    try:
        with connection.begin_nested():
            connection.execute(
                insert(external_logins).values(contact_id=contact, created_at=now, used_at=now, disabled=False, **values)
            )
    except IntegrityError:
        raise LoginElsewhere from None


def note_use(connection: Connection, identity: Identity) -> None:
    """Note that somebody signed in with it now, and by what name."""
    columns = external_logins.c
    change = update(external_logins).where(columns.issuer == identity.issuer, columns.subject == identity.subject)
    connection.execute(change.values(used_at=utc_now(), name=identity.name[:LONGEST_NAME]))


def list_external(connection: Connection, contact: int) -> tuple[ExternalLogin, ...]:
    """The sign-ins of a contact with other providers, the oldest first."""
    columns = external_logins.c
    statement = select(columns.id, columns.issuer, columns.name, columns.created_at, columns.used_at)
    rows = connection.execute(statement.where(columns.contact_id == contact).order_by(columns.id))
    return tuple(ExternalLogin(*row) for row in rows)


def remove_external(connection: Connection, contact: int, number: int, *, issuers: Collection[str], passwords: bool) -> bool:
    """Take one of them from a contact; False where there is none of this number.

    Raises LastLogin for the last one that lets in: of one of the `issuers` that the site has by now (see `issuer_of`), where
    there is no password that the site takes; and for the last one of all.
    """
    columns = external_logins.c
    # Of two that are taken away at once neither must count on the other: the first to come holds the rows of both.
    held = select(columns.id, columns.issuer).where(columns.contact_id == contact).order_by(columns.id).with_for_update()
    own = {row.id: plain_issuer(row.issuer) in issuers for row in connection.execute(held)}
    if number not in own:
        return False
    works = own.pop(number)
    found = connection.execute(select(logins.c.contact_id).where(logins.c.contact_id == contact)).first() is not None
    if not (own or found) or (works and not (any(own.values()) or (found and passwords))):
        raise LastLogin
    connection.execute(delete(external_logins).where(columns.id == number))
    return True
