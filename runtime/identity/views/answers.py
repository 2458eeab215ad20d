"""What the identity pages have in common: a page as an answer, a redirect, the browser's cookie."""

from __future__ import annotations

from typing import Any

from flask import Response, make_response, redirect, request, session
from sqlalchemy import Connection

from runtime.captcha.asking import Asking, CaptchaView
from runtime.context import RequestContext
from runtime.csrf import open_forms_for
from runtime.identity.acting import chosen_account
from runtime.identity.consents import accepted_by
from runtime.identity.events import note_sign_in
from runtime.identity.external.departures import carry_on, take_up
from runtime.identity.logins import DIFFERS, TOO_LONG
from runtime.identity.passwords import LONGEST
from runtime.identity.sessions import NewSession, open_session, revoke, utc_now
from runtime.identity.settings import IdentitySettings, settings_for
from runtime.languages import language_tags, prefix_of, split_language
from runtime.records.people import Person
from runtime.render.texts import texts

COOKIE_TOKEN = "token"  # noqa: S105 - the name of a value in the cookie
PROVED = "proved"
"""When the person has last proved who they are on this browser, in seconds."""
ORIGIN = "origin"
"""What the cookie keeps of whoever has come from a provider, until the session begins."""
WRONG_CURRENT = "password.wrong"  # the current password
WRONG_SIGN_IN = "signin.refused"
ALIASES_OF_HOME = ("", "/")


def page(context: RequestContext, template: str, status: int = 200, **values: Any) -> Response:
    """A whole page of the theme as an answer."""
    return make_response(context.renderer.page(context, template, **values), status)


def captcha_page(
    context: RequestContext, template: str, asking: Asking | None, judged: CaptchaView | None, status: int = 200, **values: Any
) -> Response:
    """A page with the captcha that the site asks on it, if any, as it was judged or anew."""
    shown = judged if judged is not None or asking is None else asking.challenge()
    answer = page(context, template, status, captcha=shown, **values)
    answer.headers.update(shown.headers if shown is not None else ())
    return answer


def say(context: RequestContext, key: str, **parameters: object) -> str:
    """A text of the engine in the context's language."""
    return texts(context.snapshot, context.site, context.language)(key, **parameters)


def say_wrong(context: RequestContext, key: str) -> str:
    """The text of a password or code that was not taken, and how long too many of them lock: said each time, locked or not."""
    chosen = settings(context)
    return f"{say(context, key)} {say(context, 'signin.locks', tries=chosen.lockout_attempts, minutes=chosen.lockout_minutes)}"


def password_errors(context: RequestContext, problem: str, least: int) -> dict[str, str]:
    """The text of what is wrong with a chosen password, by field; empty for nothing."""
    field = {DIFFERS: "repeat", WRONG_CURRENT: "current"}.get(problem, "password")
    count = LONGEST if problem == TOO_LONG else least
    if problem in (WRONG_CURRENT, WRONG_SIGN_IN):
        return {field: say_wrong(context, problem)}
    return {field: say(context, problem, count=count)} if problem else {}


def see_other(address: str) -> Response:
    """Go to another page with GET, after a form was accepted."""
    return make_response(redirect(address, 303))


def settings(context: RequestContext) -> IdentitySettings:
    """The identity settings of the context's site."""
    return settings_for(context.snapshot, context.site)


def count_attempt(context: RequestContext, purpose: str) -> None:
    """Count one attempt of the visitor's address. Raises TooManyRequests."""
    allowed = settings(context).attempts_per_minute
    context.services.throttle.admit(purpose, request.remote_addr or "", allowed)


def start_session(context: RequestContext, person: Person, *, remember: bool, entering: bool = True) -> None:
    """Sign a person in on this browser: always a new token and a new CSRF secret; the session before ends.

    It acts for the account that the person chose last. Who is `entering` comes in; who is not was here already.
    """
    with context.lease.transaction() as connection:
        new = NewSession(
            contact=person.contact,
            site=context.site.key,
            device=request.user_agent.string,
            remember=remember,
            lifetime=settings(context).lifetime(remember),
            acting=chosen_account(connection, context.snapshot, person.contact, context.site.key),
            terms=accepted_by(connection, context.site, person.contact),
        )
        if context.session_id is not None and context.principal.contact is not None:
            revoke(connection, context.principal.contact, context.session_id)
        token = open_session(connection, new)
        _keep_origin(context, connection, person.contact, token, entering=entering)
        if entering:
            note_sign_in(connection, context.site.key, person.contact, new.device)
        context.services.hooks.call("signed_in", context, person.contact)
    session.clear()
    session[COOKIE_TOKEN] = token
    open_forms_for(person.contact, new.acting)
    session[PROVED] = int(utc_now().timestamp())
    session.permanent = remember


def _keep_origin(context: RequestContext, connection: Connection, contact: int, token: str, *, entering: bool) -> None:
    """The provider that a session began at is kept with it, and with the one that goes on in its place."""
    if ORIGIN in session:
        take_up(connection, str(session[ORIGIN]), contact, token)
    elif not entering and context.session_id is not None:
        carry_on(connection, context.session_id, token)


def landing_path(context: RequestContext, wanted: str) -> str:
    """The page wanted or home, in the language of the request."""
    _, path = split_language(wanted, set(language_tags(context.snapshot, context.site).values()))
    return context.url("/" if path in ALIASES_OF_HOME else path)


def landing(context: RequestContext, person: Person, wanted: str) -> str:
    """Where to go after signing in: the page wanted or home, in the language of the person's profile."""
    site = context.site
    tags = language_tags(context.snapshot, site)
    _, path = split_language(wanted, set(tags.values()))
    language = tags.get(person.language.lower(), context.language) if person.language else context.language
    prefix = prefix_of(site, language)
    if path in ALIASES_OF_HOME:
        return prefix or "/"
    return f"{prefix}{path}"
