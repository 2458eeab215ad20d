"""Setting a new password with a mailed token."""

from __future__ import annotations

from flask import Response, flash, request

from runtime.captcha.asking import asking_on_page
from runtime.context import RequestContext, current
from runtime.identity.events import note_password
from runtime.identity.forms import EmailForm, PasswordForm
from runtime.identity.logins import login_of, normal_email, set_password
from runtime.identity.mails import reset_mail
from runtime.identity.resets import reset_contact, reset_for_email, use_reset
from runtime.identity.telling import PASSWORD, tell
from runtime.identity.views.answers import captcha_page, count_attempt, page, password_errors, say, see_other, settings
from runtime.identity.views.choosing import password_fault
from runtime.identity.views.ways import mail_of_ways
from runtime.lease import Lease
from runtime.mail import MailMessage, deliver
from runtime.records.people import load_person

MAILS_PER_HOUR = 5
FORGOT = "identity/forgot.html"


def show_forgot() -> Response:
    """Ask for the e-mail."""
    context = current()
    return captcha_page(context, FORGOT, asking_on_page(context, "reset"), None)


def submit_forgot() -> Response:
    """Say that a mail is on its way if somebody has this e-mail; 422 where a captcha is not passed.

    The work is done aside, so that time tells nothing.
    """
    context = current()
    count_attempt(context, "forgot")
    form = EmailForm.of(request.form)
    asking = asking_on_page(context, "reset")
    judged = asking.judged() if asking is not None else None
    if judged is not None and not judged.passed:
        return captcha_page(context, FORGOT, asking, judged, 422, email=form.email)
    if context.services.throttle.hourly("reset", normal_email(form.email), MAILS_PER_HOUR):
        context.services.aside.submit(send_reset, context, form.email)
    return page(context, "identity/forgot_sent.html", email=form.email, minutes=settings(context).reset_minutes)


def send_reset(context: RequestContext, email: str) -> None:
    """Mail a token to whoever signs in with the e-mail and a password, to others who sign in how they do; nothing to nobody.

    Takes a connection of its own.
    """
    chosen = settings(context)
    with Lease(context.services.doors).transaction() as connection:
        token = reset_for_email(connection, email, chosen.reset) if chosen.passwords else None
        message = mail_of_ways(context, connection, email) if token is None else _with_link(context, email, token)
    if message is not None:
        deliver(context.services.mailer, message)


def _with_link(context: RequestContext, email: str, token: str) -> MailMessage:
    return reset_mail(context, normal_email(email), token, settings(context).reset_minutes)


def show_reset() -> Response:
    """Ask for the new password, if the token is good."""
    context = current()
    count_attempt(context, "token")
    form = PasswordForm.of(request.args)
    return _reset_page(context, form, 200, expired=reset_contact(context.connection, form.token) is None)


def submit_reset() -> Response:
    """Set the password: 303 to sign-in; 422 for a password that will not do, or a token that is used or too old."""
    context = current()
    count_attempt(context, "token")
    form = PasswordForm.of(request.form)
    contact = reset_contact(context.connection, form.token)
    login = None if contact is None else login_of(context.connection, contact)
    if login is None:
        return _reset_page(context, form, 422, expired=True)
    person = load_person(context.connection, context.snapshot, login.contact)
    problem = password_fault(context, form, login.email, person.name if person else "")
    if problem:
        return _reset_page(context, form, 422, problem=problem)
    hashed = context.services.passwords.hash(form.password)
    with context.lease.transaction() as connection:
        if use_reset(connection, form.token) is None:
            return _reset_page(context, form, 422, expired=True)
        set_password(connection, login.contact, login.email, hashed)
        note_password(connection, context.site.key, login.contact, request.user_agent.string)
    tell(context, login.contact, PASSWORD)
    flash(say(context, "reset.done"), "good")
    return see_other(context.url("/signin"))


def _reset_page(
    context: RequestContext, form: PasswordForm, status: int, *, expired: bool = False, problem: str = ""
) -> Response:
    least = settings(context).password_min_length
    errors = password_errors(context, problem, least)
    return page(context, "identity/reset.html", status, token=form.token, expired=expired, errors=errors, least=least)
