"""SAML messages by HTTP-POST: the signature lies in the document itself (SAML 2.0 Bindings, 3.5; Core, 5.4).

The library proves that something in the document was signed; that it is the whole message, and nothing was left out of what
was signed, is asked for here. Raises Untrusted where a message does not hold.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from runtime.identity.external.proof import Untrusted
from runtime.identity.external.saml import read_document

if TYPE_CHECKING:
    from onelogin.saml2.settings import OneLogin_Saml2_Settings

DS = "{http://www.w3.org/2000/09/xmldsig#}"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
TRANSFORMS = frozenset({"http://www.w3.org/2000/09/xmldsig#enveloped-signature", EXCLUSIVE, f"{EXCLUSIVE}WithComments"})
STRONG = ("sha256", "sha384", "sha512")


def proved_document(sent: str, settings: OneLogin_Saml2_Settings) -> tuple[bytes, Any]:
    """The document that a browser was had to post, as base64, once its signature holds, and its root. Raises Untrusted."""
    from lxml import etree
    from onelogin.saml2.utils import OneLogin_Saml2_Utils

    document = read_document(sent)
    try:
        root = etree.fromstring(document, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as error:
        raise Untrusted(f"the message is no XML: {error}") from error
    _look_at(root)
    space, _, name = str(root.tag)[1:].partition("}")
    place = f"/*[local-name()='{name}' and namespace-uri()='{space}']/ds:Signature"
    certificates = settings.get_idp_data()["x509certMulti"]["signing"]
    if not OneLogin_Saml2_Utils.validate_sign(document, xpath=place, multicerts=certificates):
        raise Untrusted("the message is not signed by the provider")
    return document, root


def signed_document(text: str, settings: OneLogin_Saml2_Settings) -> str:
    """A message of this site with its signature, as base64."""
    from onelogin.saml2.utils import OneLogin_Saml2_Utils

    made: str | bytes = OneLogin_Saml2_Utils.add_sign(text, settings.get_sp_key(), settings.get_sp_cert())
    return base64.b64encode(made if isinstance(made, bytes) else made.encode()).decode()


def _look_at(root: Any) -> None:
    """Raises Untrusted unless there is one signature, right below the root, that is of the whole document and strong."""
    found = list(root.iter(f"{DS}Signature"))
    if len(found) != 1 or found[0].getparent() is not root:
        raise Untrusted("the message has not one signature in its place")
    references = list(found[0].iter(f"{DS}Reference"))
    name = root.get("ID", "")
    if len(references) != 1 or not name or references[0].get("URI") != f"#{name}":
        raise Untrusted("something else is signed than the message")
    if sum(1 for one in root.iter() if one.get("ID") == name) != 1:
        raise Untrusted("two parts of the message have the same id")
    if any(one.get("Algorithm") not in TRANSFORMS for one in found[0].iter(f"{DS}Transform")):
        raise Untrusted("what is signed is not the message as it came")
    methods = [one.get("Algorithm", "") for tag in ("SignatureMethod", "DigestMethod") for one in found[0].iter(f"{DS}{tag}")]
    if not methods or not all(one.endswith(STRONG) for one in methods):
        raise Untrusted("the signature is not strong enough")
