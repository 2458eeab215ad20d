"""What providers of sign-ins must be besides well-formed."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from metadata.checks.world import World
from metadata.errors import Problem
from metadata.model import IdentityProvider
from metadata.schema.faults import did_you_mean
from metadata.told import told

KEPT = frozenset({"text", "long_text", "email", "phone", "url", "boolean"})
"""The types of the attributes that a claim may fill."""
NEVER = frozenset({"active", "account", "company"})
"""What says who somebody is here is not for others to say."""
MARKS = re.compile(r"-----(BEGIN|END) CERTIFICATE-----")
LOCAL = ("localhost", "127.0.0.1", "::1")


def providers(world: World) -> Iterator[Problem]:
    """A provider is reached safely, is asked for who somebody is, and fills attributes of contacts that it may fill."""
    for provider in world.all(IdentityProvider):
        yield from (_saml if provider.protocol == "saml" else _openid)(world, provider)
        yield from _claims(world, provider)


def _openid(world: World, provider: IdentityProvider) -> Iterator[Problem]:
    if not _is_safe(provider.issuer):
        message = told("An issuer is reached by https; plain http is for one on this machine.")
        yield world.problem(provider, "issuer", "insecure", message)
    if not provider.client_id:
        message = told("Give the identifier that the provider gave this site; only SAML does without.")
        yield world.problem(provider, "client_id", "required", message)
    if "openid" not in provider.scopes:
        yield world.problem(provider, "scopes", "scope", told("The scopes lack openid, without which nobody is named; add it."))


def _saml(world: World, provider: IdentityProvider) -> Iterator[Problem]:
    """The entity id is a name that nobody is sent to; what people are sent to is the sign-in address."""
    if not _is_safe(provider.sign_in_url):
        message = told("Give the address where people sign in, by https; plain http is for a provider on this machine.")
        yield world.problem(provider, "sign_in_url", "insecure", message)
    if provider.sign_out and not _is_safe(provider.sign_out_url):
        message = told("Give the address where people sign out, by https; plain http is for a provider on this machine.")
        yield world.problem(provider, "sign_out_url", "insecure", message)
    if (provider.sign_out or provider.encrypted or provider.signed_requests) and not provider.key_pair:
        message = told("Name the environment variable with the site's key and certificate; signing and encryption need them.")
        yield world.problem(provider, "key_pair", "required", message)
    if not provider.certificates:
        message = told("Give the certificate that the provider signs with; without it nothing that it says can be believed.")
        yield world.problem(provider, "certificates", "required", message)
    for index, certificate in enumerate(provider.certificates):
        if not _is_certificate(certificate):
            message = told("This is no certificate: paste it as the provider's metadata has it, in base64.")
            yield world.problem(provider, f"certificates.{index}", "certificate", message)


def _is_safe(address: str) -> bool:
    parts = urlsplit(address)
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOCAL))


def _is_certificate(text: str) -> bool:
    from cryptography.x509 import load_der_x509_certificate  # only sites with a SAML provider wait for it

    try:
        load_der_x509_certificate(base64.b64decode("".join(MARKS.sub("", text).split()), validate=True))
    except ValueError:
        return False
    return True


def _claims(world: World, provider: IdentityProvider) -> Iterator[Problem]:
    attributes = world.entities["contact"].attributes
    for index, claim in enumerate(provider.claims):
        path = f"claims.{index}.attribute"
        found = attributes.get(claim.attribute)
        if found is None:
            message = told(
                "A contact has no attribute {attribute}.{hint}",
                attribute=claim.attribute,
                hint=did_you_mean(claim.attribute, attributes),
            )
            yield world.problem(provider, path, "unknown-attribute", message)
        elif found.type not in KEPT or found.formula or claim.attribute in NEVER:
            message = told(
                "{attribute} cannot be filled by a claim: only texts, addresses, phone numbers and yes and no can.",
                attribute=claim.attribute,
            )
            yield world.problem(provider, path, "claim", message)


RULES = (providers,)
