"""Signing in with another provider: sending somebody there, and coming back from one that speaks OpenID Connect."""

from __future__ import annotations

import hmac
import logging
import os
from typing import Any

from flask import Response, make_response, redirect, request, session

from metadata.model import IdentityProvider
from runtime.context import RequestContext, current
from runtime.identity.external.openid import Attempt, OpenIdClient, refused_for
from runtime.identity.external.proof import ProviderDown, Untrusted
from runtime.identity.sessions import utc_now
from runtime.identity.views.answers import count_attempt
from runtime.identity.views.coming import AWAY, admit, again, as_begun, back_address, note_failure, provider_of, refuse
from runtime.identity.views.offers import BINDING
from runtime.identity.views.saml import saml_client, untrusted
from runtime.security import local_path

log = logging.getLogger(__name__)
UNAVAILABLE = 503
GAVE_UP = ("access_denied", "login_required", "interaction_required", "consent_required", "account_selection_required")
"""Errors by which a provider says that its person did not go on (OpenID Connect Core 1.0, 3.1.2.6)."""


def start(key: str) -> Response:
    """Send the visitor to the provider: 302."""
    context = current()
    provider = provider_of(context, key)
    count_attempt(context, "signin")
    wanted = local_path(request.args.get("next", ""))
    held: dict[str, Any] = {"key": provider.key, "next": wanted, "language": context.language}
    named = request.args.get("binding", "")
    if named:
        binding = session.pop(BINDING, None) or {}
        if not hmac.compare_digest(named, str(binding.get("token", ""))):
            return again(context)
        held |= binding
    anew = bool(held.get("proving"))
    if anew:
        held["since"] = int(utc_now().timestamp())
    try:
        if provider.protocol == "saml":
            address, asked = saml_client(context, provider).begin(anew=anew)
            session[AWAY] = {**held, "request": asked}
            return make_response(redirect(address, 302))
        address, attempt = openid_client(context, provider).begin(back_address(context, provider), anew=anew)
    except ProviderDown as error:
        return _down(context, provider, error)
    session[AWAY] = {**held, "attempt": [attempt.state, attempt.nonce, attempt.verifier]}
    return make_response(redirect(address, 302))


def come_back(key: str) -> Response:
    """Somebody comes back from the provider: a session or the second step and 303, or the sign-in page with a sentence."""
    context = current()
    provider = provider_of(context, key)
    count_attempt(context, "signin")
    if provider.protocol == "saml":
        return again(context)
    held: dict[str, Any] = session.pop(AWAY, None) or {}
    context = as_begun(context, held)
    attempt = Attempt(*held.get("attempt", ("", "", "")))
    if held.get("key") != key or not hmac.compare_digest(request.args.get("state", ""), attempt.state):
        return again(context)
    if "error" in request.args:
        return _sent_back(context, provider, request.args["error"][:100], request.args.get("error_description", "")[:300])
    try:
        told = openid_client(context, provider).finish(back_address(context, provider), attempt, request.args)
    except ProviderDown as error:
        return _down(context, provider, error)
    except Untrusted as error:
        untrusted(context, provider, error)
        return refuse(context, provider, "external.untrusted")
    return admit(context, provider, told, held)


def openid_client(context: RequestContext, provider: IdentityProvider) -> OpenIdClient:
    """The client of a provider, kept as long as the release, with what it learned of the provider."""
    name = ("openid", context.site.key, provider.key)
    return context.snapshot.derive(name, lambda: OpenIdClient(provider, os.environ))


def _sent_back(context: RequestContext, provider: IdentityProvider, error: str, more: str) -> Response:
    """What follows where the provider let nobody in: its person said no, or it takes this site's request for none."""
    reason = refused_for(error)
    log.info(
        "a provider sent somebody back",
        extra={"action": "external_refused", "provider": provider.key, "reason": reason, "why": f"{error}: {more}"},
    )
    note_failure(context, provider, reason, error=error)
    if error in GAVE_UP:
        return refuse(context, provider, "external.cancelled")
    return refuse(context, provider, "external.untrusted")


def _down(context: RequestContext, provider: IdentityProvider, error: ProviderDown) -> Response:
    facts = {"action": "external_down", "provider": provider.key, "reason": error.reason, "why": str(error)[:500]}
    log.error("a provider cannot be asked", extra=facts)
    note_failure(context, provider, error.reason)
    return refuse(context, provider, "external.down", UNAVAILABLE)
