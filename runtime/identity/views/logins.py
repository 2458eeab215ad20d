"""The sign-ins that a person has with other providers: seen, taken away, added."""

from __future__ import annotations

from flask import Response, flash, request

from runtime.context import RequestContext, current
from runtime.errors import BadRequest
from runtime.identity.external.logins import LastLogin, issuer_of, list_external, plain_issuer, used_issuers
from runtime.identity.logins import login_of
from runtime.identity.telling import LOGIN_REMOVED, tell
from runtime.identity.views.answers import WRONG_CURRENT, count_attempt, page, say, say_wrong, see_other
from runtime.identity.views.coming import note_login, own_contact
from runtime.identity.views.offers import bound_offers, label_of, offers, remove_login
from runtime.identity.views.signin import doorman
from runtime.render import formats_for

REFUSED = 422
LONGEST_ID = 18


def show(failure: str = "", status: int = 200) -> Response:
    """The person's sign-ins with other providers."""
    context = current()
    contact = own_contact(context)
    names = {issuer_of(one): label_of(context, one) for one in context.site.identity_providers.values()}
    own = list_external(context.connection, contact)
    return page(
        context,
        "identity/external.html",
        status,
        own=[(login, names.get(plain_issuer(login.issuer), login.issuer)) for login in own],
        offered=bool(offers(context, used_issuers(own))),
        with_password=login_of(context.connection, contact) is not None,
        failure=failure,
        going=(),
        moment=formats_for(context.language, context.principal.time_zone).moment,
    )


def submit() -> Response:
    """Take one away, or begin to add one, once the password is right where there is one: 303, or the links to go on with."""
    context = current()
    contact = own_contact(context)
    count_attempt(context, "signin")
    login, number = login_of(context.connection, contact), request.form.get("remove", "")
    if login is not None and doorman(context).identify(login.email, request.form.get("password", "")) is None:
        return show(say_wrong(context, WRONG_CURRENT), REFUSED)
    if not number:
        going = bound_offers(context, used_issuers(list_external(context.connection, contact)), adding=True)
        return page(context, "identity/external.html", own=(), offered=False, with_password=False, failure="", going=going)
    if not (number.isascii() and number.isdigit() and len(number) < LONGEST_ID):
        raise BadRequest
    try:
        with context.lease.transaction() as connection:
            named = _provider(context, contact, int(number))
            removed = remove_login(context, connection, contact, int(number))
            if removed:
                note_login(context, connection, contact, f"removed {named}")
    except LastLogin:
        return show(say(context, "external.last"), REFUSED)
    if removed:
        tell(context, contact, LOGIN_REMOVED)
    flash(say(context, "external.removed"), "good")
    return see_other(context.url("/logins"))


def _provider(context: RequestContext, contact: int, number: int) -> str:
    """The key of the provider of a contact's sign-in; "" for one that the site has no longer."""
    issuer = next((one.issuer for one in list_external(context.connection, contact) if one.id == number), "")
    of = {issuer_of(one): one.key for one in context.site.identity_providers.values()}
    return of.get(plain_issuer(issuer), "")
