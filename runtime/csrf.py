"""The token that every form sends back. Signing is remembered, and so is what was signed: tokens do not age."""

from __future__ import annotations

import contextlib
import hmac
import secrets
from collections.abc import MutableMapping
from typing import Any, cast

from flask import Flask, Request, current_app, session
from flask_wtf.csrf import CSRFError, CSRFProtect, generate_csrf, validate_csrf
from itsdangerous import BadData, URLSafeTimedSerializer

from runtime.at_hand import the_app, the_session

CSRF_FIELD = "csrf_token"
MOST_SIGNED = 10_000
SALT = "wtf-csrf-token"
TAKES_TOKENS = frozenset({"api"})
"""The blueprints whose callers may be programs with a token."""
FROM_ELSEWHERE = frozenset({"identity.saml_receive", "identity.back_channel_receive", "identity.leaving_posted"})
"""The endpoints to which other sites post, or have browsers post. No cookie counts there; what was posted proves itself."""
_SIGNED: dict[tuple[object, str], str] = {}


def csrf_token() -> str:
    """The signed token of the session, made where it has none yet."""
    known = _remembered(the_app(), the_session())
    if known is not None:
        return known
    made = cast(str, generate_csrf())
    if len(_SIGNED) >= MOST_SIGNED:
        _SIGNED.clear()
    _SIGNED[current_app.secret_key, session[CSRF_FIELD]] = made
    return made


def open_forms_for(contact: int, acting: int | None) -> None:
    """Have every token of the session that begins tell for whom its form was opened: a contact, acting for an account."""
    session[CSRF_FIELD] = f"{contact}.{acting or 0}.{secrets.token_hex(20)}"


def opened_for(token: str) -> tuple[int, int | None] | None:
    """For whom a form with this token was opened, whatever became of the session; None where the token is not ours or
    nobody was signed in."""
    for key in (current_app.secret_key, *(current_app.config["SECRET_KEY_FALLBACKS"] or ())):
        with contextlib.suppress(BadData, TypeError):
            told = URLSafeTimedSerializer(cast(str, key), salt=SALT).loads(token)
            contact, _, rest = str(told).partition(".")
            acting, _, secret = rest.partition(".")
            if secret and contact.isdecimal() and acting.isdecimal():
                return int(contact), int(acting) or None
    return None


def bearer_token(request: Request) -> str:
    """The token of a program, where it calls an address that takes one; no cookie counts for such a request."""
    if request.blueprint not in TAKES_TOKENS:
        return ""
    kind, _, token = request.headers.get("Authorization", "").strip().partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


class Tokens:
    """Flask-WTF's protection, asked by the request's own hook where something is written, instead of at each request."""

    def __init__(self, app: Flask) -> None:
        app.config["WTF_CSRF_CHECK_DEFAULT"] = False
        self._protection = CSRFProtect(app)

    def check(self, request: Request) -> None:
        """Raises CSRFError for a request that writes and does not bring the session's token.

        A program with a token of its own has no session that another site could use.
        """
        if bearer_token(request) or request.endpoint in FROM_ELSEWHERE:
            return
        sent = request.form.get(CSRF_FIELD, "")
        known = _remembered(the_app(), the_session()) if sent else None
        if known is None or not hmac.compare_digest(known.encode(), sent.encode()):
            try:
                self._protection.protect(apply_exemptions=True)
            except CSRFError:
                if not _signed_before(sent or request.headers.get("X-CSRFToken", "")):
                    raise


def _signed_before(token: str) -> bool:
    """Whether a token was signed with a secret key of before: a form that was open while the key was changed is still taken."""
    for key in current_app.config["SECRET_KEY_FALLBACKS"] or ():
        with contextlib.suppress(ValueError):
            validate_csrf(token, secret_key=key)
            return True
    return False


def _remembered(app: Flask, held: MutableMapping[str, Any]) -> str | None:
    """The token signed before for what a session holds."""
    raw = held.get(CSRF_FIELD)
    return _SIGNED.get((app.secret_key, raw)) if isinstance(raw, str) else None
