"""Invitations: a code that binds a new sign-in to a prepared contact and gives it its account and roles."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from metadata.snapshot import CompiledSite, Snapshot
from runtime.identity.logins import normal_email
from runtime.identity.roles import grant_roles, require_roles
from runtime.identity.sessions import utc_now
from runtime.identity.tables import invitations, logins, redemptions
from runtime.identity.tokens import code_digest, new_code
from runtime.records.people import Person, assign_account, find_contacts_by_email

LONGEST_CODE = 100
PHRASES = {
    "no_email": "the contact has no e-mail address",
    "email_twice": "another contact has the same e-mail address",
    "login_elsewhere": "another contact signs in with the same e-mail address",
    "inactive": "the contact is not active",
    "closed": "nobody joins this site: its registration is closed",
}


class ContactNotReady(Exception):
    """The contact cannot be invited yet; what is missing is named."""

    def __init__(self, missing: Iterable[str]) -> None:
        self.missing = tuple(missing)
        super().__init__("; ".join(self.missing))


@dataclass(frozen=True, slots=True)
class InvitationTerms:
    """What an invitation gives, and for how long and how often it can be used."""

    roles: tuple[str, ...] = ()
    account: int | None = None
    lifetime: dt.timedelta = dt.timedelta(days=14)
    max_redemptions: int = 1


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation that can still be used."""

    id: int
    contact: int
    roles: tuple[str, ...]
    account: int | None


@dataclass(frozen=True, slots=True)
class Issued:
    """An invitation as it stands in a list. `works` tells whether its code can still be used."""

    id: int
    created_at: dt.datetime
    expires_at: dt.datetime
    roles: tuple[str, ...]
    redeemed: int
    works: bool


def missing_of(connection: Connection, snapshot: Snapshot, site: CompiledSite, person: Person) -> tuple[str, ...]:
    """What a contact lacks before it can be invited, a phrase each."""
    return tuple(PHRASES[code] for code in lacks_of(connection, snapshot, site, person))


def lacks_of(connection: Connection, snapshot: Snapshot, site: CompiledSite, person: Person) -> tuple[str, ...]:
    """The same as codes, the keys of PHRASES."""
    missing = []
    if not person.email.strip() or "@" not in person.email:
        missing.append("no_email")
    elif len(find_contacts_by_email(connection, snapshot, person.email)) > 1:
        missing.append("email_twice")
    elif _login_elsewhere(connection, person):
        missing.append("login_elsewhere")
    if not person.active:
        missing.append("inactive")
    if site.model.registration == "closed":
        missing.append("closed")
    return tuple(missing)


def _login_elsewhere(connection: Connection, person: Person) -> bool:
    where = (logins.c.email == normal_email(person.email), logins.c.contact_id != person.contact)
    return bool(connection.execute(select(func.count()).select_from(logins).where(*where)).scalar())


def invite(connection: Connection, snapshot: Snapshot, site: CompiledSite, person: Person, terms: InvitationTerms) -> str:
    """Prepare an invitation and return its code, which is kept nowhere else. Raises ContactNotReady, UnknownRoles."""
    roles = require_roles(site, terms.roles)
    missing = missing_of(connection, snapshot, site, person)
    if missing:
        raise ContactNotReady(missing)
    now, code = utc_now(), new_code()
    connection.execute(
        insert(invitations).values(
            code_hash=code_digest(code),
            contact_id=person.contact,
            site=site.key,
            roles="\n".join(roles),
            account_id=terms.account,
            created_at=now,
            expires_at=now + terms.lifetime,
            max_redemptions=terms.max_redemptions,
            redeemed=0,
        )
    )
    return code


def find_invitation(connection: Connection, site: str, code: str) -> Invitation | None:
    """The invitation of a code; None when it is unknown, of another site, too old or used up."""
    columns = invitations.c
    statement = select(columns.id, columns.contact_id, columns.roles, columns.account_id).where(
        columns.code_hash == code_digest(code[:LONGEST_CODE]),
        columns.site == site,
        columns.expires_at > utc_now(),
        columns.redeemed < columns.max_redemptions,
    )
    return _usable(connection.execute(statement).first())


def newest_invitation(connection: Connection, site: str, contact: int) -> Invitation | None:
    """The newest invitation of a contact that was never used and still can be; None where there is none."""
    columns = invitations.c
    statement = select(columns.id, columns.contact_id, columns.roles, columns.account_id).where(
        columns.contact_id == contact, columns.site == site, columns.expires_at > utc_now(), columns.redeemed == 0
    )
    return _usable(connection.execute(statement.order_by(columns.id.desc()).limit(1)).first())


def _usable(row: Any) -> Invitation | None:
    if row is None:
        return None
    return Invitation(row.id, row.contact_id, tuple(filter(None, row.roles.split("\n"))), row.account_id)


def redeem(connection: Connection, snapshot: Snapshot, site: CompiledSite, invitation: Invitation) -> bool:
    """Use an invitation: log it, set the account, give the roles that the site still has. False if it was just used up."""
    columns = invitations.c
    where = (columns.id == invitation.id, columns.redeemed < columns.max_redemptions, columns.expires_at > utc_now())
    if not connection.execute(update(invitations).where(*where).values(redeemed=columns.redeemed + 1)).rowcount:
        return False
    connection.execute(
        insert(redemptions).values(invitation_id=invitation.id, contact_id=invitation.contact, redeemed_at=utc_now())
    )
    if invitation.account is not None:
        assign_account(connection, snapshot, invitation.contact, invitation.account)
    grant_roles(connection, invitation.contact, site.key, set(invitation.roles) & set(site.roles))
    return True


def list_invitations(connection: Connection, contact: int, site: str) -> tuple[Issued, ...]:
    """All invitations of a contact to a site, the newest first."""
    columns, now = invitations.c, utc_now()
    statement = select(invitations).where(columns.contact_id == contact, columns.site == site).order_by(columns.id.desc())
    return tuple(
        Issued(
            row.id,
            row.created_at,
            row.expires_at,
            tuple(filter(None, row.roles.split("\n"))),
            row.redeemed,
            row.expires_at > now and row.redeemed < row.max_redemptions,
        )
        for row in connection.execute(statement)
    )


def revoke_invitations(connection: Connection, contact: int, site: str, invitation: int | None = None) -> int:
    """End an invitation of a contact, or all of them: their codes no longer work. Returns how many worked before."""
    columns, now = invitations.c, utc_now()
    works = (columns.expires_at > now, columns.redeemed < columns.max_redemptions)
    one = () if invitation is None else (columns.id == invitation,)
    change = update(invitations).where(columns.contact_id == contact, columns.site == site, *works, *one)
    return connection.execute(change.values(expires_at=now)).rowcount
