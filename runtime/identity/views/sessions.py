"""Where a person is signed in, ending sessions elsewhere, and the browsers that are asked for no second step."""

from __future__ import annotations

from flask import Response, request, session

from runtime.context import current
from runtime.errors import BadRequest, SignInNeeded
from runtime.identity.browsers import forget_browser, list_browsers
from runtime.identity.sessions import list_sessions, revoke, revoke_all
from runtime.identity.views.answers import page, see_other
from runtime.identity.views.code import note_factor
from runtime.identity.views.offers import offers
from runtime.records.audit import record_act
from runtime.render import formats_for

OTHERS = "others"
LONGEST_ID = 18


def show() -> Response:
    """The person's sessions and known browsers on this site."""
    context = current()
    if context.principal.contact is None:
        raise SignInNeeded
    found = list_sessions(context.connection, context.principal.contact, context.site.key, context.session_id)
    known = list_browsers(context.connection, context.principal.contact, context.site.key)
    formats = formats_for(context.language, context.principal.time_zone)
    return page(
        context, "identity/sessions.html", sessions=found, browsers=known, moment=formats.moment, external=bool(offers(context))
    )


def submit() -> Response:
    """End the session that the field `session` names, or all others; or forget the browser that `browser` names."""
    context = current()
    contact, named = context.principal.contact, request.form.get("session", "")
    if contact is None:
        raise SignInNeeded
    browser = request.form.get("browser", "")
    if browser:
        with context.lease.transaction() as connection:
            forget_browser(connection, contact, _number(browser))
            note_factor(context, connection, contact, "browser forgotten")
        return see_other(context.url("/sessions"))
    if named != OTHERS:
        _number(named)
    with context.lease.transaction() as connection:
        if named == OTHERS:
            revoke_all(connection, contact, but=context.session_id)
        else:
            revoke(connection, contact, int(named))
        record_act(connection, context.principal, "sign_out", "contact", contact, {}, context.principal.origin)
    if named == str(context.session_id):
        session.clear()
        return see_other(context.url("/"))
    return see_other(context.url("/sessions"))


def _number(named: str) -> int:
    """The id that a form names. Raises BadRequest for what is none."""
    if not (named.isascii() and named.isdigit() and len(named) < LONGEST_ID):
        raise BadRequest
    return int(named)
