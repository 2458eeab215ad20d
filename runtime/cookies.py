"""The browser's signed cookie. Checking a signature is remembered: a page asks with the same cookie again and again.

Only cookies whose signature was found good are remembered, by their whole text, and their age is looked at each time. What is
sent is what Flask would send; what is alike for all cookies is made once.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import orjson
from flask import Flask, Request, Response
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from itsdangerous import BadSignature, TimedSerializer, TimestampSigner, URLSafeTimedSerializer
from itsdangerous.encoding import base64_encode
from itsdangerous.signer import SigningAlgorithm
from werkzeug.http import dump_cookie

from runtime.answers import Answer
from runtime.at_hand import the_request
from runtime.csrf import FROM_ELSEWHERE
from runtime.led_here import ELSEWHERE, SENT_BY, is_led_here

LARGEST = 4096
LONGEST = 1000
FLASHES, TUPLE = "_flashes", " t"
PLAIN_VALUES = frozenset({str, int, bool, type(None)})
SHORT = 512
"""Bytes of values that are sent as they are: to compress them takes longer than to sign them, and tokens hardly get shorter."""
SURELY_KEPT = 3500
"""Letters of a cookie's text that every browser keeps, with all that is said about the cookie."""


class _Sha1(SigningAlgorithm):
    """The HMAC that Flask signs with, in one call."""

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        return hmac.digest(key, value, "sha1")


class _Signer(TimestampSigner):
    """Derives its keys once."""

    def derive_key(self, secret_key: str | bytes | None = None) -> bytes:
        return _derived(secret_key or self.secret_key, self.salt, self.key_derivation, self.digest_method)


@lru_cache(maxsize=16)
def _derived(secret_key: str | bytes, salt: bytes, derivation: str, digest: Any) -> bytes:
    return TimestampSigner(secret_key, salt=salt, key_derivation=derivation, digest_method=digest).derive_key()


class _Serializer(URLSafeTimedSerializer):
    """Leaves short values as they are, which is read as well as what is compressed, and makes its signer once."""

    default_signer = _Signer

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._made: dict[str | bytes | None, TimestampSigner] = {}

    def make_signer(self, salt: str | bytes | None = None) -> TimestampSigner:
        """What signs; nobody may change it."""
        if salt not in self._made:
            self._made[salt] = self.new_signer(salt)
        return self._made[salt]

    def new_signer(self, salt: str | bytes | None = None) -> TimestampSigner:
        """One that is the caller's own."""
        return cast(TimestampSigner, super().make_signer(salt))

    def dump_payload(self, obj: Any) -> bytes:
        plain = _tagged(obj) or TimedSerializer.dump_payload(self, obj)
        return super().dump_payload(obj) if len(plain) > SHORT else base64_encode(plain)


def _tagged(values: Mapping[str, Any]) -> bytes | None:
    """Values as Flask's own JSON of sessions, where they are texts, numbers and messages to be shown; None for others."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if name[:1] == " ":  # as the names begin with which Flask marks what JSON has not
            return None
        if type(value) in PLAIN_VALUES:
            found[name] = value
        elif name == FLASHES and all(type(one) is tuple and all(type(text) is str for text in one) for one in value):
            found[name] = [{TUPLE: one} for one in value]
        else:
            return None
    try:
        return orjson.dumps(found)
    except TypeError:  # a number or a text that orjson does not write
        return None


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
        self._serializers: dict[object, _Serializer | None] = {}

    def get_signing_serializer(self, app: Flask) -> _Serializer | None:
        """What signs and checks; made once for a key."""
        key = app.secret_key
        if key not in self._serializers:
            self._serializers[key] = self._serializer(app) if key else None
        return self._serializers[key]

    def _serializer(self, app: Flask) -> _Serializer:
        how = {"key_derivation": self.key_derivation, "digest_method": self.digest_method, "algorithm": _Sha1()}
        keys = [*(app.config["SECRET_KEY_FALLBACKS"] or ()), app.secret_key]
        return _Serializer(keys, salt=self.salt, serializer=self.serializer, signer_kwargs=how)

    def is_null_session(self, obj: object) -> bool:
        """Whether this stands for a session that could not be opened; to ask for its class costs more than to compare."""
        return type(obj) is self.null_session_class

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

        A browser brings no cookie with what another site has it post, nor one that is strictly for the site's own requests with
        any that another site begins; a new one would put an end to the session that it has.
        """
        asked = the_request()
        if is_led_here(app, asked):
            return
        if asked.method == "POST" and (asked.endpoint in FROM_ELSEWHERE or asked.headers.get(SENT_BY) == ELSEWHERE):
            return
        if session and session.modified and not session.permanent and isinstance(response, Answer):
            self._send(app, session, response)
        elif session.modified or (session.permanent and app.config["SESSION_REFRESH_EACH_REQUEST"]):
            super().save_session(app, session, response)
        elif session.accessed and isinstance(response, Answer):
            response.by_cookie = True  # said as it is sent, at a fraction of the cost
        elif session.accessed:
            response.vary.add("Cookie")

    def _send(self, app: Flask, session: SessionMixin, response: Answer) -> None:
        """Send a cookie that ends with the browser's session, as Flask would."""
        name, signer = self.get_cookie_name(app), self.get_signing_serializer(app)
        value = signer.dumps(dict(session)) if signer is not None else ""
        if len(value) > SURELY_KEPT:
            super().save_session(app, session, response)  # which says so where a browser may not keep it
            return
        manner = (
            self.get_cookie_path(app),
            self.get_cookie_domain(app),
            self.get_cookie_secure(app),
            self.get_cookie_httponly(app),
            self.get_cookie_samesite(app),
            self.get_cookie_partitioned(app),
        )
        response.headers.add("Set-Cookie", f"{name}={value}{_manner(*manner)}")
        response.by_cookie = True

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
    def _is_outdated(app: Flask, signer: _Serializer, cookie: str) -> bool:
        if not app.config["SECRET_KEY_FALLBACKS"]:
            return False
        newest = signer.new_signer(signer.salt)
        newest.secret_keys = newest.secret_keys[-1:]
        return not newest.validate(cookie)

    def _remember(self, signed: tuple[object, str], checked: Checked) -> None:
        """Keep values that nothing can change in place; begin anew when there are too many."""
        if len(self._checked) >= LARGEST:
            self._checked.clear()
        self._checked[signed] = checked


@lru_cache(maxsize=16)
def _manner(path: str, domain: str | None, secure: bool, httponly: bool, samesite: str | None, partitioned: bool) -> str:
    """What follows the value of a cookie: where it is sent, and to whom."""
    whole = dump_cookie(
        "name",
        "value",
        path=path,
        domain=domain,
        secure=secure,
        httponly=httponly,
        samesite=samesite,
        partitioned=partitioned,
    )
    return whole.removeprefix("name=value")
