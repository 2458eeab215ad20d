"""Signing in with a SAML provider: who comes in, what is kept, and every answer that must not hold."""

import base64
import copy
import dataclasses
import datetime as dt
import re
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
from lxml import etree

pytest.importorskip("onelogin", reason="needs the extra saml")
pytest.importorskip("saml2")

from metadata.model import ClaimMap, IdentityProvider
from runtime.identity.external.failures import failures_of
from runtime.identity.tables import external_logins, logins, saml_answers
from support.portal import CAST, PASSWORD, SITE, text
from support.town_hall import ENTITY, NAMEID_FORMAT_TRANSIENT, SAML, SEAL, Seal, TownHall

CAROL = CAST["carol"][0]
CLAIM = "urn:mace:dir:attribute-def:"
HALL = IdentityProvider(
    key="hall",
    label=text("the town hall"),
    protocol="saml",
    issuer=ENTITY,
    sign_in_url="https://hall.town.example/sso",
    certificates=(SEAL.certificate,),
    match="email",
    email_claim=f"{CLAIM}email",
)
BACK = "/signin/with/hall/back"


class Doors:
    """The portal and the provider, introduced to each other."""

    def __init__(self, portal, provider=HALL):
        portal.publish(provider)
        self.portal, self.metadata = portal, portal.browser().get("/signin/with/hall/metadata")
        self.hall = TownHall(self.metadata.text)
        read = etree.fromstring(self.metadata.data)
        self.entity = read.get("entityID")
        self.to = next(read.iter("{*}AssertionConsumerService")).get("Location")

    def begin(self, browser, path="/signin/with/hall"):
        """Go to the provider: the request that it was asked with."""
        away = browser.get(path)
        assert away.status_code == 302, away.text
        return self.hall.asked(parse_qs(urlsplit(away.location).query)["SAMLRequest"][0])

    def answer(self, subject="carol-1", **more):
        return self.hall.answer(subject, **{"to": self.to, "audience": self.entity, "claims": {"email": CAROL}, **more})

    def post(self, sent, **fields):
        """What another site has a browser post: no cookie comes with it. The address that it is led to."""
        led = self.portal.browser().client.post(BACK, data={"SAMLResponse": sent, **fields})
        assert (led.status_code, "Set-Cookie" in led.headers) == (303, False)
        return led.location

    def sign_in(self, browser, path="/signin/with/hall", **more):
        asked = self.begin(browser, path)
        return browser.get(self.post(self.answer(asked=asked.id, **more)))


@pytest.fixture
def doors(portal):
    return Doors(portal)


@pytest.fixture
def local_doors(local_portal):
    return Doors(local_portal, dataclasses.replace(HALL, unasked=True))


def owners(portal):
    return {row.subject: row.contact_id for row in portal.rows(sa.select(external_logins))}


def test_who_is_told_of_comes_in_and_is_known_from_then_on(portal):
    claims = (
        ClaimMap(claim=f"{CLAIM}name", attribute="full_name", when="first"),
        ClaimMap(claim="speaks", attribute="language"),
    )
    doors, browser = Doors(portal, dataclasses.replace(HALL, claims=claims)), portal.browser()
    assert "/signin/with/hall?next=%2Fnews" in browser.get("/signin?next=/news").text
    told = {"email": CAROL, "name": "Carol of the Quay", "speaks": "sv-SE"}
    answer = doors.sign_in(browser, "/signin/with/hall?next=/news", claims=told)
    assert (answer.status_code, answer.location, browser.who()) == (303, "/sv-SE/news", "Carol")
    assert portal.person("carol").name == "Carol of the Quay"
    assert owners(portal) == {"carol-1": portal.person("carol").contact}
    again = portal.browser()
    told = {"email": "other@elsewhere.example", "name": "Another name", "speaks": "en-US"}
    assert doors.sign_in(again, claims=told).status_code == 303
    person = portal.person("carol")
    assert (again.who(), person.name, person.language) == ("Carol", "Carol of the Quay", "en-US")
    assert not [row for row in portal.rows(sa.select(saml_answers)) if row.told], "what was told is forgotten"


def test_while_a_provider_changes_its_certificate_both_count_and_afterwards_the_new_one_alone(portal):
    new = Seal.new()
    old_and_new = dataclasses.replace(HALL, certificates=(SEAL.certificate, new.certificate))
    doors = Doors(portal, old_and_new)
    assert doors.sign_in(portal.browser()).status_code == 303
    doors.hall = TownHall(doors.metadata.text, seal=new)
    changed = portal.browser()
    assert (doors.sign_in(changed).status_code, changed.who()) == (303, "Carol")
    portal.publish(dataclasses.replace(HALL, certificates=(new.certificate,)))
    assert doors.sign_in(portal.browser()).status_code == 303
    doors.hall, late = TownHall(doors.metadata.text), portal.browser()
    doors.sign_in(late)
    assert late.who() == "nobody"
    with portal.engine.connect() as connection:
        assert failures_of(connection, SITE, "hall")[0].reason == "signature"


def test_an_answer_counts_once_and_in_the_browser_that_asked(doors, portal):
    browser, other = portal.browser(), portal.browser()
    sent = doors.answer(asked=doors.begin(browser).id)
    done = doors.post(sent)
    assert other.get(done).location.endswith("/signin")
    assert browser.get(done).location.endswith("/signin"), "a ticket is good once"
    assert "ticket" not in doors.post(sent), "an answer is good once"
    ticket = doors.post(doors.answer(asked=doors.begin(browser).id))
    portal.pass_time(dt.timedelta(minutes=3))
    assert browser.get(ticket).location.endswith("/signin"), "a ticket is good for a moment"
    assert (browser.who(), other.who(), owners(portal)) == ("nobody", "nobody", {})


def test_people_come_unasked_only_where_the_site_wants_that_and_only_to_its_own_pages(local_doors):
    portal = local_doors.portal
    browser = portal.browser()
    answer = browser.get(local_doors.post(local_doors.answer(), RelayState="/news"))
    assert (answer.location, browser.who()) == ("/news", "Carol")
    for state in ("https://elsewhere.example/there", "//elsewhere.example", "javascript:alert(1)", ""):
        assert portal.browser().get(local_doors.post(local_doors.answer(), RelayState=state)).location == "/", state
    portal.publish(HALL)
    assert "ticket" not in local_doors.post(local_doors.answer(), RelayState="/news")


def test_a_sign_in_is_added_and_another_provider_of_the_same_name_is_still_offered(local_portal):
    twin = dataclasses.replace(HALL, key="annex", issuer="https://annex.town.example")
    local_portal.publish(twin)
    doors, browser = Doors(local_portal), local_portal.signed_in("alice")
    going = browser.post("/logins", {"password": PASSWORD}).text
    link = re.search(r'href="(/signin/with/hall[^"]*)"', going)[1]
    assert doors.sign_in(browser, link, claims={}).location == "/logins"
    assert owners(local_portal) == {"carol-1": local_portal.person("alice").contact}
    going = browser.post("/logins", {"password": PASSWORD}).text
    assert ("/signin/with/annex" in going, "/signin/with/hall" in going) == (True, False)


def test_who_has_no_password_proves_it_by_a_new_sign_in_there(doors, portal):
    browser = portal.browser()
    assert doors.begin(portal.browser()).force_authn is None
    doors.sign_in(browser)
    with portal.engine.begin() as connection:
        connection.execute(sa.delete(logins).where(logins.c.email == CAROL))
    with browser.client.session_transaction() as session:
        session["proved"] -= 31 * 60

    def proved(subject="carol-1", path="/security", **more):
        shown = browser.post("/my-data", headers={"Referer": f"http://portal.example{path}"})
        assert shown.status_code == 403
        asked = doors.begin(browser, re.search(r'href="(/signin/with/hall[^"]*)"', shown.text)[1])
        assert asked.force_authn == "true"
        answer = browser.get(doors.post(doors.answer(subject, asked=asked.id, **more)))
        return answer.status_code, answer.location

    before = with_each("AuthnStatement", AuthnInstant=f"{dt.datetime.now(dt.UTC) - dt.timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}")
    assert proved(before=before) == (422, None), "the provider did not ask"
    assert proved("somebody-else") == (422, None)
    assert proved() == (303, "/security")
    assert (browser.post("/my-data").status_code, browser.who()) == (200, "Carol")


def scrambled(document):
    for name in document.iter(f"{{{SAML}}}NameID"):
        name.text = "somebody-else"


def wrapped(where):
    """Signature wrapping: the signed assertion is moved aside, and one about somebody else stands in its place."""

    def change(document):
        signed = document.find(f"{{{SAML}}}Assertion")
        evil = copy.deepcopy(signed)
        evil.remove(evil.find("{*}Signature"))
        scrambled(evil)
        if where != "same id":
            evil.set("ID", "evil")
        if where == "beside":
            document.insert(document.index(signed), evil)
        elif where == "in extensions":
            document.replace(signed, evil)
            etree.SubElement(document, "{urn:oasis:names:tc:SAML:2.0:protocol}Extensions").append(signed)
        elif where == "in the signature":
            document.replace(signed, evil)
            seal = signed.find("{*}Signature")
            evil.insert(1, seal)
            etree.SubElement(seal, "{http://www.w3.org/2000/09/xmldsig#}Object").append(signed)
        else:
            document.replace(signed, evil)
            evil.append(signed)

    return change


def with_each(tag, **attributes):
    def change(document):
        for one in document.iter(f"{{{SAML}}}{tag}"):
            for name, value in attributes.items():
                one.attrib.pop(name, None) if value is None else one.set(name, value)

    return change


def retold(tag, said):
    def change(document):
        for one in document.iter(f"{{{SAML}}}{tag}"):
            one.text = said

    return change


def without(tag):
    def change(document):
        for one in list(document.iter(f"{{*}}{tag}")):
            one.getparent().remove(one)

    return change


PAST, FUTURE, FAR = "2020-01-01T00:00:00Z", "2090-01-01T00:00:00Z", "2090-01-01T00:00:00Z"
REFUSED = {
    "not signed": {"after": without("Signature")},
    "changed after it was signed": {"after": scrambled},
    "signed by somebody else": {"seal": Seal.new()},
    "wrapped beside": {"after": wrapped("beside")},
    "wrapped in extensions": {"after": wrapped("in extensions")},
    "wrapped in the signature": {"after": wrapped("in the signature")},
    "wrapped inside": {"after": wrapped("inside")},
    "wrapped with the same id": {"after": wrapped("same id")},
    "for another site": {"before": retold("Audience", "https://elsewhere.example")},
    "for nobody in particular": {"before": without("AudienceRestriction")},
    "sent elsewhere": {"before": with_each("SubjectConfirmationData", Recipient="https://elsewhere.example/back")},
    "sent to a longer address": {"before": with_each("SubjectConfirmationData", Recipient="https://x.example/?" + BACK)},
    "sent nowhere": {"before": with_each("SubjectConfirmationData", Recipient=None)},
    "of nobody who may say so": {"before": retold("Issuer", "http://other.example")},
    "too late": {"before": with_each("Conditions", NotOnOrAfter=PAST)},
    "confirmed too late": {"before": with_each("SubjectConfirmationData", NotOnOrAfter=PAST)},
    "confirmed for ever": {"before": with_each("SubjectConfirmationData", NotOnOrAfter=None)},
    "confirmed for far too long": {"before": with_each("SubjectConfirmationData", NotOnOrAfter=FAR)},
    "too early": {"before": with_each("Conditions", NotBefore=FUTURE)},
    "about nobody": {"before": without("NameID")},
    "about somebody else each time": {"format": NAMEID_FORMAT_TRANSIENT},
    "without an assertion": {"before": without("Assertion")},
    "stripped of the request it answers": {"asked": "id-1", "after": lambda document: document.attrib.pop("InResponseTo")},
    "a failure": {"before": lambda document: next(document.iter("{*}StatusCode")).set("Value", "urn:x:Responder")},
}

WHY = {
    "not signed": "signature",
    "changed after it was signed": "signature",
    "signed by somebody else": "signature",
    "wrapped beside": "unreadable",
    "for another site": "audience",
    "for nobody in particular": "audience",
    "sent elsewhere": "recipient",
    "sent to a longer address": "recipient",
    "sent nowhere": "recipient",
    "of nobody who may say so": "issuer",
    "too late": "expired",
    "confirmed too late": "recipient",
    "too early": "clock",
    "about nobody": "person",
    "about somebody else each time": "person",
    "a failure": "cancelled",
}
"""The reasons that are kept of them; of what nobody sends by mistake it is enough that it was refused."""


def cut(after, what):
    """The name and the e-mail of somebody else, cut off from one's own by what a signature does not see."""

    def change(document):
        values = (*document.iter(f"{{{SAML}}}NameID"), *document.iter(f"{{{SAML}}}AttributeValue"))
        for one in values:
            whole = one.text or ""
            if after in whole:
                head, _, tail = whole.partition(after)
                one.text = head + after
                one.append(what)
                what.tail = tail

    return change


@pytest.mark.parametrize("kind", ["a comment", "an instruction"])
def test_nobody_becomes_somebody_else_by_what_a_signature_does_not_see(local_doors, kind):
    """Carol's address stands at the beginning of Mallory's, which the provider signs."""
    made = etree.Comment("x") if kind == "a comment" else etree.ProcessingInstruction("x", "y")
    mallory = {"email": f"{CAROL}.mallory.example"}
    sent = local_doors.answer(f"{CAROL}.mallory.example", claims=mallory, after=cut(CAROL, made))
    assert b"<!--x-->" in base64.b64decode(sent) or b"<?x y?>" in base64.b64decode(sent)
    browser = local_doors.portal.browser()
    asked = local_doors.begin(browser)
    sent = local_doors.answer(f"{CAROL}.mallory.example", claims=mallory, after=cut(CAROL, made), asked=asked.id)
    answer = browser.get(local_doors.post(sent))
    assert answer.status_code == 422
    assert browser.get("/club").status_code == 302
    assert local_doors.portal.rows(sa.select(external_logins.c.subject)) == []


def test_a_name_with_a_comment_in_it_is_read_whole(local_doors):
    browser = local_doors.portal.browser()
    assert local_doors.sign_in(browser, subject="carol-17", after=cut("carol-1", etree.Comment("x"))).status_code == 303
    assert local_doors.portal.rows(sa.select(external_logins.c.subject)) == [("carol-17",)]


def test_a_document_type_is_not_hidden_by_another_encoding(local_doors):
    good = base64.b64decode(local_doors.answer()).decode()
    body = good.partition("?>")[2] if good.startswith("<?xml") else good
    hidden = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]>' + body.replace("carol-1", "&x;")
    for encoding in ("utf-7", "utf-32", "utf-16-le", "cp037"):
        sent = f'<?xml version="1.0" encoding="{encoding}"?>'.encode("utf-8" if encoding == "utf-7" else encoding)
        sent += hidden.encode(encoding)
        assert "ticket" not in local_doors.post(base64.b64encode(sent).decode()), encoding


@pytest.mark.parametrize("name", REFUSED)
def test_an_answer_is_refused_that_is(local_doors, name):
    led = local_doors.post(local_doors.answer(**REFUSED[name]))
    assert "ticket" not in led
    answer = local_doors.portal.browser().get(led)
    said = "without signing you in" if name == "a failure" else "does not hold"
    assert (answer.status_code, said in answer.text) == (422, True)
    with local_doors.portal.engine.connect() as connection:
        (failure,) = failures_of(connection, SITE, "hall")
    assert failure.reason == WHY.get(name, "unreadable")
    assert (f"number: {failure.request}" in answer.text) is (name != "a failure"), (
        "the person reads the number under which it is told"
    )
    forged = local_doors.portal.browser().get("/signin/with/hall/done?number=call-0800-us").text
    assert ("does not hold" in forged, "number: call-0800-us" in forged) == (True, False)


def test_what_is_no_answer_is_refused(local_doors, caplog):
    """Among them documents that would have a reader open files, or fill the memory."""
    good = base64.b64decode(local_doors.answer()).decode()
    secret = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
    bomb = '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
    for sent in ("", "%%%", "<x/>", good, "<a", secret + good.replace("carol-1", "&x;"), bomb + good, "x" * 300_000):
        for given in (sent, base64.b64encode(sent.encode()).decode(), base64.b64encode(sent.encode("utf-16")).decode()):
            if given != base64.b64encode(good.encode()).decode():
                assert "ticket" not in local_doors.post(given), sent[:40]
    assert "Traceback" not in caplog.text
    assert "ticket" in local_doors.post(base64.b64encode(good.encode()).decode())


def test_other_posts_still_need_the_token_of_their_page(local_doors):
    client = local_doors.portal.browser().client
    assert client.post("/signin", data={"email": CAROL, "password": PASSWORD}).status_code == 400
    assert client.post("/signin/with/hall/done", data={"SAMLResponse": local_doors.answer()}).status_code == 400
