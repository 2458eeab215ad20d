"""Mail: what leaves is one message to one mailbox, by SMTP or into a folder."""

import datetime as dt
import email
import email.policy
import ssl
from ipaddress import IPv4Address

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from runtime.config import Config, ConfigError
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


@pytest.fixture
def certificate(tmp_path, monkeypatch):
    """A certificate of this machine that is trusted: its file, with the key."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    made = made.not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=9))
    made = made.add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
    file = tmp_path / "both.pem"
    pem = made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
    file.write_bytes(pem + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    return file


@pytest.mark.parametrize("scheme", ["smtp", "smtp+starttls"])
def test_a_server_that_offers_encryption_gets_password_and_message_over_it(certificate, scheme):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    inbox, given = Inbox(), []

    def known(server, session, envelope, mechanism, data):
        given.append((data.login, data.password, session.ssl is not None))
        return AuthResult(success=True)

    server = Controller(
        inbox, hostname="127.0.0.1", port=free_port(), tls_context=context, authenticator=known, auth_require_tls=True
    )
    server.start()
    try:
        url = f"{scheme}://portal:pass%40word@127.0.0.1:{server.port}"
        make_mailer(url, "", SENDER).send(MailMessage("ann@example.org", "Hi", "x"))
    finally:
        server.stop()
    assert given == [(b"portal", b"pass@word", True)]
    assert len(inbox.received) == 1


def test_where_encryption_is_asked_for_nothing_is_sent_without_it(smtp):
    inbox, url = smtp
    with pytest.raises(MailFailed, match="encryption"):
        make_mailer(url.replace("smtp", "smtp+starttls"), "", SENDER).send(MailMessage("ann@example.org", "Hi", "x"))
    assert inbox.received == []


@pytest.mark.parametrize(
    "url", ["smtp://h", "smtp://h:25", "smtps://u:p@h", "smtp+starttls://portal:password@mail.example.com:587"]
)
def test_what_the_settings_take_the_mailer_takes(url):
    assert make_mailer(Config.from_environment({"FOYER_SMTP_URL": url}).smtp_url, "", SENDER)


@pytest.mark.parametrize("url", ["http://x", "smtp://", "nothing", "smtp://h:notaport", "smtp+tls://h"])
def test_what_the_mailer_does_not_take_is_refused_with_the_settings(url):
    with pytest.raises(ConfigError) as caught:
        Config.from_environment({"FOYER_SMTP_URL": url})
    assert [problem.partition(" ")[0] for problem in caught.value.problems] == ["FOYER_SMTP_URL"]


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
