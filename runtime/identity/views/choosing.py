"""A password that a person chooses: what is wrong with it, and how strong it is while it is typed."""

from __future__ import annotations

from flask import Response, request

from runtime.context import RequestContext, current
from runtime.identity.forms import PasswordForm, cut
from runtime.identity.logins import login_of, password_problem
from runtime.identity.mails import site_name
from runtime.identity.passwords import LONGEST
from runtime.identity.strength import strength
from runtime.identity.views.answers import page, settings
from runtime.records.people import load_person

WEAK = "password.weak"
JUDGED_PER_MINUTE = 60


def password_fault(context: RequestContext, form: PasswordForm, email: str, name: str = "") -> str:
    """What is wrong with the password of a form, as the key of a text; "" when it will do."""
    chosen = settings(context)
    problem = password_problem(form.password, form.repeat, email, chosen.password_min_length)
    if not problem and strength(form.password, _words(context, email, name)) < chosen.password_strength:
        return WEAK
    return problem


def judge() -> Response:
    """How strong a typed password is, as a part of a page. Raises TooManyRequests."""
    context = current()
    context.services.throttle.admit("strength", request.remote_addr or "", JUDGED_PER_MINUTE)
    typed = cut(request.form, "password")
    if not typed or len(typed) > LONGEST:
        return page(context, "identity/strength.html", level=None, enough=False)
    level = strength(typed, _words(context, *_own(context)))
    chosen = settings(context)
    enough = level >= chosen.password_strength and len(typed) >= chosen.password_min_length
    return page(context, "identity/strength.html", level=level, enough=enough)


def _own(context: RequestContext) -> tuple[str, str]:
    """The e-mail and the name of whoever is signed in."""
    contact = context.principal.contact
    person = None if contact is None else load_person(context.connection, context.snapshot, contact)
    login = None if person is None else login_of(context.connection, person.contact)
    return (login.email if login else "", person.name) if person else ("", "")


def _words(context: RequestContext, email: str, name: str) -> tuple[str, ...]:
    return (email, name, context.site.key, site_name(context.site, context.language), *context.site.model.hosts)
