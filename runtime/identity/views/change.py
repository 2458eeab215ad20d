"""Choosing another password while signed in."""

from __future__ import annotations

from flask import Response, flash, request

from runtime.context import RequestContext, current
from runtime.errors import SignInNeeded
from runtime.identity.events import note_password
from runtime.identity.forms import PasswordForm
from runtime.identity.logins import Login, login_of, set_password
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
from runtime.identity.views.signin import doorman
from runtime.records.people import load_person


def show() -> Response:
    """Ask for the current and the new password."""
    context = current()
    _login(context)
    return _page(context, "")


def submit() -> Response:
    """Set the new password: 303, every other session ends and this one gets a new token; 422 for what will not do."""
    context = current()
    login = _login(context)
    count_attempt(context, "signin")
    form = PasswordForm.of(request.form)
    if doorman(context).identify(login.email, form.current) is None:
        return _page(context, WRONG_CURRENT)
    problem = password_fault(context, form, login.email, context.principal.name)
    if problem:
        return _page(context, problem)
    hashed = context.services.passwords.hash(form.password)
    with context.lease.transaction() as connection:
        set_password(connection, login.contact, login.email, hashed)
        note_password(connection, context.site.key, login.contact, request.user_agent.string)
        person = load_person(connection, context.snapshot, login.contact)
    if person is None:
        raise SignInNeeded
    tell_person(context, person, PASSWORD)
    start_session(context, person, remember=context.remembered, entering=False)
    flash(say(context, "password.changed"), "good")
    return see_other(context.url("/"))


def _login(context: RequestContext) -> Login:
    contact = context.principal.contact
    found = None if contact is None else login_of(context.connection, contact)
    if found is None:
        raise SignInNeeded
    return found


def _page(context: RequestContext, problem: str) -> Response:
    least = settings(context).password_min_length
    errors = password_errors(context, problem, least)
    return page(context, "identity/change.html", 422 if problem else 200, errors=errors, least=least)
