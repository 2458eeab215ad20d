"""Whether a token of a provider holds: signed by it, for this client, and not too old; who came, or who has signed out there.

OpenID Connect Core 1.0, 3.1.3.7; Back-Channel Logout 1.0, 2.6.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LEEWAY_S = 60
LONGEST_SUBJECT = 255
LONGEST_LIFE_S = 24 * 3600
"""A logout token that claims to hold for longer is not taken: until then it would have to be known as used."""
SIGNED_OUT = "http://schemas.openid.net/event/backchannel-logout"
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519"]
"""Signatures that only the provider can make: none that are made with the shared secret, and not `none`."""


REASONS = (
    *("settings", "unreachable", "timeout", "tls", "answer", "issuer"),
    *("cancelled", "client", "redirect", "code", "refused"),
    *(
        "signature",
        "key",
        "audience",
        "recipient",
        "nonce",
        "expired",
        "clock",
        "person",
        "encryption",
        "unasked",
        "unreadable",
    ),
    *("nobody", "proof"),
)
"""Why a sign-in with a provider came to nothing, for those who run the site. Its person is told less."""


class ProviderDown(Exception):
    """The provider cannot be asked; the message is for the log, and `reason` is one of REASONS."""

    def __init__(self, message: str, reason: str = "answer") -> None:
        super().__init__(message)
        self.reason = reason


class Untrusted(Exception):
    """What came back does not hold; the message is for the log, and `reason` is one of REASONS."""

    def __init__(self, message: str, reason: str = "unreadable") -> None:
        super().__init__(message)
        self.reason = reason


class UnknownKey(Untrusted):
    """The token is signed with a key that is not among those known."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "key")


def proved(id_token: object, keys: Mapping[str, Any], issuer: str, client: str, nonce: str) -> dict[str, Any]:
    """The claims of a token that holds. `keys` is the provider's key set. Raises Untrusted, and UnknownKey among it."""
    wanted = {"iss": issuer, "aud": client, "nonce": nonce, "sub": None}
    claims = _signed("id_token", id_token, keys, wanted)
    audience = claims["aud"]
    alone = not isinstance(audience, list) or len(audience) == 1
    if claims.get("azp", client if alone else None) != client:
        raise Untrusted("id_token: it is for somebody else besides", "audience")
    if not _is_name(claims["sub"]):
        raise Untrusted("id_token: sub is no identifier", "person")
    return claims


def departed(logout_token: object, keys: Mapping[str, Any], issuer: str, client: str) -> dict[str, Any]:
    """The claims of a logout token that holds; that it comes once the caller sees to. Raises Untrusted, UnknownKey among it."""
    claims = _signed("logout_token", logout_token, keys, {"iss": issuer, "aud": client, "jti": None, "events": None})
    if "nonce" in claims:
        raise Untrusted("logout_token: it has a nonce, as a token for signing in has")
    events = claims["events"]
    if not isinstance(events, dict) or not isinstance(events.get(SIGNED_OUT), dict):
        raise Untrusted("logout_token: it does not tell of a sign-out")
    named = [claims[name] for name in ("sub", "sid") if name in claims]
    if not named or not all(map(_is_name, [claims["jti"], *named])):
        raise Untrusted("logout_token: it names neither a person nor a session")
    if claims["exp"] - claims["iat"] > LONGEST_LIFE_S:
        raise Untrusted("logout_token: it claims to hold for too long")
    return claims


def _signed(what: str, text: object, keys: Mapping[str, Any], wanted: Mapping[str, str | None]) -> dict[str, Any]:
    """The claims of a token that the provider signed and whose time is now: all that are wanted, and their values."""
    from joserfc import jwt
    from joserfc.errors import InvalidKeyIdError, JoseError
    from joserfc.jwk import KeySet

    if not isinstance(text, str):
        raise Untrusted(f"the answer has no {what}")
    given: dict[str, Any] = {
        name: {"essential": True} if value is None else {"essential": True, "value": value}
        for name, value in {**wanted, "exp": None, "iat": None}.items()
    }
    try:
        token = jwt.decode(text, KeySet.import_key_set({"keys": list(keys.get("keys", ()))}), algorithms=ALGORITHMS)
        jwt.JWTClaimsRegistry(leeway=LEEWAY_S, **given).validate(token.claims)
    except InvalidKeyIdError as error:
        raise UnknownKey(f"{what}: {error}") from error
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise Untrusted(f"{what}: {error}", _reason(error)) from error
    return dict(token.claims)


OF_CLAIMS = {
    "iss": "issuer",
    "aud": "audience",
    "nonce": "nonce",
    "sub": "person",
    "iat": "clock",
    "nbf": "clock",
    "exp": "expired",
}


def _reason(error: Exception) -> str:
    """Which of REASONS an error of the library is."""
    from joserfc.errors import BadSignatureError, ClaimError, UnsupportedAlgorithmError

    if isinstance(error, ClaimError):
        return OF_CLAIMS.get(error.claim, "unreadable")
    return "signature" if isinstance(error, BadSignatureError | UnsupportedAlgorithmError) else "unreadable"


def _is_name(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_SUBJECT
