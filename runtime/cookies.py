"""The browser's signed cookie. Checking a signature is remembered: a page asks with the same cookie again and again.

Only cookies whose signature was found good are remembered, by their whole text, and their age is looked at each time.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask, Request, Response, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from itsdangerous import BadSignature, URLSafeTimedSerializer

from runtime.answers import Answer
from runtime.csrf import FROM_ELSEWHERE

LARGEST = 4096
LONGEST = 1000
SENT_BY = "Sec-Fetch-Site"


@dataclass(frozen=True, slots=True)
class Checked:
    """What a cookie holds whose signature is good, when it was signed, in seconds, and whether with a secret key of before."""

    values: Mapping[str, Any]
    signed_at: float
    outdated: bool = False


class CookieSessions(SecureCookieSessionInterface):
    """Flask's sessions in a signed cookie, with a memory of signatures found good. One for each application."""

    def __init__(self) -> None:
        self._checked: dict[tuple[object, str], Checked] = {}
        self._serializers: dict[object, URLSafeTimedSerializer | None] = {}

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """What signs and checks; made once for a key."""
        key = app.secret_key
        if key not in self._serializers:
            self._serializers[key] = super().get_signing_serializer(app)
        return self._serializers[key]

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """What the cookie holds, in a dictionary of this request's own; nothing for one that is not ours or too old."""
        cookie = request.cookies.get(app.config["SESSION_COOKIE_NAME"])
        if not cookie:
            return self.session_class()
        checked = self._checked.get((app.secret_key, cookie))
        longest = app.permanent_session_lifetime.total_seconds()
        if checked is None or not 0 <= time.time() - checked.signed_at <= longest:
            checked = self._check(app, cookie, int(longest))
        if checked is None:
            return self.session_class()
        session = self.session_class(checked.values)
        if checked.outdated:
            session.modified = True  # the answer brings it signed with the key of now
        return session

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Send a cookie where something was changed, else only what caches must know.

        A browser brings no cookie with what another site has it post; a new one would put an end to the session that it has.
        """
        if request.method == "POST" and (request.endpoint in FROM_ELSEWHERE or request.headers.get(SENT_BY) == "cross-site"):
            return
        if session.modified or (session.permanent and app.config["SESSION_REFRESH_EACH_REQUEST"]):
            super().save_session(app, session, response)
        elif session.accessed and isinstance(response, Answer):
            response.by_cookie = True  # said as it is sent, at a fraction of the cost
        elif session.accessed:
            response.vary.add("Cookie")

    def _check(self, app: Flask, cookie: str, longest: int) -> Checked | None:
        signer = self.get_signing_serializer(app)
        if signer is None:
            return None
        try:
            values, moment = signer.loads(cookie, max_age=longest, return_timestamp=True)
        except BadSignature:
            return None
        checked = Checked(values, moment.timestamp(), self._is_outdated(app, signer, cookie))
        if len(cookie) <= LONGEST and all(isinstance(value, str | int) for value in values.values()):
            self._remember((app.secret_key, cookie), checked)
        return checked

    @staticmethod
    def _is_outdated(app: Flask, signer: URLSafeTimedSerializer, cookie: str) -> bool:
        if not app.config["SECRET_KEY_FALLBACKS"]:
            return False
        newest = signer.make_signer(signer.salt)
        newest.secret_keys = newest.secret_keys[-1:]
        return not newest.validate(cookie)

    def _remember(self, signed: tuple[object, str], checked: Checked) -> None:
        """Keep values that nothing can change in place; begin anew when there are too many."""
        if len(self._checked) >= LARGEST:
            self._checked.clear()
        self._checked[signed] = checked
