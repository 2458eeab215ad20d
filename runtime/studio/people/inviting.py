"""Invitations from the studio: made in the transaction of who asks, mailed when it is committed, never shown."""

from __future__ import annotations

from runtime.context import RequestContext
from runtime.identity.invitations import InvitationTerms, invite, revoke_invitations
from runtime.identity.mails import invitation_link, invitation_mail, language_of
from runtime.identity.settings import settings_for
from runtime.mail import MailMessage, deliver
from runtime.records.audit import record_act
from runtime.records.people import Person


def send_invitation(context: RequestContext, person: Person, roles: tuple[str, ...], account: int | None = None) -> None:
    """Invite a contact within an open transaction; the one before no longer works. Raises ContactNotReady, UnknownRoles.

    The code goes into the mail alone: who looks after people does not get into their accounts by it.
    """
    site, connection = context.site, context.connection
    revoke_invitations(connection, person.contact, site.key)
    terms = InvitationTerms(roles, account, settings_for(context.snapshot, site).invitation)
    code = invite(connection, context.snapshot, site, person, terms)
    record_act(connection, context.principal, "invite", "contact", person.contact, {"roles": list(roles)})
    language = language_of(context.snapshot, site, person)
    link = invitation_link(context.services.config.public_url, site, language, code)
    message = invitation_mail(context.snapshot, site, language, person.email, link)
    context.lease.after_commit(lambda: _post(context, message))


def _post(context: RequestContext, message: MailMessage) -> None:
    context.services.aside.submit(deliver, context.services.mailer, message)
