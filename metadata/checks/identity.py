"""What providers of sign-ins must be besides well-formed."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from metadata.checks.world import World
from metadata.errors import Problem
from metadata.model import IdentityProvider
from metadata.schema.faults import did_you_mean

KEPT = frozenset({"text", "long_text", "email", "phone", "url", "boolean"})
"""The types of the attributes that a claim may fill."""
NEVER = frozenset({"active", "account", "company"})
"""What says who somebody is here is not for others to say."""
LOCAL = ("localhost", "127.0.0.1", "::1")


def providers(world: World) -> Iterator[Problem]:
    """A provider is reached safely, is asked for who somebody is, and fills attributes of contacts that it may fill."""
    for provider in world.all(IdentityProvider):
        parts = urlsplit(provider.issuer)
        if parts.scheme == "http" and parts.hostname not in LOCAL:
            message = "An issuer is reached by https; plain http is for one on this machine."
            yield world.problem(provider, "issuer", "insecure", message)
        if "openid" not in provider.scopes:
            yield world.problem(provider, "scopes", "scope", "The scopes lack openid, without which nobody is named; add it.")
        yield from _claims(world, provider)


def _claims(world: World, provider: IdentityProvider) -> Iterator[Problem]:
    attributes = world.entities["contact"].attributes
    for index, claim in enumerate(provider.claims):
        path = f"claims.{index}.attribute"
        found = attributes.get(claim.attribute)
        if found is None:
            message = f"A contact has no attribute {claim.attribute}.{did_you_mean(claim.attribute, attributes)}"
            yield world.problem(provider, path, "unknown-attribute", message)
        elif found.type not in KEPT or found.formula or claim.attribute in NEVER:
            message = f"{claim.attribute} cannot be filled by a claim: only texts, addresses, phone numbers and yes and no can."
            yield world.problem(provider, path, "claim", message)


RULES = (providers,)
