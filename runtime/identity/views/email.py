"""Choosing another e-mail: it counts once the link that was sent to it is used, and the old address is told."""

from __future__ import annotations

from flask import Response, flash, request

from runtime.context import RequestContext, current
from runtime.errors import SignInNeeded
from runtime.identity import mailed
from runtime.identity.forms import cut
from runtime.identity.logins import login_of, normal_email
from runtime.identity.mails import email_mail
from runtime.identity.moving import (
    PURPOSE,
    AddressTaken,
    ask_for_address,
    give_up_address,
    take_address,
    waiting_address,
    wanted_address,
)
from runtime.identity.telling import EMAIL, tell_person
from runtime.identity.views.answers import WRONG_CURRENT, count_attempt, page, say, say_wrong, see_other, settings
from runtime.identity.views.signin import doorman
from runtime.lease import Lease
from runtime.mail import deliver
from runtime.records.people import Person, load_person

ASKING, SENT, CONFIRMING = "identity/email.html", "identity/email_sent.html", "identity/email_confirm.html"
MAILS_PER_HOUR = 5
AGAIN, GIVE_UP = "again", "give_up"


def show() -> Response:
    """Ask for the new e-mail, and for the password where there is one."""
    context = current()
    return _ask(context, _person(context), {})


def submit() -> Response:
    """Say that a mail is on its way: the same page whoever has the address; 422 for no address or a wrong password.

    What is to be found out of others is done aside, so that time tells nothing. The address that waits by now is sent its link
    again, or given up, without the password: it was asked for when the address was chosen.
    """
    context = current()
    person = _person(context)
    count_attempt(context, "signin")
    act = cut(request.form, "act")
    if act in (AGAIN, GIVE_UP):
        return _go_on(context, person, act)
    email = wanted_address(context.snapshot, cut(request.form, "email"))
    if not email:
        return _ask(context, person, {"email": say(context, "form.not_email")})
    login = login_of(context.connection, person.contact)
    if login is not None and doorman(context).identify(login.email, cut(request.form, "password")) is None:
        return _ask(context, person, {"current": say_wrong(context, WRONG_CURRENT)})
    return _sent(context, person, email)


def send(context: RequestContext, contact: int, email: str) -> None:
    """Mail the link, unless somebody else has the address. Takes a connection of its own."""
    chosen = settings(context)
    with Lease(context.services.doors).transaction() as connection:
        token = ask_for_address(connection, context.snapshot, contact, email, chosen.reset)
    if token is not None:
        deliver(context.services.mailer, email_mail(context, email, token, chosen.reset_minutes))


def show_confirm() -> Response:
    """Ask whether the e-mail is to count: a link that is merely opened, by a person or a program, changes nothing."""
    context = current()
    count_attempt(context, "token")
    token = cut(request.args, "token")
    found = mailed.find(context.connection, PURPOSE, token)
    return page(context, CONFIRMING, token=token, email=found.subject if found else "", expired=found is None)


def submit_confirm() -> Response:
    """Let the e-mail count: 303, and the old address is told; 422 for a link that is used or too old."""
    context = current()
    count_attempt(context, "token")
    try:
        with context.lease.transaction() as connection:
            taken = take_address(connection, context.snapshot, context.listeners, cut(request.form, "token"))
    except AddressTaken:
        taken = None
    if taken is None:
        return page(context, CONFIRMING, 422, token="", email="", expired=True)
    person, email = taken
    if person.email and normal_email(person.email) != normal_email(email):
        tell_person(context, person, EMAIL)
    flash(say(context, "email.changed", email=email), "good")
    return see_other(context.url("/" if context.signed_in else "/signin"))


def _person(context: RequestContext) -> Person:
    contact = context.principal.contact
    found = None if contact is None else load_person(context.connection, context.snapshot, contact)
    if found is None:
        raise SignInNeeded
    return found


def _go_on(context: RequestContext, person: Person, act: str) -> Response:
    """Send the address that waits its link again, or give it up; where none waits any longer, the form."""
    waiting = waiting_address(context.connection, person.contact)
    if waiting and act == AGAIN:
        return _sent(context, person, waiting)
    if waiting:
        with context.lease.transaction() as connection:
            give_up_address(connection, person.contact)
        flash(say(context, "email.given_up"), "good")
    return see_other(context.url("/email"))


def _sent(context: RequestContext, person: Person, email: str) -> Response:
    if context.services.throttle.hourly(PURPOSE, str(person.contact), MAILS_PER_HOUR):
        context.services.aside.submit(send, context, person.contact, email)
    return page(context, SENT, email=email, minutes=settings(context).reset_minutes)


def _ask(context: RequestContext, person: Person, errors: dict[str, str]) -> Response:
    with_password = login_of(context.connection, person.contact) is not None
    return page(
        context,
        ASKING,
        422 if errors else 200,
        now=person.email,
        waiting=waiting_address(context.connection, person.contact),
        email=cut(request.form, "email"),
        errors=errors,
        with_password=with_password,
    )
