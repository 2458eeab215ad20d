"""Who may come in and as whom: registration with what it gives, and other providers whose word is taken."""

from __future__ import annotations

from collections.abc import Iterator

from metadata.model import IdentityProvider
from metadata.snapshot import CompiledSite

REGISTRATION, PROVIDER = "registration", "sign-in"
BY_THEMSELVES = ("request", "open")


def arrival_doors(site: CompiledSite) -> Iterator[str]:
    """What is open to whoever is not signed in: to register, the roles and the account that this gives, and the providers.

    What makes a way wider has a line of its own: that nobody approves, that an e-mail is enough, that no second step is asked
    for. Certificates and keys are left out: they change, and prove nothing else afterwards.
    """
    model = site.model
    if model.registration in BY_THEMSELVES:
        yield REGISTRATION
        if model.registration == "open":
            yield f"{REGISTRATION}/without approval"
        if model.joining is not None:
            yield from (f"{REGISTRATION}/role:{key}" for key in model.joining.roles)
            if model.joining.account != "none":
                yield f"{REGISTRATION}/account:{model.joining.account_attribute} by {model.joining.account}"
    for provider in site.identity_providers.values():
        if provider.active:
            yield from _provider(provider)


def asked_attributes(site: CompiledSite) -> tuple[str, ...]:
    """The attributes of the contact that whoever registers writes himself."""
    model = site.model
    return model.joining.attributes if model.registration in BY_THEMSELVES and model.joining is not None else ()


def approving_roles(site: CompiledSite) -> tuple[str, ...]:
    """The web roles that let in who asks for access."""
    model = site.model
    return model.joining.approvers if model.registration == "request" and model.joining is not None else ()


def told_attributes(site: CompiledSite) -> Iterator[tuple[str, str]]:
    """The attributes of the contact that providers write, each with its surface."""
    for provider in site.identity_providers.values():
        for claim in provider.claims if provider.active else ():
            yield _surface(provider), claim.attribute


def _provider(provider: IdentityProvider) -> Iterator[str]:
    surface = _surface(provider)
    yield surface
    if provider.match == "email":
        yield f"{surface}/by e-mail"
    if provider.second_factor:
        yield f"{surface}/no second step here"
    if provider.unasked:
        yield f"{surface}/unasked"


def _surface(provider: IdentityProvider) -> str:
    return f"{PROVIDER}:{provider.protocol}>{provider.issuer}"
