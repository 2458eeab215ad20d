"""SAML 2.0 single logout: telling a provider that somebody signs out here, and being told so by it.

HTTP-Redirect or HTTP-POST in both directions, each message signed (SAML 2.0 Profiles, 4.4; Bindings, 3.4.4.1 and 3.5). The
library looks at signatures, the issuer and the schema; what it leaves open is asked for here. Raises Untrusted where a message
does not hold.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

from runtime.identity.external.proof import Untrusted
from runtime.identity.external.saml import MOST_BYTES, SamlClient, harmless
from runtime.identity.external.saml_posted import proved_document, signed_document

REQUEST, ANSWER = "SAMLRequest", "SAMLResponse"
SIGNED = ("SigAlg", "Signature")
FRESH = dt.timedelta(minutes=10)
"""How old a message may be: one that is sent again later must not end the sessions of then."""
SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a provider wants ended: the sessions of whom it calls so, those with these indexes or all. `id` is the request's."""

    id: str
    name: str
    indexes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sending:
    """A message on its way to a provider: the address that a browser goes to, and the fields that it posts there, if any."""

    address: str
    fields: Mapping[str, str] = field(default_factory=dict)


class SamlLogout:
    """Signing out with one provider."""

    def __init__(self, client: SamlClient) -> None:
        self._client = client

    def begin(self, session: Mapping[str, str]) -> tuple[Sending, str]:
        """What somebody brings to the provider who has signed out here, and the id of the request."""
        from onelogin.saml2.logout_request import OneLogin_Saml2_Logout_Request

        made = OneLogin_Saml2_Logout_Request(
            self._client.settings(),
            name_id=session.get("name"),
            # The library writes the index into the request as it is.
            session_index=escape(session["index"]) if session.get("index") else None,
            name_id_format=session.get("format"),
            nq=session.get("nq"),
            spnq=session.get("spnq"),
        )
        if self._client.posts:
            return self._posting(REQUEST, made.get_xml()), str(made.id)
        auth, parameters = self._auth({}, ""), {REQUEST: made.get_request()}
        auth.add_request_signature(parameters)
        return Sending(str(auth.redirect_to(auth.get_slo_url(), parameters))), str(made.id)

    def finish(self, arguments: Mapping[str, list[str]], query: str, request: str) -> None:
        """Make sure that the provider says it has ended the session, in answer to the request. Raises Untrusted."""
        given = self._signed(ANSWER, arguments, query)
        if self._answered(given[ANSWER], self._told(given, query)) != request:
            raise Untrusted("the answer to a sign-out answers another request")

    def finish_posted(self, sent: str) -> str:
        """The id of the request that the provider answers by a post: it has ended the session. Raises Untrusted."""
        document, _ = self._proved(sent)
        return self._answered(base64.b64encode(document).decode(), self._told({}, ""))

    def asked(self, arguments: Mapping[str, list[str]], query: str) -> Asked:
        """What a provider wants ended. Raises Untrusted."""
        given = self._signed(REQUEST, arguments, query)
        return self._wanted(given[REQUEST], self._told(given, query))

    def asked_posted(self, sent: str) -> Asked:
        """The same, by a post. Raises Untrusted."""
        document, _ = self._proved(sent)
        return self._wanted(base64.b64encode(document).decode(), self._told({}, ""))

    def _answered(self, packed: str, told: Mapping[str, Any]) -> str:
        """The request that a signed answer is to. Raises Untrusted."""
        from onelogin.saml2.logout_response import OneLogin_Saml2_Logout_Response

        try:
            answer = OneLogin_Saml2_Logout_Response(self._client.settings(), packed)
            holds, request, status = answer.is_valid(told), answer.get_in_response_to(), answer.get_status()
        except Exception as error:  # whatever the library's parts raise at what anybody may send
            raise Untrusted(f"the answer to a sign-out cannot be read: {error}") from error
        if not holds or not request:
            raise Untrusted(f"the answer to a sign-out does not hold: {answer.get_error()}")
        if status != SUCCESS:
            raise Untrusted(f"the provider did not sign out everywhere: {status}")
        return str(request)

    def _wanted(self, packed: str, told: Mapping[str, Any]) -> Asked:
        """What a signed request asks for. Raises Untrusted."""
        from onelogin.saml2.logout_request import OneLogin_Saml2_Logout_Request

        try:
            asking = OneLogin_Saml2_Logout_Request(self._client.settings(), packed)
            text, key = asking.get_xml(), self._client.settings().get_sp_key()
            if not asking.is_valid(told):
                raise Untrusted(f"the sign-out does not hold: {asking.get_error()}")
            name = OneLogin_Saml2_Logout_Request.get_nameid_data(text, key)["Value"]
            indexes = OneLogin_Saml2_Logout_Request.get_session_indexes(text)
            _lately(text, self._client.out)
        except Untrusted:
            raise
        except Exception as error:  # as above
            raise Untrusted(f"the sign-out cannot be read: {error}") from error
        if not isinstance(name, str) or not name:
            raise Untrusted("the sign-out names nobody")
        return Asked(str(asking.id), name, tuple(str(index) for index in indexes))

    def answer(self, asked: Asked, state: str) -> Sending:
        """What the browser brings back to the provider: the sessions have ended."""
        from onelogin.saml2.logout_response import OneLogin_Saml2_Logout_Response

        auth = self._auth({}, "")
        made = OneLogin_Saml2_Logout_Response(self._client.settings())
        made.build(escape(asked.id, {'"': "&quot;"}))
        if self._client.posts:
            return self._posting(ANSWER, made.get_xml(), state)
        parameters = {ANSWER: made.get_response(), **({"RelayState": state} if state else {})}
        auth.add_response_signature(parameters)
        return Sending(str(auth.redirect_to(auth.get_slo_response_url(), parameters)))

    def _posting(self, kind: str, text: str, state: str = "") -> Sending:
        fields = {kind: signed_document(text, self._client.settings()), **({"RelayState": state} if state else {})}
        return Sending(str(self._auth({}, "").get_slo_url()), fields)

    def _proved(self, sent: str) -> tuple[bytes, Any]:
        try:
            return proved_document(sent, self._client.settings())
        except Untrusted:
            raise
        except Exception as error:  # as above
            raise Untrusted(f"the message cannot be read: {error}") from error

    def _signed(self, kind: str, arguments: Mapping[str, list[str]], query: str) -> dict[str, str]:
        """The arguments of a message, once its signature holds. Raises Untrusted."""
        names = (kind, "RelayState", *SIGNED)
        if any(len(arguments.get(name, ())) > 1 for name in names):
            raise Untrusted("a part of the message is there twice")
        given = {name: arguments[name][0] for name in names if arguments.get(name)}
        if not all(given.get(name) for name in (kind, *SIGNED)):
            raise Untrusted("the message is not signed")
        _inflated(given[kind])
        auth = self._auth(given, query)
        holds = auth.validate_request_signature(given) if kind == REQUEST else auth.validate_response_signature(given)
        if not holds:
            raise Untrusted(f"the message is not signed by the provider: {auth.get_last_error_reason()}")
        return given

    def _auth(self, given: Mapping[str, str], query: str) -> Any:
        from onelogin.saml2.auth import OneLogin_Saml2_Auth

        return OneLogin_Saml2_Auth(self._told(given, query), self._client.settings())

    def _told(self, given: Mapping[str, str], query: str) -> dict[str, Any]:
        """What came as the library wants to know it; the signature is that of the query as it was written."""
        more = {"get_data": dict(given), "query_string": query, "validate_signature_from_qs": True}
        return {**self._client.request(self._client.out), **more}


def _inflated(sent: str) -> bytes:
    """The XML of a message; one that would fill the memory is refused. Raises Untrusted."""
    try:
        raw = base64.b64decode(sent, validate=True)
        unpacked = zlib.decompressobj(-15).decompress(raw, MOST_BYTES + 1)
    except (binascii.Error, ValueError, zlib.error) as error:
        raise Untrusted("the message is not packed as it should be") from error
    return harmless(unpacked)


def _lately(text: Any, out: str) -> None:
    """Raises Untrusted for a request that was not made just now, or not for this address."""
    from lxml import etree

    root = etree.fromstring(text if isinstance(text, bytes) else str(text).encode())
    made = dt.datetime.fromisoformat(root.get("IssueInstant", "").replace("Z", "+00:00"))
    if made.tzinfo is None or abs(dt.datetime.now(dt.UTC) - made) > FRESH:
        raise Untrusted(f"the sign-out is of {made}")
    if root.get("Destination") != out:
        raise Untrusted("the sign-out was not meant to be sent here")
