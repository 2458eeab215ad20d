"""The nonce of a request: what its own scripts within the page are known by, made where a page first asks for it."""

from __future__ import annotations

import secrets
from typing import Any

from flask import g

KEY = "csp_nonce"
BYTES = 16


def csp_nonce() -> str:
    """The nonce of this request."""
    if KEY not in g:
        g.csp_nonce = secrets.token_urlsafe(BYTES)
    return str(g.csp_nonce)


def nonce_used(held: Any) -> str:
    """The nonce that a page of the request has in it; "" where none asked for one. `held` is what is kept for the request."""
    return str(held.get(KEY, ""))
