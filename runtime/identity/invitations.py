"""Invitations: a code that binds a new sign-in to a prepared contact and gives it its account and roles."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, select, update

from metadata.snapshot import CompiledSite, Snapshot
from runtime.identity.logins import normal_email
from runtime.identity.roles import grant_roles, require_roles
from runtime.identity.sessions import utc_now
from runtime.identity.tables import invitations, logins, redemptions
from runtime.identity.tokens import code_digest, new_code
from runtime.records.people import Person, assign_account, find_contacts_by_email

LONGEST_CODE = 100


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


def missing_of(connection: Connection, snapshot: Snapshot, person: Person) -> tuple[str, ...]:
    """What a contact lacks before it can be invited, a phrase each."""
    missing = []
    if not person.email.strip() or "@" not in person.email:
        missing.append("the contact has no e-mail address")
    elif len(find_contacts_by_email(connection, snapshot, person.email)) > 1:
        missing.append("another contact has the same e-mail address")
    elif _login_elsewhere(connection, person):
        missing.append("another contact signs in with the same e-mail address")
    if not person.active:
        missing.append("the contact is not active")
    return tuple(missing)


def _login_elsewhere(connection: Connection, person: Person) -> bool:
    where = (logins.c.email == normal_email(person.email), logins.c.contact_id != person.contact)
    return bool(connection.execute(select(func.count()).select_from(logins).where(*where)).scalar())


def invite(connection: Connection, snapshot: Snapshot, site: CompiledSite, person: Person, terms: InvitationTerms) -> str:
    """Prepare an invitation and return its code, which is kept nowhere else. Raises ContactNotReady, UnknownRoles."""
    roles = require_roles(site, terms.roles)
    missing = missing_of(connection, snapshot, person)
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
    row = connection.execute(statement).first()
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
