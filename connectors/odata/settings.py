"""The settings of a connection to an OData service, read and judged once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from connectors.errors import Fatal, meant
from metadata.connector_settings import names_of

KNOWN = names_of("odata")
LOOPBACK = ("127.0.0.1", "::1", "localhost")
PATIENCE_SECONDS = 30.0
MOST_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who asks for a token, and where. The secret is left out where this is printed."""

    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str = ""
    resource: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a connection says. `root` ends with a slash; `query` is added to every address of rows."""

    root: str
    credentials: Credentials | None = None
    query: str = ""
    by_key: bool = False
    empty_date: dt.date | None = None
    timeout: float = PATIENCE_SECONDS
    ca_file: str = ""


def read(name: str, given: Mapping[str, str]) -> Settings:
    """The settings of the connection of this name. Raises Fatal, with what to do, for those that cannot work."""
    for key in given:
        if key not in KNOWN:
            raise Fatal(f"connection {name}: there is no setting {key} for odata{meant(key, KNOWN)}")
    paging = given.get("paging") or "link"
    if paging not in ("link", "key"):
        raise Fatal(f"connection {name}: paging is link or key, not {paging!r}")
    ca_file = given.get("ca_file", "")
    if ca_file and not Path(ca_file).is_file():
        raise Fatal(f"connection {name}: there is no ca_file {ca_file}")
    return Settings(
        address(name, "url", given.get("url", "")).rstrip("/") + "/",
        credentials(name, given),
        given.get("query", "").lstrip("?&"),
        paging == "key",
        _day(name, given.get("empty_date", "")),
        seconds_of(name, given.get("timeout", "")),
        ca_file,
    )


def credentials(name: str, given: Mapping[str, str]) -> Credentials | None:
    """Those of OAuth, or None where nothing of them is given. Raises Fatal."""
    wanted = ("token_url", "client_id", "client_secret")
    missing = [key for key in wanted if not given.get(key)]
    if len(missing) == len(wanted):
        return None
    if missing:
        raise Fatal(f"connection {name}: a token needs {', '.join(wanted)}; {missing[0]} is missing")
    where = address(name, "token_url", given["token_url"])
    return Credentials(where, given["client_id"], given["client_secret"], given.get("scope", ""), given.get("resource", ""))


def address(name: str, key: str, text: str) -> str:
    """An address that secrets and rows may go to: encrypted, or on this machine."""
    if not text:
        raise Fatal(f"connection {name} has no setting {key}")
    try:
        parts = urlsplit(text)
        found = parts.hostname and parts.port != 0
    except ValueError:
        found = False
        parts = urlsplit("")
    if not found or parts.scheme not in ("http", "https") or parts.username or parts.query or parts.fragment:
        raise Fatal(f"connection {name}: {key} is not an address such as https://erp.example.com/data")
    if parts.scheme != "https" and parts.hostname not in LOOPBACK:
        raise Fatal(f"connection {name}: {key} must begin with https://, so that nobody reads along")
    return text


def _day(name: str, text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise Fatal(f"connection {name}: empty_date is a date such as 1900-01-01, not {text!r}") from None


def seconds_of(name: str, text: str) -> float:
    """The setting timeout. Raises Fatal."""
    try:
        seconds = float(text) if text else PATIENCE_SECONDS
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= MOST_SECONDS:
        raise Fatal(f"connection {name}: timeout is a number of seconds up to {MOST_SECONDS:.0f}, not {text!r}")
    return seconds
