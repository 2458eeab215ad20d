"""A SAML provider that runs beside a test: pysaml2 writes what it says, signxml signs it, a small server shows who may come.

Everything that an answer consists of can be changed before it is signed, and after.
"""

import base64
import datetime as dt
import importlib
import tempfile
import threading
import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote_plus, unquote, urlsplit
from xml.sax.saxutils import quoteattr

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from flask import Flask, Response, make_response, redirect, request
from lxml import etree
from signxml.signer import XMLSigner
from signxml.verifier import XMLVerifier
from werkzeug.serving import make_server

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what the library warns of in itself
    from saml2 import BINDING_HTTP_REDIRECT
    from saml2.config import IdPConfig
    from saml2.saml import NAMEID_FORMAT_PERSISTENT, NAMEID_FORMAT_TRANSIENT, NameID
    from saml2.server import Server

DS = "http://www.w3.org/2000/09/xmldsig#"
SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
PROTOCOL = "urn:oasis:names:tc:SAML:2.0:protocol"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
ENTITY = "http://town.example/hall"
Change = Callable[[Any], None]


@dataclass(frozen=True)
class Seal:
    """A key and the certificate of it."""

    key: Any
    certificate: str

    @classmethod
    def new(cls) -> "Seal":
        key = rsa.generate_private_key(65537, 2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "the town hall")])
        now = dt.datetime.now(dt.UTC)
        made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        made = made.serial_number(1).not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=9))
        return cls(key, made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode())

    @property
    def pem(self) -> bytes:
        return bytes(self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


SEAL = Seal.new()


@dataclass
class TownHall:
    """The provider: knows one site, whose metadata it was given."""

    site_metadata: str
    address: str = "https://hall.town.example"
    seal: Seal = field(default_factory=lambda: SEAL)

    def __post_init__(self) -> None:
        with tempfile.NamedTemporaryFile("w", suffix=".xml", delete=False) as known:
            known.write(self.site_metadata)
        endpoints = {"single_sign_on_service": [(f"{self.address}/sso", BINDING_HTTP_REDIRECT)]}
        said = {
            "default": {
                "lifetime": {"minutes": 5},
                "attribute_restrictions": None,
                "name_form": "urn:oasis:names:tc:SAML:2.0:attrname-format:basic",
            }
        }
        service = {"endpoints": endpoints, "policy": said, "want_authn_requests_signed": False}
        config = {
            "entityid": ENTITY,
            "allow_unknown_attributes": True,
            "xmlsec_binary": "/bin/true",
            "metadata": {"local": [known.name]},
            "service": {"idp": service},
        }
        self._server = Server(config=IdPConfig().load(config))
        Path(known.name).unlink()

    def asked(self, query: str) -> Any:
        """The request that a browser was sent with, read and checked as the provider does."""
        return self._server.parse_authn_request(query, BINDING_HTTP_REDIRECT).message

    def answer(
        self,
        subject: str,
        *,
        to: str,
        audience: str,
        asked: str = "",
        format: str = NAMEID_FORMAT_PERSISTENT,
        before: Change | None = None,
        after: Change | None = None,
        seal: Seal | None = None,
        claims: dict[str, str] | None = None,
        encrypted_for: str = "",
    ) -> str:
        """What a browser is had to post, as base64. `before` and `after` change the answer before and after it is signed.

        The assertion may be `encrypted_for` a certificate.
        """
        name = NameID(format=format, text=subject)
        about = {"authn": {"class_ref": "urn:oasis:names:tc:SAML:2.0:ac:classes:Password", "authn_auth": ENTITY}}
        made = self._server.create_authn_response(
            claims or {}, asked or None, to, audience, name_id=name, sign_response=False, **about
        )
        document = etree.fromstring(str(made).encode())
        if before is not None:
            before(document)
        signed = _signed(document, seal or self.seal)
        if after is not None:
            after(signed)
        if encrypted_for:
            _encrypt(signed, encrypted_for)
        return base64.b64encode(etree.tostring(signed)).decode()


def _encrypt(document: Any, certificate: str) -> None:
    """The assertion of an answer replaced by one that only the holder of the certificate's key can read."""
    xmlsec: Any = importlib.import_module("xmlsec")  # its types lack half of what it has
    manager = xmlsec.KeysManager()
    manager.add_key(xmlsec.Key.from_memory(certificate.encode(), xmlsec.KeyFormat.CERT_PEM))
    assertion = document.find(f"{{{SAML}}}Assertion")
    template = xmlsec.template.encrypted_data_create(
        document, xmlsec.Transform.AES256, type=xmlsec.EncryptionType.ELEMENT, ns="xenc"
    )
    xmlsec.template.encrypted_data_ensure_cipher_value(template)
    info = xmlsec.template.encrypted_data_ensure_key_info(template, ns="ds")
    key = xmlsec.template.add_encrypted_key(info, xmlsec.Transform.RSA_OAEP)
    xmlsec.template.encrypted_data_ensure_cipher_value(key)
    context = xmlsec.EncryptionContext(manager)
    context.key = xmlsec.Key.generate(xmlsec.KeyData.AES, 256, xmlsec.KeyDataType.SESSION)
    # Alone, so that the assertion brings all of its namespaces along into what is encrypted.
    around = etree.Element("around")
    around.append(etree.fromstring(etree.tostring(assertion)))
    context.encrypt_xml(template, around[0])
    holder = etree.Element(f"{{{SAML}}}EncryptedAssertion")
    holder.append(around[0])
    document.replace(assertion, holder)


def packed(kind: str, document: str, seal: Seal | None, state: str = "") -> str:
    """A message as the query of an address, signed as HTTP-Redirect wants it."""
    squeezed = zlib.compressobj(wbits=-15)
    raw = squeezed.compress(document.encode()) + squeezed.flush()
    query = f"{kind}={quote_plus(base64.b64encode(raw))}" + (f"&RelayState={quote_plus(state)}" if state else "")
    if seal is None:
        return query
    query += f"&SigAlg={quote_plus(RSA_SHA256)}"
    return f"{query}&Signature={quote_plus(base64.b64encode(seal.key.sign(query.encode(), PKCS1v15(), hashes.SHA256())))}"


def sealed(document: str, seal: Seal, before: Change | None = None, after: Change | None = None) -> str:
    """A message as a browser is had to post it, signed in itself. `before` and `after` change it before and after that."""
    root = etree.fromstring(document.encode())
    if before is not None:
        before(root)
    root.insert(1, etree.Element(f"{{{DS}}}Signature", Id="placeholder", nsmap={"ds": DS}))
    signer = XMLSigner(c14n_algorithm="http://www.w3.org/2001/10/xml-exc-c14n#")
    signed = signer.sign(root, key=seal.pem, cert=seal.certificate, reference_uri=root.get("ID"))
    if after is not None:
        after(signed)
    return base64.b64encode(etree.tostring(signed)).decode()


def opened(posted: str, certificate: str) -> Any:
    """The message in a field that is posted. Raises InvalidSignature unless all of it bears that of the certificate."""
    found: Any = XMLVerifier().verify(base64.b64decode(posted), x509_cert=certificate)
    return found.signed_xml


def unpacked(address: str, certificate: str) -> tuple[Any, str]:
    """The message that an address carries, and its state. Raises InvalidSignature unless it bears that of the certificate."""
    query = urlsplit(address).query
    parts = {part.partition("=")[0]: part for part in query.split("&")}
    signed = ("SAMLRequest", "SAMLResponse", "RelayState", "SigAlg")
    said, signature = "&".join(parts[name] for name in signed if name in parts), parts["Signature"].partition("=")[2]
    key = x509.load_pem_x509_certificate(certificate.encode()).public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    key.verify(base64.b64decode(unquote(signature)), said.encode(), PKCS1v15(), hashes.SHA256())
    given = parse_qs(query)
    (kind,) = {"SAMLRequest", "SAMLResponse"} & given.keys()
    return etree.fromstring(zlib.decompress(base64.b64decode(given[kind][0]), -15)), given.get("RelayState", [""])[0]


def logout_request(name: str, to: str, *indexes: str, issuer: str = ENTITY, at: dt.datetime | None = None) -> str:
    """A provider's request to sign somebody out."""
    moment = (at or dt.datetime.now(dt.UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
    named = "".join(f"<p:SessionIndex>{index}</p:SessionIndex>" for index in indexes)
    return (
        f'<p:LogoutRequest xmlns:p="{PROTOCOL}" xmlns:a="{SAML}" ID="_l1" Version="2.0" IssueInstant="{moment}" '
        f'Destination="{to}"><a:Issuer>{issuer}</a:Issuer><a:NameID>{name}</a:NameID>{named}</p:LogoutRequest>'
    )


def logout_answer(asked: str, to: str, status: str = "Success", issuer: str = ENTITY) -> str:
    """A provider's answer to whom it was asked to sign out."""
    moment = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    said = f"urn:oasis:names:tc:SAML:2.0:status:{status}"
    return (
        f'<p:LogoutResponse xmlns:p="{PROTOCOL}" xmlns:a="{SAML}" ID="_r1" Version="2.0" IssueInstant="{moment}" '
        f'Destination="{to}" InResponseTo="{asked}"><a:Issuer>{issuer}</a:Issuer>'
        f'<p:Status><p:StatusCode Value="{said}"/></p:Status></p:LogoutResponse>'
    )


def _signed(document: Any, seal: Seal) -> Any:
    """The answer with its assertion signed, the signature where the schema wants it."""
    assertion = document.find(f"{{{SAML}}}Assertion")
    if assertion is None:
        return document
    assertion.insert(1, etree.Element(f"{{{DS}}}Signature", Id="placeholder", nsmap={"ds": DS}))
    signer = XMLSigner(c14n_algorithm="http://www.w3.org/2001/10/xml-exc-c14n#")
    return signer.sign(document, key=seal.pem, cert=seal.certificate, reference_uri=assertion.get("ID"))


@contextmanager
def open_to_browsers(hall: TownHall, port: int, people: dict[str, dict[str, str]], ends_at: str = "") -> Iterator[None]:
    """The provider for a browser: a page with a button for each of its people, which posts the answer to the site.

    Who signs out there is sent back to `ends_at`.
    """
    app = Flask("town hall")

    @app.get("/sso")
    def choose() -> str:
        asked = hall.asked(request.args["SAMLRequest"])
        to, state = asked.assertion_consumer_service_url, request.args.get("RelayState", "")
        forms = ""
        for subject, claims in people.items():
            told = hall.answer(subject, to=to, audience=asked.issuer.text, asked=asked.id, claims=claims)
            fields = {"SAMLResponse": told, "RelayState": state}
            hidden = "".join(f"<input type=hidden name={name} value={quoteattr(value)}>" for name, value in fields.items())
            forms += f"<form method=post action={quoteattr(to)}>{hidden}<button>{subject}</button></form>"
        return f"<!doctype html><title>Town hall</title>{forms}"

    @app.get("/slo")
    def end() -> Response:
        raw = zlib.decompress(base64.b64decode(request.args["SAMLRequest"]), -15)
        told = logout_answer(etree.fromstring(raw).get("ID"), ends_at)
        return make_response(redirect(f"{ends_at}?{packed('SAMLResponse', told, hall.seal)}"))

    @app.post("/slo")
    def end_posted() -> Response:
        told = logout_answer(etree.fromstring(base64.b64decode(request.form["SAMLRequest"])).get("ID"), ends_at)
        return make_response(redirect(f"{ends_at}?{packed('SAMLResponse', told, hall.seal)}", 303))

    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()


__all__ = [
    "ENTITY",
    "NAMEID_FORMAT_TRANSIENT",
    "SAML",
    "SEAL",
    "Seal",
    "TownHall",
    "logout_answer",
    "logout_request",
    "open_to_browsers",
    "opened",
    "packed",
    "sealed",
    "unpacked",
]
