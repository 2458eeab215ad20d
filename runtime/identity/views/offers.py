"""The other providers that pages offer for signing in."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import session
from sqlalchemy import Connection

from metadata.model import IdentityProvider
from runtime.context import RequestContext
from runtime.identity.external.logins import issuer_of, remove_external
from runtime.identity.views.answers import settings

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


def remove_login(context: RequestContext, connection: Connection, contact: int, number: int) -> bool:
    """Take a sign-in with a provider from a contact; False where there is none of this number. Raises LastLogin."""
    issuers = frozenset(issuer_of(one) for one in context.site.identity_providers.values() if one.active)
    passwords = bool(settings(context).passwords)
    return remove_external(connection, contact, number, issuers=issuers, passwords=passwords)


def bound_offers(context: RequestContext, used: frozenset[str] = frozenset(), **purpose: object) -> tuple[Offer, ...]:
    """Those that lead to a sign-in of one's own: only the page with these links does, and nobody else's link."""
    token = secrets.token_urlsafe(16)
    session[BINDING] = {"token": token, **purpose}
    return offers(context, used, binding=token)


def label_of(context: RequestContext, provider: IdentityProvider) -> str:
    """The name of a provider for people."""
    return provider.label.in_language(context.language, context.site.model.default_language) or provider.key
