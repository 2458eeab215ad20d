"""SAML 2.0: sending somebody to a provider, and making sure of what comes back.

The Web Browser SSO profile with HTTP-Redirect there and HTTP-POST back (SAML 2.0 Profiles, 4.1; Security, 7.1). The library
looks at signatures, times and the schema; what it leaves open is asked for here. Raises Untrusted where an answer does not
hold; its messages are for the log.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from metadata.model import IdentityProvider
from metadata.variables import is_own, value_of
from runtime.identity.external.logins import LONGEST_NAME, Identity, Told, issuer_of
from runtime.identity.external.proof import LONGEST_SUBJECT, ProviderDown, Untrusted

if TYPE_CHECKING:
    from onelogin.saml2.response import OneLogin_Saml2_Response
    from onelogin.saml2.settings import OneLogin_Saml2_Settings

MOST_BYTES = 256 * 1024
POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
UNSPECIFIED = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"
BINDINGS = {"redirect": REDIRECT, "post": POST}
TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
ASSERTION = "{urn:oasis:names:tc:SAML:2.0:assertion}"
LATEST = dt.timedelta(days=1)
"""An assertion that claims to hold for longer is one that nobody would have to steal in a hurry."""
_KEY = re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----.+?-----END (?:[A-Z]+ )?PRIVATE KEY-----", re.DOTALL)
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
MARKS = re.compile(r"-----(BEGIN|END) CERTIFICATE-----")


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that holds: who came, the request that it answers ("" for none), what it is known by, until when it holds."""

    told: Told
    request: str
    assertion: str
    until: dt.datetime


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A private key of the site and its certificate, as PEM."""

    key: str = field(repr=False)
    certificate: str


class SamlClient:
    """One provider, asked for one site, to which people come back at `back`."""

    def __init__(self, provider: IdentityProvider, back: str, pair: KeyPair | None = None) -> None:
        self._provider = provider
        self._pair = pair
        self._back = back
        self.out = f"{back.removesuffix('/back')}/out"
        self.posts = provider.sign_out_binding == "post"
        self._entity = provider.client_id or f"{back.removesuffix('/back')}/metadata"

    def begin(self, *, anew: bool = False) -> tuple[str, str]:
        """The address at the provider to send somebody to, and the id of the request.

        Who is to sign in `anew` is asked to by the provider, whatever session he has there (SAML 2.0 Core, 3.4.1).
        """
        from onelogin.saml2.auth import OneLogin_Saml2_Auth

        asking = OneLogin_Saml2_Auth(self.request(self._back), self.settings())
        return str(asking.login(return_to="", force_authn=anew)), str(asking.get_last_request_id())

    def metadata(self) -> bytes:
        """What a provider is told about the site, as XML."""
        found: str | bytes = self.settings().get_sp_metadata()
        return found.encode() if isinstance(found, str) else found

    def finish(self, sent: str) -> Answer:
        """What the answer says that a browser has brought, as base64. Raises Untrusted."""
        from onelogin.saml2.errors import OneLogin_Saml2_ValidationError
        from onelogin.saml2.response import OneLogin_Saml2_Response

        document = read_document(sent)
        try:
            return self._proved(OneLogin_Saml2_Response(self.settings(), base64.b64encode(document).decode()))
        except Untrusted:
            raise
        except OneLogin_Saml2_ValidationError as error:
            raise Untrusted(f"the answer does not hold: {error}", refused_as(error.code)) from error
        except Exception as error:  # whatever the library's parts raise at what anybody may send: nobody gets in by it
            raise Untrusted(f"the answer cannot be read: {error}") from error

    def _proved(self, answer: OneLogin_Saml2_Response) -> Answer:
        if not answer.is_valid(self.request(self._back), raise_exceptions=True):
            raise Untrusted(f"the answer does not hold: {answer.get_error()}")
        if self._entity not in answer.get_audiences():
            raise Untrusted("the answer is not for this site", "audience")
        request, until = self._confirmed(answer)
        return Answer(self._told(answer), request, str(answer.get_assertion_id()), until)

    def _confirmed(self, answer: OneLogin_Saml2_Response) -> tuple[str, dt.datetime]:
        """What the signed assertion answers, and until when: the envelope around it may have been written by anybody."""
        (assertion,) = answer.get_xml_document().iter(f"{ASSERTION}Assertion")
        found = list(assertion.iter(f"{ASSERTION}SubjectConfirmationData"))
        if len(found) != 1 or found[0].get("Recipient") != self._back:
            raise Untrusted("the answer was not meant to be sent here", "recipient")
        request = found[0].get("InResponseTo", "")
        if request != (answer.get_in_response_to() or ""):
            raise Untrusted("the answer and what is signed in it do not answer the same request")
        until = _moment(found[0].get("NotOnOrAfter", ""))
        if not request and not self._provider.unasked:
            raise Untrusted("nobody here has asked, and this provider is not to send people who did not start here", "unasked")
        return request, until

    def _told(self, answer: OneLogin_Saml2_Response) -> Told:
        claims: dict[str, Any] = {}
        for name, values in answer.get_attributes().items():
            claims[name] = next((value for value in values if isinstance(value, str)), None)
        wanted = self._provider.subject_claim
        named = answer.get_nameid_data() or {}
        if not wanted and named.get("Format") == TRANSIENT:
            raise Untrusted("the name identifier is another one each time: have the provider send a persistent one", "person")
        subject = claims.get(wanted) if wanted else named.get("Value")
        if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT:
            raise Untrusted(f"nobody is named: {wanted or 'NameID'}", "person")
        email = claims.get(self._provider.email_claim)
        shown = str(email or named.get("Value") or "")
        claims |= {"email": email, "email_verified": email is not None}
        identity = Identity(issuer_of(self._provider), subject, shown[:LONGEST_NAME])
        return Told(identity, claims, _session(answer, named), _signed_in_at(answer))

    @staticmethod
    def request(address: str) -> Mapping[str, Any]:
        """An address that people come back to as the library wants to know it: the public one, whatever was asked for."""
        parts = urlsplit(address)
        https = "on" if parts.scheme == "https" else "off"
        return {"https": https, "http_host": parts.netloc, "script_name": parts.path, "get_data": {}, "post_data": {}}

    def settings(self) -> OneLogin_Saml2_Settings:
        """The provider and the site as the library wants to know them."""
        from onelogin.saml2.settings import OneLogin_Saml2_Settings

        provider, pair = self._provider, self._pair
        leaving = (
            {"singleLogoutService": {"url": self.out, "binding": BINDINGS[provider.sign_out_binding]}}
            if provider.sign_out
            else {}
        )
        left = {"singleLogoutService": {"url": provider.sign_out_url, "binding": REDIRECT}} if provider.sign_out else {}
        signing = ["".join(MARKS.sub("", text).split()) for text in provider.certificates]
        return OneLogin_Saml2_Settings(
            {
                "strict": True,
                "debug": False,
                "sp": {
                    "entityId": self._entity,
                    "assertionConsumerService": {"url": self._back, "binding": POST},
                    "NameIDFormat": UNSPECIFIED,
                    **leaving,
                    **({"x509cert": pair.certificate, "privateKey": pair.key} if pair is not None else {}),
                },
                "idp": {
                    "entityId": provider.issuer,
                    "singleSignOnService": {"url": provider.sign_in_url, "binding": REDIRECT},
                    "x509certMulti": {"signing": signing, "encryption": signing[:1]},
                    **left,
                },
                "security": {
                    "wantAssertionsSigned": True,
                    "wantAssertionsEncrypted": provider.encrypted,
                    "wantMessagesSigned": False,
                    "authnRequestsSigned": provider.signed_requests,
                    "logoutRequestSigned": provider.sign_out,
                    "logoutResponseSigned": provider.sign_out,
                    "wantAttributeStatement": False,
                    "requestedAuthnContext": False,
                    "rejectDeprecatedAlgorithm": True,
                    "allowRepeatAttributeName": True,
                    "metadataValidUntil": "",
                    "metadataCacheDuration": "P1D",
                },
            }
        )


def refused_as(code: int) -> str:
    """Which of REASONS an error of the library is, by its code."""
    from onelogin.saml2.errors import OneLogin_Saml2_ValidationError as Code

    of = {
        Code.STATUS_CODE_IS_NOT_SUCCESS: "cancelled",
        Code.ASSERTION_TOO_EARLY: "clock",
        Code.ASSERTION_EXPIRED: "expired",
        Code.SESSION_EXPIRED: "expired",
        Code.RESPONSE_EXPIRED: "expired",
        Code.WRONG_AUDIENCE: "audience",
        Code.WRONG_DESTINATION: "recipient",
        Code.EMPTY_DESTINATION: "recipient",
        Code.WRONG_SUBJECTCONFIRMATION: "recipient",
        Code.WRONG_ISSUER: "issuer",
        Code.NO_ENCRYPTED_ASSERTION: "encryption",
        Code.NO_ENCRYPTED_NAMEID: "encryption",
        Code.NO_NAMEID: "person",
        Code.EMPTY_NAMEID: "person",
    }
    signed = (Code.INVALID_SIGNATURE, Code.NO_SIGNED_ASSERTION, Code.NO_SIGNATURE_FOUND, Code.DEPRECATED_SIGNATURE_METHOD)
    return "signature" if code in signed else of.get(code, "unreadable")


def key_pair_of(provider: IdentityProvider, environment: Mapping[str, str]) -> KeyPair | None:
    """The site's key and certificate, from the environment; None where the metadata names none. Raises ProviderDown."""
    name = provider.key_pair.removeprefix("${").removesuffix("}")
    if not name:
        return None
    try:
        text = "" if is_own(name) else value_of(name, environment) or ""
    except (OSError, UnicodeDecodeError) as error:
        raise ProviderDown(f"the file that {name}_FILE names cannot be read: {error}", "settings") from None
    key, certificate = _KEY.search(text), _CERTIFICATE.search(text)
    if key is None or certificate is None:
        raise ProviderDown(f"the environment variable {name} lacks a private key or a certificate, both as PEM", "settings")
    return KeyPair(key[0], certificate[0])


def _session(answer: OneLogin_Saml2_Response, named: Mapping[str, Any]) -> dict[str, str]:
    """What the provider calls the session: the name identifier as it was given, and an index."""
    parts = {"name": "Value", "format": "Format", "nq": "NameQualifier", "spnq": "SPNameQualifier"}
    found = {key: str(named[part]) for key, part in parts.items() if named.get(part)}
    index = answer.get_session_index()
    return {**found, "index": str(index)} if index else found


def _signed_in_at(answer: OneLogin_Saml2_Response) -> int | None:
    """When the provider last had somebody prove who he is, in seconds; the earliest moment where it names several."""
    statements = answer.get_xml_document().iter(f"{ASSERTION}AuthnStatement")
    moments = [_moment(one.get("AuthnInstant", "")) for one in statements]
    return int(min(moments).timestamp()) if moments else None


def read_document(sent: str) -> bytes:
    """The XML of what a browser was had to post. Raises Untrusted."""
    try:
        document = base64.b64decode("".join(sent.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Untrusted("the answer is no base64") from error
    return harmless(document)


def harmless(document: bytes) -> bytes:
    """XML without anything that a reader of it could be led astray by. Raises Untrusted."""
    if not 0 < len(document) <= MOST_BYTES:
        raise Untrusted(f"the answer has {len(document)} bytes")
    if b"<!DOCTYPE" in document.upper() or b"<!ENTITY" in document.upper() or b"\0" in document:
        raise Untrusted("the answer declares a document type")
    return document


def _moment(text: str) -> dt.datetime:
    try:
        found = dt.datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError as error:
        raise Untrusted("the answer does not say until when it holds") from error
    if found.tzinfo is None or found - dt.datetime.now(dt.UTC) > LATEST:
        raise Untrusted(f"the answer is to hold until {text}")
    return found
