"""Who holds a web role of which the site asks a second factor, and has none, is led to set one up before all else."""

from __future__ import annotations

from flask import Request, Response, make_response, redirect

from runtime.context import RequestContext
from runtime.csrf import bearer_token
from runtime.errors import SecondFactorNeeded
from runtime.identity.external.logins import issuer_of, list_external, used_issuers
from runtime.identity.logins import login_of
from runtime.identity.second_factor import has_factor
from runtime.identity.settings import roles_with_second_factor

OWN = "identity"
"""The blueprint on whose pages one sets it up, or signs out."""
PAGES = (None, "studio")
"""The blueprints whose addresses people open; None is that of a site's pages. At all others an error is of more use."""


def ask_second_factor(context: RequestContext, asked: Request) -> Response | None:
    """None for all who may go on; the way to the set-up for a page that is opened. Raises SecondFactorNeeded for the rest.

    Costs a statement for people of those roles only.
    """
    contact = context.principal.contact
    roles = roles_with_second_factor(context.snapshot, context.site)
    if contact is None or not roles & context.principal.roles or asked.blueprint == OWN or bearer_token(asked):
        return None
    if has_factor(context.connection, contact) or _elsewhere(context, contact):
        return None
    if asked.method == "GET" and asked.blueprint in PAGES and "HX-Request" not in asked.headers:
        return make_response(redirect(context.url("/second-factor"), 302))
    raise SecondFactorNeeded


def _elsewhere(context: RequestContext, contact: int) -> bool:
    """Whether the contact has no password, and every provider that it signs in with asks for a second step itself."""
    if login_of(context.connection, contact) is not None:
        return False
    asking = {issuer_of(one) for one in context.site.identity_providers.values() if one.second_factor}
    used = used_issuers(list_external(context.connection, contact))
    return bool(used) and used <= asking
