"""Closing one's own sign-in, after a page that says what becomes of what."""

from __future__ import annotations

from flask import Response, flash, request, session

from runtime.context import RequestContext, current
from runtime.errors import SignInNeeded
from runtime.identity.closing import CLOSING, close
from runtime.identity.telling import CLOSED, tell_person
from runtime.identity.views.answers import page, say, see_other
from runtime.records.audit import record_act
from runtime.records.people import Person, load_person

TEMPLATE = "identity/closing.html"


def show() -> Response:
    """What closing does, and the box that says that it is meant."""
    context = current()
    return page(context, TEMPLATE, email=_person(context).email, failure="")


def submit() -> Response:
    """Close the sign-in and sign out: 303; 422 where the box was not ticked. The operators see that it was asked for."""
    context = current()
    person = _person(context)
    if not request.form.get("sure"):
        return page(context, TEMPLATE, 422, email=person.email, failure=say(context, "closing.sure_needed"))
    with context.lease.transaction() as connection:
        record_act(connection, context.principal, CLOSING, "contact", person.contact, {}, context.principal.origin)
        close(connection, person.contact)
    tell_person(context, person, CLOSED)
    session.clear()
    flash(say(context, "closing.done"), "good")
    return see_other(context.url("/signin"))


def _person(context: RequestContext) -> Person:
    contact = context.principal.contact
    person = None if contact is None else load_person(context.connection, context.snapshot, contact)
    if person is None:
        raise SignInNeeded
    return person
