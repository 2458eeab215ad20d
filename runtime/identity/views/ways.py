"""Somebody asks for a password, or to register, and comes in otherwise: a mail to the address that is known says how."""

from __future__ import annotations

from sqlalchemy import Connection

from runtime.context import RequestContext
from runtime.identity.external.logins import is_barred, issuer_of, list_external, used_issuers
from runtime.identity.logins import login_of
from runtime.identity.mails import ways_mail
from runtime.identity.passkeys import has_passkeys
from runtime.identity.views.answers import say, settings
from runtime.identity.views.offers import label_of
from runtime.mail import MailMessage
from runtime.records.people import find_contacts_by_email


def mail_of_ways(context: RequestContext, connection: Connection, email: str) -> MailMessage | None:
    """The mail to the only contact with an e-mail that names the ways in which it signs in here without a password.

    None for nobody, for who has a password that the site takes or no way in, and for whoever is inactive or barred.
    """
    found = find_contacts_by_email(connection, context.snapshot, email)
    if len(found) != 1 or not found[0].active or is_barred(connection, found[0].contact):
        return None
    person = found[0]
    if settings(context).passwords and login_of(connection, person.contact) is not None:
        return None
    ways = _ways(context, connection, person.contact)
    return ways_mail(context, person.email, ways) if ways else None


def _ways(context: RequestContext, connection: Connection, contact: int) -> tuple[str, ...]:
    """The names of the providers, of those that the site offers, with which a contact signs in, and of passkeys."""
    used = used_issuers(list_external(connection, contact))
    providers = sorted(context.site.identity_providers.values(), key=lambda one: (one.order, one.key))
    own = [label_of(context, one) for one in providers if one.active and issuer_of(one) in used]
    if settings(context).passkeys and has_passkeys(connection, contact):
        own.append(say(context, "passkey.title"))
    return tuple(own)
