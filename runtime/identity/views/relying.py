"""What passkeys of the site are bound to, and whether browsers give any there."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import request

from runtime.context import RequestContext
from runtime.identity.mails import address_of, site_name
from runtime.identity.passkeys import LOOPBACK, Place, passkeys_work

LOCALHOST = "localhost"


def place(context: RequestContext) -> Place:
    """What passkeys of the site are bound to: its public address.

    A machine's own browser may reach a site that is at 127.0.0.1 as localhost too, where it gives passkeys: then they are
    bound to that, which nobody else's browser can reach.
    """
    language = context.site.model.default_language
    parts = urlsplit(address_of(context.services.config.public_url, context.site, language))
    where = parts.netloc
    if parts.hostname in LOOPBACK and request.host == _local(parts.port):
        where = request.host
    return Place(f"{parts.scheme}://{where}", site_name(context.site, context.language))


def passkeys_here(context: RequestContext) -> bool:
    """Whether a passkey can be made and used: the library is there, and the site is at a name, as browsers want it."""
    return passkeys_work() and place(context).is_named


def named_address(context: RequestContext, path: str) -> str:
    """Where a page of a site at 127.0.0.1 is at a name; "" for a site at another number, which its operator must name."""
    parts = urlsplit(place(context).origin)
    return f"{parts.scheme}://{_local(parts.port)}{context.url(path)}" if parts.hostname in LOOPBACK else ""


def _local(port: int | None) -> str:
    return f"{LOCALHOST}:{port}" if port else LOCALHOST
