"""A message that is owed to an address: JSON, signed as those of webhooks are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from connectors.errors import Fatal
from connectors.settings import filled
from connectors.webhook.sending import Message, send
from connectors.webhook.signing import secrets_of

OWNER = "a message"


def post(
    payload: Mapping[str, Any],
    identity: str,
    now: float,
    private: frozenset[str] = frozenset(),
    environment: Mapping[str, str] | None = None,
) -> None:
    """Send `body` to `url`, signed with `secret`; `identity` is the same however often that is tried.

    `private` are hosts that may lie in a private network. Raises Fatal and Retriable.
    """
    body = json.dumps(payload["body"], ensure_ascii=False, separators=(",", ":")).encode()
    send_signed(
        (payload["url"], payload["secret"]), Message(identity, body), now, private, owner=OWNER, environment=environment
    )


def send_signed(
    to: tuple[str, str],
    message: Message,
    now: float,
    private: frozenset[str],
    *,
    owner: str,
    environment: Mapping[str, str] | None = None,
) -> None:
    """Send a message to an address, signed with a secret; both may have variables as ${NAME}. Raises Fatal and Retriable."""
    address, secret = (filled(text, owner, environment) for text in to)
    try:
        secrets = secrets_of(secret)
    except ValueError as fault:
        raise Fatal(f"the message cannot be signed: {fault}") from None
    send(address, message, secrets, now, private)
