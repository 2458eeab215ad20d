"""Which identity tokens hold: signed by the provider, for this client, in answer to this attempt, and not too old."""

import base64
import json
import time

import pytest

pytest.importorskip("joserfc", reason="needs the extra oidc")

from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from runtime.identity.external.proof import UnknownKey, Untrusted, proved

ISSUER, CLIENT, NONCE = "https://login.guild.example", "portal", "n-1"
RSA, EC = RSAKey.generate_key(2048, {"kid": "r"}), ECKey.generate_key("P-256", {"kid": "e"})
KEYS = {"keys": [RSA.as_dict(private=False), EC.as_dict(private=False)]}


def claims(**other):
    now = int(time.time())
    made = {"iss": ISSUER, "aud": CLIENT, "nonce": NONCE, "sub": "7", "iat": now, "exp": now + 300, **other}
    return {name: value for name, value in made.items() if value is not None}


def token(key=RSA, alg="RS256", **other):
    return jwt.encode({"alg": alg, "kid": key.kid}, claims(**other), key, algorithms=[alg])


def read(given):
    return proved(given, KEYS, ISSUER, CLIENT, NONCE)


def unsigned():
    parts = [json.dumps(part).encode() for part in ({"alg": "none"}, claims())]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts) + "."


@pytest.mark.parametrize(
    "given",
    [
        lambda: token(),
        lambda: token(EC, "ES256"),
        lambda: token(aud=[CLIENT]),
        lambda: token(aud=[CLIENT, "x"], azp=CLIENT),
        lambda: token(exp=int(time.time()) - 20),
    ],
)
def test_a_token_that_holds(given):
    assert read(given())["sub"] == "7"


OTHER = RSAKey.generate_key(2048, {"kid": "r"})
BAD = {
    "another key of the same name": lambda: token(OTHER),
    "signed with the shared secret": lambda: token(OctKey.import_key("the secret " * 4, {"kid": "r"}), "HS256"),
    "not signed": unsigned,
    "another issuer": lambda: token(iss="https://login.guild.example.evil"),
    "for another client": lambda: token(aud="other"),
    "for others besides": lambda: token(aud=[CLIENT, "other"]),
    "given to another": lambda: token(azp="other"),
    "of another attempt": lambda: token(nonce="n-2"),
    "of no attempt": lambda: token(nonce=None),
    "too old": lambda: token(exp=int(time.time()) - 120),
    "without an end": lambda: token(exp=None),
    "of nobody": lambda: token(sub=None),
    "of an empty name": lambda: token(sub=""),
    "of no name": lambda: token(sub=["7"]),
    "of an endless name": lambda: token(sub="7" * 256),
    "no token": lambda: "x.y.z",
    "nothing": lambda: None,
    "a list": lambda: [token()],
}


@pytest.mark.parametrize("fault", BAD)
def test_a_token_that_does_not_hold(fault):
    with pytest.raises(Untrusted):
        read(BAD[fault]())


def test_a_key_that_is_not_known_is_told_apart():
    with pytest.raises(UnknownKey):
        read(token(RSAKey.generate_key(2048, {"kid": "new"})))
