"""The settings of a connection to a REST service, read and judged once."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from connectors.errors import Fatal, meant
from connectors.odata.settings import Settings, address, credentials, seconds_of
from metadata.connector_settings import names_of

KNOWN = names_of("rest")
WANTED: Mapping[str, tuple[str, ...]] = {
    "none": (),
    "basic": ("user", "password"),
    "bearer": ("token",),
    "header": ("header", "api_key"),
    "oauth": ("token_url", "client_id", "client_secret"),
}
"""Ways to say who asks, and the settings that each needs."""


@dataclass(frozen=True, slots=True)
class RestSettings:
    """What a connection says. `headers` go with every request; they are left out where this is printed."""

    http: Settings
    headers: Mapping[str, str] = field(repr=False)
    per_minute: int = 0


def read(name: str, given: Mapping[str, str]) -> RestSettings:
    """The settings of the connection of this name. Raises Fatal, with what to do, for those that cannot work."""
    for key in given:
        if key not in KNOWN:
            raise Fatal(f"connection {name}: there is no setting {key} for rest{meant(key, KNOWN)}")
    auth = given.get("auth") or "none"
    if auth not in WANTED:
        raise Fatal(f"connection {name}: there is no auth {auth}{meant(auth, WANTED)}")
    missing = [key for key in WANTED[auth] if not given.get(key)]
    if missing:
        raise Fatal(f"connection {name}: auth {auth} needs {', '.join(WANTED[auth])}; {missing[0]} is missing")
    ca_file = given.get("ca_file", "")
    if ca_file and not Path(ca_file).is_file():
        raise Fatal(f"connection {name}: there is no ca_file {ca_file}")
    root = address(name, "url", given.get("url", "")).rstrip("/") + "/"
    http = Settings(
        root,
        credentials(name, given) if auth == "oauth" else None,
        timeout=seconds_of(name, given.get("timeout", "")),
        ca_file=ca_file,
    )
    return RestSettings(http, _headers(name, auth, given), _pace(name, given.get("per_minute", "")))


def _headers(name: str, auth: str, given: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    match auth:
        case "basic":
            pair = f"{given['user']}:{given['password']}".encode()
            found = {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
        case "bearer":
            found = {"Authorization": f"Bearer {given['token']}"}
        case "header":
            found = {given["header"]: given["api_key"]}
    if any(not value.isascii() or not value.isprintable() for pair in found.items() for value in pair):
        raise Fatal(f"connection {name}: its credentials hold signs that no header can have")
    return found


def _pace(name: str, text: str) -> int:
    if not text:
        return 0
    if not text.isdecimal() or not 0 < int(text) <= 1_000_000:
        raise Fatal(f"connection {name}: per_minute is a whole number of requests, not {text!r}")
    return int(text)
