"""Mail: one message, one port, two ways out (an SMTP server, or a folder where none is configured)."""

from __future__ import annotations

from runtime.mail.address import UnknownMailAddress, mail_server
from runtime.mail.folder import FolderMailer
from runtime.mail.message import Mailer, MailFailed, MailMessage, deliver
from runtime.mail.smtp import SmtpMailer


def make_mailer(smtp_url: str, folder: str, sender: str) -> Mailer:
    """The way out that is configured: a server (smtp://, smtp+starttls://, smtps://), else files in a folder."""
    return SmtpMailer(smtp_url, sender) if smtp_url else FolderMailer(folder, sender)


__all__ = [
    "FolderMailer",
    "MailFailed",
    "MailMessage",
    "Mailer",
    "SmtpMailer",
    "UnknownMailAddress",
    "deliver",
    "mail_server",
    "make_mailer",
]
