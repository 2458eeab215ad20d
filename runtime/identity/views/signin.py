"""Signing in with a password, and signing out."""

from __future__ import annotations

from flask import Response, flash, request, session

from runtime.captcha.asking import Asking, CaptchaView, asking_on_page
from runtime.context import RequestContext, current
from runtime.errors import MethodNotAllowed
from runtime.identity.forms import SignInForm
from runtime.identity.logins import LockRule
from runtime.identity.sessions import revoke
from runtime.identity.signin import Doorman
from runtime.identity.views.answers import captcha_page, count_attempt, say, see_other, settings
from runtime.identity.views.code import enter
from runtime.identity.views.offers import offers
from runtime.records.people import Person

REFUSED = "signin.refused"
TEMPLATE = "identity/signin.html"


def doorman(context: RequestContext) -> Doorman:
    """What checks e-mail and password by the rules of the context's site."""
    chosen = settings(context)
    rule = LockRule(chosen.lockout_attempts, chosen.lockout)
    return Doorman(context.lease, context.snapshot, context.services.passwords, rule)


def show() -> Response:
    """The sign-in form; whoever is signed in goes on."""
    context = current()
    form = SignInForm.of(request.args)
    if context.signed_in:
        return see_other(form.next or context.url("/"))
    notice = say(context, "signin.needed") if form.next else ""
    asking = asking_on_page(context, "signin")
    return _page(context, asking, None, form, notice=notice)


def submit() -> Response:
    """Check e-mail and password: a session or the second step and 303, or 422 with one sentence for every failure."""
    context = current()
    count_attempt(context, "signin")
    form = SignInForm.of(request.form)
    asking = asking_on_page(context, "signin")
    judged = asking.judged() if asking is not None else None
    if judged is not None and not judged.passed:
        return _page(context, asking, judged, form, 422)
    person = identify(context, form) if settings(context).passwords else None
    if person is None:
        return _page(context, asking, None, form, 422, failure=say(context, REFUSED))
    return enter(context, person, remember=form.remember, wanted=form.next)


def identify(context: RequestContext, form: SignInForm) -> Person | None:
    """The person of an e-mail and a password."""
    with context.stages.measure("password"):
        return doorman(context).identify(form.email, form.password)


def refuse_leaving() -> Response:
    """A link or an image must not sign anybody out."""
    raise MethodNotAllowed


def leave() -> Response:
    """End the session here and in the database."""
    context = current()
    contact = context.principal.contact
    if contact is not None and context.session_id is not None:
        with context.lease.transaction() as connection:
            revoke(connection, contact, context.session_id)
            context.services.hooks.call("signed_out", context, contact)
    session.clear()
    flash(say(context, "signin.signed_out"), "good")
    return see_other(context.url("/"))


def _page(
    context: RequestContext, asking: Asking | None, judged: CaptchaView | None, form: SignInForm, status: int = 200, **more: str
) -> Response:
    ways = offers(context, next=form.next)
    passwords = bool(settings(context).passwords)
    return captcha_page(
        context, TEMPLATE, asking, judged, status, email=form.email, next=form.next, ways=ways, passwords=passwords, **more
    )
