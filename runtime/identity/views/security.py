"""One page for the safety of one's own sign-in, the doings of one's account, and one's own data as a file."""

from __future__ import annotations

import datetime as dt

from flask import Response, request

from runtime.context import RequestContext, current
from runtime.errors import BadRequest, PageNotFound, SignInNeeded, TooManyRequests
from runtime.identity.api_tokens import entries
from runtime.identity.browsers import list_browsers
from runtime.identity.events import SignInEvent, consents_of, events_of
from runtime.identity.external.logins import list_external
from runtime.identity.own_data import own_classes, own_data
from runtime.identity.second_factor import factor_of
from runtime.identity.sessions import list_sessions
from runtime.identity.views.answers import page, say, settings
from runtime.identity.views.code import any_login
from runtime.identity.views.offers import label_of, offers
from runtime.identity.views.terms import version_said
from runtime.records.audit import record_act
from runtime.records.doings import account_doings, may_see_doings
from runtime.render import formats_for

DOWNLOADS_PER_HOUR = 3
HOUR = 3600
SHOWN = 50
LONGEST_ID = 18
MY_DATA = "my_data"


def show() -> Response:
    """Ways to sign in, where one is signed in, what happened lately, and what one has accepted."""
    context = current()
    contact, connection, site = _contact(context), context.connection, context.site.key
    login, factor = any_login(context, contact), factor_of(connection, contact)
    return page(
        context,
        "identity/security.html",
        email=login.email if login is not None else "",
        with_password=login is not None and bool(login.password_hash),
        passwords=bool(settings(context).passwords),
        second=factor.method if factor is not None else "",
        external=len(list_external(connection, contact)) if offers(context) else None,
        sessions=list_sessions(connection, contact, site, context.session_id),
        browsers=list_browsers(connection, contact, site),
        tokens=entries(connection, site, (contact,)),
        events=[(event, _said(context, event)) for event in events_of(connection, site, contact)],
        consents=[(version_said(context, one.version), one.at) for one in consents_of(connection, site, contact)],
        doings=may_see_doings(connection, context.snapshot, context.principal),
        moment=formats_for(context.language, context.principal.time_zone).moment,
    )


def show_doings() -> Response:
    """Who did what for the account that is acted for. 404 for all who may not see its history."""
    context = current()
    _contact(context)
    if not may_see_doings(context.connection, context.snapshot, context.principal):
        raise PageNotFound
    asked = request.args.get("before", "")
    if asked and not (asked.isascii() and asked.isdigit() and len(asked) < LONGEST_ID):
        raise BadRequest
    before = int(asked) if asked else None
    found = account_doings(context.connection, context.snapshot, context.principal, before, SHOWN)
    language, default = context.language, context.site.model.default_language
    entities = context.snapshot.entities
    labels = {key: entity.model.label.in_language(language, default) or key for key, entity in entities.items()}
    return page(
        context,
        "identity/doings.html",
        doings=found.found,
        older=found.older,
        labels=labels,
        account=context.account_name,
        moment=formats_for(context.language, context.principal.time_zone).moment,
    )


def give_data() -> Response:
    """One's own data as a JSON file. Raises TooManyRequests beyond three an hour."""
    context = current()
    contact = _contact(context)
    if not context.services.throttle.hourly(MY_DATA, str(contact), DOWNLOADS_PER_HOUR):
        raise TooManyRequests(HOUR)
    with context.lease.transaction() as connection:
        classes = own_classes(context.snapshot, context.principal)
        record_act(connection, context.principal, MY_DATA, "contact", contact, classes, context.principal.origin)
    body = own_data(context.services.doors, context.snapshot, context.principal)
    response = Response(body, content_type="application/json; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="my-data-{dt.date.today():%Y-%m-%d}.json"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _contact(context: RequestContext) -> int:
    if context.principal.contact is None:
        raise SignInNeeded
    return context.principal.contact


def _said(context: RequestContext, event: SignInEvent) -> str:
    """What happened, as its person reads it."""
    provider = context.site.identity_providers.get(event.provider)
    name = label_of(context, provider) if provider is not None else event.provider or say(context, "security.a_provider")
    return say(context, ".".join(filter(None, ("security.event", event.kind, event.detail))), provider=name)
