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
from runtime.identity.invitations import find_invitation, newest_invitation, redeem
from runtime.identity.logins import login_of
from runtime.records.errors import Invalid
from runtime.records.people import change_person, find_contacts_by_email, load_person

log = logging.getLogger(__name__)
SPOKEN = {"true": True, "false": False}


class Refused(Exception):
    """It is nobody's here. What is told besides is for the log: it names no value of a claim."""


class Stranger(Refused):
    """Nobody has the sign-in or its e-mail, for which a provider vouches whose word is taken for that."""


@dataclass(frozen=True, slots=True)
class Belonging:
    """The contact of a sign-in; `new` where it became the contact's just now, `besides` where there were other ways before."""

    contact: int
    new: bool
    besides: bool = False


def belonging(context: RequestContext, connection: Connection, provider: IdentityProvider, told: Told, code: str) -> Belonging:
    """Whose sign-in it is: its contact's; of whoever was invited by `code`; or, where the provider may say so, of the only
    contact with the e-mail that it has verified. Raises Refused, of it Stranger where people may register, and LoginElsewhere.
    """
    known = contact_of(connection, told.identity)
    if known is not None and not code:
        return Belonging(known, new=False)
    if code:
        contact = _invited(context, connection, code, known)
        if contact == known:
            return Belonging(contact, new=False)
    else:
        contact = _matched(context.snapshot, connection, provider, told)
        _redeem_what_waits(context, connection, contact)
    besides = _has_login(connection, contact)
    add_external(connection, contact, told.identity)
    return Belonging(contact, new=True, besides=besides)


def _invited(context: RequestContext, connection: Connection, code: str, known: int | None) -> int:
    """The contact of an invitation, which is used up. One who can sign in already proves that in the way he has.

    That may be the sign-in that he comes with, which is that of the `known` contact.
    """
    invitation = find_invitation(connection, context.site.key, code)
    if invitation is None or context.site.model.registration == "closed":
        raise Refused("the invitation is used, too old or none of this site, or nobody joins here")
    person = load_person(connection, context.snapshot, invitation.contact)
    if person is None or not person.active or (person.contact != known and _has_login(connection, person.contact)):
        raise Refused("who was invited is inactive, or can sign in already in another way")
    if not redeem(connection, context.snapshot, context.site, invitation):
        raise Refused("the invitation was used by somebody else meanwhile")
    context.services.hooks.call("invitation_redeemed", context, person.contact, invitation)
    return person.contact


def _redeem_what_waits(context: RequestContext, connection: Connection, contact: int) -> None:
    """Use the invitation that was mailed to the contact: who comes with that e-mail has what it gives without the link."""
    invitation = newest_invitation(connection, context.site.key, contact)
    if invitation is None or context.site.model.registration == "closed":
        return
    if redeem(connection, context.snapshot, context.site, invitation):
        context.services.hooks.call("invitation_redeemed", context, contact, invitation)


def _has_login(connection: Connection, contact: int) -> bool:
    return login_of(connection, contact) is not None or bool(list_external(connection, contact))


def _matched(snapshot: Snapshot, connection: Connection, provider: IdentityProvider, told: Told) -> int:
    if provider.match != "email":
        raise Refused("nobody has this sign-in, and by its e-mail nobody is let in (match: invitation)")
    if not told.verified_email:
        wanted = f"the claim {provider.email_claim}" if provider.protocol == "saml" else "an e-mail with email_verified true"
        raise Refused(f"the provider did not tell {wanted}")
    found = find_contacts_by_email(connection, snapshot, told.verified_email)
    if len(found) != 1 or not found[0].active:
        why = f"{len(found)} contacts have the e-mail, and there must be one that is active"
        raise Refused(why) if found else Stranger(why)
    return found[0].contact


def kept_claims(snapshot: Snapshot, connection: Connection, provider: IdentityProvider, told: Told, found: Belonging) -> None:
    """Write to the contact what the metadata keeps of the claims. What does not fit is left as it was, and told in the log."""
    attributes = snapshot.entities["contact"].attributes
    wanted = [claim for claim in provider.claims if found.new or claim.when == "signin"]
    for claim in wanted:
        value = told.claims.get(claim.claim)
        if value is None or claim.attribute not in attributes:
            facts = {"action": "external_claim_missing", "claim": claim.claim, "provider": provider.key}
            log.info("a claim was not told", extra=facts)
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
