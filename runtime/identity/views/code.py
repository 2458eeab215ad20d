"""The second step of a sign-in: a code after the password, unless the browser is known. There is no session before it."""

from __future__ import annotations

from typing import cast
from urllib.parse import urlencode

from flask import Response, current_app, flash, request, session
from sqlalchemy import Connection

from runtime.context import RequestContext, current
from runtime.identity.browsers import is_known, know_browser
from runtime.identity.external.logins import is_barred, list_external
from runtime.identity.forms import CodeForm
from runtime.identity.logins import LockRule, Login, login_of
from runtime.identity.mails import code_mail
from runtime.identity.passkeys import has_passkeys
from runtime.identity.pending import begin_pending, pending_contact, take_pending
from runtime.identity.second_factor import MAIL, RECOVERY, Checker, SecondFactor, factor_of, issue_mail_code
from runtime.identity.vault import Vault
from runtime.identity.views.answers import count_attempt, landing, page, say, say_wrong, see_other, settings, start_session
from runtime.identity.views.relying import passkeys_here
from runtime.lease import Lease
from runtime.mail import deliver
from runtime.records.audit import record_act
from runtime.records.people import Person, load_person
from runtime.security import cookie_name, local_path

PENDING = "pending"
REMEMBER = "pending_remember"
KNOWN_COOKIE = "foyer_browser"
TEMPLATE = "identity/code.html"
AUDIT_ACT = "second_factor"
MAILS_PER_HOUR = 10


def enter(context: RequestContext, person: Person, *, remember: bool, wanted: str) -> Response:
    """What follows the right password: a session and 303, or the second step where the person has one.

    Raises what listeners of `signed_in` raise.
    """
    factor = factor_of(context.connection, person.contact)
    known = request.cookies.get(cookie_name(KNOWN_COOKIE, context.services.config.public_url), "")
    if factor is None or is_known(context.connection, person.contact, context.site.key, known):
        start_session(context, person, remember=remember)
        return see_other(landing(context, person, wanted))
    with context.lease.transaction() as connection:
        session[PENDING] = begin_pending(connection, context.site.key, person.contact)
    session[REMEMBER] = int(remember)
    _mail_where_due(context, factor)
    return see_other(step_address(context, wanted))


def show() -> Response:
    """Ask for the code; who has not given a password goes back to the first step."""
    context = current()
    factor = waiting(context)
    wanted = local_path(request.args.get("next", ""))
    return start_again(context) if factor is None else _page(context, factor, wanted)


def submit() -> Response:
    """Check the code: a session and 303, or 422 with one sentence for every failure. Or send another code by mail."""
    context = current()
    count_attempt(context, "signin")
    form, factor = CodeForm.of(request.form), waiting(context)
    if factor is None:
        return start_again(context)
    if form.act == "send":
        _mail_where_due(context, factor)
        flash(say(context, "second.sent"), "good")
        return see_other(step_address(context, form.next))
    known = ""
    with context.lease.transaction() as connection:
        way = checker(context, connection).check(factor.contact, form.code)
        note_factor(context, connection, factor.contact, f"passed by {way}" if way else "refused")
        person = load_person(connection, context.snapshot, factor.contact)
        stood = bool(way) and stands_no_longer(context, connection)
        if stood and form.known and settings(context).second_factor_days:
            known = _know(context, connection, factor.contact)
    if not way:
        return _page(context, factor, form.next, say_wrong(context, "second.refused"))
    if not stood or person is None or not person.active:
        return start_again(context)
    start_session(context, person, remember=wants_to_stay())
    if way == RECOVERY:
        flash(say(context, "second.left", count=factor.recovery_left - 1), "info")
    response = see_other(landing(context, person, form.next))
    if known:
        keep_known(context, response, known)
    return response


def any_login(context: RequestContext, contact: int) -> Login | None:
    """How a contact signs in: with a password, or without one with another provider; then at the contact's own e-mail."""
    found = login_of(context.connection, contact)
    if found is not None or not list_external(context.connection, contact) or is_barred(context.connection, contact):
        return found
    person = load_person(context.connection, context.snapshot, contact)
    return None if person is None else Login(contact, person.email, "")


def checker(context: RequestContext, connection: Connection) -> Checker:
    """What checks codes by the rules of the context's site."""
    chosen = settings(context)
    return Checker(connection, vault(), LockRule(chosen.lockout_attempts, chosen.lockout))


def vault() -> Vault:
    """What seals with the secret key of this installation."""
    return Vault(cast(str, current_app.secret_key), *current_app.config["SECRET_KEY_FALLBACKS"])


def note_factor(context: RequestContext, connection: Connection, contact: int, what: str) -> None:
    """Write what was done with a contact's second factor to the audit trail; never a code or a secret."""
    facts = {"second_factor": what}
    record_act(connection, context.principal, AUDIT_ACT, "contact", contact, facts, context.principal.origin)


def mail_code(context: RequestContext, contact: int) -> None:
    """Mail a new code to the address that the contact signs in with; too many in an hour are not sent."""
    login = any_login(context, contact)
    if login is not None and login.email and context.services.throttle.hourly(AUDIT_ACT, str(contact), MAILS_PER_HOUR):
        context.services.aside.submit(_send, context, contact, login.email, vault())


def keep_known(context: RequestContext, response: Response, token: str) -> None:
    """Give the browser the token by which it is known; it stays there when the session ends."""
    public_url = context.services.config.public_url
    response.set_cookie(
        cookie_name(KNOWN_COOKIE, public_url),
        token,
        max_age=settings(context).known_browser,
        httponly=True,
        samesite=context.services.config.cookie_same_site,
        secure=public_url.startswith("https://"),
    )


def _send(context: RequestContext, contact: int, email: str, sealing: Vault) -> None:
    """Issue a code and mail it, aside: takes a connection of its own."""
    with Lease(context.services.doors).transaction() as connection:
        code = issue_mail_code(connection, sealing, contact)
    deliver(context.services.mailer, code_mail(context, email, code))


def _mail_where_due(context: RequestContext, factor: SecondFactor) -> None:
    if factor.method == MAIL:
        mail_code(context, factor.contact)


def _know(context: RequestContext, connection: Connection, contact: int) -> str:
    note_factor(context, connection, contact, "browser known")
    lifetime = settings(context).known_browser
    return know_browser(connection, contact, context.site.key, request.user_agent.string, lifetime)


def waiting(context: RequestContext) -> SecondFactor | None:
    """The second factor of whoever has given the right password on this browser, and may still sign in."""
    contact = pending_contact(context.connection, context.site.key, _token())
    if contact is None or any_login(context, contact) is None:
        return None
    return factor_of(context.connection, contact)


def _token() -> str:
    return str(session.get(PENDING, ""))


def stands_no_longer(context: RequestContext, connection: Connection) -> bool:
    """Use up that somebody stands before the second step on this browser; False for whoever comes second."""
    return take_pending(connection, context.site.key, _token())


def wants_to_stay() -> bool:
    """Whether whoever stands before the second step has asked to stay signed in."""
    return bool(session.get(REMEMBER))


def start_again(context: RequestContext) -> Response:
    """To the first step, with a sentence where there was one to go on from."""
    if PENDING in session:
        session.pop(PENDING)
        flash(say(context, "second.expired"), "info")
    return see_other(context.url("/" if context.signed_in else "/signin"))


def step_address(context: RequestContext, wanted: str) -> str:
    """The address of the second step, from which one goes on to the page wanted."""
    return context.url("/signin/code") + (f"?{urlencode({'next': wanted})}" if wanted else "")


def _page(context: RequestContext, factor: SecondFactor, wanted: str, failure: str = "") -> Response:
    return page(
        context,
        TEMPLATE,
        422 if failure else 200,
        method=factor.method,
        passkey=passkeys_here(context) and has_passkeys(context.connection, factor.contact),
        next=wanted,
        days=settings(context).second_factor_days,
        failure=failure,
    )
