"""A provider that speaks OpenID Connect tells by itself, without a browser, that somebody has signed out there.

Back-Channel Logout 1.0: the token that it posts is all that counts.
"""

from __future__ import annotations

import datetime as dt
import logging

from flask import Response, jsonify, make_response, request

from runtime.context import current
from runtime.errors import PageNotFound
from runtime.identity.external.departures import end_sessions, told_once
from runtime.identity.external.proof import ProviderDown, Untrusted
from runtime.identity.views.answers import count_attempt
from runtime.identity.views.coming import note_login, provider_of
from runtime.identity.views.external import openid_client

log = logging.getLogger(__name__)
REFUSED, UNAVAILABLE = 400, 503


def receive(key: str) -> Response:
    """End the sessions that the token names: 200, also where there are none any more. 400 for what does not hold.

    Only what does not hold is counted: a provider may have hundreds of people to tell of at once.
    """
    context = current()
    provider = provider_of(context, key)
    if provider.protocol != "openid" or not provider.sign_out:
        raise PageNotFound
    try:
        claims = openid_client(context, provider).ended(request.form.get("logout_token", ""))
        until = dt.datetime.fromtimestamp(claims["exp"], dt.UTC)
        indexes = [claims["sid"]] if "sid" in claims else []
        with context.lease.transaction() as connection:
            if not told_once(connection, provider, claims["jti"], until):
                raise Untrusted("logout_token: it was here before")
            for contact in end_sessions(connection, context.site.key, provider, claims.get("sub", ""), indexes):
                note_login(context, connection, contact, f"signed out by {provider.key}")
                context.services.hooks.call("signed_out", context, contact)
    except (Untrusted, ProviderDown) as error:
        count_attempt(context, "signout")
        told = {"action": "external_untrusted", "provider": provider.key, "why": str(error)[:500]}
        log.warning("a sign-out does not hold", extra=told)
        return _unstored(
            make_response(jsonify(error="invalid_request"), REFUSED if isinstance(error, Untrusted) else UNAVAILABLE)
        )
    return _unstored(make_response("", 200))


def _unstored(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-store"
    return answer
