"""Mail by SMTP."""

from __future__ import annotations

import smtplib
import ssl
from urllib.parse import unquote, urlsplit

from runtime.mail.message import MailFailed, MailMessage, compose

PORTS = {"smtp": 587, "smtps": 465}
OURSELVES = ("localhost", "127.0.0.1", "::1")
TIMEOUT_SECONDS = 10


class UnknownMailAddress(ValueError):
    """The mail server's address cannot be used; write smtp:// or smtps:// and a host."""


class SmtpMailer:
    """Hands messages to one SMTP server: over TLS from the start, or after STARTTLS where the server offers it.

    A password never travels in the clear, except within this machine."""

    def __init__(self, url: str, sender: str) -> None:
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise UnknownMailAddress(str(UnknownMailAddress.__doc__)) from None
        if parts.scheme not in PORTS or not parts.hostname:
            raise UnknownMailAddress(str(UnknownMailAddress.__doc__))
        self._scheme = parts.scheme
        self._host = parts.hostname
        self._port = port or PORTS[parts.scheme]
        self._user = unquote(parts.username or "")
        self._password = unquote(parts.password or "")
        self._sender = sender

    def send(self, message: MailMessage) -> None:
        """Hand one message over. Raises MailFailed when the server is away, slow or refuses."""
        composed = compose(message, self._sender)
        try:
            with self._connect() as server:
                server.send_message(composed)
        except (OSError, smtplib.SMTPException) as error:
            raise MailFailed(f"{self._host}:{self._port}: {type(error).__name__}") from error

    def _connect(self) -> smtplib.SMTP:
        if self._scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self._host, self._port, timeout=TIMEOUT_SECONDS, context=ssl.create_default_context()
            )
        else:
            server = smtplib.SMTP(self._host, self._port, timeout=TIMEOUT_SECONDS)
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls(context=ssl.create_default_context())
            elif self._user and self._host not in OURSELVES:
                server.close()
                raise MailFailed(f"{self._host}:{self._port}: offers no encryption for the password")
        if self._user:
            server.login(self._user, self._password)
        return server
