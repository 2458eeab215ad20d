"""People who are signed in already: a session in the database and the cookie that a browser would hold."""

from __future__ import annotations

import datetime as dt
from functools import cache

from flask import Flask
from flask.sessions import SecureCookieSessionInterface

from benchmarks.data import environment
from runtime.app import COOKIE
from runtime.config import Config
from runtime.database import make_engine
from runtime.identity.roles import grant_roles
from runtime.identity.sessions import NewSession, open_session
from runtime.identity.views.answers import COOKIE_TOKEN

SITE, ROLE = "bench", "buyer"
CSRF = "0123456789abcdef0123456789abcdef01234567"


@cache
def foyer_cookie(url: str, contact: int, role: str = ROLE) -> str:
    """The cookie header of a contact who has signed in to the engine."""
    engine = make_engine(url)
    try:
        with engine.begin() as connection:
            grant_roles(connection, contact, SITE, (role,))
            token = open_session(connection, NewSession(contact, SITE, "", remember=True, lifetime=dt.timedelta(days=30)))
    finally:
        engine.dispose()
    return f"{COOKIE}={signed({COOKIE_TOKEN: token, 'csrf_token': CSRF}, url)}"


def hand_cookie(url: str, contact: int) -> str:
    """The cookie header of the same person at the pages written by hand, where it holds all that they must know."""
    return f"session={signed({'contact': contact, 'account': contact, 'csrf_token': CSRF}, url)}"


def signed(values: dict[str, object], url: str) -> str:
    """A cookie's value as Flask signs it."""
    app = Flask(__name__)
    app.secret_key = Config.from_environment(environment(url)).secret_key
    serializer = SecureCookieSessionInterface().get_signing_serializer(app)
    if serializer is None:
        raise ValueError("no secret key")
    return str(serializer.dumps(values))
