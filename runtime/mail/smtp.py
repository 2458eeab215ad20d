"""Mail by SMTP."""

from __future__ import annotations

import smtplib
import ssl

from runtime.mail.address import mail_server
from runtime.mail.message import MailFailed, MailMessage, compose

OURSELVES = ("localhost", "127.0.0.1", "::1")
TIMEOUT_SECONDS = 10


class SmtpMailer:
    """Hands messages to one SMTP server: over TLS from the start, or after STARTTLS where the server offers it.

    A password never travels in the clear, except within this machine, and with smtp+starttls nothing does."""

    def __init__(self, url: str, sender: str) -> None:
        self._server = mail_server(url)
        self._sender = sender

    def send(self, message: MailMessage) -> None:
        """Hand one message over. Raises MailFailed when the server is away, slow or refuses."""
        composed = compose(message, self._sender)
        try:
            with self._connect() as server:
                server.send_message(composed)
        except (OSError, smtplib.SMTPException) as error:
            raise MailFailed(f"{self._server.host}:{self._server.port}: {type(error).__name__}") from error

    def try_out(self) -> str:
        """Reach the server as a message would, and send none; tells which it is. Raises MailFailed."""
        place = f"{self._server.host}:{self._server.port}"
        try:
            with self._connect() as server:
                server.noop()
        except (OSError, smtplib.SMTPException) as error:
            raise MailFailed(f"{place}: {type(error).__name__}") from error
        return place

    def _connect(self) -> smtplib.SMTP:
        at = self._server
        if at.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                at.host, at.port, timeout=TIMEOUT_SECONDS, context=ssl.create_default_context()
            )
        else:
            server = smtplib.SMTP(at.host, at.port, timeout=TIMEOUT_SECONDS)
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls(context=ssl.create_default_context())
            elif at.scheme == "smtp+starttls" or (at.user and at.host not in OURSELVES):
                server.close()
                raise MailFailed(f"{at.host}:{at.port}: offers no encryption")
        if at.user:
            server.login(at.user, at.password)
        return server
