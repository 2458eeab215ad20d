"""An OpenID Connect provider that runs beside a test and can be bent: what it says of itself, what it signs, what it refuses.

It knows one client and one address to send people back to, as a real one does.
"""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, jsonify, redirect, request
from joserfc import jwt
from joserfc.jwk import RSAKey

from support.listening import Closing, listening

CLIENT, SECRET = "portal", "the secret of the guild"
KEY, OTHER = RSAKey.generate_key(2048, {"kid": "guild-1"}), RSAKey.generate_key(2048, {"kid": "guild-1"})


@dataclass
class Guild:
    """The provider, and what of it is bent; `status` is what all of it answers, 0 for what it should."""

    address: str = ""
    backs: tuple[str, ...] = ()
    secret: str = SECRET
    described: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    signs_with: RSAKey = field(default_factory=lambda: KEY)
    status: int = 0
    seconds_ahead: int = 0
    says_no: str = ""
    silent_on_prompt: bool = False
    nonces: dict[str, str] = field(default_factory=dict)

    def app(self) -> Flask:
        """What it answers."""
        app = Flask("guild")
        app.add_url_rule("/.well-known/openid-configuration", "describe", self._describe)
        app.add_url_rule("/keys", "keys", self._keys)
        app.add_url_rule("/authorize", "authorize", self._authorize)
        app.add_url_rule("/token", "token", self._token, methods=["POST"])
        app.before_request(self._broken)
        return app

    def _broken(self) -> Response | None:
        return Response("<p>gone</p>", self.status) if self.status else None

    def _describe(self) -> Response:
        own = {"authorization": "/authorize", "token": "/token"}
        found = {"issuer": self.address, "jwks_uri": f"{self.address}/keys"}
        found |= {f"{name}_endpoint": f"{self.address}{path}" for name, path in own.items()}
        return jsonify({name: value for name, value in {**found, **self.described}.items() if value is not None})

    def _keys(self) -> Response:
        return jsonify({"keys": [KEY.as_dict(private=False)]})

    def _authorize(self) -> Any:
        asked = request.args
        if asked.get("client_id") != CLIENT or asked.get("redirect_uri") not in self.backs:
            return Response("<p>unknown client or address</p>", 400)
        if self.silent_on_prompt:
            return Response("<p>sign in</p>")
        if asked.get("prompt") == "none":
            said = {"error": self.says_no or "login_required"}
        elif self.says_no:
            said = {"error": self.says_no}
        else:
            self.nonces["code-1"] = asked["nonce"]
            said = {"code": "code-1"}
        return redirect(f"{asked['redirect_uri']}?{urlencode({**said, 'state': asked['state']})}", 302)

    def _token(self) -> Any:
        given = base64.b64decode(request.headers.get("Authorization", "").removeprefix("Basic ")).decode()
        if given != f"{CLIENT}:{self.secret}":
            return jsonify({"error": "invalid_client"}), 401
        nonce = self.nonces.pop(request.form.get("code", ""), None)
        if nonce is None:
            return jsonify({"error": "invalid_grant"}), 400
        now = int(time.time()) + self.seconds_ahead
        claims = {
            "iss": self.address,
            "aud": CLIENT,
            "nonce": nonce,
            "sub": "carol-1",
            "iat": now,
            "exp": now + 300,
            **self.claims,
        }
        token = jwt.encode({"alg": "RS256", "kid": self.signs_with.kid}, claims, self.signs_with)
        return jsonify({"access_token": "a", "token_type": "Bearer", "id_token": token})


@contextmanager
def running(guild: Guild, port: int = 0) -> Iterator[Guild]:
    """The provider on a port of its own where none is given; its address is its issuer."""

    class Clock(Closing):
        """Goes by the clock of the provider."""

        def date_time_string(self, timestamp: float | None = None) -> str:
            """The Date header."""
            return formatdate((timestamp or time.time()) + guild.seconds_ahead, usegmt=True)

    server = listening(guild.app(), port, Clock)
    guild.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield guild
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
