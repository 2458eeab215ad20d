"""SAML 2.0 single logout: telling a provider that somebody signs out here, and being told so by it.

HTTP-Redirect in both directions, each message signed (SAML 2.0 Profiles, 4.4; Bindings, 3.4.4.1). The library looks at
signatures, the issuer and the schema; what it leaves open is asked for here. Raises Untrusted where a message does not hold.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from runtime.identity.external.proof import Untrusted
from runtime.identity.external.saml import MOST_BYTES, SamlClient, harmless

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


class SamlLogout:
    """Signing out with one provider."""

    def __init__(self, client: SamlClient) -> None:
        self._client = client

    def begin(self, session: Mapping[str, str]) -> tuple[str, str]:
        """The address at the provider to send somebody to who has signed out here, and the id of the request."""
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
        auth, parameters = self._auth({}, ""), {REQUEST: made.get_request()}
        auth.add_request_signature(parameters)
        return str(auth.redirect_to(auth.get_slo_url(), parameters)), str(made.id)

    def finish(self, arguments: Mapping[str, list[str]], query: str, request: str) -> None:
        """Make sure that the provider says it has ended the session, in answer to the request. Raises Untrusted."""
        from onelogin.saml2.logout_response import OneLogin_Saml2_Logout_Response

        given = self._signed(ANSWER, arguments, query)
        try:
            answer = OneLogin_Saml2_Logout_Response(self._client.settings(), given[ANSWER])
            holds = answer.is_valid(self._told(given, query), request) and answer.get_in_response_to() == request
            status = answer.get_status()
        except Exception as error:  # whatever the library's parts raise at what anybody may send
            raise Untrusted(f"the answer to a sign-out cannot be read: {error}") from error
        if not holds:
            raise Untrusted(f"the answer to a sign-out does not hold: {answer.get_error()}")
        if status != SUCCESS:
            raise Untrusted(f"the provider did not sign out everywhere: {status}")

    def asked(self, arguments: Mapping[str, list[str]], query: str) -> Asked:
        """What a provider wants ended. Raises Untrusted."""
        from onelogin.saml2.logout_request import OneLogin_Saml2_Logout_Request

        given = self._signed(REQUEST, arguments, query)
        try:
            asking = OneLogin_Saml2_Logout_Request(self._client.settings(), given[REQUEST])
            text, key = asking.get_xml(), self._client.settings().get_sp_key()
            if not asking.is_valid(self._told(given, query)):
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

    def answer(self, asked: Asked, state: str) -> str:
        """The address at the provider to go back to: the sessions have ended."""
        from onelogin.saml2.logout_response import OneLogin_Saml2_Logout_Response

        auth = self._auth({}, "")
        made = OneLogin_Saml2_Logout_Response(self._client.settings())
        made.build(escape(asked.id, {'"': "&quot;"}))
        parameters = {ANSWER: made.get_response(), **({"RelayState": state} if state else {})}
        auth.add_response_signature(parameters)
        return str(auth.redirect_to(auth.get_slo_response_url(), parameters))

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
