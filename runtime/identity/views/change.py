"""Choosing another password while signed in."""

from __future__ import annotations

from flask import Response, flash, request

from runtime.context import RequestContext, current
from runtime.errors import PageNotFound, SignInNeeded
from runtime.identity.events import note_password
from runtime.identity.forms import PasswordForm
from runtime.identity.logins import Login, LoginTaken, set_password
from runtime.identity.telling import PASSWORD, tell_person
from runtime.identity.views.answers import (
    WRONG_CURRENT,
    count_attempt,
    page,
    password_errors,
    say,
    see_other,
    settings,
    start_session,
)
from runtime.identity.views.choosing import password_fault
from runtime.identity.views.code import any_login
from runtime.identity.views.signin import knows_password
from runtime.records.people import load_person

TAKEN = "password.taken"


def show() -> Response:
    """Ask for the current and the new password; for a first one of whoever comes by another way alone."""
    context = current()
    return _page(context, _login(context), "")


def submit() -> Response:
    """Set the new password: 303, every other session ends and this one gets a new token; 422 for what will not do.

    Of whoever has none yet another proof was asked for before.
    """
    context = current()
    login = _login(context)
    count_attempt(context, "signin")
    form = PasswordForm.of(request.form)
    if not knows_password(context, login, form.current):
        return _page(context, login, WRONG_CURRENT)
    problem = password_fault(context, form, login.email, context.principal.name)
    if problem:
        return _page(context, login, problem)
    hashed = context.services.passwords.hash(form.password)
    try:
        with context.lease.transaction() as connection:
            set_password(connection, login.contact, login.email, hashed)
            note_password(connection, context.site.key, login.contact, request.user_agent.string)
            person = load_person(connection, context.snapshot, login.contact)
    except LoginTaken:
        return _page(context, login, TAKEN)
    if person is None:
        raise SignInNeeded
    tell_person(context, person, PASSWORD)
    start_session(context, person, remember=context.remembered, entering=False)
    flash(say(context, "password.changed"), "good")
    return see_other(context.url("/"))


def _login(context: RequestContext) -> Login:
    """How the person signs in. Raises SignInNeeded, and PageNotFound where a password would be of no use."""
    contact = context.principal.contact
    found = None if contact is None else any_login(context, contact)
    if found is None:
        raise SignInNeeded
    if not settings(context).passwords or not found.email:
        raise PageNotFound
    return found


def _page(context: RequestContext, login: Login, problem: str) -> Response:
    least = settings(context).password_min_length
    errors = password_errors(context, problem, least)
    status = 422 if problem else 200
    return page(context, "identity/change.html", status, errors=errors, least=least, has=bool(login.password_hash))
