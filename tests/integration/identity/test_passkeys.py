"""Passkeys without a browser: a device made of a key, which answers truly, or answers what it was not asked."""

import base64
import datetime as dt
import hashlib
import html
import json
import re
import secrets

import pytest
import sqlalchemy as sa

pytest.importorskip("webauthn", reason="needs the extra webauthn")

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from metadata.model import SiteSetting
from runtime.identity.external.logins import Identity, add_external
from runtime.identity.logins import set_disabled
from runtime.identity.tables import logins, passkeys
from support.portal import CAST, PASSWORD, make_portal

CAROL, ALICE = CAST["carol"][0], CAST["alice"][0]
ORIGIN = "http://portal.example"
PRESENT, VERIFIED, NEW = 1, 4, 64


def text(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


class Device:
    """Keeps one passkey. What it says can be bent: the origin, the host, the flags, the kind of ceremony."""

    def __init__(self):
        self.key, self.id, self.count = ec.generate_private_key(ec.SECP256R1()), secrets.token_bytes(16), 0

    def _said(self, kind, challenge, origin):
        return json.dumps({"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": False}).encode()

    def _about(self, host, flags, more=b""):
        self.count += 1
        return hashlib.sha256(host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big") + more

    def make(self, asked, *, origin=ORIGIN, host="portal.example", flags=PRESENT | VERIFIED):
        point = self.key.public_key().public_numbers()
        public = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")})
        about = self._about(host, flags | NEW, bytes(16) + len(self.id).to_bytes(2, "big") + self.id + public)
        said = self._said("webauthn.create", asked["challenge"], origin)
        attested = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": about})
        return self._sent({"clientDataJSON": text(said), "attestationObject": text(attested)})

    def prove(self, asked, *, origin=ORIGIN, host="portal.example", flags=PRESENT | VERIFIED, kind="webauthn.get", key=None):
        said, about = self._said(kind, asked["challenge"], origin), self._about(host, flags)
        signature = (key or self.key).sign(about + hashlib.sha256(said).digest(), ec.ECDSA(SHA256()))
        parts = {"clientDataJSON": said, "authenticatorData": about, "signature": signature}
        return self._sent({name: text(part) for name, part in parts.items()})

    def _sent(self, response):
        return json.dumps({"id": text(self.id), "rawId": text(self.id), "type": "public-key", "response": response})


def asked_in(answer):
    return json.loads(html.unescape(re.search(r'data-asked="([^"]*)"', answer.text)[1]))


def begin(browser, name="Pocket"):
    return asked_in(browser.post("/passkeys", {"password": PASSWORD, "name": name}))


def add(browser, device, **bent):
    return browser.post("/passkeys/new", {"answer": device.make(begin(browser), **bent)})


def ask(browser, **fields):
    answer = browser.post("/signin/passkey/ask", fields)
    assert answer.status_code == 200, answer.text
    return json.loads(answer.text)


def come(browser, sent, **fields):
    return browser.post("/signin/passkey", {"answer": sent, **fields})


def before_the_step(portal, email=CAROL):
    browser = portal.browser()
    assert "/signin/code" in browser.sign_in(email).location
    return browser


def names(portal):
    return [row.name for row in portal.rows(sa.select(passkeys.c.name))]


def alone(portal):
    portal.publish(SiteSetting(key="identity/passkeys", value="1"))


def test_a_passkey_proves_anew_who_one_is(portal):
    browser, device = portal.signed_in("carol"), Device()
    add(browser, device)
    with browser.client.session_transaction() as session:
        session["proved"] -= 31 * 60
    shown = browser.post("/my-data", {"kept": "one"})
    assert (shown.status_code, shown.text.count('name="kept" value="one"')) == (403, 2)
    asked = asked_in(shown)
    for sent in ("x", "{}", Device().prove(asked), device.prove(asked, origin="https://elsewhere.example")):
        assert browser.post("/my-data", {"_passkey": sent}).status_code == 422, sent
    stranger = portal.signed_in("alice")
    other = Device()
    add(stranger, other)
    assert browser.post("/my-data", {"_passkey": other.prove(asked_in(browser.post("/my-data")))}).status_code == 422
    sent = device.prove(asked_in(browser.post("/my-data")))
    assert browser.post("/my-data", {"_passkey": sent}).status_code == 200
    with browser.client.session_transaction() as session:
        session["proved"] -= 31 * 60
    assert browser.post("/my-data", {"_passkey": sent}).status_code in (422, 429), "it is good once"


def test_each_passkey_that_is_added_or_taken_away_is_told_by_mail(local_portal):
    browser = local_portal.signed_in("carol")
    add(browser, Device())
    number = str(local_portal.rows(sa.select(passkeys.c.id))[0].id)
    browser.post("/passkeys", {"password": "wrong", "remove": number})
    assert browser.post("/passkeys", {"password": PASSWORD, "remove": number}).status_code == 303
    assert [(mail.to, mail.text.split("\n")[0]) for mail in local_portal.outbox.sent] == [
        (CAROL, "A passkey was added to your sign-in at Harbour."),
        (CAROL, "A passkey was taken away from your sign-in at Harbour."),
    ]


def test_a_passkey_is_a_second_step_that_recovery_codes_stand_in_for(portal):
    browser, other, device = portal.signed_in("carol"), portal.signed_in("carol"), Device()
    shown = add(browser, device)
    code = re.search(r"<code>([^<]+)</code>", shown.text)[1]
    assert (browser.who(), other.who()) == ("Carol", "nobody"), "other sessions were opened with a password alone"
    assert len(names(portal)) == 1
    assert add(browser, Device()).status_code == 303
    waiting = before_the_step(portal)
    assert waiting.who() == "nobody"
    assert come(waiting, device.prove(ask(waiting, step="1")), step="1", next="/news").location == "/news"
    assert waiting.who() == "Carol"
    lost = before_the_step(portal)
    assert lost.post("/signin/code", {"code": code}).status_code == 303
    assert lost.who() == "Carol"


def test_what_a_device_was_not_asked_here_and_now_is_refused(portal):
    browser, device = portal.signed_in("carol"), Device()
    for bent in ({"origin": "https://elsewhere.example"}, {"host": "elsewhere.example"}, {"flags": 0}):
        assert add(browser, Device(), **bent).status_code == 422, bent
    assert names(portal) == []
    add(browser, device)
    waiting = before_the_step(portal)
    bents = ({"origin": ORIGIN + ".evil.example"}, {"host": "evil.example"}, {"kind": "webauthn.create"}, {"flags": 0})
    for bent in (*bents, {"key": ec.generate_private_key(ec.SECP256R1())}):
        assert "/signin/code" in come(waiting, device.prove(ask(waiting, step="1"), **bent), step="1").location, bent
    for sent in ("", "{}", "[]", "null", '{"response": {"clientDataJSON": "e30"}}', "x" * 40_000, '{"response": 1}'):
        assert "/signin/code" in come(waiting, sent, step="1").location, sent[:40]
    used = device.prove(ask(waiting, step="1"))
    asked = ask(waiting, step="1")
    portal.pass_time(dt.timedelta(minutes=6))
    assert come(waiting, device.prove(asked), step="1").status_code == 303
    assert waiting.who() == "nobody", "a challenge is good for a few minutes"
    waiting = before_the_step(portal)
    used = device.prove(ask(waiting, step="1"))
    assert come(waiting, used, step="1").location == "/"
    again = before_the_step(portal)
    come(again, used, step="1")
    assert again.who() == "nobody", "a challenge is good once"
    device.count = 0
    come(again, device.prove(ask(again, step="1")), step="1")
    assert again.who() == "nobody", "a copy of the device counts from where it was copied"


def test_a_passkey_stands_for_its_own_person_alone(portal):
    carols, alices = Device(), Device()
    add(portal.signed_in("carol"), carols)
    add(portal.signed_in("alice"), alices)
    waiting = before_the_step(portal)
    asked = ask(waiting, step="1")
    assert [one["id"] for one in asked["allowCredentials"]] == [text(carols.id)]
    come(waiting, alices.prove(asked), step="1")
    come(waiting, carols.prove(ask(before_the_step(portal, ALICE), step="1")), step="1")
    assert waiting.who() == "nobody"
    number = str(portal.rows(sa.select(passkeys.c.id).where(passkeys.c.contact_id == portal.person("alice").contact))[0].id)
    asked = ask(waiting, step="1")
    come(waiting, carols.prove(asked), step="1")
    waiting.post("/passkeys", {"password": PASSWORD, "remove": number})
    assert len(names(portal)) == 2


def test_a_passkey_is_enough_only_where_the_site_says_so_and_the_device_asked_for_more_than_a_touch(portal):
    device = Device()
    add(portal.signed_in("carol"), device)
    browser = portal.browser()
    assert browser.post("/signin/passkey/ask").status_code == 404
    assert come(browser, "{}").status_code == 404
    alone(portal)
    asked = ask(browser)
    assert (asked["allowCredentials"], asked["userVerification"]) == ([], "required"), "nobody's passkeys are told"
    assert come(browser, device.prove(asked, flags=PRESENT)).location == "/signin"
    assert come(browser, Device().prove(ask(browser))).location == "/signin"
    assert browser.who() == "nobody"
    assert come(browser, device.prove(ask(browser)), next="/news").location == "/news"
    assert browser.who() == "Carol"
    with portal.engine.begin() as connection:
        set_disabled(connection, portal.person("carol").contact, disabled=True)
    barred = portal.browser()
    assert come(barred, device.prove(ask(barred))).location == "/signin"
    assert barred.who() == "nobody"


def test_passkeys_are_made_and_taken_away_with_the_password_and_not_the_last_that_is_needed(portal):
    browser, device = portal.signed_in("carol"), Device()
    assert browser.post("/passkeys", {"password": "wrong", "name": "x"}).status_code == 422
    assert browser.post("/passkeys", {"password": PASSWORD, "name": " "}).status_code == 422
    fresh = portal.signed_in("alice")
    assert fresh.post("/passkeys/new", {"answer": Device().make({"challenge": text(b"x")})}).location == "/passkeys"
    add(browser, device)
    number = str(portal.rows(sa.select(passkeys.c.id))[0].id)
    assert browser.post("/passkeys", {"password": "wrong", "remove": number}).status_code == 422
    portal.publish(SiteSetting(key="identity/second_factor_roles", value="keeper"))
    assert browser.post("/passkeys", {"password": PASSWORD, "remove": number}).status_code == 422, "a role asks for it"
    portal.publish(SiteSetting(key="identity/second_factor_roles", value=""))
    assert browser.post("/passkeys", {"password": PASSWORD, "remove": number}).status_code == 303
    assert names(portal) == []
    assert portal.signed_in("carol").who() == "Carol", "the second step went with it"
    assert portal.browser().get("/passkeys").location.startswith("/signin")


def test_a_passkey_gets_another_name_of_its_own_person_alone(portal):
    browser, stranger = portal.signed_in("carol"), portal.signed_in("alice")
    add(browser, Device())
    number = str(portal.rows(sa.select(passkeys.c.id))[0].id)
    refused = browser.post("/passkeys", {"rename": number, "name": " "})
    assert (refused.status_code, names(portal), "The passkey needs a name" in refused.text) == (422, ["Pocket"], True)
    assert stranger.post("/passkeys", {"rename": number, "name": "Mine"}).status_code == 303
    assert names(portal) == ["Pocket"]
    assert browser.post("/passkeys", {"rename": "x", "name": "Mine"}).status_code == 400
    assert browser.post("/passkeys", {"rename": number, "name": " Blue key "}).location == "/passkeys"
    assert (names(portal), "Blue key" in browser.get("/passkeys").text) == (["Blue key"], True)
    assert "Passkey renamed" in browser.get("/security").text


def test_a_passkey_that_alone_lets_somebody_in_stays(portal):
    browser, device = portal.signed_in("carol"), Device()
    add(browser, device)
    alone(portal)
    number = str(portal.rows(sa.select(passkeys.c.id))[0].id)
    contact = portal.person("carol").contact
    with portal.engine.begin() as connection:
        # Her password went, and the provider that she came by is one that the site has no longer.
        connection.execute(sa.delete(logins).where(logins.c.contact_id == contact))
        add_external(connection, contact, Identity("https://gone.example", "carol", "Carol"))
    came = portal.browser()
    assert come(came, device.prove(ask(came))).status_code == 303
    refused = came.post("/passkeys", {"remove": number})
    assert (refused.status_code, "You cannot do without this one" in refused.text, names(portal)) == (422, True, ["Pocket"])


@pytest.mark.parametrize(
    ("public", "led_to"),
    [
        ("http://127.0.0.1:8123", "http://localhost:8123/passkeys"),
        ("http://[::1]:8123", "http://localhost:8123/passkeys"),
        ("http://192.0.2.7", ""),
    ],
)
def test_at_a_number_browsers_give_no_passkeys_and_the_page_says_where_they_do(sqlite_url, tmp_path, public, led_to):
    portal = make_portal(sqlite_url, tmp_path, FOYER_PUBLIC_URL=public)
    try:
        portal.publish(SiteSetting(key="identity/passkeys", value="1"))
        browser = portal.signed_in("carol")
        shown = browser.get("/passkeys").text
        assert "This site has no name here" in shown
        assert 'name="name"' not in shown
        assert (f'href="{led_to}"' in shown) == bool(led_to)
        assert ("Whoever runs this site can give it a name" in shown) == (not led_to)
        assert browser.post("/passkeys", {"password": PASSWORD, "name": "x"}).status_code == 422
        assert "data-passkey" not in portal.browser().get("/signin").text
        assert portal.browser().post("/signin/passkey/ask").status_code == 404
    finally:
        portal.engine.dispose()


def test_a_site_of_this_machine_gives_passkeys_to_whoever_opens_it_as_localhost(sqlite_url, tmp_path):
    portal = make_portal(sqlite_url, tmp_path, FOYER_PUBLIC_URL="http://127.0.0.1:8123")
    try:
        browser, device = portal.signed_in("carol"), Device()
        here = "http://localhost:8123"
        shown = browser.get("/passkeys", base_url=here).text
        assert ("This site has no name here" in shown, 'name="name"' in shown) == (False, True)
        assert "This site has no name here" in browser.get("/passkeys", base_url="http://localhost:9").text
        asked = asked_in(browser.post("/passkeys", {"password": PASSWORD, "name": "Pocket"}, base_url=here))
        sent = device.make(asked, origin="http://localhost:8123", host="localhost")
        assert (browser.post("/passkeys/new", {"answer": sent}, base_url=here).status_code, names(portal)) == (
            200,
            ["Pocket"],
        )
    finally:
        portal.engine.dispose()
