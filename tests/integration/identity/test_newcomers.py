"""Who comes by a provider for the first time, where people register themselves or ask for access."""

import dataclasses
import datetime as dt
import re

import pytest
import requests
import sqlalchemy as sa

pytest.importorskip("authlib", reason="needs the extra oidc")
mock = pytest.importorskip("oidc_provider_mock")

from metadata.model import Attribute, ClaimMap, Entity, IdentityProvider, Joining, SiteSetting  # noqa: E402 - after the libraries
from runtime.housekeeping import tidy  # noqa: E402
from runtime.identity.external import openid  # noqa: E402
from runtime.identity.roles import roles_of  # noqa: E402
from runtime.identity.sessions import utc_now  # noqa: E402
from runtime.identity.tables import external_logins, invitations, newcomers, registrations  # noqa: E402
from runtime.records.people import find_contacts_by_email  # noqa: E402
from runtime.records.tables import AUDIT  # noqa: E402
from support.portal import CAST, PASSWORD, SITE, components, make_portal, text  # noqa: E402

pytestmark = [pytest.mark.filterwarnings(f"ignore:{start}") for start in ("get_jwt_config", "authlib.jose", "The httpx")]
JOINING = Joining(
    attributes=("full_name", "phone"), roles=("member",), approvers=("keeper",), account="domain", account_attribute="domain"
)
CONTACT = Entity(key="contact", attributes=(Attribute(key="phone", type="phone"), Attribute(key="sails", type="text")))
ACCOUNT = Entity(key="account", attributes=(Attribute(key="domain", type="text"),))
DORA = "dora@quay.example"
PAGE = "/register/with/guild"


@pytest.fixture(scope="module")
def directory():
    with mock.run_server_in_thread() as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
def site(database_url, tmp_path, directory, monkeypatch):
    """Gives a portal with a registration of some kind, and the provider."""
    monkeypatch.setenv("GUILD_SECRET", "the secret of the guild")
    monkeypatch.setattr(openid, "PATIENCE_S", 60.0)
    made = []

    def make(registration, **provider):
        given = (*components(registration=registration, joining=JOINING), CONTACT, ACCOUNT)
        portal = make_portal(database_url, tmp_path, given)
        made.append(portal)
        account = portal.snapshot.entities["account"].table
        portal.change(account, account.c.name == "Quay", domain="quay.example")
        guild = IdentityProvider(key="guild", label=text("the guild"), issuer=directory, client_id="portal", match="email")
        portal.publish(dataclasses.replace(guild, client_secret="${GUILD_SECRET}", **provider))
        return portal

    yield make
    for portal in made:
        portal.engine.dispose()


def there(portal, directory, subject, browser=None, **claims):
    """Somebody comes by the provider: the browser, and the answer to the way back."""
    requests.put(f"{directory}/users/{subject}", json=claims, timeout=60).raise_for_status()
    browser = browser or portal.browser()
    away = browser.get("/signin/with/guild?next=/news")
    answer = requests.post(away.location, data={"sub": subject}, allow_redirects=False, timeout=60)
    return browser, browser.get(re.sub(r"^https?://[^/]+", "", answer.headers["Location"]))


def dora(portal, directory, subject="dora-1", browser=None, **claims):
    return there(portal, directory, subject, browser, **{"email": DORA, "email_verified": True, "name": "Dora", **claims})


def send(browser, **fields):
    return browser.post(PAGE, {"a_full_name": "Dora", **fields}, token_from=PAGE)


def people(portal, email=DORA):
    with portal.engine.connect() as connection:
        found = find_contacts_by_email(connection, portal.snapshot, email)
        return [(person.name, person.account_name, roles_of(connection, person.contact, SITE)) for person in found]


def acts(portal, act):
    return [row.changes for row in portal.rows(sa.select(AUDIT.c.changes).where(AUDIT.c.privilege == act).order_by(AUDIT.c.id))]


def owners(portal):
    return {row.subject: row.contact_id for row in portal.rows(sa.select(external_logins))}


def test_who_comes_by_a_provider_registers_with_a_button_and_is_in(site, directory):
    portal = site("open", claims=(ClaimMap(claim="boat", attribute="sails"),))
    browser, answer = dora(portal, directory, boat="Curlew")
    assert (answer.status_code, answer.location, people(portal)) == (303, PAGE, [])
    shown = browser.get(PAGE).text
    assert "the guild has told us that you are dora@quay.example" in shown
    assert 'value="Dora"' in shown
    assert 'name="email"' not in shown, "the e-mail is the one that was vouched for"
    assert people(portal) == [], "a page that is merely opened makes nobody"
    answer = send(browser, email="eve@elsewhere.example", a_email="eve@elsewhere.example", a_phone="+46 8 123 456")
    assert (answer.status_code, answer.location, browser.who()) == (303, "/news", "Dora")
    assert people(portal) == [("Dora", "Quay", {"member"})]
    contact = portal.snapshot.entities["contact"].table
    assert portal.rows(sa.select(contact.c.sails, contact.c.phone).where(contact.c.email == DORA)) == [
        ("Curlew", "+46 8 123 456")
    ]
    assert portal.outbox.sent == [], "nothing is to be proved by a link"
    assert len(acts(portal, "registration")) == 1
    assert acts(portal, "external_login") == ['{"external_login": "added from guild"}']
    again, answer = dora(portal, directory, boat="Tern")
    assert (answer.location, again.who(), people(portal)) == ("/news", "Dora", [("Dora", "Quay", {"member"})])
    assert portal.rows(sa.select(contact.c.sails).where(contact.c.email == DORA)) == [("Tern",)]


def test_what_the_provider_tells_is_not_asked(site, directory):
    portal = site("open", claims=(ClaimMap(claim="name", attribute="full_name", when="first"),))
    browser, _ = dora(portal, directory)
    assert "a_full_name" not in browser.get(PAGE).text
    assert browser.post(PAGE, {}, token_from=PAGE).status_code == 303
    assert people(portal) == [("Dora", "Quay", {"member"})]


def test_the_button_counts_once_soon_and_in_the_browser_that_came(site, directory):
    portal = site("open")
    browser, _ = dora(portal, directory)
    assert send(browser, a_full_name="").status_code == 422
    stranger = portal.browser()
    assert stranger.get(PAGE).location == "/signin"
    assert stranger.post(PAGE, {"a_full_name": "Eve"}).location == "/signin"
    portal.pass_time(dt.timedelta(minutes=21))
    assert browser.get(PAGE).location == "/signin"
    assert (people(portal), tidy(portal.engine, utc_now())["foyer_newcomer"]) == ([], 1)
    browser, _ = dora(portal, directory)
    with browser.client.session_transaction() as cookie:
        held = dict(cookie)
    assert send(browser).status_code == 303
    assert portal.rows(sa.select(newcomers)) == []
    with browser.client.session_transaction() as cookie:
        cookie.clear()
        cookie.update(held)
    assert browser.post(PAGE, {"a_full_name": "Dora"}).location == "/signin"
    assert len(people(portal)) == 1


def test_nobody_takes_over_who_is_there(site, directory):
    portal = site("open")
    contact = portal.snapshot.entities["contact"].table
    browser, _ = dora(portal, directory)
    # Meanwhile somebody gets the e-mail: the contact is not the newcomer's.
    portal.change(contact, contact.c.id == portal.ids["bob"], email=DORA.upper())
    answer = send(browser)
    assert (answer.status_code, browser.who(), owners(portal)) == (422, "nobody", {})
    assert "cannot be registered with this sign-in" in answer.text
    assert len(people(portal)) == 1
    # Nor is one that is inactive, or whose sign-in has the e-mail.
    portal.change(contact, contact.c.id == portal.ids["bob"], active=False)
    assert dora(portal, directory)[1].status_code == 422
    portal.change(contact, contact.c.id == portal.ids["carol"], email="carol@other.example")
    _, answer = there(portal, directory, "carol-9", email=CAST["carol"][0], email_verified=True)
    assert (answer.status_code, owners(portal), portal.rows(sa.select(newcomers.c.provider))) == (422, {}, [("guild",)])


@pytest.mark.parametrize(
    ("registration", "provider", "claims"),
    [
        ("invitation", {}, {}),
        ("closed", {}, {}),
        ("open", {"match": "invitation"}, {}),
        ("open", {}, {"email_verified": False}),
        ("open", {}, {"email": "nowhere"}),
    ],
)
def test_nobody_registers_so_where_that_is_not_open_or_the_word_does_not_count(site, directory, registration, provider, claims):
    portal = site(registration, **provider)
    browser, answer = dora(portal, directory, f"dora-{registration}-{len(claims)}", **claims)
    assert (answer.status_code, people(portal)) == (422, [])
    assert ('href="/register"' in answer.text) == (registration == "open")
    # Of a site that is open the sign-in page says to begin anew.
    assert browser.get(PAGE).status_code == browser.post(PAGE).status_code == (303 if registration == "open" else 404)
    assert people(portal) == []


def test_a_request_by_a_provider_waits_and_is_approved(site, directory):
    portal = site("request")
    browser, _ = dora(portal, directory)
    assert "Ask for access" in browser.get(PAGE).text
    answer = send(browser)
    assert (answer.status_code, "Your request is on its way" in answer.text, people(portal)) == (200, True, [])
    assert [mail.to for mail in portal.outbox.sent] == [CAST["carol"][0]]
    # Who comes again meanwhile reads the same and makes no second request.
    browser, _ = dora(portal, directory)
    assert "Your request is on its way" in browser.get(PAGE).text
    send_again = browser.post(PAGE, {"a_full_name": "Dora D."})
    assert send_again.status_code == 200
    waiting = portal.rows(sa.select(registrations.c.id).where(registrations.c.state == "waiting"))
    assert len(waiting) == 1
    fields = {"request": str(waiting[0].id), "act": "approve", "account": "QUAY"}
    assert portal.signed_in("carol").post("/access-requests", fields, token_from="/access-requests").status_code == 303
    # The mail has the invitation; who comes by the provider instead has what it gives as well.
    browser, answer = dora(portal, directory)
    assert (answer.location, browser.who(), people(portal)) == ("/news", "Dora", [("Dora D.", "Quay", {"member"})])
    assert portal.rows(sa.select(invitations.c.redeemed)) == [(1,)]


def test_a_request_that_was_refused_may_be_made_again(site, directory):
    portal = site("request")
    browser, _ = dora(portal, directory)
    send(browser)
    number = portal.rows(sa.select(registrations.c.id))[0].id
    fields = {"request": str(number), "act": "refuse", "reason": "Not ours."}
    assert portal.signed_in("carol").post("/access-requests", fields, token_from="/access-requests").status_code == 303
    assert (portal.outbox.sent[-1].to, "Not ours." in portal.outbox.sent[-1].text) == (DORA, True)
    browser, _ = dora(portal, directory)
    assert "Ask for access" in browser.get(PAGE).text
    assert "Your request is on its way" in send(browser).text
    assert people(portal) == []


def test_registering_so_is_counted(site, directory):
    portal = site("request")
    for _ in range(5):
        browser, _ = dora(portal, directory)
        assert browser.post(PAGE, {"a_full_name": "Dora"}).status_code == 200
    browser, _ = dora(portal, directory)
    assert browser.post(PAGE, {"a_full_name": "Dora"}).status_code == 429
    portal.publish(SiteSetting(key="captcha/pages", site=SITE, value="registration"))
    browser, _ = there(portal, directory, "erik-1", email="erik@quay.example", email_verified=True, name="Erik")
    assert browser.post(PAGE, {"a_full_name": "Erik"}, token_from=PAGE).status_code == 422


def test_who_was_invited_and_comes_by_the_provider_has_what_the_invitation_gives(site, directory):
    portal = site("invitation")
    portal.invite("bob", roles=("member",))
    who = CAST["bob"][0]
    browser, _ = there(portal, directory, "bob-1", email=who, email_verified=True)
    assert (browser.who(), people(portal, who)) == ("Bob", [("Bob", "Harbour", {"member"})])
    assert PASSWORD not in browser.get("/signin").text
