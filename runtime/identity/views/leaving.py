"""Signing out at the provider that somebody came from: going there from here, coming back, and being signed out from there."""

from __future__ import annotations

import hmac
import logging
import secrets
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Response, current_app, flash, make_response, redirect, request, session
from itsdangerous import BadSignature, URLSafeTimedSerializer

from metadata.model import IdentityProvider
from runtime.context import RequestContext, current
from runtime.errors import PageNotFound
from runtime.identity.external.departures import Departure, end_sessions
from runtime.identity.external.proof import ProviderDown, Untrusted
from runtime.identity.external.saml_logout import ANSWER, REQUEST, SamlLogout, Sending
from runtime.identity.views.answers import count_attempt, page, say, see_other
from runtime.identity.views.coming import back_address, note_login, provider_of
from runtime.identity.views.external import openid_client
from runtime.identity.views.offers import label_of
from runtime.identity.views.saml import saml_client
from runtime.security import CONTENT_SECURITY_POLICY, joined_policies

log = logging.getLogger(__name__)
LEFT = "left"
"""What the session keeps of whoever has signed out here and is at the provider to sign out there."""
LONGEST_STATE = 1000
CONFIRMED, FRESH_S = "confirmed", 600


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
            sending, state = SamlLogout(saml_client(context, provider)).begin(left.session)
        else:
            sending = Sending(openid_client(context, provider).leave(left.session, out_address(context, provider), state))
    except ProviderDown as error:
        log.error("a provider cannot be told", extra={"action": "external_down", "why": str(error)[:500]})
        return None
    if not sending.address:
        return None
    session[LEFT] = {"key": provider.key, "state": state}
    return _onward(context, provider, sending)


def _onward(context: RequestContext, provider: IdentityProvider, sending: Sending) -> Response:
    """The page from which the browser goes on to the provider by itself: by a link, or by a form that is posted there."""
    name = label_of(context, provider)
    answer = page(context, "identity/left.html", provider=name, address=sending.address, fields=sending.fields)
    if sending.fields:
        host = "{0.scheme}://{0.netloc}".format(urlsplit(sending.address))
        # A browser holds to it all the way that the form leads; the provider may lead on to others that it signs people out at.
        answer.headers["Content-Security-Policy"] = joined_policies(CONTENT_SECURITY_POLICY, f"form-action {host} https:")
    else:
        answer.headers["Refresh"] = f"0; url={sending.address}"
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
    if CONFIRMED in request.args:
        return hmac.compare_digest(_unsealed(request.args[CONFIRMED]).encode(), state.encode())
    if provider.protocol != "saml":
        return hmac.compare_digest(request.args.get("state", "").encode(), state.encode())
    try:
        logout = SamlLogout(saml_client(context, provider))
        logout.finish(request.args.to_dict(flat=False), request.query_string.decode("latin-1"), state)
    except (Untrusted, ProviderDown) as error:
        _log(provider, error)
        return False
    return True


def posted(key: str) -> Response:
    """What a SAML provider has a browser post here, which brings no cookie: it wants sessions ended, or says that it has."""
    context = current()
    provider = provider_of(context, key)
    if not provider.sign_out or provider.protocol != "saml":
        raise PageNotFound
    count_attempt(context, "signout")
    if REQUEST in request.form:
        return _asked(context, provider)
    try:
        request_id = SamlLogout(saml_client(context, provider)).finish_posted(request.form.get(ANSWER, ""))
    except (Untrusted, ProviderDown) as error:
        _log(provider, error)
        return see_other(context.url(f"/signin/with/{key}/out"))
    query = urlencode({CONFIRMED: _sealing().dumps(request_id)})
    return see_other(f"{context.url(f'/signin/with/{key}/out')}?{query}")


def _sealing() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="foyer signed out")


def _unsealed(text: str) -> str:
    """The request that a provider has answered by a post just now; "" for what was not sealed here."""
    try:
        return str(_sealing().loads(text[:LONGEST_STATE], max_age=FRESH_S))
    except BadSignature:
        return ""


def _asked(context: RequestContext, provider: IdentityProvider) -> Response:
    """End the sessions that a provider names, whatever browser it is, and go back there: 302, or a page that posts the answer.

    What does not hold ends none.
    """
    try:
        logout = SamlLogout(saml_client(context, provider))
        if request.method == "POST":
            asked = logout.asked_posted(request.form[REQUEST])
        else:
            asked = logout.asked(request.args.to_dict(flat=False), request.query_string.decode("latin-1"))
    except (Untrusted, ProviderDown) as error:
        _log(provider, error)
        return see_other(context.url("/"))
    with context.lease.transaction() as connection:
        for contact in end_sessions(connection, context.site.key, provider, asked.name, asked.indexes):
            note_login(context, connection, contact, f"signed out by {provider.key}")
            context.services.hooks.call("signed_out", context, contact)
    sending = logout.answer(asked, request.values.get("RelayState", "")[:LONGEST_STATE])
    return _onward(context, provider, sending) if sending.fields else make_response(redirect(sending.address, 302))


def _log(provider: IdentityProvider, error: Exception) -> None:
    log.warning(
        "a sign-out does not hold", extra={"action": "external_untrusted", "provider": provider.key, "why": str(error)[:500]}
    )
