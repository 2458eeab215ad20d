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
    """Somewhere else that people sign in, by OpenID Connect or SAML: a directory, a service. Kind `identity_provider`.

    The address that the provider is to send people back to is `/signin/with/<key>/back` below the site's public address; what
    a SAML provider asks to know besides is at `/signin/with/<key>/metadata`.
    """

    key: str = prop(help="Name; it stands in addresses.", pattern=COMPONENT_KEY)
    site: str = prop("", "Site that owns it.", ref="site")
    label: Text = prop(help="Name of the provider as people know it.")
    protocol: str = prop("openid", "How the provider says who has signed in there.", choices=("openid", "saml"))
    issuer: str = prop(
        help="The provider's issuer, without /.well-known/openid-configuration; of a SAML provider its entity id.",
        pattern=r"^(https?://[A-Za-z0-9._:-]+(/[\x21-\x22\x24-\x3e\x40-\x7e]*)?|urn:[\x21-\x7e]{1,240})$",
        like="https://login.example.com/tenant",
    )
    client_id: str = prop(
        "",
        "The identifier that the provider gave this site; of a SAML provider the entity id that it has for this site, where "
        "that is not the address of the metadata.",
        pattern=r"^[\x21-\x7e]{0,250}$",
    )
    client_secret: str = prop(
        "",
        "${NAME} of the environment variable with the secret; none where the provider gave none.",
        pattern=r"^(\$\{[A-Za-z_][A-Za-z0-9_]*\})?$",
        secret=True,
    )
    scopes: tuple[str, ...] = prop(("openid", "email", "profile"), "What the provider is asked for.")
    sign_in_url: str = prop("", "SAML: where people are sent to sign in (single sign-on address, HTTP-Redirect).")
    certificates: tuple[str, ...] = prop(
        (), "SAML: what the provider signs with, each as base64 with or without BEGIN and END lines; two while it changes them."
    )
    key_pair: str = prop(
        "",
        "SAML: ${NAME} of the environment variable with a private key of this site and the certificate of it, both as PEM: "
        "requests and sign-outs are signed with it, and what the provider encrypts for this site is read with it.",
        pattern=r"^(\$\{[A-Za-z_][A-Za-z0-9_]*\})?$",
        secret=True,
    )
    encrypted: bool = prop(False, "SAML: only answers are taken whose assertion is encrypted for `key_pair`.")
    signed_requests: bool = prop(False, "SAML: who is sent to the provider brings a request that is signed with `key_pair`.")
    sign_out: bool = prop(
        False,
        "Who signs out here is signed out at the provider too; the provider may also have whoever signs out there signed "
        "out here: by SAML single logout, or by back-channel logout of OpenID Connect.",
    )
    sign_out_url: str = prop("", "SAML: where people are sent to sign out (single logout address).")
    sign_out_binding: str = prop(
        "redirect",
        "SAML: how sign-outs are sent there, by HTTP-Redirect or HTTP-POST. What the provider sends is taken either way.",
        choices=("redirect", "post"),
    )
    unasked: bool = prop(
        False, "SAML: the provider may send people here who did not start here, such as from its own list of applications."
    )
    subject_claim: str = prop(
        "", "SAML: attribute that tells who somebody is and stays the same, instead of the name identifier (NameID)."
    )
    email_claim: str = prop("email", "SAML: attribute with the person's e-mail, for `match: email`.")
    match: str = prop(
        "invitation",
        "Whose a sign-in is that nobody has yet: of who was invited, or also of the only active contact with the e-mail that "
        "the provider says it has verified, with which people also register where the site lets them; of a SAML provider every "
        "e-mail counts as verified.",
        choices=("invitation", "email"),
    )
    second_factor: bool = prop(False, "The provider asks for a second step itself, so that it is not asked for here.")
    claims: tuple[ClaimMap, ...] = prop((), "What is kept of what the provider says about a person.")
    order: int = prop(0, "Place among the providers on the sign-in page.")
    icon: str = prop("box-arrow-in-right", "Icon of the button.")
    active: bool = prop(True, "Whether people may sign in with it.")
