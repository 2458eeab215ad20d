"""The address of a mail server, as a setting names it. Apart from what speaks to it, so that settings are read without that."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

PORTS = {"smtp": 587, "smtp+starttls": 587, "smtps": 465}


class UnknownMailAddress(ValueError):
    """must be smtp://host:port, smtp+starttls://user:password@host or smtps://user:password@host"""


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where a mail server is and who we are there. `scheme` is smtp (encrypted where it offers that), smtp+starttls
    (encrypted, or nothing is sent) or smtps (encrypted from the start)."""

    scheme: str
    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)


def mail_server(url: str) -> MailServer:
    """The server that an address names. Raises UnknownMailAddress."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise UnknownMailAddress(str(UnknownMailAddress.__doc__)) from None
    if parts.scheme not in PORTS or not parts.hostname:
        raise UnknownMailAddress(str(UnknownMailAddress.__doc__))
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return MailServer(parts.scheme, parts.hostname, port or PORTS[parts.scheme], user, password)
