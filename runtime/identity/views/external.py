"""Signing in with another provider: sending somebody there, his coming back, and the sign-ins that a person has there."""

from __future__ import annotations

import hmac
import logging
import os
from typing import Any

from flask import Response, flash, make_response, redirect, request, session
from sqlalchemy import Connection

from metadata.model import IdentityProvider
from runtime.context import RequestContext, current
from runtime.errors import BadRequest, PageNotFound, SignInNeeded
from runtime.identity.external.belonging import Refused, belonging, kept_claims
from runtime.identity.external.logins import (
    LastLogin,
    LoginElsewhere,
    add_external,
    is_barred,
    list_external,
    note_use,
    remove_external,
)
from runtime.identity.external.openid import Attempt, OpenIdClient, Told
from runtime.identity.external.proof import ProviderDown, Untrusted
from runtime.identity.logins import login_of
from runtime.identity.mails import address_of
from runtime.identity.views.answers import WRONG_CURRENT, count_attempt, landing, page, say, see_other, start_session
from runtime.identity.views.code import enter
from runtime.identity.views.offers import BINDING, bound_offers, label_of, offers
from runtime.identity.views.signin import doorman
from runtime.records.audit import record_act
from runtime.records.people import Person, load_person
from runtime.render import formats_for
from runtime.security import local_path

log = logging.getLogger(__name__)
AWAY = "away"
"""What the session keeps of whoever is at a provider."""
AUDIT_ACT = "external_login"
UNAVAILABLE, REFUSED = 503, 422
LONGEST_ID = 18


def start(key: str) -> Response:
    """Send the visitor to the provider: 302."""
    context = current()
    provider = _provider(context, key)
    count_attempt(context, "signin")
    held: dict[str, Any] = {"key": provider.key, "next": local_path(request.args.get("next", ""))}
    named = request.args.get("binding", "")
    if named:
        binding = session.pop(BINDING, None) or {}
        if not hmac.compare_digest(named, str(binding.get("token", ""))):
            return _again(context)
        held |= binding
    try:
        address, attempt = _client(context, provider).begin(_back(context, provider))
    except ProviderDown as error:
        return _down(context, provider, error)
    session[AWAY] = {**held, "attempt": [attempt.state, attempt.nonce, attempt.verifier]}
    return make_response(redirect(address, 302))


def come_back(key: str) -> Response:
    """Somebody comes back from the provider: a session or the second step and 303, or the sign-in page with a sentence."""
    context = current()
    provider = _provider(context, key)
    count_attempt(context, "signin")
    held: dict[str, Any] = session.pop(AWAY, None) or {}
    attempt = Attempt(*held.get("attempt", ("", "", "")))
    if held.get("key") != key or not hmac.compare_digest(request.args.get("state", ""), attempt.state):
        return _again(context)
    if "error" in request.args:
        log.info("a provider sent somebody back", extra={"action": "external_refused", "why": request.args["error"][:100]})
        return _refuse(context, provider, "external.cancelled")
    try:
        told = _client(context, provider).finish(_back(context, provider), attempt, request.args)
    except ProviderDown as error:
        return _down(context, provider, error)
    except Untrusted as error:
        log.warning("a sign-in does not hold", extra={"action": "external_untrusted", "provider": key, "why": str(error)[:500]})
        return _refuse(context, provider, "external.untrusted")
    return _add(context, provider, told) if held.get("adding") else _enter(context, provider, told, held)


def show_own(failure: str = "", status: int = 200) -> Response:
    """The person's sign-ins with other providers."""
    context = current()
    contact = _contact(context)
    names = {one.issuer.rstrip("/"): label_of(context, one) for one in context.site.identity_providers.values()}
    own = list_external(context.connection, contact)
    used = {login.issuer.rstrip("/") for login in own}
    free = [one for one in offers(context) if one.label not in {names.get(issuer) for issuer in used}]
    return page(
        context,
        "identity/external.html",
        status,
        own=[(login, names.get(login.issuer.rstrip("/"), login.issuer)) for login in own],
        offered=bool(free),
        with_password=login_of(context.connection, contact) is not None,
        failure=failure,
        going=(),
        moment=formats_for(context.language, context.principal.time_zone).moment,
    )


def submit_own() -> Response:
    """Take one away, or begin to add one, once the password is right where there is one: 303, or the links to go on with."""
    context = current()
    contact = _contact(context)
    count_attempt(context, "signin")
    login, number = login_of(context.connection, contact), request.form.get("remove", "")
    if login is not None and doorman(context).identify(login.email, request.form.get("password", "")) is None:
        return show_own(say(context, WRONG_CURRENT), REFUSED)
    if not number:
        going = bound_offers(context, adding=True, contact=contact)
        return page(context, "identity/external.html", own=(), offered=False, with_password=False, failure="", going=going)
    if not (number.isascii() and number.isdigit() and len(number) < LONGEST_ID):
        raise BadRequest
    try:
        with context.lease.transaction() as connection:
            if remove_external(connection, contact, int(number)):
                _note(context, connection, contact, "removed")
    except LastLogin:
        return show_own(say(context, "external.last"), REFUSED)
    flash(say(context, "external.removed"), "good")
    return see_other(context.url("/logins"))


def _enter(context: RequestContext, provider: IdentityProvider, told: Told, held: dict[str, Any]) -> Response:
    try:
        with context.lease.transaction() as connection:
            found = belonging(context, connection, provider, told, str(held.get("code", "")))
            if is_barred(connection, found.contact):
                raise Refused
            kept_claims(context.snapshot, connection, provider, told, found)
            note_use(connection, told.identity)
            if found.new:
                _note(context, connection, found.contact, f"added from {provider.key}")
            person = load_person(connection, context.snapshot, found.contact)
            if person is None or not person.active:
                raise Refused
    except (Refused, LoginElsewhere):
        return _refuse(context, provider, "external.unknown")
    return _welcome(context, provider, person, str(held.get("next", "")))


def _welcome(context: RequestContext, provider: IdentityProvider, person: Person, wanted: str) -> Response:
    if provider.second_factor:
        start_session(context, person, remember=False)
        return see_other(landing(context, person, wanted))
    return enter(context, person, remember=False, wanted=wanted)


def _add(context: RequestContext, provider: IdentityProvider, told: Told) -> Response:
    contact = _contact(context)
    try:
        with context.lease.transaction() as connection:
            add_external(connection, contact, told.identity)
            _note(context, connection, contact, f"added from {provider.key}")
    except LoginElsewhere:
        return show_own(say(context, "external.elsewhere"), REFUSED)
    flash(say(context, "external.added"), "good")
    return see_other(context.url("/logins"))


def _note(context: RequestContext, connection: Connection, contact: int, what: str) -> None:
    record_act(connection, context.principal, AUDIT_ACT, "contact", contact, {AUDIT_ACT: what}, context.principal.origin)


def _contact(context: RequestContext) -> int:
    if context.principal.contact is None:
        raise SignInNeeded
    return context.principal.contact


def _provider(context: RequestContext, key: str) -> IdentityProvider:
    found = context.site.identity_providers.get(key)
    if found is None or not found.active:
        raise PageNotFound
    return found


def _client(context: RequestContext, provider: IdentityProvider) -> OpenIdClient:
    """The client of a provider, kept as long as the release, with what it learned of the provider."""
    name = ("openid", context.site.key, provider.key)
    return context.snapshot.derive(name, lambda: OpenIdClient(provider, os.environ))


def _back(context: RequestContext, provider: IdentityProvider) -> str:
    language = context.site.model.default_language
    return f"{address_of(context.services.config.public_url, context.site, language)}/signin/with/{provider.key}/back"


def _again(context: RequestContext) -> Response:
    flash(say(context, "external.again"), "info")
    return see_other(context.url("/logins" if context.signed_in else "/signin"))


def _down(context: RequestContext, provider: IdentityProvider, error: ProviderDown) -> Response:
    log.error(
        "a provider cannot be asked", extra={"action": "external_down", "provider": provider.key, "why": str(error)[:500]}
    )
    return _refuse(context, provider, "external.down", UNAVAILABLE)


def _refuse(context: RequestContext, provider: IdentityProvider, key: str, status: int = REFUSED) -> Response:
    failure = say(context, key, provider=label_of(context, provider))
    return page(context, "identity/external_refused.html", status, failure=failure)
