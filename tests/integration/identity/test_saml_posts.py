"""SAML sign-outs by HTTP-POST, whose signature lies in the document, and requests to sign in that are signed."""

import base64
import dataclasses
import datetime as dt
import re
from copy import deepcopy
from html import unescape

import pytest
from lxml import etree

pytest.importorskip("onelogin", reason="needs the extra saml")
pytest.importorskip("saml2")

from support.hall_doors import HALL as REDIRECTED
from support.hall_doors import OUT, SITE_SEAL, SLO
from support.hall_doors import Doors as Introduced
from support.town_hall import SEAL, Seal, logout_answer, logout_request, opened, packed, sealed, unpacked

HALL = dataclasses.replace(REDIRECTED, sign_out_binding="post")
DS = "{http://www.w3.org/2000/09/xmldsig#}"


class Doors(Introduced):
    """The same, with a hall that has browsers post."""

    def __init__(self, portal, provider=HALL):
        super().__init__(portal, provider)

    def post(self, **fields):
        """What the hall has a browser post, which brings no cookie with it."""
        answer = self.portal.browser().client.post(OUT, data=fields)
        assert "Set-Cookie" not in answer.headers
        return answer


@pytest.fixture(autouse=True)
def key_pair(monkeypatch):
    monkeypatch.setenv("HALL_KEY", SITE_SEAL.pem.decode() + SITE_SEAL.certificate)


@pytest.fixture
def doors(portal):
    return Doors(portal)


def form_of(answer):
    """Where the form of a page goes, and its fields."""
    assert answer.status_code == 200, answer.text
    assert "form-action 'self' https://hall.town.example https:" in answer.headers["Content-Security-Policy"]
    assert "Refresh" not in answer.headers
    form = re.search(r'<form[^>]*action="([^"]+)" data-onward>(.*?)</form>', answer.text, re.DOTALL)
    return form[1], {name: unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', form[2])}


def test_who_signs_out_here_brings_a_signed_request_in_a_form_and_comes_back_by_a_post(doors):
    described = next(doors.read.iter("{*}SingleLogoutService"))
    assert (described.get("Location"), described.get("Binding")[-9:]) == (doors.out, "HTTP-POST")
    browser, index = doors.sign_in()
    address, fields = form_of(browser.post("/signout"))
    asked = opened(fields["SAMLRequest"], SITE_SEAL.certificate)
    assert (address, asked.get("Destination"), browser.who()) == (SLO, SLO, "nobody")
    assert [next(asked.iter(f"{{*}}{tag}")).text for tag in ("NameID", "SessionIndex")] == ["carol-1", index]
    led = doors.post(SAMLResponse=sealed(logout_answer(asked.get("ID"), doors.out), SEAL))
    assert led.status_code == 303
    assert browser.get(led.location).location == "/"
    shown = browser.get("/signin").text
    assert ("You are signed out" in shown, "did not confirm" in shown) == (True, False)


def test_an_answer_that_does_not_hold_or_is_to_somebody_else_confirms_nothing(doors):
    for sent in (
        lambda asked: sealed(logout_answer(asked, doors.out), Seal.new()),
        lambda asked: sealed(logout_answer("another", doors.out), SEAL),
        lambda asked: sealed(logout_answer(asked, doors.out, "Responder"), SEAL),
        lambda asked: base64.b64encode(logout_answer(asked, doors.out).encode()).decode(),
        lambda asked: "",
    ):
        browser, _ = doors.sign_in()
        _, fields = form_of(browser.post("/signout"))
        asked = opened(fields["SAMLRequest"], SITE_SEAL.certificate)
        led = doors.post(SAMLResponse=sent(asked.get("ID")))
        assert browser.get(led.location).location == "/"
        assert "the town hall did not confirm" in browser.get("/signin").text
    browser, _ = doors.sign_in()
    browser.post("/signout")
    assert browser.get(f"{OUT}?confirmed=made-up").location == "/"
    assert "did not confirm" in browser.get("/signin").text


def test_who_signs_out_there_is_signed_out_here_by_a_post_and_the_answer_is_a_form(doors, portal):
    (first, index), (second, _) = doors.sign_in(), doors.sign_in()
    by_password = portal.signed_in("carol")
    answer = doors.post(
        SAMLRequest=sealed(logout_request("carol-1", doors.out, index), SEAL), RelayState="the state of the hall"
    )
    address, fields = form_of(answer)
    told = opened(fields["SAMLResponse"], SITE_SEAL.certificate)
    assert (address, fields["RelayState"], told.get("InResponseTo")) == (SLO, "the state of the hall", "_l1")
    assert next(told.iter("{*}StatusCode")).get("Value").endswith(":Success")
    assert [one.who() for one in (first, second)] == ["nobody", "Carol"]
    assert doors.post(SAMLRequest=sealed(logout_request("carol-1", doors.out), SEAL)).status_code == 200
    assert (second.who(), by_password.who()) == ("nobody", "Carol")


def test_each_binding_is_taken_whatever_is_sent(portal):
    doors = Doors(portal, dataclasses.replace(HALL, sign_out_binding="redirect"))
    browser, _ = doors.sign_in()
    answer = doors.post(SAMLRequest=sealed(logout_request("carol-1", doors.out), SEAL), RelayState="s")
    told, state = unpacked(answer.location, SITE_SEAL.certificate)
    assert (answer.status_code, browser.who(), told.get("InResponseTo"), state) == (302, "nobody", "_l1", "s")
    doors = Doors(portal)
    browser, _ = doors.sign_in()
    form_of(portal.browser().get(f"{OUT}?{packed('SAMLRequest', logout_request('carol-1', doors.out), SEAL)}"))
    assert browser.who() == "nobody"


def wrapped(out):
    """A signed request about somebody else, carried inside one about Carol."""

    def around(signed):
        inner, outer = deepcopy(signed), etree.fromstring(logout_request("carol-1", out).encode())
        for child in list(signed):
            signed.remove(child)
        signed.set("ID", "_outer")
        signed.extend([*outer, inner])

    return sealed(logout_request("carol-2", out), SEAL, after=around)


def moved(out):
    """The same, the signature lifted out so that it stands where that of the whole message would."""

    def around(signed):
        inner, outer = deepcopy(signed), etree.fromstring(logout_request("carol-1", out).encode())
        signature = inner.find(f"{DS}Signature")
        for child in list(signed):
            signed.remove(child)
        signed.set("ID", "_outer")
        signed.extend([*outer])
        signed.insert(1, signature)
        signed.append(inner)

    return sealed(logout_request("carol-2", out), SEAL, after=around)


def renamed(signed):
    next(signed.iter("{*}NameID")).text = "carol-1"


def left_out(signed):
    """A transform that would leave the name out of what is signed."""
    transforms = next(signed.iter(f"{DS}Transforms"))
    more = etree.SubElement(transforms, f"{DS}Transform", Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116")
    etree.SubElement(more, f"{DS}XPath").text = "not(ancestor-or-self::*[local-name()='NameID'])"


def weakened(signed):
    next(signed.iter(f"{DS}DigestMethod")).set("Algorithm", "http://www.w3.org/2000/09/xmldsig#sha1")


def test_a_post_ends_nothing_that_is(doors):
    browser, _ = doors.sign_in()
    good, other = logout_request("carol-1", doors.out), logout_request("carol-2", doors.out)
    hour = dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)
    for name, sent in {
        "not signed": base64.b64encode(good.encode()).decode(),
        "signed by somebody else": sealed(good, Seal.new()),
        "changed after it was signed": sealed(other, SEAL, after=renamed),
        "carried by another message": wrapped(doors.out),
        "signed for a part of it": moved(doors.out),
        "signed but for what was left out": sealed(good, SEAL, after=left_out),
        "weakly signed": sealed(good, SEAL, after=weakened),
        "for another address": sealed(logout_request("carol-1", "https://elsewhere.example/out"), SEAL),
        "old": sealed(logout_request("carol-1", doors.out, at=hour), SEAL),
        "of somebody who may not": sealed(logout_request("carol-1", doors.out, issuer="http://x.example"), SEAL),
        "without a name": sealed(logout_request("", doors.out), SEAL),
        "with entities": base64.b64encode(b'<!DOCTYPE a [<!ENTITY x "ha">]>' + good.encode()).decode(),
        "huge": base64.b64encode(logout_request("x" * 300_000, doors.out).encode()).decode(),
        "no XML": base64.b64encode(b"carol-1").decode(),
        "no base64": "carol-1",
        "nothing": "",
    }.items():
        answer = doors.post(SAMLRequest=sent)
        assert (answer.status_code, answer.location, browser.who()) == (303, "/", "Carol"), name
    assert doors.post(SAMLRequest=sealed(good, SEAL)).status_code == 200
    assert browser.who() == "nobody"


def test_nothing_is_taken_by_a_post_where_the_provider_is_not_to_sign_people_out(portal):
    doors = Doors(portal, dataclasses.replace(HALL, sign_out=False))
    browser, _ = doors.sign_in()
    assert doors.post(SAMLRequest=sealed(logout_request("carol-1", doors.out), SEAL)).status_code == 404
    assert browser.who() == "Carol"


def test_a_request_to_sign_in_is_signed_where_the_provider_wants_that(portal):
    doors = Doors(portal, dataclasses.replace(HALL, signed_requests=True))
    assert next(doors.read.iter("{*}SPSSODescriptor")).get("AuthnRequestsSigned") == "true"
    asked, _ = unpacked(portal.browser().get("/signin/with/hall").location, SITE_SEAL.certificate)
    assert (etree.QName(asked).localname, asked.get("AssertionConsumerServiceURL")) == ("AuthnRequest", doors.to)
    Doors(portal)
    assert "Signature=" not in portal.browser().get("/signin/with/hall").location
