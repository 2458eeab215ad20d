"""Signatures of Standard Webhooks: HMAC-SHA256 over id, moment and body.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping

ID, MOMENT, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
TOLERANCE = 300.0
"""Seconds that a message may be old, or a clock may go wrong."""
SHORTEST = 16
"""Bytes of the shortest secret that is taken."""
_PREFIX = "whsec_"


class Unsigned(Exception):
    """A message does not prove who sent it, or comes too late. The text is for the log, not for the sender."""


def secrets_of(text: str) -> list[bytes]:
    """The secrets in a setting: one, or several with spaces between while one takes the place of another.

    With the prefix `whsec_` a secret is base64. Raises ValueError for one that is too short or cannot be read.
    """
    found = []
    for part in text.split():
        try:
            raw = base64.b64decode(part.removeprefix(_PREFIX), validate=True) if part.startswith(_PREFIX) else part.encode()
        except binascii.Error:
            raise ValueError("a secret that begins with whsec_ is base64") from None
        if len(raw) < SHORTEST:
            raise ValueError(f"a secret has {SHORTEST} bytes at least")
        found.append(raw)
    if not found:
        raise ValueError("there is no secret")
    return found


def sign(secret: bytes, identity: str, moment: int, body: bytes) -> str:
    """The signature of a message, as it stands in its header; `moment` in seconds since 1970."""
    signed = hmac.new(secret, f"{identity}.{moment}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(signed).decode()}"


def verify(secrets: list[bytes], headers: Mapping[str, str], body: bytes, now: float, tolerance: float = TOLERANCE) -> str:
    """The id of a message that is signed with one of the secrets, now or within the tolerance. Raises Unsigned."""
    identity, moment = headers.get(ID, ""), headers.get(MOMENT, "")
    if not identity or not moment.isascii() or not moment.isdigit() or len(moment) > 12:
        raise Unsigned("a header is missing or is no number")
    wanted = [sign(secret, identity, int(moment), body).encode() for secret in secrets]
    given = headers.get(SIGNATURE, "").encode("utf-8", "replace").split()[:10]
    if not any(hmac.compare_digest(one, other) for one in wanted for other in given):
        raise Unsigned("the signature is another one")
    if abs(now - int(moment)) > tolerance:
        raise Unsigned("the message is too old, or from the future")
    return identity
