"""Whose a sign-in is that a provider vouches for, and what of its claims is kept."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from metadata.model import IdentityProvider
from metadata.snapshot import Snapshot
from runtime.context import RequestContext
from runtime.identity.external.logins import Told, add_external, contact_of, list_external
from runtime.identity.invitations import find_invitation, redeem
from runtime.identity.logins import login_of
from runtime.records.errors import Invalid
from runtime.records.people import change_person, find_contacts_by_email, load_person

log = logging.getLogger(__name__)
SPOKEN = {"true": True, "false": False}


class Refused(Exception):
    """It is nobody's here."""


@dataclass(frozen=True, slots=True)
class Belonging:
    """The contact of a sign-in; `new` where it became the contact's just now, `besides` where there were other ways before."""

    contact: int
    new: bool
    besides: bool = False


def belonging(context: RequestContext, connection: Connection, provider: IdentityProvider, told: Told, code: str) -> Belonging:
    """Whose sign-in it is: its contact's; of whoever was invited by `code`; or, where the provider may say so, of the only
    contact with the e-mail that it has verified. Raises Refused and LoginElsewhere.
    """
    known = contact_of(connection, told.identity)
    if known is not None and not code:
        return Belonging(known, new=False)
    contact = _invited(context, connection, code) if code else _matched(context.snapshot, connection, provider, told)
    if contact is None:
        raise Refused
    besides = _has_login(connection, contact)
    add_external(connection, contact, told.identity)
    return Belonging(contact, new=True, besides=besides)


def _invited(context: RequestContext, connection: Connection, code: str) -> int | None:
    """The contact of an invitation, which is used up. One who can sign in already proves that in the way he has."""
    invitation = find_invitation(connection, context.site.key, code)
    if invitation is None or context.site.model.registration == "closed":
        return None
    person = load_person(connection, context.snapshot, invitation.contact)
    if person is None or not person.active or _has_login(connection, person.contact):
        return None
    if not redeem(connection, context.snapshot, context.site, invitation):
        return None
    context.services.hooks.call("invitation_redeemed", context, person.contact, invitation)
    return person.contact


def _has_login(connection: Connection, contact: int) -> bool:
    return login_of(connection, contact) is not None or bool(list_external(connection, contact))


def _matched(snapshot: Snapshot, connection: Connection, provider: IdentityProvider, told: Told) -> int | None:
    if provider.match != "email" or not told.verified_email:
        return None
    found = find_contacts_by_email(connection, snapshot, told.verified_email)
    return found[0].contact if len(found) == 1 and found[0].active else None


def kept_claims(snapshot: Snapshot, connection: Connection, provider: IdentityProvider, told: Told, found: Belonging) -> None:
    """Write to the contact what the metadata keeps of the claims. What does not fit is left as it was, and told in the log."""
    attributes = snapshot.entities["contact"].attributes
    wanted = [claim for claim in provider.claims if found.new or claim.when == "signin"]
    for claim in wanted:
        value = told.claims.get(claim.claim)
        if value is None or claim.attribute not in attributes:
            continue
        fitting = _fitting(attributes[claim.attribute].type.name, value)
        try:
            if fitting is None:
                raise Invalid({claim.attribute: "type"})
            change_person(connection, snapshot, found.contact, {claim.attribute: fitting})
        except Invalid:
            log.warning(
                "a claim does not fit", extra={"action": "external_claim", "claim": claim.claim, "provider": provider.key}
            )


def _fitting(kind: str, value: Any) -> Any:
    if kind == "boolean":
        return value if isinstance(value, bool) else SPOKEN.get(str(value).lower())
    return value if isinstance(value, str) else None
