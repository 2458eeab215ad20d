"""Trying a provider out, step by step, as nobody in particular: what holds, what does not, and which step nobody can tell.

Nothing is changed anywhere. An OpenID Connect provider is asked for its description and keys. It is asked to send back at once
a person who has no session there (`prompt=none`), which it does only for a client and an address that it knows. It is given a
code that it never issued, which it refuses in one way to a client that it knows, in another with a wrong secret (RFC 6749,
5.2).
"""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from importlib.util import find_spec
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from metadata.model import IdentityProvider
from metadata.variables import VARIABLE
from runtime.identity.external import openid
from runtime.identity.external.proof import ALGORITHMS, LEEWAY_S, ProviderDown
from runtime.identity.external.saml import MARKS, SamlClient, key_pair_of

GOOD, DOUBTFUL, BAD, UNKNOWN = "good", "doubtful", "bad", "unknown"
LIBRARIES = {"openid": ("authlib", "oidc"), "saml": ("onelogin", "saml")}
SOON = dt.timedelta(days=30)
"""How long before a certificate ends it is told of."""
NOT_SIGNED_IN = ("login_required", "interaction_required", "consent_required", "account_selection_required")
SERVER_FAULT = 500
REDIRECTS = (301, 302, 303, 307, 308)
MOST_BYTES = 512 * 1024
LONGEST = 200
ASKED = ("unreachable", "timeout", "tls", "answer")
"""What may become of any request, said of whatever step it was for."""
MADE_UP = "this-code-was-never-issued"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was tried: `outcome` is good, doubtful, bad or unknown; `said` is the end of the key of its sentence."""

    name: str
    outcome: str
    said: str
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The key of its sentence, which says what to do where something is to be done."""
        return f"provider_try.{'asked' if self.said in ASKED else self.name}.{self.said}"


@dataclass(frozen=True, slots=True)
class _Heard:
    """An answer of the provider: its status, headers, what it says as JSON or nothing, and whose clock it went by."""

    status: int
    headers: Mapping[str, str]
    said: Any


def try_provider(provider: IdentityProvider, environment: Mapping[str, str], back: str) -> tuple[Step, ...]:
    """Every step that can be tried; those after one that failed are left out where they rest on it. `back` is where the
    provider sends people back to."""
    module, extra = LIBRARIES[provider.protocol]
    if find_spec(module) is None:
        return (Step("library", BAD, "missing", {"extra": extra}),)
    return tuple(
        _of_saml(provider, environment, back) if provider.protocol == "saml" else _of_openid(provider, environment, back)
    )


def _of_openid(provider: IdentityProvider, environment: Mapping[str, str], back: str) -> Iterator[Step]:
    secret = ""
    try:
        secret = openid.secret_of(provider, environment)
    except ProviderDown:
        yield Step("secret", BAD, "missing", {"name": _variable(provider.client_secret)})
    else:
        yield Step("secret", GOOD, "there" if secret else "none", {"name": _variable(provider.client_secret)})
    address = f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration"
    try:
        heard = _ask(address)
    except ProviderDown as error:
        yield _unheard("description", error, address)
        return
    described = heard.said
    if heard.status != openid.OK or not isinstance(described, dict):
        yield Step("description", BAD, "answer", {"address": address, "status": str(heard.status)})
        return
    yield Step("description", GOOD, "read", {"address": address})
    yield from _clock(heard)
    issuer = str(described.get("issuer", ""))[:LONGEST]
    if issuer.rstrip("/") != provider.issuer.rstrip("/"):
        yield Step("issuer", BAD, "differs", {"issuer": issuer, "ours": provider.issuer})
        return
    yield Step("issuer", GOOD, "same", {"issuer": issuer})
    yield _keys(described)
    yield from _offers(provider, described)
    yield _sent_back(provider, described, back)
    if secret:
        yield _known_client(provider, described, secret, back)
    if provider.sign_out:
        there = openid.ENDING in described
        yield Step("sign_out", GOOD if there else DOUBTFUL, "offered" if there else "missing")


def _clock(heard: _Heard) -> Iterator[Step]:
    """How far the clocks are apart, by the header that servers send; nothing where there is none."""
    try:
        apart = int(parsedate_to_datetime(heard.headers.get("Date", "")).timestamp() - time.time())
    except (TypeError, ValueError):
        return
    wrong = abs(apart) > LEEWAY_S
    yield Step(
        "clock", BAD if wrong else GOOD, "apart" if wrong else "same", {"seconds": str(abs(apart)), "most": str(LEEWAY_S)}
    )


def _keys(described: Mapping[str, Any]) -> Step:
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    address = str(described.get("jwks_uri", ""))[:LONGEST]
    try:
        heard = _ask(address)
        found = list(KeySet.import_key_set(heard.said).keys) if heard.status == openid.OK else []
    except ProviderDown as error:
        return _unheard("keys", error, address)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        found = []
    if not found:
        return Step("keys", BAD, "none", {"address": address})
    signs = described.get("id_token_signing_alg_values_supported")
    if isinstance(signs, list) and not set(ALGORITHMS) & set(map(str, signs)):
        return Step("keys", BAD, "weak", {"algorithms": ", ".join(map(str, signs))[:LONGEST]})
    return Step("keys", GOOD, "read", {"count": str(len(found))})


def _offers(provider: IdentityProvider, described: Mapping[str, Any]) -> Iterator[Step]:
    """Whether the provider says that it knows what it is asked for. What it does not tell of is not doubted."""
    for name, wanted in (
        ("scopes_supported", set(provider.scopes)),
        ("claims_supported", {claim.claim for claim in provider.claims}),
        ("code_challenge_methods_supported", {"S256"}),
    ):
        known = described.get(name)
        if isinstance(known, list) and (lacking := sorted(wanted - set(map(str, known)))):
            yield Step(name.removesuffix("_supported"), DOUBTFUL, "lacking", {"names": ", ".join(lacking)[:LONGEST]})


def _sent_back(provider: IdentityProvider, described: Mapping[str, Any], back: str) -> Step:
    """Whether the provider sends people back here: unasked it does so only where it knows the client and the address."""
    asked = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": back,
        "scope": " ".join(provider.scopes),
        "prompt": "none",
        "state": MADE_UP,
        "nonce": MADE_UP,
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
    }
    address = str(described.get("authorization_endpoint", ""))
    facts = {"address": back, "client": provider.client_id}
    try:
        heard = _ask(f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}")
    except ProviderDown as error:
        return _unheard("back", error, address)
    led = heard.headers.get("Location", "") if heard.status in REDIRECTS else ""
    if led.partition("?")[0] == back:
        named = parse_qs(urlsplit(led).query).get("error", [""])[0][:LONGEST]
        if named in ("", *NOT_SIGNED_IN):
            return Step("back", GOOD, "led", facts)
        return Step("back", BAD, "refused", {**facts, "error": named})
    if SERVER_FAULT > heard.status >= 400:
        return Step("back", BAD, "unknown", {**facts, "status": str(heard.status)})
    return Step("back", UNKNOWN, "page", facts)


def _known_client(provider: IdentityProvider, described: Mapping[str, Any], secret: str, back: str) -> Step:
    """Whether the provider takes the secret, by how it refuses a code that it never issued."""
    address, facts = str(described.get("token_endpoint", ""))[:LONGEST], {"client": provider.client_id}
    sent = {"grant_type": "authorization_code", "code": MADE_UP, "redirect_uri": back, "code_verifier": MADE_UP * 2}
    try:
        heard = _ask(address, sent, (provider.client_id, secret))
    except ProviderDown as error:
        return _unheard("client", error, address)
    named = str(heard.said.get("error", ""))[:LONGEST] if isinstance(heard.said, dict) else ""
    if named == "invalid_grant":
        return Step("client", GOOD, "known", facts)
    if named in ("invalid_client", "unauthorized_client") or heard.status in (401, 403):
        return Step("client", BAD, "refused", {**facts, "name": _variable(provider.client_secret)})
    return Step("client", UNKNOWN, "untold", {**facts, "error": named or str(heard.status)})


def _of_saml(provider: IdentityProvider, environment: Mapping[str, str], back: str) -> Iterator[Step]:
    pair = None
    if provider.key_pair:
        try:
            pair = key_pair_of(provider, environment)
        except ProviderDown:
            yield Step("key_pair", BAD, "missing", {"name": _variable(provider.key_pair)})
            return
        yield Step("key_pair", GOOD, "there", {"name": _variable(provider.key_pair)})
        yield certificate_step("own_certificate", pair.certificate if pair is not None else "")
    for number, text in enumerate(provider.certificates, 1):
        yield certificate_step("certificate", text, str(number))
    client = SamlClient(provider, back, pair)
    try:
        address, _ = client.begin()
        client.metadata()
    except Exception as error:  # whatever the library says of settings that it does not take
        yield Step("metadata", BAD, "refused", {"error": str(error)[:LONGEST]})
        return
    yield Step("metadata", GOOD, "made", {"address": f"{back.removesuffix('/back')}/metadata"})
    try:
        heard = _ask(address)
    except ProviderDown as error:
        yield _unheard("sign_in", error, provider.sign_in_url)
        return
    yield from _clock(heard)
    if heard.status >= 400:
        yield Step("sign_in", BAD, "answer", {"address": provider.sign_in_url, "status": str(heard.status)})
    else:
        yield Step("sign_in", GOOD, "reached", {"address": provider.sign_in_url})


def certificate_step(name: str, text: str, number: str = "1") -> Step:
    """Whether a certificate can be read, and holds today."""
    from cryptography import x509

    body = "".join(MARKS.sub("", text).split())
    try:
        found = x509.load_pem_x509_certificate(f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n".encode())
    except ValueError:
        return Step(name, BAD, "unreadable", {"number": number})
    now = dt.datetime.now(dt.UTC)
    facts = {
        "number": number,
        "until": f"{found.not_valid_after_utc:%Y-%m-%d}",
        "since": f"{found.not_valid_before_utc:%Y-%m-%d}",
    }
    if now < found.not_valid_before_utc:
        return Step(name, DOUBTFUL, "early", facts)
    if now > found.not_valid_after_utc:
        return Step(name, DOUBTFUL, "ended", facts)
    soon = found.not_valid_after_utc - now < SOON
    return Step(name, DOUBTFUL if soon else GOOD, "soon" if soon else "holds", facts)


def _unheard(name: str, error: ProviderDown, address: str) -> Step:
    return Step(name, BAD, error.reason, {"address": address[:LONGEST], "status": "–"})


def _ask(address: str, sent: Mapping[str, str] | None = None, client: tuple[str, str] | None = None) -> _Heard:
    """What an address answers, without following it anywhere. Raises ProviderDown with its reason."""
    import requests
    from requests.auth import HTTPBasicAuth

    if not address.startswith(("https://", "http://")):
        raise ProviderDown(f"{address!r} is no address")
    try:
        with requests.request(
            "POST" if sent else "GET",
            address,
            data=sent,
            auth=None if client is None else HTTPBasicAuth(*(part.encode() for part in client)),
            timeout=openid.PATIENCE_S,
            allow_redirects=False,
            stream=True,
            verify=openid.authorities(),
            headers={"Accept": "application/json, text/html"},
        ) as answer:
            body = answer.raw.read(MOST_BYTES, decode_content=True)
            try:
                said = json.loads(body)
            except ValueError:
                said = None
            return _Heard(answer.status_code, answer.headers, said)
    except requests.RequestException as error:
        raise openid.unasked(address, error) from error


def _variable(text: str) -> str:
    found = VARIABLE.fullmatch(text)
    return found[1] if found else ""
