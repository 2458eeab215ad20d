"""What is wrong with a provider is told apart for those who run the site; its person reads a sentence that tells nothing."""

import dataclasses
import datetime as dt
import json
from urllib.parse import urlsplit

import pytest
import requests
import sqlalchemy as sa

pytest.importorskip("authlib", reason="needs the extra oidc")

from metadata.model import ClaimMap, IdentityProvider, WebRole
from runtime.identity.external import openid
from runtime.identity.external.failures import failures_of
from runtime.identity.external.proof import REASONS
from runtime.identity.external.trying import try_provider
from runtime.records.tables import AUDIT
from runtime.render.texts import catalogue, engine_texts, spoken
from support.guild import OTHER, SECRET, Guild, running
from support.portal import CAST, SITE, text
from support.ports import free_port

CAROL = CAST["carol"][0]
BACK = "http://portal.example/signin/with/guild/back"
KNOWN = {"email": CAROL, "email_verified": True}


@pytest.fixture
def guild(monkeypatch):
    monkeypatch.setenv("GUILD_SECRET", SECRET)
    monkeypatch.setattr(openid, "PATIENCE_S", 30.0)
    with running(Guild(backs=(BACK,), claims=dict(KNOWN))) as found:
        yield found


def provider(guild, **more):
    names = {"key": "guild", "label": text("the guild"), "issuer": guild.address, "client_id": "portal"}
    return IdentityProvider(**{**names, "client_secret": "${GUILD_SECRET}", "match": "email", **more})


def come(browser):
    """Go to the provider and come back from it."""
    away = browser.get("/signin/with/guild")
    if away.status_code != 302:
        return away
    there = requests.get(away.location, allow_redirects=False, timeout=60)
    parts = urlsplit(there.headers.get("Location", ""))
    return browser.get(f"{parts.path}?{parts.query}")


def reasons(portal):
    with portal.engine.connect() as connection:
        return [one.reason for one in failures_of(connection, SITE, "guild")]


def bend(**said):
    return lambda guild: [setattr(guild, name, value) for name, value in said.items()]


DOWN, NOT_TRUE, GAVE_UP = "cannot be reached", "does not hold", "without signing you in"
FAULTS = {
    "client": (bend(secret="another"), 422, NOT_TRUE),
    "signature": (bend(signs_with=OTHER), 422, NOT_TRUE),
    "audience": (bend(claims={**KNOWN, "aud": "another"}), 422, NOT_TRUE),
    "issuer": (bend(claims={**KNOWN, "iss": "https://evil.example"}), 422, NOT_TRUE),
    "nonce": (bend(claims={**KNOWN, "nonce": "another"}), 422, NOT_TRUE),
    "person": (bend(claims={**KNOWN, "sub": 7}), 422, NOT_TRUE),
    "clock": (bend(seconds_ahead=600), 422, NOT_TRUE),
    "expired": (bend(seconds_ahead=-3600), 422, NOT_TRUE),
    "cancelled": (bend(says_no="access_denied"), 422, GAVE_UP),
    "refused": (bend(says_no="invalid_scope"), 422, NOT_TRUE),
    "nobody": (bend(claims={"email": "stranger@elsewhere.example", "email_verified": True}), 422, "Nobody here signs in"),
    "answer": (bend(status=404), 503, DOWN),
}


@pytest.mark.parametrize("reason", FAULTS)
def test_each_fault_of_a_provider_has_a_reason_of_its_own_and_its_person_reads_none(portal, guild, reason, caplog):
    bending, status, sentence = FAULTS[reason]
    bending(guild)
    portal.publish(provider(guild))
    browser = portal.browser()
    answer = come(browser)
    assert (answer.status_code, sentence in answer.text, browser.who()) == (status, True, "nobody")
    assert reasons(portal) == [reason]
    (line,) = portal.rows(sa.select(AUDIT).where(AUDIT.c.privilege == "external_failed"))
    facts = json.loads(line.changes)
    assert (facts["provider"], line.contact, CAROL in line.changes) == ("guild", None, False)
    assert ("give those who run this site" in answer.text, facts["request"] in answer.text) == (
        (sentence in (DOWN, NOT_TRUE)),
    ) * 2
    logged = [record for record in caplog.records if getattr(record, "reason", "") == reason]
    assert len(logged) == 1
    assert getattr(logged[0], "provider", "") == "guild"


def test_who_is_down_and_what_is_not_set_are_two_things(portal, guild, monkeypatch):
    portal.publish(provider(guild, issuer=f"http://127.0.0.1:{free_port()}"))
    assert come(portal.browser()).status_code == 503
    monkeypatch.delenv("GUILD_SECRET")
    portal.publish(provider(guild))
    assert come(portal.browser()).status_code == 503
    portal.publish(provider(guild, issuer=f"{guild.address}/tenant"))
    assert reasons(portal) == ["settings", "unreachable"]


def test_who_tries_without_end_fills_no_trail(local_portal, guild):
    guild.says_no = "access_denied"
    local_portal.publish(provider(guild))
    for _ in range(25):
        come(local_portal.browser())
    lines = local_portal.rows(sa.select(AUDIT).where(AUDIT.c.privilege == "external_failed"))
    assert len(lines) == 20


def outcomes(found):
    return {step.name: (step.outcome, step.said) for step in found}


def tried(guild, **more):
    return outcomes(try_provider(provider(guild, **more), {"GUILD_SECRET": SECRET}, BACK))


def test_a_provider_that_is_in_order_passes_every_step(guild):
    assert tried(guild) == {
        "secret": ("good", "there"),
        "description": ("good", "read"),
        "clock": ("good", "same"),
        "issuer": ("good", "same"),
        "keys": ("good", "read"),
        "back": ("good", "led"),
        "client": ("good", "known"),
    }


STEPS = {
    "a wrong secret": (bend(secret="another"), "client", ("bad", "refused")),
    "an unknown address": (bend(backs=()), "back", ("bad", "unknown")),
    "a client that may not": (bend(says_no="unauthorized_client"), "back", ("bad", "refused")),
    "a page in between": (bend(silent_on_prompt=True), "back", ("unknown", "page")),
    "a clock": (bend(seconds_ahead=600), "clock", ("bad", "apart")),
    "an issuer": (bend(described={"issuer": "https://other.example"}), "issuer", ("bad", "differs")),
    "no keys": (bend(described={"jwks_uri": None}), "keys", ("bad", "answer")),
    "weak signatures": (bend(described={"id_token_signing_alg_values_supported": ["HS256"]}), "keys", ("bad", "weak")),
    "an answer that is none": (bend(status=404), "description", ("bad", "answer")),
    "claims": (bend(described={"claims_supported": ["sub"]}), "claims", ("doubtful", "lacking")),
}


@pytest.mark.parametrize("what", STEPS)
def test_each_step_of_a_trial_finds_its_own_fault(guild, what):
    bending, name, wanted = STEPS[what]
    bending(guild)
    assert tried(guild, claims=(ClaimMap(claim="title", attribute="full_name"),))[name] == wanted


def test_a_trial_says_what_is_not_set_or_not_there(guild):
    found = outcomes(try_provider(provider(guild), {}, BACK))
    assert found["secret"] == ("bad", "missing")
    assert tried(guild, issuer=f"http://127.0.0.1:{free_port()}")["description"] == ("bad", "unreachable")
    assert "client" not in tried(guild, client_secret="")


def test_every_step_and_reason_has_its_sentence_in_each_language(guild):
    steps = [
        step for bending, _, _ in STEPS.values() for step in (bending(guild), *try_provider(provider(guild), {}, BACK))[1:]
    ]
    assert steps
    for language in spoken():
        say, known = engine_texts(language), catalogue(language)
        assert all(say(step.text, **step.facts) for step in steps)
        assert all(f"provider_fault.{reason}" in known for reason in REASONS)


def test_a_saml_provider_is_tried_by_its_certificates_and_addresses(guild):
    town_hall = pytest.importorskip("support.town_hall")
    pytest.importorskip("onelogin")
    names = {"key": "hall", "label": text("the hall"), "protocol": "saml", "issuer": town_hall.ENTITY}
    names |= {"sign_in_url": f"{guild.address}/keys", "certificates": (town_hall.SEAL.certificate, "no certificate")}
    hall = IdentityProvider(**names, key_pair="${HALL_KEY}")
    assert outcomes(try_provider(hall, {}, BACK)) == {"key_pair": ("bad", "missing")}
    pair = {"HALL_KEY": town_hall.SEAL.pem.decode() + town_hall.SEAL.certificate}
    found = try_provider(hall, pair, BACK)
    assert [(step.name, step.said) for step in found if step.name.endswith("certificate")] == [
        ("own_certificate", "soon"),
        ("certificate", "soon"),
        ("certificate", "unreadable"),
    ]
    assert outcomes(found)["sign_in"] == ("good", "reached")
    gone = dataclasses.replace(hall, sign_in_url=f"http://127.0.0.1:{free_port()}/sso", key_pair="")
    assert outcomes(try_provider(gone, {}, BACK))["sign_in"] == ("bad", "unreachable")
    guild.status = 404
    found = try_provider(hall, pair, BACK)
    assert outcomes(found)["sign_in"] == ("bad", "answer")
    for language in spoken():
        assert all(engine_texts(language)(step.text, **step.facts) for step in found)


def test_certificates_that_ended_or_have_not_begun_are_told_of():
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    from runtime.identity.external.trying import certificate_step

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "the hall")])
    now = dt.datetime.now(dt.UTC)
    for since, until, wanted in ((-9, -1, "ended"), (1, 90, "early"), (-1, 90, "holds"), (-1, 9, "soon")):
        made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        made = made.not_valid_before(now + dt.timedelta(days=since)).not_valid_after(now + dt.timedelta(days=until))
        text_of = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()
        assert certificate_step("certificate", text_of).said == wanted


def maker(portal, role="maker"):
    portal.publish(WebRole(key=role, studio=("design", "security", "settings")))
    portal.grant("erin", role)
    return portal.signed_in("erin")


def test_a_maker_tries_what_is_published_and_reads_why_sign_ins_failed(portal, guild):
    guild.secret = "another"
    portal.publish(provider(guild))
    come(portal.browser())
    browser = maker(portal)
    shown = browser.get("/studio/try/identity_provider/guild").text
    assert "The provider refuses this site: wrong client identifier or secret." in shown
    assert "/studio/try/identity_provider/guild" in browser.get("/studio/edit/identity_provider/guild").text
    answer = browser.post("/studio/try/identity_provider/guild", token_from="/studio/try/identity_provider/guild").text
    assert "Put the secret that it shows into GUILD_SECRET" in answer
    assert SECRET not in answer
    (line,) = portal.rows(sa.select(AUDIT).where(AUDIT.c.privilege == "try"))
    assert "client refused" in line.changes
    assert portal.signed_in("alice").get("/studio/try/identity_provider/guild").status_code in (403, 404)
    assert browser.get("/studio/try/identity_provider/other").status_code == 404
    draft = dataclasses.replace(provider(guild), key="draft", site=SITE)
    portal.services.workshop.store.save((draft,), "test", "")
    asked = browser.post("/studio/try/identity_provider/draft", token_from="/studio/try/identity_provider/draft")
    assert (asked.status_code, "This provider is not published" in asked.text, "<tbody>" in asked.text) == (200, True, False)
    assert dt.datetime.now(dt.UTC) > line.at
