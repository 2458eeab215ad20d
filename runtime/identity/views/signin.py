"""Signing in with a password, and signing out."""

from __future__ import annotations

from flask import Response, flash, request, session

from runtime.captcha.asking import Asking, CaptchaView, asking_on_page
from runtime.context import RequestContext, current
from runtime.errors import MethodNotAllowed
from runtime.identity.events import SIGN_IN_REFUSED, note_refusal
from runtime.identity.external.departures import departure
from runtime.identity.forms import SignInForm
from runtime.identity.logins import LockRule, Login, normal_email
from runtime.identity.sessions import revoke
from runtime.identity.settings import user_name_of
from runtime.identity.signin import Doorman, login_named
from runtime.identity.views.answers import WRONG_SIGN_IN, captcha_page, count_attempt, say, say_wrong, see_other, settings
from runtime.identity.views.code import enter, vault
from runtime.identity.views.leaving import farewell
from runtime.identity.views.offers import offers
from runtime.identity.views.relying import passkeys_here
from runtime.lease import Lease
from runtime.records.people import Person

NOTED_PER_HOUR = 20
WRONG_SIGN_IN_BY_NAME = "signin.refused_by_name"
TEMPLATE = "identity/signin.html"


def doorman(context: RequestContext) -> Doorman:
    """What checks e-mail and password by the rules of the context's site."""
    chosen = settings(context)
    rule = LockRule(chosen.lockout_attempts, chosen.lockout)
    named = user_name_of(context.snapshot, context.site)
    return Doorman(context.lease, context.snapshot, context.services.passwords, rule, named)


def knows_password(context: RequestContext, login: Login, text: str) -> bool:
    """Whether a text is the password of a sign-in. So is any where there is none: the person comes by another way alone."""
    return not login.password_hash or doorman(context).identify(login.email, text) is not None


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
        if context.services.throttle.hourly(SIGN_IN_REFUSED, normal_email(form.email), NOTED_PER_HOUR):
            context.services.aside.submit(note, context, form.email, request.user_agent.string)
        return _page(context, asking, None, form, 422, failure=say_wrong(context, _wrong(context)))
    return enter(context, person, remember=form.remember, wanted=form.next)


def _wrong(context: RequestContext) -> str:
    return WRONG_SIGN_IN_BY_NAME if user_name_of(context.snapshot, context.site) else WRONG_SIGN_IN


def note(context: RequestContext, email: str, agent: str) -> None:
    """Write down a wrong password, aside, so that time does not tell who is known. Takes a connection of its own."""
    with Lease(context.services.doors).transaction() as connection:
        login = login_named(connection, context.snapshot, email, user_name_of(context.snapshot, context.site))
        note_refusal(connection, context.site.key, login, agent)


def identify(context: RequestContext, form: SignInForm) -> Person | None:
    """The person of an e-mail, or a user name, and a password."""
    with context.stages.measure("password"):
        return doorman(context).identify(form.email, form.password)


def refuse_leaving() -> Response:
    """A link or an image must not sign anybody out."""
    raise MethodNotAllowed


def leave() -> Response:
    """End the session here and in the database; where it began at a provider, lead there to end that one too."""
    context = current()
    contact, left = context.principal.contact, None
    if contact is not None and context.session_id is not None:
        with context.lease.transaction() as connection:
            left = departure(connection, vault(), contact, context.session_id)
            revoke(connection, contact, context.session_id)
            context.services.hooks.call("signed_out", context, contact)
    session.clear()
    goodbye = farewell(context, left)
    if goodbye is not None:
        return goodbye
    flash(say(context, "signin.signed_out"), "good")
    return see_other(context.url("/"))


def _page(
    context: RequestContext, asking: Asking | None, judged: CaptchaView | None, form: SignInForm, status: int = 200, **more: str
) -> Response:
    ways = offers(context, next=form.next)
    passwords = bool(settings(context).passwords)
    passkey = bool(settings(context).passkeys) and passkeys_here(context)
    return captcha_page(
        context,
        TEMPLATE,
        asking,
        judged,
        status,
        email=form.email,
        next=form.next,
        ways=ways,
        passwords=passwords,
        passkey=passkey,
        remember=settings(context).remember_days,
        named=bool(user_name_of(context.snapshot, context.site)),
        **more,
    )
