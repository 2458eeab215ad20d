"""What a maker tells an identity provider of the site: the addresses that people and the provider come to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from metadata.model import ComponentId
from runtime.identity.mails import address_of
from runtime.studio.desk import Desk


def provider_addresses(desk: Desk, name: ComponentId, data: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """The addresses of an identity provider's component by their names, as its data have it; none for any other kind."""
    if name.kind != "identity_provider":
        return ()
    context = desk.context
    language = context.site.model.default_language
    base = f"{address_of(context.services.config.public_url, context.site, language)}/signin/with/{name.key}"
    saml, leaves = data.get("protocol") == "saml", bool(data.get("sign_out"))
    wanted = {"back": True, "metadata": saml, "out": leaves, "ended": leaves and not saml}
    return tuple((one, f"{base}/{one}") for one, shown in wanted.items() if shown)
