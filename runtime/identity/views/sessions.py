"""Where a person is signed in, and ending sessions elsewhere."""

from __future__ import annotations

from flask import Response, request, session

from runtime.context import current
from runtime.errors import BadRequest, SignInNeeded
from runtime.identity.sessions import list_sessions, revoke, revoke_all
from runtime.identity.views.answers import page, see_other
from runtime.render import formats_for

OTHERS = "others"


def show() -> Response:
    """The person's sessions on this site."""
    context = current()
    if context.principal.contact is None:
        raise SignInNeeded
    found = list_sessions(context.connection, context.principal.contact, context.site.key, context.session_id)
    formats = formats_for(context.language, context.principal.time_zone)
    return page(context, "identity/sessions.html", sessions=found, moment=formats.moment)


def submit() -> Response:
    """End the session that the field `session` names, or all others."""
    context = current()
    contact, named = context.principal.contact, request.form.get("session", "")
    if contact is None:
        raise SignInNeeded
    if named != OTHERS and not (named.isascii() and named.isdigit() and len(named) < 18):
        raise BadRequest
    with context.lease.transaction() as connection:
        if named == OTHERS:
            revoke_all(connection, contact, but=context.session_id)
        else:
            revoke(connection, contact, int(named))
    if named == str(context.session_id):
        session.clear()
        return see_other(context.url("/"))
    return see_other(context.url("/sessions"))
