"""Who has not accepted the site's terms as they are by now is asked to before all else."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Request, Response, make_response, redirect

from runtime.context import RequestContext
from runtime.csrf import bearer_token
from runtime.errors import TermsNeeded
from runtime.identity.consents import has_accepted, terms_due
from runtime.second_step import OWN, PAGES
from runtime.security import local_path

OPEN = (
    "terms_",
    "signin_",
    "code_",
    "second_factor_",
    "passkeys_",
    "invitation_",
    "password_",
    "external_",
    "saml_",
)
"""How the names of those views of identity begin on which people come in, leave, or accept."""


def ask_terms(context: RequestContext, asked: Request) -> Response | None:
    """None for all who may go on; the way to the terms for a page that is opened. Raises TermsNeeded for the rest.

    Costs a statement for those only whose session does not say that they have accepted.
    """
    contact, terms = context.principal.contact, terms_due(context.site)
    if contact is None or terms is None or context.terms == terms.published or bearer_token(asked) or _is_open(context, asked):
        return None
    if has_accepted(context.connection, contact, context.site.key, terms.published):
        return None
    if asked.method == "GET" and asked.blueprint in (*PAGES, OWN) and "HX-Request" not in asked.headers:
        wanted = local_path(asked.full_path.rstrip("?"))
        return make_response(redirect(f"{context.url('/consent')}?{urlencode({'next': wanted})}", 302))
    raise TermsNeeded


def require_terms(context: RequestContext) -> None:
    """Of a program too: whose person has not accepted is answered with a code. Raises TermsNeeded."""
    contact, terms = context.principal.contact, terms_due(context.site)
    if (
        contact is not None
        and terms is not None
        and not has_accepted(context.connection, contact, context.site.key, terms.published)
    ):
        raise TermsNeeded


def _is_open(context: RequestContext, asked: Request) -> bool:
    """Whether it is a page on which one accepts or leaves, or the one with the terms themselves."""
    if asked.blueprint == OWN:
        return str(asked.endpoint).rpartition(".")[2].startswith(OPEN)
    declared = context.site.model.terms
    node = context.site.pages.get(declared.page) if declared is not None else None
    return node is not None and asked.method == "GET" and asked.path.rstrip("/") == node.path.rstrip("/") != ""
