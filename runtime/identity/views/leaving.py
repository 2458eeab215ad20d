"""Signing out at the provider that somebody came from: going there from here, coming back, and being signed out from there."""

from __future__ import annotations

import hmac
import logging
import secrets
from typing import Any

from flask import Response, flash, redirect, request, session

from metadata.model import IdentityProvider
from runtime.context import RequestContext, current
from runtime.errors import PageNotFound
from runtime.identity.external.departures import Departure, end_sessions
from runtime.identity.external.proof import ProviderDown, Untrusted
from runtime.identity.external.saml_logout import REQUEST, SamlLogout
from runtime.identity.views.answers import count_attempt, page, say, see_other
from runtime.identity.views.coming import back_address, note_login, provider_of
from runtime.identity.views.external import openid_client
from runtime.identity.views.offers import label_of
from runtime.identity.views.saml import saml_client

log = logging.getLogger(__name__)
LEFT = "left"
"""What the session keeps of whoever has signed out here and is at the provider to sign out there."""
LONGEST_STATE = 1000


def farewell(context: RequestContext, left: Departure | None) -> Response | None:
    """The page that leads to the provider, for a session that began there and has ended here; None where that is all.

    It is a page, because a browser does not let a form be led to another site.
    """
    provider = context.site.identity_providers.get(left.provider) if left is not None else None
    if left is None or provider is None or not (provider.active and provider.sign_out):
        return None
    state = secrets.token_urlsafe(32)
    try:
        if provider.protocol == "saml":
            address, state = SamlLogout(saml_client(context, provider)).begin(left.session)
        else:
            address = openid_client(context, provider).leave(left.session, out_address(context, provider), state)
    except ProviderDown as error:
        log.error("a provider cannot be told", extra={"action": "external_down", "why": str(error)[:500]})
        return None
    if not address:
        return None
    session[LEFT] = {"key": provider.key, "state": state}
    answer = page(context, "identity/left.html", provider=label_of(context, provider), address=address)
    answer.headers["Refresh"] = f"0; url={address}"
    return answer


def out_address(context: RequestContext, provider: IdentityProvider) -> str:
    """Where a provider sends people who have signed out there."""
    return f"{back_address(context, provider).removesuffix('/back')}/out"


def out(key: str) -> Response:
    """Somebody comes from the provider, signed out there: home, or back there where it is the provider that asks."""
    context = current()
    provider = provider_of(context, key)
    if not provider.sign_out:
        raise PageNotFound
    count_attempt(context, "signout")
    if provider.protocol == "saml" and REQUEST in request.args:
        return _asked(context, provider)
    held: dict[str, Any] = session.pop(LEFT, None) or {}
    state = str(held.get("state", "")) if held.get("key") == key else ""
    flash(say(context, "signin.signed_out"), "good")
    if not _confirmed(context, provider, state):
        flash(say(context, "external.still", provider=label_of(context, provider)), "info")
    return see_other(context.url("/"))


def _confirmed(context: RequestContext, provider: IdentityProvider, state: str) -> bool:
    """Whether the provider says that it has signed out whom this browser has sent there."""
    if not state:
        return False
    if provider.protocol != "saml":
        return hmac.compare_digest(request.args.get("state", "").encode(), state.encode())
    try:
        logout = SamlLogout(saml_client(context, provider))
        logout.finish(request.args.to_dict(flat=False), request.query_string.decode("latin-1"), state)
    except (Untrusted, ProviderDown) as error:
        _log(provider, error)
        return False
    return True


def _asked(context: RequestContext, provider: IdentityProvider) -> Response:
    """End the sessions that a provider names, whatever browser it is, and go back there: 302. What does not hold ends none."""
    try:
        logout = SamlLogout(saml_client(context, provider))
        asked = logout.asked(request.args.to_dict(flat=False), request.query_string.decode("latin-1"))
    except (Untrusted, ProviderDown) as error:
        _log(provider, error)
        return see_other(context.url("/"))
    with context.lease.transaction() as connection:
        for contact in end_sessions(connection, context.site.key, provider, asked.name, asked.indexes):
            note_login(context, connection, contact, f"signed out by {provider.key}")
            context.services.hooks.call("signed_out", context, contact)
    return redirect(logout.answer(asked, request.args.get("RelayState", "")[:LONGEST_STATE]), 302)  # type: ignore[return-value]


def _log(provider: IdentityProvider, error: Exception) -> None:
    log.warning(
        "a sign-out does not hold", extra={"action": "external_untrusted", "provider": provider.key, "why": str(error)[:500]}
    )
