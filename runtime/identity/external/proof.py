"""Whether an identity token holds: signed by the provider, for this client, in answer to this attempt, and not too old.

OpenID Connect Core 1.0, 3.1.3.7.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LEEWAY_S = 60
LONGEST_SUBJECT = 255
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519"]
"""Signatures that only the provider can make: none that are made with the shared secret, and not `none`."""


class ProviderDown(Exception):
    """The provider cannot be asked; the message is for the log."""


class Untrusted(Exception):
    """What came back does not hold; the message is for the log."""


class UnknownKey(Untrusted):
    """The token is signed with a key that is not among those known."""


def proved(id_token: object, keys: Mapping[str, Any], issuer: str, client: str, nonce: str) -> dict[str, Any]:
    """The claims of a token that holds. `keys` is the provider's key set. Raises Untrusted, and UnknownKey among it."""
    from joserfc import jwt
    from joserfc.errors import InvalidKeyIdError, JoseError
    from joserfc.jwk import KeySet

    if not isinstance(id_token, str):
        raise Untrusted("the answer has no id_token")
    required = jwt.JWTClaimsRegistry(
        leeway=LEEWAY_S,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": client},
        nonce={"essential": True, "value": nonce},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
    )
    try:
        token = jwt.decode(id_token, KeySet.import_key_set({"keys": list(keys.get("keys", ()))}), algorithms=ALGORITHMS)
        required.validate(token.claims)
    except InvalidKeyIdError as error:
        raise UnknownKey(f"id_token: {error}") from error
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise Untrusted(f"id_token: {error}") from error
    claims = dict(token.claims)
    audience = claims["aud"]
    alone = not isinstance(audience, list) or len(audience) == 1
    if claims.get("azp", client if alone else None) != client:
        raise Untrusted("id_token: it is for somebody else besides")
    if not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= LONGEST_SUBJECT:
        raise Untrusted("id_token: sub is no identifier")
    return claims
