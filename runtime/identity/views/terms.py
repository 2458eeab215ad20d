"""The terms of the site, to be accepted before anything else is served."""

from __future__ import annotations

import datetime as dt

from flask import Response, request, session

from metadata.model import Terms
from runtime.context import RequestContext, current
from runtime.errors import SignInNeeded
from runtime.identity.consents import accept, has_accepted, terms_due
from runtime.identity.forms import cut
from runtime.identity.views.answers import COOKIE_TOKEN, landing_path, page, say, see_other
from runtime.pages.content import snippet_html
from runtime.records.audit import record_act
from runtime.render import formats_for
from runtime.security import local_path

AUDIT_ACT = "terms"
TEMPLATE = "identity/terms.html"


def show() -> Response:
    """The terms with a button; whoever has accepted them goes on."""
    context = current()
    contact, terms = _contact(context), terms_due(context.site)
    wanted = local_path(request.args.get("next", ""))
    if terms is None or has_accepted(context.connection, contact, context.site.key, terms.published):
        return see_other(landing_path(context, wanted))
    return _ask(context, terms, wanted)


def submit() -> Response:
    """Accept the version that was shown: 303 to where the person was going; 422 without the tick or for another version."""
    context = current()
    contact, terms = _contact(context), terms_due(context.site)
    wanted = local_path(cut(request.form, "next"))
    if terms is None:
        return see_other(landing_path(context, wanted))
    if not request.form.get("accepted") or cut(request.form, "version") != terms.published:
        return _ask(context, terms, wanted, say(context, "terms.unaccepted"))
    words = str(snippet_html(context, terms.snippet)) if terms.snippet else ""
    with context.lease.transaction() as connection:
        accept(connection, contact, context.site.key, terms.published, context.language, words)
        facts = {AUDIT_ACT: terms.published}
        record_act(connection, context.principal, AUDIT_ACT, "contact", contact, facts, context.principal.origin)
    context.services.arrivals.forget(context.site.key, str(session.get(COOKIE_TOKEN, "")))
    return see_other(landing_path(context, wanted))


def _contact(context: RequestContext) -> int:
    if context.principal.contact is None:
        raise SignInNeeded
    return context.principal.contact


def _ask(context: RequestContext, terms: Terms, wanted: str, failure: str = "") -> Response:
    node = context.site.pages.get(terms.page)
    return page(
        context,
        TEMPLATE,
        422 if failure else 200,
        words=snippet_html(context, terms.snippet) if terms.snippet else "",
        more=context.url(node.path) if node is not None else "",
        version=terms.published,
        date=version_said(context, terms.published),
        next=wanted,
        failure=failure,
    )


def version_said(context: RequestContext, version: str) -> str:
    """A version of the terms for people: the day of its publication, with the time where it has one; what is kept of a
    consent and begins with no day, as it is kept."""
    try:
        day = dt.date.fromisoformat(version[:10])
    except ValueError:
        return version
    return f"{formats_for(context.language, context.site.model.time_zone).day(day, full=True)} {version[11:16]}".strip()
