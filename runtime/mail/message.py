"""A message and the port through which it leaves."""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass
from email.utils import make_msgid, parseaddr
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from email.message import EmailMessage

log = logging.getLogger("foyer.mail")
LONGEST_SUBJECT = 200


class MailFailed(Exception):
    """The message could not be handed over."""


@dataclass(frozen=True, slots=True)
class MailMessage:
    """A plain text to one person."""

    to: str
    subject: str
    text: str


class Mailer(Protocol):
    """A way out for messages."""

    def send(self, message: MailMessage) -> None:
        """Hand one message over. Raises MailFailed."""
        ...


def deliver(mailer: Mailer, message: MailMessage) -> bool:
    """Send after the work is saved: a failure is logged and goes no further, so that answers stay neutral."""
    try:
        mailer.send(message)
    except MailFailed as error:
        log.error("mail not sent", extra={"action": "mail_failed", "reason": str(error)})
        return False
    log.info("mail sent", extra={"action": "mail_sent"})
    return True


def compose(message: MailMessage, sender: str) -> EmailMessage:
    """The message as it travels. Raises MailFailed for an address that is none; headers hold no line breaks."""
    from email.message import EmailMessage  # loaded with the first message, not with every start
    from email.policy import SMTP

    made = EmailMessage(policy=SMTP)
    try:
        made["From"] = single_line(sender)
        made["To"] = mailbox(message.to)
        made["Subject"] = single_line(message.subject)[:LONGEST_SUBJECT]
    except (ValueError, IndexError) as error:
        raise MailFailed("the address cannot be used") from error
    made["Date"] = dt.datetime.now(dt.UTC)
    made["Message-ID"] = make_msgid(domain=parseaddr(sender)[1].rpartition("@")[2] or "localhost")
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(message.text)
    return made


def single_line(text: str) -> str:
    """The text without line breaks and other control characters."""
    return "".join(" " if ord(letter) < 32 or ord(letter) == 127 else letter for letter in text)


def mailbox(address: str) -> str:
    """The one mailbox that an address names. Raises MailFailed for several, none, or hidden line breaks."""
    name, plain = parseaddr(address)
    if plain != address or name or plain.count("@") != 1 or single_line(plain) != plain or "," in plain:
        raise MailFailed("the address cannot be used")
    return plain
