"""Signing out with a SAML provider in both directions, and assertions that only this site can read."""

import base64
import dataclasses
import datetime as dt
from html import unescape
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from lxml import etree

pytest.importorskip("onelogin", reason="needs the extra saml")
pytest.importorskip("saml2")

from runtime.housekeeping import tidy
from runtime.identity.tables import provider_sessions, sessions
from support.hall_doors import HALL, OUT, SITE_SEAL, SLO, Doors
from support.portal import PASSWORD
from support.town_hall import SAML, SEAL, Seal, logout_answer, logout_request, packed, unpacked


@pytest.fixture(autouse=True)
def key_pair(monkeypatch):
    monkeypatch.setenv("HALL_KEY", SITE_SEAL.pem.decode() + SITE_SEAL.certificate)


@pytest.fixture
def doors(portal):
    return Doors(portal)


def open_sessions(portal):
    return len(portal.rows(sa.select(sessions.c.id).where(sessions.c.revoked_at.is_(None))))


def leave(browser):
    """Sign out: the address at the provider that the page leads to, by itself and by a link."""
    answer = browser.post("/signout")
    assert answer.status_code == 200, answer.text
    address = answer.headers["Refresh"].partition("url=")[2]
    assert address in unescape(answer.text)
    return address


def test_who_signs_out_here_is_led_there_with_a_signed_request_and_comes_back(doors, portal):
    assert next(doors.read.iter("{*}SingleLogoutService")).get("Location") == doors.out
    browser, index = doors.sign_in()
    address = leave(browser)
    asked, _ = unpacked(address, SITE_SEAL.certificate)
    assert (address.partition("?")[0], asked.get("Destination")) == (SLO, SLO)
    assert [next(asked.iter(f"{{*}}{tag}")).text for tag in ("NameID", "SessionIndex")] == ["carol-1", index]
    assert (browser.who(), open_sessions(portal), portal.rows(sa.select(provider_sessions))) == ("nobody", 0, [])
    back = browser.get(f"{OUT}?{packed('SAMLResponse', logout_answer(asked.get('ID'), doors.out), SEAL)}")
    assert (back.status_code, back.location) == (303, "/")
    assert ("You are signed out" in (shown := browser.get("/signin").text), "did not confirm" in shown) == (True, False)


def test_what_the_provider_does_not_confirm_is_said_and_the_session_here_has_ended_all_the_same(doors, portal):
    other = Seal.new()
    for query in (
        lambda asked: packed("SAMLResponse", logout_answer(asked, doors.out), None),
        lambda asked: packed("SAMLResponse", logout_answer(asked, doors.out), other),
        lambda asked: packed("SAMLResponse", logout_answer("another", doors.out), SEAL),
        lambda asked: packed("SAMLResponse", logout_answer(asked, doors.out, "Responder"), SEAL),
        lambda asked: packed("SAMLResponse", logout_answer(asked, doors.out, issuer="http://other.example"), SEAL),
        lambda asked: "",
    ):
        browser, _ = doors.sign_in()
        asked, _ = unpacked(leave(browser), SITE_SEAL.certificate)
        assert browser.get(f"{OUT}?{query(asked.get('ID'))}").location == "/"
        assert "the town hall did not confirm" in browser.get("/signin").text
        assert (browser.who(), open_sessions(portal)) == ("nobody", 0)


def test_who_signs_out_there_is_signed_out_here_in_the_session_that_is_named_or_in_all(doors, portal):
    (first, index), (second, _), (third, _) = (doors.sign_in() for _ in range(3))
    by_password = portal.signed_in("carol")
    stranger = portal.signed_in("alice")
    query = packed("SAMLRequest", logout_request("carol-1", doors.out, index), SEAL, "the state of the hall")
    answer = doors.ended(query)
    told, state = unpacked(answer.location, SITE_SEAL.certificate)
    assert (answer.status_code, answer.location.partition("?")[0], state) == (302, SLO, "the state of the hall")
    assert (told.get("InResponseTo"), told.get("Destination")) == ("_l1", SLO)
    assert next(told.iter("{*}StatusCode")).get("Value").endswith(":Success")
    assert [one.who() for one in (first, second, third)] == ["nobody", "Carol", "Carol"]
    doors.ended(packed("SAMLRequest", logout_request("nobody-known", doors.out), SEAL))
    assert second.who() == "Carol"
    doors.ended(packed("SAMLRequest", logout_request("carol-1", doors.out), SEAL))
    assert [one.who() for one in (second, third)] == ["nobody", "nobody"]
    assert (by_password.who(), stranger.who()) == ("Carol", "Alice"), "what began here goes on"


def test_a_session_that_goes_on_in_another_is_still_the_one_of_the_provider(doors):
    """As after a change of the password, where the session gets a new token."""
    browser, index = doors.sign_in()
    other = doors.portal.signed_in("carol")
    assert other.post(
        "/password/change", {"current": PASSWORD, "password": "another pass phrase", "repeat": "another pass phrase"}
    )
    assert browser.who() == "nobody", "a new password ends all other sessions"
    browser, index = doors.sign_in()
    given = {"current": "another pass phrase", "password": PASSWORD, "repeat": PASSWORD}
    assert browser.post("/password/change", given).status_code == 303
    assert browser.who() == "Carol"
    doors.ended(packed("SAMLRequest", logout_request("carol-1", doors.out, index), SEAL))
    assert browser.who() == "nobody"


def test_a_sign_out_ends_nothing_that_is(doors, portal):
    browser, _ = doors.sign_in()
    good = packed("SAMLRequest", logout_request("carol-1", doors.out), SEAL)
    hour = dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)
    bomb = '<!DOCTYPE a [<!ENTITY x "ha">]>' + logout_request("carol-1", doors.out)
    weak = good.replace("xmldsig-more%23rsa-sha256", "xmldsig%23rsa-sha1").replace("2001%2F04", "2000%2F09")
    for name, query in {
        "not signed": packed("SAMLRequest", logout_request("carol-1", doors.out), None),
        "signed by somebody else": packed("SAMLRequest", logout_request("carol-1", doors.out), Seal.new()),
        "signed for another person": good.replace(
            good.partition("&")[0], packed("SAMLRequest", logout_request("carol-2", doors.out), None)
        ),
        "there twice": f"{good}&{packed('SAMLRequest', logout_request('carol-2', doors.out), None)}",
        "with another state": good.replace("&SigAlg", "&RelayState=x&SigAlg"),
        "weakly signed": weak,
        "for another address": packed("SAMLRequest", logout_request("carol-1", "https://elsewhere.example/out"), SEAL),
        "for a longer address": packed("SAMLRequest", logout_request("carol-1", doors.out + "/more"), SEAL),
        "old": packed("SAMLRequest", logout_request("carol-1", doors.out, at=hour), SEAL),
        "of somebody who may not": packed("SAMLRequest", logout_request("carol-1", doors.out, issuer="http://x.example"), SEAL),
        "without a name": packed("SAMLRequest", logout_request("", doors.out), SEAL),
        "with entities": packed("SAMLRequest", bomb, SEAL),
        "huge": packed("SAMLRequest", logout_request("x" * 3_000_000, doors.out), SEAL),
        "no XML": packed("SAMLRequest", "carol-1", SEAL),
        "nothing": "SAMLRequest=&SigAlg=&Signature=",
    }.items():
        answer = doors.ended(query)
        assert (answer.status_code, answer.location, browser.who()) == (303, "/", "Carol"), name
    assert doors.ended(good).status_code == 302
    assert browser.who() == "nobody"


def test_where_the_provider_is_not_to_be_told_signing_out_ends_the_session_here(portal):
    doors = Doors(portal, dataclasses.replace(HALL, sign_out=False, sign_out_url=""))
    browser, _ = doors.sign_in()
    assert browser.post("/signout").location == "/"
    assert (browser.get(OUT).status_code, portal.rows(sa.select(provider_sessions))) == (404, [])


def test_what_is_kept_of_a_session_is_sealed_and_goes_with_it(doors, portal):
    index = doors.sign_in()[1]
    (kept,) = portal.rows(sa.select(provider_sessions))
    assert not any(secret in str(kept) for secret in ("carol-1", index))
    engine = portal.engine
    assert tidy(engine, dt.datetime.now(dt.UTC))["foyer_provider_session"] == 0
    portal.change(sessions, sessions.c.id == kept.session_id, revoked_at=dt.datetime.now(dt.UTC))
    tidy(engine, dt.datetime.now(dt.UTC))
    assert tidy(engine, dt.datetime.now(dt.UTC))["foyer_provider_session"] + len(portal.rows(sa.select(provider_sessions))) == 0


def test_an_assertion_that_is_encrypted_for_the_site_holds_and_where_that_is_wanted_no_other_does(portal):
    doors, other = Doors(portal, dataclasses.replace(HALL, encrypted=True)), Seal.new()
    assert 'use="encryption"' in etree.tostring(doors.read).decode()
    sent = doors.answer(encrypted_for=SITE_SEAL.certificate)
    assert b"carol-1" not in base64.b64decode(sent)
    browser = portal.browser()
    assert (browser.get(doors.bring(sent)).status_code, browser.who()) == (303, "Carol")
    asked, _ = unpacked(leave(browser), SITE_SEAL.certificate)
    assert next(asked.iter("{*}NameID")).text == "carol-1"

    def renamed(document):
        for name in document.iter(f"{{{SAML}}}NameID"):
            name.text = "somebody-else"

    for name, given in {
        "not encrypted": {},
        "encrypted for another": {"encrypted_for": other.certificate},
        "signed by somebody else": {"encrypted_for": SITE_SEAL.certificate, "seal": other},
        "changed after it was signed": {"encrypted_for": SITE_SEAL.certificate, "after": renamed},
    }.items():
        assert "ticket" not in doors.bring(doors.answer(**given)), name


def test_without_its_key_the_site_says_that_it_cannot_and_lets_nobody_in(portal, monkeypatch, caplog):
    doors = Doors(portal)
    sent = doors.answer()
    for wrong in ("", SITE_SEAL.certificate, SITE_SEAL.pem.decode()):
        monkeypatch.setenv("HALL_KEY", wrong)
        assert portal.browser().get("/signin/with/hall").status_code == 503
        assert portal.browser().get("/signin/with/hall/metadata").status_code == 503
        assert "ticket" not in doors.bring(sent)
        assert urlsplit(doors.ended("SAMLRequest=x").location).path == "/"
    assert "HALL_KEY" in str([record.__dict__.get("why", "") for record in caplog.records])
    assert "PRIVATE" not in caplog.text
