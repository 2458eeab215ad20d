"""The other providers that pages offer for signing in."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import session

from metadata.model import IdentityProvider
from runtime.context import RequestContext

BINDING = "binding"
"""What the session keeps of whoever is about to make a sign-in his own."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A provider as the sign-in page offers it."""

    label: str
    url: str
    icon: str


def offers(context: RequestContext, **query: str) -> tuple[Offer, ...]:
    """The providers of the site, in their order; `query` goes with whoever chooses one."""
    found = sorted(
        (one for one in context.site.identity_providers.values() if one.active), key=lambda one: (one.order, one.key)
    )
    more = urlencode({name: value for name, value in query.items() if value})
    return tuple(
        Offer(label_of(context, one), context.url(f"/signin/with/{one.key}") + (f"?{more}" if more else ""), one.icon)
        for one in found
    )


def bound_offers(context: RequestContext, **purpose: object) -> tuple[Offer, ...]:
    """Those that lead to a sign-in of one's own: only the page with these links does, and nobody else's link."""
    token = secrets.token_urlsafe(16)
    session[BINDING] = {"token": token, **purpose}
    return offers(context, binding=token)


def label_of(context: RequestContext, provider: IdentityProvider) -> str:
    """The name of a provider for people."""
    return provider.label.in_language(context.language, context.site.model.default_language) or provider.key
