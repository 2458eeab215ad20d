"""An identity provider in the studio: the addresses that it is told of the site, and trying it out as it is published."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from flask import Response

from metadata.model import ComponentId
from runtime.errors import TooManyRequests
from runtime.identity.external.failures import failures_of
from runtime.identity.external.trying import BAD, DOUBTFUL, Step, try_provider
from runtime.identity.mails import address_of
from runtime.identity.views.coming import back_address
from runtime.studio.desk import Desk, open_desk

KIND = "identity_provider"
TRIES_PER_HOUR = 30
HOUR = 3600


def provider_addresses(desk: Desk, name: ComponentId, data: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """The addresses of an identity provider's component by their names, as its data have it; none for any other kind."""
    if name.kind != KIND:
        return ()
    context = desk.context
    language = context.site.model.default_language
    base = f"{address_of(context.services.config.public_url, context.site, language)}/signin/with/{name.key}"
    saml, leaves = data.get("protocol") == "saml", bool(data.get("sign_out"))
    wanted = {"back": True, "metadata": saml, "out": leaves, "ended": leaves and not saml}
    return tuple((one, f"{base}/{one}") for one, shown in wanted.items() if shown)


def trial(key: str) -> Response:
    """Why sign-ins came to nothing lately, and the button that tries the provider out."""
    return _page(open_desk(), key, None)


def submit_trial(key: str) -> Response:
    """Try the provider out as it is published: a draft is asked nothing, so that nobody has this machine ask any address."""
    desk = open_desk()
    item = desk.item(KIND, key)
    provider = desk.context.site.identity_providers.get(key)
    if provider is None:
        return _page(desk, key, None)
    if not desk.context.services.throttle.hourly("provider_try", str(desk.context.principal.contact), TRIES_PER_HOUR):
        raise TooManyRequests(HOUR)
    back = back_address(desk.context, provider)
    desk.prove()
    steps = try_provider(provider, os.environ, back)
    wrong = sorted(f"{step.name} {step.said}" for step in steps if step.outcome in (BAD, DOUBTFUL))
    desk.note("try", KIND, 0, component=str(item.id), found=wrong)
    return _page(desk, key, steps)


def _page(desk: Desk, key: str, steps: tuple[Step, ...] | None) -> Response:
    item = desk.item(KIND, key)
    context = desk.context
    return desk.page(
        "provider.html",
        title=desk.say("studio.provider_try"),
        opened=item,
        item=item,
        published=key in context.site.identity_providers,
        draft=item.state != "published",
        steps=steps,
        failures=failures_of(context.connection, context.site.key, key),
    )
