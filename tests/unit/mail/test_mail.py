"""Mail: what leaves is one message to one mailbox, by SMTP or into a folder."""

import email
import email.policy

import pytest
from aiosmtpd.controller import Controller

from runtime.mail import FolderMailer, MailFailed, MailMessage, SmtpMailer, UnknownMailAddress, deliver, make_mailer
from support.ports import free_port

SENDER = "Harbour <noreply@harbour.example>"


class Inbox:
    def __init__(self):
        self.received = []

    async def handle_DATA(self, server, session, envelope):
        self.received.append((envelope.rcpt_tos, envelope.content))
        return "250 OK"


@pytest.fixture
def smtp():
    """An SMTP server of the test's own: its inbox and its address."""
    inbox = Inbox()
    server = Controller(inbox, hostname="127.0.0.1", port=free_port())
    server.start()
    yield inbox, f"smtp://127.0.0.1:{server.port}"
    server.stop()


def test_a_message_goes_to_the_server(smtp):
    inbox, url = smtp
    make_mailer(url, "", SENDER).send(MailMessage("ann@example.org", "Välkommen", "Hej\n"))
    to, content = inbox.received[0]
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert to == ["ann@example.org"]
    assert (message["Subject"], message["From"]) == ("Välkommen", SENDER)
    assert message.get_content().strip() == "Hej"


def test_a_message_goes_to_the_folder_where_no_server_is_set(tmp_path):
    make_mailer("", str(tmp_path / "mail"), SENDER).send(MailMessage("ann@example.org", "Hello", "a" * 200))
    (file,) = (tmp_path / "mail").iterdir()
    assert file.suffix == ".eml"
    assert file.stat().st_mode & 0o077 == 0
    message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    assert "a" * 200 in message.get_content()


def test_a_subject_cannot_add_headers(tmp_path):
    mailer = FolderMailer(tmp_path, SENDER)
    mailer.send(MailMessage("ann@example.org", "Hi\r\nBcc: eve@evil.example\n\nBody", "x"))
    (file,) = tmp_path.iterdir()
    message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    assert message["Bcc"] is None
    assert message["To"] == "ann@example.org"


@pytest.mark.parametrize(
    "to",
    [
        "ann@example.org\r\nBcc: eve@evil.example",
        "ann@example.org, eve@evil.example",
        "",
        "ann",
        "Ann <ann@example.org>",
        "a@b@c",
        "ann@example.org\0",
        "@",
        "ann@",
    ],
)
def test_an_address_that_is_not_one_mailbox_is_refused(tmp_path, to):
    with pytest.raises(MailFailed):
        FolderMailer(tmp_path, SENDER).send(MailMessage(to, "Hi", "x"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("url", ["http://x", "smtp://", "nothing", "smtp://h:notaport", "smtps:///x"])
def test_a_server_address_that_is_none_is_refused_at_once(url):
    with pytest.raises(UnknownMailAddress):
        SmtpMailer(url, SENDER)


def test_a_failure_is_logged_without_the_password_and_goes_no_further(caplog):
    mailer = SmtpMailer("smtp://user:topsecret@127.0.0.1:1", SENDER)
    assert deliver(mailer, MailMessage("ann@example.org", "Hi", "x")) is False
    assert "mail not sent" in caplog.text
    assert all("topsecret" not in str(vars(record)) for record in caplog.records)


def test_a_folder_that_cannot_be_written_to_is_a_failure(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(MailFailed):
        FolderMailer(tmp_path / "file", SENDER).send(MailMessage("ann@example.org", "Hi", "x"))
