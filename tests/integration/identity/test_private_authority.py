"""Where the house has a certificate authority of its own, one variable has every call that goes out believe it."""

import datetime as dt
import http.server
import ipaddress
import json
import ssl
import threading

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

pytest.importorskip("authlib", reason="needs the extra oidc")

from connectors.errors import Retriable
from connectors.webhook.sending import Message, send
from metadata.model import IdentityProvider
from runtime.identity.external.openid import OpenIdClient
from runtime.identity.external.proof import ProviderDown
from runtime.identity.external.trying import try_provider
from support.portal import text


@pytest.fixture
def authority(tmp_path):
    """A certificate that nobody knows, for localhost, and its key."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "the house")])
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    now = dt.datetime.now(dt.UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(7)
    made = made.not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=1))
    made = made.add_extension(names, critical=False).add_extension(
        x509.BasicConstraints(ca=True, path_length=None), critical=True
    )
    certificate, private = tmp_path / "house.pem", tmp_path / "house.key"
    certificate.write_bytes(made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return certificate, private


@pytest.fixture
def house(authority):
    """The address of a provider, and receiver of webhooks, with that certificate."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            said = {"issuer": address, "authorization_endpoint": f"{address}/in", "jwks_uri": f"{address}/keys", "keys": []}
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(said).encode())

        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def log_message(self, *_):
            """Nothing."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    address = f"https://localhost:{server.server_port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield address
    server.shutdown()
    server.server_close()


def test_one_variable_has_providers_and_webhooks_believe_an_authority_of_the_house(house, authority, monkeypatch):
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    provider = IdentityProvider(key="house", label=text("the house"), issuer=house, client_id="portal")
    back = "http://portal.example/back"

    def tried():
        return {step.name: step.outcome for step in try_provider(provider, {}, back)}

    def begun():
        return OpenIdClient(provider, {}).begin(back)[0]

    def told():
        return send(f"{house}/hook", Message("m", b"{}"), (b"s" * 32,), 0, frozenset({"localhost"}))

    with pytest.raises(ProviderDown) as unknown:
        begun()
    assert unknown.value.reason == "tls"
    assert tried()["description"] == "bad"
    with pytest.raises(Retriable):
        told()
    monkeypatch.setenv("SSL_CERT_FILE", str(authority[0]))
    assert begun().startswith(f"{house}/in?")
    assert (tried()["description"], tried()["issuer"]) == ("good", "good")
    assert told() == 200
