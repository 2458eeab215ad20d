"""OpenID Connect: sending somebody to a provider, and making sure of what comes back.

The authorization code flow with PKCE, state and nonce (OpenID Connect Core 1.0, 3.1; RFC 7636; RFC 9207). Raises ProviderDown
where the provider cannot be asked, and Untrusted where what it says does not hold; their messages are for the log.
"""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from metadata.model import IdentityProvider
from metadata.variables import VARIABLE, is_own, value_of
from runtime.identity.external.departures import INDEX
from runtime.identity.external.logins import LONGEST_NAME, Identity, Told
from runtime.identity.external.proof import ProviderDown, UnknownKey, Untrusted, departed, proved

if TYPE_CHECKING:
    from authlib.integrations.requests_client import OAuth2Session

PATIENCE_S = 8.0
KEPT_S = 3600.0
"""How long the provider's description and keys are held to be true."""
AGAIN_S = 60.0
"""How soon keys are asked for again because of one that is not among them."""
OK = 200
ENDING = "end_session_endpoint"
ID_TOKEN = "id_token"  # noqa: S105 - the name of it


@dataclass(frozen=True, slots=True)
class Attempt:
    """What is kept on the browser between sending somebody there and his coming back."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class _Known:
    """A provider's description of itself and its keys, and since when they are known."""

    described: Mapping[str, Any]
    keys: Mapping[str, Any]
    since: float


class OpenIdClient:
    """One provider, asked for one site. `environment` has the secret that the metadata names, read each time it is needed.

    Raises ProviderDown where it is not set.
    """

    def __init__(self, provider: IdentityProvider, environment: Mapping[str, str]) -> None:
        self._provider = provider
        self._environment = environment
        secret_of(provider, environment)
        self._known: _Known | None = None
        self._lock = Lock()

    def begin(self, back: str, *, anew: bool = False) -> tuple[str, Attempt]:
        """The address at the provider to send somebody to, and what to keep meanwhile; he comes back to `back`.

        Who is to sign in `anew` is asked to by the provider, whatever session he has there (3.1.2.1).
        """
        known = self._know()
        attempt = Attempt(*(secrets.token_urlsafe(32) for _ in range(3)))
        with self._session(back) as session:
            address, _ = session.create_authorization_url(
                _address(known.described, "authorization_endpoint"),
                state=attempt.state,
                nonce=attempt.nonce,
                code_verifier=attempt.verifier,
                **({"prompt": "login", "max_age": 0} if anew else {}),
            )
        return str(address), attempt

    def finish(self, back: str, attempt: Attempt, came: Mapping[str, str]) -> Told:
        """Who has come back: `came` is the query that he came with. The caller has compared the state."""
        known = self._know()
        issuer = _address(known.described, "issuer")
        if came.get("iss", issuer) != issuer:
            raise Untrusted(f"the answer is of {came['iss'][:200]!r}, not of {issuer!r}", "issuer")
        with self._session(back) as session:
            token = _fetch(session, _address(known.described, "token_endpoint"), attempt, came.get("code", ""))
            claims = self._proved(
                lambda keys: proved(token.get("id_token"), keys, issuer, self._provider.client_id, attempt.nonce)
            )
            session_id, at = claims.get("sid"), claims.get("auth_time")
            if "userinfo_endpoint" in known.described and not self._has_all(claims):
                more = _read_json(session, _address(known.described, "userinfo_endpoint"), as_somebody=True)
                if more.get("sub") != claims["sub"]:
                    raise Untrusted("userinfo is about somebody else", "person")
                claims = {**more, **claims}
        names = (claims.get(name) for name in ("email", "preferred_username", "name"))
        shown = next((name for name in names if isinstance(name, str)), "")
        held = {ID_TOKEN: str(token["id_token"]), **({INDEX: session_id} if isinstance(session_id, str) else {})}
        when = at if isinstance(at, int) and not isinstance(at, bool) else None
        return Told(Identity(issuer, claims["sub"], shown[:LONGEST_NAME]), claims, held, when)

    def ended(self, logout_token: str) -> Mapping[str, Any]:
        """The claims of what the provider tells of somebody who has signed out there. Raises Untrusted and ProviderDown."""
        issuer = _address(self._know().described, "issuer")
        return self._proved(lambda keys: departed(logout_token, keys, issuer, self._provider.client_id))

    def leave(self, session: Mapping[str, str], back: str, state: str) -> str:
        """The address at the provider where somebody signs out; he comes back to `back`. "" where the provider has none.

        OpenID Connect RP-Initiated Logout 1.0, 2.
        """
        described = self._know().described
        if ENDING not in described:
            return ""
        asked = {"client_id": self._provider.client_id, "post_logout_redirect_uri": back, "state": state}
        if session.get(ID_TOKEN):
            asked["id_token_hint"] = session[ID_TOKEN]
        address = _address(described, ENDING)
        return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}"

    def _session(self, back: str) -> OAuth2Session:
        from authlib.integrations.requests_client import OAuth2Session  # half a second, and only for those who sign in so

        secret = secret_of(self._provider, self._environment)  # as it is now: it may have been changed in its file
        made = OAuth2Session(
            self._provider.client_id,
            secret or None,
            token_endpoint_auth_method="client_secret_basic" if secret else "none",
            scope=" ".join(self._provider.scopes),
            redirect_uri=back,
            code_challenge_method="S256",
            default_timeout=PATIENCE_S,
        )
        made.verify = authorities()
        return made

    def _proved(self, read: Callable[[Mapping[str, Any]], dict[str, Any]]) -> dict[str, Any]:
        known = self._know()
        try:
            return read(known.keys)
        except UnknownKey:  # the provider may have changed its keys
            return read(self._know(newer_than=known).keys)

    def _has_all(self, claims: Mapping[str, Any]) -> bool:
        wanted = {claim.claim for claim in self._provider.claims}
        if self._provider.match == "email":
            wanted |= {"email", "email_verified"}
        return wanted <= claims.keys()

    def _know(self, newer_than: _Known | None = None) -> _Known:
        """What is known of the provider, asked for where it is not known, long known, or known and not enough."""
        with self._lock:
            known, now = self._known, time.monotonic()
            if known is not None:
                lacking = newer_than is not None and known is newer_than
                if now - known.since < (AGAIN_S if lacking else KEPT_S):
                    return known
            issuer = self._provider.issuer.rstrip("/")
            with self._session("") as session:
                described = _read_json(session, f"{issuer}/.well-known/openid-configuration")
                if _address(described, "issuer").rstrip("/") != issuer:
                    raise ProviderDown(f"{issuer} says that it is {_address(described, 'issuer')[:200]!r}", "issuer")
                keys = _read_json(session, _address(described, "jwks_uri"))
            self._known = _Known(described, keys, now)
            return self._known


def secret_of(provider: IdentityProvider, environment: Mapping[str, str]) -> str:
    """The client's secret, from the environment; none where the provider gave none. Raises ProviderDown where it is not set."""
    found = VARIABLE.fullmatch(provider.client_secret)
    if found is None:
        return ""
    if is_own(found[1]):
        raise ProviderDown(f"the environment variable {found[1]} is for the installation alone", "settings")
    try:
        held = value_of(found[1], environment)
    except (OSError, UnicodeDecodeError) as error:
        raise ProviderDown(f"the file that {found[1]}_FILE names cannot be read: {error}", "settings") from None
    if not held:
        raise ProviderDown(f"the environment variable {found[1]} is not set", "settings")
    return held


REFUSALS = {
    "invalid_client": "client",
    "unauthorized_client": "client",
    "invalid_grant": "code",
    "redirect_uri_mismatch": "redirect",
    "access_denied": "cancelled",
}
"""What errors of the standard mean (RFC 6749, 4.1.2.1 and 5.2), as one of REASONS; all others are `refused`."""


def authorities() -> str | bool:
    """Whose certificates count: those of SSL_CERT_FILE, as for all other calls; `requests` does not look at it by itself."""
    return os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE") or True


def refused_for(error: str) -> str:
    """Which of REASONS an error is that a provider names."""
    return REFUSALS.get(error, "refused")


def unasked(address: str, error: Exception) -> ProviderDown:
    """What became of a request that got no answer of use."""
    from requests.exceptions import ConnectionError as NotConnected
    from requests.exceptions import SSLError, Timeout

    kinds = ((SSLError, "tls"), (Timeout, "timeout"), (NotConnected, "unreachable"))
    return ProviderDown(f"{address}: {error}", next((reason for kind, reason in kinds if isinstance(error, kind)), "answer"))


def _fetch(session: OAuth2Session, endpoint: str, attempt: Attempt, code: str) -> Mapping[str, Any]:
    from authlib.common.errors import AuthlibBaseError
    from requests import RequestException

    try:
        found: Mapping[str, Any] = session.fetch_token(
            endpoint, grant_type="authorization_code", code=code, code_verifier=attempt.verifier
        )
    except AuthlibBaseError as error:
        raise Untrusted(f"{endpoint} refuses the code: {error}", refused_for(str(error.error))) from error
    except (RequestException, ValueError) as error:
        raise unasked(endpoint, error) from error
    return found


def _read_json(session: OAuth2Session, address: str, *, as_somebody: bool = False) -> Mapping[str, Any]:
    from requests import RequestException

    try:
        answer = session.get(address, withhold_token=not as_somebody, allow_redirects=False)
        found = json.loads(answer.content) if answer.status_code == OK else None
    except (RequestException, ValueError) as error:
        raise unasked(address, error) from error
    if not isinstance(found, dict):
        raise ProviderDown(f"{address} answers {answer.status_code} and not what it should")
    return found


def _address(described: Mapping[str, Any], name: str) -> str:
    value = described.get(name)
    if not isinstance(value, str) or not value.startswith(("https://", "http://")):
        raise ProviderDown(f"the provider's description has no {name}")
    return value
