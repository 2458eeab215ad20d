"""A portal and a SAML provider that were introduced to each other, for tests of signing in and out between them."""

from __future__ import annotations

import base64
import re
from typing import Any

from lxml import etree

from metadata.model import IdentityProvider
from support.portal import CAST, Browser, Portal, text
from support.town_hall import ENTITY, SEAL, Seal, TownHall

CAROL = CAST["carol"][0]
CLAIM = "urn:mace:dir:attribute-def:"
SITE_SEAL = Seal.new()
SLO = "https://hall.town.example/slo"
HALL = IdentityProvider(
    key="hall",
    label=text("the town hall"),
    protocol="saml",
    issuer=ENTITY,
    sign_in_url="https://hall.town.example/sso",
    sign_out_url=SLO,
    sign_out=True,
    key_pair="${HALL_KEY}",
    certificates=(SEAL.certificate,),
    match="email",
    email_claim=f"{CLAIM}email",
    unasked=True,
)
BACK, OUT = "/signin/with/hall/back", "/signin/with/hall/out"


class Doors:
    """The portal and the provider, introduced to each other. The setting HALL_KEY has to hold the site's seal."""

    def __init__(self, portal: Portal, provider: IdentityProvider = HALL) -> None:
        portal.publish(provider)
        self.portal, described = portal, portal.browser().get("/signin/with/hall/metadata")
        self.hall, self.read = TownHall(described.text), etree.fromstring(described.data)
        self.to = next(self.read.iter("{*}AssertionConsumerService")).get("Location")
        self.out = self.to.removesuffix("/back") + "/out"
        self.last = b""

    def answer(self, subject: str = "carol-1", **more: Any) -> str:
        """What the hall says of somebody who has signed in there."""
        given = {"to": self.to, "audience": self.read.get("entityID"), "claims": {"email": CAROL}, **more}
        sent = self.hall.answer(subject, **given)
        self.last = base64.b64decode(sent)
        return sent

    def bring(self, sent: str) -> str:
        """Post such an answer, and be told where to go on."""
        return str(self.portal.browser().client.post(BACK, data={"SAMLResponse": sent}).location)

    def sign_in(self, **more: Any) -> tuple[Browser, str]:
        """A new browser in which Carol has come from the hall, and the index by which the hall knows the session."""
        browser = self.portal.browser()
        assert browser.get(self.bring(self.answer(**more))).status_code == 303
        assert browser.who() == "Carol"
        found = re.search(rb'SessionIndex="([^"]+)"', self.last)
        assert found is not None
        return browser, found[1].decode()

    def ended(self, query: str) -> Any:
        """What a browser gets that the hall sends here to sign out."""
        return self.portal.browser().get(f"{OUT}?{query}")
