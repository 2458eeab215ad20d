"""Secrets that are handed out once and kept as hashes only."""

from __future__ import annotations

import hashlib
import secrets

CODE_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
CODE_GROUPS, CODE_GROUP = 5, 4


def new_token() -> str:
    """A random token of 256 bits, safe in an address and in a cookie."""
    return secrets.token_urlsafe(32)


def new_code(groups: int = CODE_GROUPS) -> str:
    """A code that people can type: groups of letters and digits without look-alikes, about 20 bits each."""
    parts = ("".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_GROUP)) for _ in range(groups))
    return "-".join(parts)


def digest(secret: str) -> str:
    """The hash under which a token is kept; the tokens are random, so a plain hash is enough."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def code_digest(code: str) -> str:
    """The hash of a typed code: case, blanks and dashes do not matter."""
    return digest(bare_code(code))


def bare_code(code: str) -> str:
    """A typed code as it is compared: letters and digits only, in capitals."""
    return "".join(letter for letter in code.upper() if letter.isalnum())
