"""The other providers that pages offer for signing in."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import session

from metadata.model import IdentityProvider
from runtime.context import RequestContext
from runtime.identity.external.logins import issuer_of

BINDING = "binding"
"""What the session keeps of whoever is about to make a sign-in his own."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A provider as the sign-in page offers it."""

    label: str
    url: str
    icon: str


def offers(context: RequestContext, used: frozenset[str] = frozenset(), **query: str) -> tuple[Offer, ...]:
    """The providers of the site but those whose issuers are `used`, in their order; `query` goes with whoever chooses one."""
    providers = context.site.identity_providers.values()
    free = (one for one in providers if one.active and issuer_of(one) not in used)
    found = sorted(free, key=lambda one: (one.order, one.key))
    more = urlencode({name: value for name, value in query.items() if value})
    return tuple(
        Offer(label_of(context, one), context.url(f"/signin/with/{one.key}") + (f"?{more}" if more else ""), one.icon)
        for one in found
    )


def bound_offers(context: RequestContext, used: frozenset[str] = frozenset(), **purpose: object) -> tuple[Offer, ...]:
    """Those that lead to a sign-in of one's own: only the page with these links does, and nobody else's link."""
    token = secrets.token_urlsafe(16)
    session[BINDING] = {"token": token, **purpose}
    return offers(context, used, binding=token)


def label_of(context: RequestContext, provider: IdentityProvider) -> str:
    """The name of a provider for people."""
    return provider.label.in_language(context.language, context.site.model.default_language) or provider.key
