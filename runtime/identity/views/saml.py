"""Coming back from a provider that speaks SAML: the answer that it has the browser post, and what it is told of the site.

The answer comes by a post of another site, with which a browser sends no cookie: it is looked at and kept, and the request
that follows takes it where the cookie says that this browser asked for it.
"""

from __future__ import annotations

import hmac
import logging
import os
from typing import Any
from urllib.parse import urlencode

from flask import Response, current_app, g, make_response, request, session
from itsdangerous import BadSignature, URLSafeTimedSerializer

from metadata.model import IdentityProvider
from runtime.context import RequestContext, current
from runtime.errors import PageNotFound
from runtime.identity.external.answers import keep_answer, take_answer
from runtime.identity.external.proof import ProviderDown, Untrusted
from runtime.identity.external.saml import SamlClient, key_pair_of
from runtime.identity.views.answers import count_attempt, see_other
from runtime.identity.views.coming import AWAY, admit, again, as_begun, back_address, note_failure, provider_of, refuse
from runtime.security import local_path

log = logging.getLogger(__name__)
LONGEST_STATE = 1000
UNAVAILABLE = 503
CANCELLED = "cancelled"
NUMBER = "number"
FRESH_S = 600
METADATA_TYPE = "application/samlmetadata+xml"


def saml_client(context: RequestContext, provider: IdentityProvider) -> SamlClient:
    """The client of a provider. Raises ProviderDown where the site's key is not as it should be."""
    return SamlClient(provider, back_address(context, provider), key_pair_of(provider, os.environ))


def describe(key: str) -> Response:
    """What the provider is to know of the site: 200 with XML."""
    context = current()
    provider = _provider(context, key)
    try:
        found = saml_client(context, provider).metadata()
    except ProviderDown as error:
        facts = {"action": "external_down", "provider": key, "reason": error.reason, "why": str(error)[:500]}
        log.error("a provider cannot be told", extra=facts)
        return refuse(context, provider, "external.down", UNAVAILABLE)
    return make_response(found, 200, {"Content-Type": METADATA_TYPE})


def receive(key: str) -> Response:
    """Look at an answer that a browser was had to post here: 303 to the page that takes it, also where it does not hold.

    Neither looks at a session nor writes one: whoever has a browser post here must not end what it has.
    """
    context = current()
    provider = _provider(context, key)
    count_attempt(context, "signin")
    query = {}
    try:
        answer = saml_client(context, provider).finish(request.form.get("SAMLResponse", ""))
        with context.lease.transaction() as connection:
            query["ticket"] = keep_answer(connection, context.site.key, key, answer)
    except (Untrusted, ProviderDown) as error:
        untrusted(context, provider, error)
        # The trail and the log have it under the number of this request, and the page that says it is another one's.
        query = {"left": "1"} if error.reason == CANCELLED else {NUMBER: _sealing().dumps(g.get("request_id", ""))}
    else:
        wanted = "" if answer.request else _wanted(context, request.form.get("RelayState", ""))
        query |= {"next": wanted} if wanted else {}
    return see_other(context.url(f"/signin/with/{key}/done") + (f"?{urlencode(query)}" if query else ""))


def finish(key: str) -> Response:
    """Take the answer of a ticket: a session or the second step and 303, or the page that says why not."""
    context = current()
    provider = _provider(context, key)
    count_attempt(context, "signin")
    held: dict[str, Any] = session.pop(AWAY, None) or {}
    context = as_begun(context, held)
    ticket = request.args.get("ticket", "")
    if not ticket:
        if request.args.get("left"):
            return refuse(context, provider, "external.cancelled")
        return refuse(context, provider, "external.untrusted", number=_unsealed(request.args.get(NUMBER, "")))
    with context.lease.transaction() as connection:
        kept = take_answer(connection, context.site.key, key, ticket)
    if kept is None:
        return again(context)
    if not kept.request:
        return admit(context, provider, kept.told, {"next": local_path(request.args.get("next", ""))})
    if held.get("key") != key or not hmac.compare_digest(kept.request.encode(), str(held.get("request", "")).encode()):
        return again(context)
    return admit(context, provider, kept.told, held)


def untrusted(context: RequestContext, provider: IdentityProvider, error: Untrusted | ProviderDown) -> None:
    """Tell the log and the trail why what a provider sent does not hold."""
    facts = {"action": "external_untrusted", "provider": provider.key, "reason": error.reason, "why": str(error)[:500]}
    log.warning("a sign-in does not hold", extra=facts)
    note_failure(context, provider, error.reason)


def _sealing() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="foyer refused")


def _unsealed(text: str) -> str:
    """The number of the request in which an answer was refused just now; "" for what was not sealed here."""
    try:
        return str(_sealing().loads(text[:LONGEST_STATE], max_age=FRESH_S))
    except BadSignature:
        return ""


def _provider(context: RequestContext, key: str) -> IdentityProvider:
    found = provider_of(context, key)
    if found.protocol != "saml":
        raise PageNotFound
    return found


def _wanted(context: RequestContext, state: str) -> str:
    """The page of this site that a provider names for whoever it sends here; "" for an address anywhere else."""
    site = context.services.config.public_url.rstrip("/")
    return local_path(state[:LONGEST_STATE].removeprefix(site))
