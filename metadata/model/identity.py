"""Components that say how people may sign in besides with a password."""

from __future__ import annotations

from dataclasses import dataclass

from metadata.model.base import COMPONENT_KEY, prop
from metadata.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimMap:
    """A claim of a provider that is kept as an attribute of the contact."""

    claim: str = prop(help="Name of the claim, such as given_name.", pattern=r"^[\x21-\x7e]{1,200}$")
    attribute: str = prop(help="Attribute of the contact: a text or yes and no.")
    when: str = prop(
        "signin",
        "At each sign-in, or once, when the sign-in becomes the contact's.",
        choices=("first", "signin"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityProvider:
    """Somewhere else that people sign in, by OpenID Connect: a company's directory or a service. Kind `identity_provider`.

    The address that the provider is to send people back to is `/signin/with/<key>/back` below the site's public address.
    """

    key: str = prop(help="Name; it stands in addresses.", pattern=COMPONENT_KEY)
    site: str = prop("", "Site that owns it.", ref="site")
    label: Text = prop(help="Name of the provider as people know it.")
    issuer: str = prop(
        help="The provider's issuer, without /.well-known/openid-configuration.",
        pattern=r"^https?://[A-Za-z0-9._:-]+(/[\x21-\x22\x24-\x3e\x40-\x7e]*)?$",
    )
    client_id: str = prop(help="The identifier that the provider gave this site.", pattern=r"^[\x21-\x7e]{1,250}$")
    client_secret: str = prop(
        "",
        "${NAME} of the environment variable with the secret; none where the provider gave none.",
        pattern=r"^(\$\{[A-Za-z_][A-Za-z0-9_]*\})?$",
    )
    scopes: tuple[str, ...] = prop(("openid", "email", "profile"), "What the provider is asked for.")
    match: str = prop(
        "invitation",
        "Whose a sign-in is that nobody has yet: of who was invited, or also of the only active contact with the e-mail that "
        "the provider says it has verified.",
        choices=("invitation", "email"),
    )
    second_factor: bool = prop(False, "The provider asks for a second step itself, so that it is not asked for here.")
    claims: tuple[ClaimMap, ...] = prop((), "What is kept of what the provider says about a person.")
    order: int = prop(0, "Place among the providers on the sign-in page.")
    icon: str = prop("box-arrow-in-right", "Icon of the button.")
    active: bool = prop(True, "Whether people may sign in with it.")
