"""Mails that tell a person of a change to the ways they sign in, so that they learn of one that was not theirs."""

from __future__ import annotations

import datetime as dt

from metadata.snapshot import CompiledSite, Snapshot
from runtime.context import RequestContext
from runtime.identity.mails import language_of, site_name
from runtime.identity.sessions import utc_now
from runtime.mail import MailMessage, deliver
from runtime.records.people import Person, load_person
from runtime.render import formats_for
from runtime.render.texts import texts

PASSWORD, EMAIL = "password", "email"
FACTOR_ON, FACTOR_OFF, RECOVERY_CODES = "factor_on", "factor_off", "recovery_codes"
PASSKEY_ADDED, PASSKEY_REMOVED = "passkey_added", "passkey_removed"
LOGIN_ADDED, LOGIN_REMOVED = "login_added", "login_removed"
TOKEN, TOKEN_REVOKED = "token", "token_revoked"
CLOSED = "closed"
CHANGES = (
    PASSWORD,
    EMAIL,
    FACTOR_ON,
    FACTOR_OFF,
    RECOVERY_CODES,
    PASSKEY_ADDED,
    PASSKEY_REMOVED,
    LOGIN_ADDED,
    LOGIN_REMOVED,
    TOKEN,
    TOKEN_REVOKED,
    CLOSED,
)


def change_mail(snapshot: Snapshot, site: CompiledSite, person: Person, change: str, at: dt.datetime) -> MailMessage:
    """The mail about one of CHANGES, in the person's language and time. It names no address, device or secret."""
    language = language_of(snapshot, site, person)
    say, name = texts(snapshot, site, language), site_name(site, language)
    when = formats_for(language, person.time_zone or site.model.time_zone).moment(at)
    body = say("mail.change.body", site=name, what=say(f"mail.change.{change}", site=name), when=when)
    return MailMessage(person.email, say("mail.change.subject", site=name), body)


def tell(context: RequestContext, contact: int, change: str) -> None:
    """Tell a contact of a change that is saved; nothing for one without an e-mail. The mail leaves aside."""
    person = load_person(context.connection, context.snapshot, contact)
    if person is not None:
        tell_person(context, person, change)


def tell_person(context: RequestContext, person: Person, change: str) -> None:
    """The same to a person as it is given, such as it was before its e-mail changed."""
    if person.email:
        message = change_mail(context.snapshot, context.site, person, change, utc_now())
        context.services.aside.submit(deliver, context.services.mailer, message)
