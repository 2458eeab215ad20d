"""Redeeming an invitation: a code, then a password, and the person is signed in."""

from __future__ import annotations

from flask import Response, request

from runtime.captcha.asking import CaptchaView, asking_on_page
from runtime.context import RequestContext, current
from runtime.errors import PageNotFound
from runtime.identity.events import note_password
from runtime.identity.forms import PasswordForm
from runtime.identity.invitations import Invitation, find_invitation, redeem
from runtime.identity.logins import Login, LoginTaken, login_of, set_password
from runtime.identity.views.answers import WRONG_SIGN_IN, captcha_page, count_attempt, page, password_errors, say, settings
from runtime.identity.views.choosing import password_fault
from runtime.identity.views.code import enter
from runtime.identity.views.offers import bound_offers
from runtime.identity.views.signin import doorman
from runtime.records.people import Person, load_person

PAGE = "invitation"
REFUSED = "invitation.wrong"


def show() -> Response:
    """Ask for the code, or for a password where the address brings a good code."""
    context = current()
    _require_open(context)
    form = PasswordForm.of(request.args)
    if not form.code or asking_on_page(context, PAGE) is not None:
        return _ask_code(context, form)
    count_attempt(context, "invitation")
    return _answer(context, form, redeeming=False)


def submit() -> Response:
    """Take the code, or the code with a password: 303 once redeemed; 422 for a code or password that will not do."""
    context = current()
    _require_open(context)
    count_attempt(context, "invitation")
    form = PasswordForm.of(request.form)
    asking = asking_on_page(context, PAGE)
    judged = asking.judged() if asking is not None else None
    if judged is not None and not judged.passed:
        return _ask_code(context, form, judged=judged)
    return _answer(context, form, redeeming="password" in request.form, judged=judged)


def _require_open(context: RequestContext) -> None:
    if context.site.model.registration == "closed":
        raise PageNotFound


def _answer(context: RequestContext, form: PasswordForm, *, redeeming: bool, judged: CaptchaView | None = None) -> Response:
    invitation = find_invitation(context.connection, context.site.key, form.code)
    person = invitation and load_person(context.connection, context.snapshot, invitation.contact)
    if invitation is None or not person or not person.active or not person.email:
        return _ask_code(context, form, REFUSED)
    login = login_of(context.connection, person.contact)
    if not redeeming or (login is None and not settings(context).passwords):
        return _ask_password(context, form, person, login, judged=judged)
    problem = _password_fault(context, form, person, login)
    if problem:
        return _ask_password(context, form, person, login, problem, judged)
    return _redeem(context, form, invitation, person, login)


def _password_fault(context: RequestContext, form: PasswordForm, person: Person, login: Login | None) -> str:
    """Somebody who signs in already proves it with the password; others choose one."""
    if login is not None:
        return "" if doorman(context).identify(login.email, form.password) else WRONG_SIGN_IN
    return password_fault(context, form, person.email, person.name)


def _redeem(
    context: RequestContext, form: PasswordForm, invitation: Invitation, person: Person, login: Login | None
) -> Response:
    hashed = "" if login else context.services.passwords.hash(form.password)
    try:
        with context.lease.transaction() as connection:
            if not redeem(connection, context.snapshot, context.site, invitation):
                return _ask_code(context, form, REFUSED)
            if login is None:
                set_password(connection, person.contact, person.email, hashed)
                note_password(connection, context.site.key, person.contact, request.user_agent.string)
            context.services.hooks.call("invitation_redeemed", context, person.contact, invitation)
    except LoginTaken:
        return _ask_code(context, form, REFUSED)
    return enter(context, person, remember=False, wanted="")


def _ask_code(context: RequestContext, form: PasswordForm, problem: str = "", judged: CaptchaView | None = None) -> Response:
    failure = say(context, problem) if problem else ""
    status = 422 if problem or judged is not None else 200
    asking = asking_on_page(context, PAGE)
    return captcha_page(context, "identity/invitation.html", asking, judged, status, code=form.code, failure=failure)


def _ask_password(
    context: RequestContext,
    form: PasswordForm,
    person: Person,
    login: Login | None,
    problem: str = "",
    judged: CaptchaView | None = None,
) -> Response:
    template = "identity/invitation_confirm.html" if login else "identity/invitation_password.html"
    least = settings(context).password_min_length
    errors = password_errors(context, problem, least)
    return page(
        context,
        template,
        422 if problem else 200,
        code=form.code,
        name=person.name,
        email=person.email,
        errors=errors,
        least=least,
        captcha=judged,
        ways=() if login else bound_offers(context, code=form.code),
        passwords=bool(settings(context).passwords),
    )
