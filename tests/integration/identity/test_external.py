"""Signing in with another provider: whose a sign-in is, what is refused, and the sign-ins that a person adds and removes."""

import base64
import dataclasses
import datetime as dt
import json
import re
from hashlib import sha256
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
import requests
import sqlalchemy as sa

pytest.importorskip("authlib", reason="needs the extra oidc")
mock = pytest.importorskip("oidc_provider_mock")

from metadata.model import ClaimMap, IdentityProvider, SiteSetting  # noqa: E402 - after the libraries it may lack
from runtime.identity.external import openid  # noqa: E402
from runtime.identity.external.logins import Identity, add_external  # noqa: E402
from runtime.identity.external.proof import ProviderDown  # noqa: E402
from runtime.identity.logins import set_disabled  # noqa: E402
from runtime.identity.tables import external_logins, invitations, logins, second_factors  # noqa: E402
from runtime.identity.views.answers import PROVED  # noqa: E402
from runtime.records.tables import AUDIT  # noqa: E402
from support.portal import CAST, PASSWORD, text  # noqa: E402

# What the provider that is run here warns of in itself.
pytestmark = [pytest.mark.filterwarnings(f"ignore:{start}") for start in ("get_jwt_config", "authlib.jose", "The httpx")]
ALICE, CAROL = CAST["alice"][0], CAST["carol"][0]


@pytest.fixture(scope="module")
def directory():
    """A provider that runs beside us: the address of it."""
    with mock.run_server_in_thread() as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
def guild_of(directory):
    """Gives a portal the provider, as the site's metadata has it."""
    names = {"key": "guild", "label": text("the guild"), "issuer": directory}

    def publish(portal):
        portal.publish(publish.made)
        return publish.made

    publish.made = IdentityProvider(**names, client_id="portal", client_secret="${GUILD_SECRET}", match="email")
    return publish


@pytest.fixture
def guild(portal, guild_of):
    return guild_of(portal)


@pytest.fixture(autouse=True)
def secret(monkeypatch):
    monkeypatch.setenv("GUILD_SECRET", "the secret of the guild")
    monkeypatch.setattr(openid, "PATIENCE_S", 60.0)  # the provider shares the processor with all other tests


def member(directory, subject, **claims):
    """Somebody who can sign in there; gives the subject."""
    requests.put(f"{directory}/users/{subject}", json=claims, timeout=60).raise_for_status()
    return subject


def verified(directory, subject, email, **claims):
    return member(directory, subject, email=email, email_verified=True, **claims)


def there(browser, subject, path="/signin/with/guild"):
    """Go to the provider and sign in there: the address that it sends the browser back to."""
    away = browser.get(path)
    assert away.status_code == 302, away.text
    answer = requests.post(away.location, data={"sub": subject}, allow_redirects=False, timeout=60)
    assert answer.status_code in (302, 303), answer.text
    return local(answer.headers["Location"])


def local(address):
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"


def sign_in(browser, subject, path="/signin/with/guild"):
    return browser.get(there(browser, subject, path))


def with_mail(portal, contact):
    with portal.engine.begin() as connection:
        connection.execute(sa.insert(second_factors).values(contact_id=contact, method="mail"))


def links(answer):
    return [one.replace("&amp;", "&") for one in re.findall(r'href="(/signin/with/guild[^"]*)"', answer.text)]


def owners(portal):
    return {row.subject: row.contact_id for row in portal.rows(sa.select(external_logins))}


def test_who_has_a_verified_email_comes_in_and_is_known_from_then_on(portal, directory, guild):
    who = verified(directory, "carol-1", CAROL.upper())
    browser = portal.browser()
    assert links(browser.get("/signin?next=/news")) == ["/signin/with/guild?next=%2Fnews"]
    answer = sign_in(browser, who, "/signin/with/guild?next=/news")
    assert (answer.status_code, answer.location, browser.who()) == (303, "/news", "Carol")
    assert owners(portal) == {who: portal.person("carol").contact}
    noted = portal.rows(sa.select(AUDIT.c.changes).where(AUDIT.c.privilege == "external_login"))
    assert "added from guild" in noted[0].changes
    # Who had another way in is told of the new one, once.
    (mail,) = portal.outbox.sent
    assert (mail.to, "A sign-in with another provider was added" in mail.text) == (CAROL, True)
    # The e-mail may change there: the sign-in stays that of the contact.
    verified(directory, who, "other@elsewhere.example")
    again = portal.browser()
    assert (sign_in(again, who).status_code, again.who(), len(portal.outbox.sent)) == (303, "Carol", 1)


STRANGERS = (
    {"email": CAROL},
    {"email": CAROL, "email_verified": False},
    {"email": CAROL, "email_verified": "true"},
    {"email": "nobody@elsewhere.example", "email_verified": True},
    {"email_verified": True},
    {},
)


def test_who_is_not_known_and_has_no_verified_email_of_one_contact_stays_out(portal, directory, guild):
    for number, claims in enumerate(STRANGERS):
        browser = portal.browser()
        answer = sign_in(browser, member(directory, f"stranger-{number}", **claims))
        assert (answer.status_code, browser.who(), owners(portal)) == (422, "nobody", {}), claims
        assert "Nobody here signs in" in answer.text


def test_why_nobody_was_found_is_in_the_log_with_the_names_of_claims_and_no_value(portal, directory, guild, caplog):
    portal.publish(dataclasses.replace(guild, claims=(ClaimMap(claim="given_name", attribute="full_name"),)))
    for claims, why in (
        ({"email": CAROL, "nickname": "Caro"}, "email_verified true"),
        ({"email": "nobody@elsewhere.example", "email_verified": True, "nickname": "Caro"}, "0 contacts"),
    ):
        caplog.clear()
        assert sign_in(portal.browser(), member(directory, f"stranger {why}", **claims)).status_code == 422
        (record,) = [one for one in caplog.records if vars(one).get("action") == "external_unknown"]
        assert (why in vars(record)["why"], {"email", "nickname", "sub"} <= set(vars(record)["claims"])) == (True, True)
        assert not {"Caro", CAROL, "nobody@elsewhere.example"} & {str(value) for value in vars(record).values()}
    with caplog.at_level("INFO"):
        sign_in(portal.browser(), verified(directory, "carol-14", CAROL))
    missing = [vars(one)["claim"] for one in caplog.records if vars(one).get("action") == "external_claim_missing"]
    assert missing == ["given_name"]


def test_where_the_site_wants_invitations_an_email_opens_nothing(portal, directory, guild):
    portal.publish(dataclasses.replace(guild, match="invitation"))
    who, browser = verified(directory, "erin-1", CAST["erin"][0]), portal.browser()
    assert sign_in(browser, who).status_code == 422


def test_an_invitation_is_redeemed_with_a_provider_once_and_by_its_own_page_alone(portal, directory, guild):
    portal.publish(dataclasses.replace(guild, match="invitation"))
    portal.change(logins, logins.c.email == CAST["bob"][0], contact_id=-5)
    code, browser = portal.invite("bob", roles=("member",)), portal.browser()
    shown = browser.get(f"/invitation?code={code}")
    (link,) = links(shown)
    planted = portal.browser()
    assert planted.get(link).location.endswith("/signin"), "a link of somebody else's page leads nowhere"
    who = member(directory, "bob-1")
    assert (sign_in(browser, who, link).status_code, browser.who()) == (303, "Bob")
    assert browser.get("/club").status_code == 200
    second = portal.browser()
    (link,) = links(second.get(f"/invitation?code={code}")) or ("",)
    assert not link or sign_in(second, member(directory, "bob-2"), link).status_code == 422
    assert owners(portal) == {who: portal.person("bob").contact}


def test_who_comes_with_the_provider_already_redeems_an_invitation_with_it(portal, directory, guild):
    who, contact = verified(directory, "carol-16", CAROL), portal.person("carol").contact
    sign_in(portal.browser(), who)
    with portal.engine.begin() as connection:
        connection.execute(sa.delete(logins).where(logins.c.contact_id == contact))
    code, browser, other = portal.invite("carol", roles=("member",)), portal.browser(), portal.browser()
    # Somebody else's sign-in proves nothing of her.
    (link,) = links(other.get(f"/invitation?code={code}"))
    assert sign_in(other, member(directory, "stranger-16"), link).status_code == 422
    (link,) = links(browser.get(f"/invitation?code={code}"))
    answer = sign_in(browser, who, link)
    assert (answer.status_code, browser.who(), owners(portal)) == (303, "Carol", {who: contact})
    assert portal.rows(sa.select(invitations.c.redeemed)) == [(1,)]


def test_what_comes_back_must_answer_what_this_browser_asked(portal, directory, guild):
    who, browser, other = verified(directory, "carol-2", CAROL), portal.browser(), portal.browser()
    back = there(browser, who)
    assert other.get(back).location.endswith("/signin")
    assert other.who() == "nobody"
    state = parse_qs(urlsplit(back).query)["state"][0]
    assert browser.get(back.replace(state, f"x{state}")).location.endswith("/signin")
    assert browser.get(back).location.endswith("/signin"), "an attempt is good once"
    assert browser.who() == "nobody"


def test_a_code_of_another_attempt_is_not_taken(portal, directory, guild):
    """The nonce of the token is that of the attempt in which the code was given."""
    who, browser = verified(directory, "carol-3", CAROL), portal.browser()
    first = parse_qs(urlsplit(there(portal.browser(), who)).query)["code"][0]
    back = there(browser, who)
    code = parse_qs(urlsplit(back).query)["code"][0]
    answer = browser.get(back.replace(code, first))
    assert (answer.status_code, browser.who()) == (422, "nobody")
    assert "does not hold" in answer.text


def test_a_provider_that_refuses_or_is_not_there_leaves_a_sentence(portal, directory, guild, monkeypatch):
    browser = portal.browser()
    back = there(browser, verified(directory, "carol-4", CAROL))
    state = parse_qs(urlsplit(back).query)["state"][0]
    refused = browser.get(f"/signin/with/guild/back?error=access_denied&state={state}")
    assert (refused.status_code, "without signing you in" in refused.text) == (422, True)
    portal.publish(dataclasses.replace(guild, issuer="http://localhost:9"))
    gone = portal.browser().get("/signin/with/guild")
    assert (gone.status_code, "cannot be reached" in gone.text) == (503, True)
    portal.publish(guild)
    monkeypatch.delenv("GUILD_SECRET")
    assert portal.browser().get("/signin/with/guild").status_code == 503
    portal.publish(dataclasses.replace(guild, active=False))
    assert portal.browser().get("/signin/with/guild").status_code == 404
    assert links(portal.browser().get("/signin")) == []


def test_barred_and_inactive_people_stay_out(portal, directory, guild):
    who, contact = verified(directory, "carol-5", CAROL), portal.person("carol").contact
    assert sign_in(portal.browser(), who).status_code == 303
    with portal.engine.begin() as connection:
        set_disabled(connection, contact, disabled=True)
    assert sign_in(portal.browser(), who).status_code == 422
    with portal.engine.begin() as connection:
        set_disabled(connection, contact, disabled=False)
    table = portal.snapshot.entities["contact"].table
    portal.change(table, table.c.id == contact, active=False)
    assert sign_in(portal.browser(), who).status_code == 422


def test_who_begins_in_another_language_comes_back_to_it(portal, directory, guild):
    who = verified(directory, "carol-15", CAROL)
    for path, wanted in (("/sv-SE/signin/with/guild", "/sv-SE"), ("/sv-SE/signin/with/guild?next=/sv-SE/news", "/sv-SE/news")):
        assert sign_in(portal.browser(), who, path).location == wanted
    assert sign_in(portal.browser(), who).location == "/"
    refused = sign_in(portal.browser(), member(directory, "stranger-sv"), "/sv-SE/signin/with/guild")
    assert (refused.status_code, 'lang="sv-SE"' in refused.text) == (422, True)
    with_mail(portal, portal.person("carol").contact)
    assert sign_in(portal.browser(), who, "/sv-SE/signin/with/guild").location.startswith("/sv-SE/signin/code")
    # Whoever has chosen a language gets that one.
    table = portal.snapshot.entities["contact"].table
    portal.change(table, table.c.id == portal.person("carol").contact, language="en-US")
    portal.publish(dataclasses.replace(guild, second_factor=True))
    assert sign_in(portal.browser(), who, "/sv-SE/signin/with/guild?next=/sv-SE/news").location == "/news"


def test_claims_are_kept_as_the_metadata_says(portal, directory, guild):
    claims = (ClaimMap(claim="name", attribute="full_name"), ClaimMap(claim="locale", attribute="language", when="first"))
    portal.publish(dataclasses.replace(guild, claims=claims))
    who = verified(directory, "carol-6", CAROL, name="Carol of the Guild", locale="sv-SE")
    sign_in(portal.browser(), who)
    person = portal.person("carol")
    assert (person.name, person.language) == ("Carol of the Guild", "sv-SE")
    verified(directory, who, CAROL, name=["not", "a", "text"], locale="en-US")
    assert sign_in(portal.browser(), who).status_code == 303
    person = portal.person("carol")
    assert (person.name, person.language) == ("Carol of the Guild", "sv-SE")


def test_a_person_adds_and_removes_providers_with_the_password_and_never_the_last(portal, directory, guild):
    portal.publish(dataclasses.replace(guild, match="invitation"))
    browser, who = portal.signed_in("carol"), member(directory, "carol-7", email="c@guild.example")
    assert browser.post("/logins", {"password": "wrong"}).status_code == 422
    (link,) = links(browser.post("/logins", {"password": PASSWORD}))
    answer = sign_in(browser, who, link)
    assert (answer.status_code, answer.location) == (303, "/logins")
    shown = browser.get("/logins").text
    assert "c@guild.example" in shown
    other = portal.signed_in("alice")
    (link,) = links(other.post("/logins", {"password": PASSWORD}))
    assert sign_in(other, who, link).location == "/logins", "it is Carol's already"
    assert "in use already" in other.get("/logins").text
    number = str(portal.rows(sa.select(external_logins.c.id))[0].id)
    assert other.post("/logins", {"password": PASSWORD, "remove": number}).status_code == 303
    assert owners(portal) == {who: portal.person("carol").contact}, "nobody removes another's"
    alone = portal.browser()
    assert sign_in(alone, who).status_code == 303
    with portal.engine.begin() as connection:
        connection.execute(sa.delete(logins).where(logins.c.email == CAROL))
    kept = alone.post("/logins", {"remove": number})
    assert (kept.status_code, "only way in" in kept.text) == (422, True)
    assert owners(portal) == {who: portal.person("carol").contact}


def test_what_lets_nobody_in_any_more_is_no_way_that_is_left(portal, directory, guild):
    who, contact = verified(directory, "carol-11", CAROL), portal.person("carol").contact
    browser = portal.browser()
    assert sign_in(browser, who).status_code == 303
    with portal.engine.begin() as connection:
        add_external(connection, contact, Identity("https://gone.example", "carol"))
    number = str(portal.rows(sa.select(external_logins.c.id).where(external_logins.c.subject == who))[0].id)
    # A password counts for nothing where the site takes none, nor does a provider that it has no longer.
    portal.publish(SiteSetting(key="identity/passwords", value="0"))
    kept = browser.post("/logins", {"password": PASSWORD, "remove": number})
    assert (kept.status_code, "only way in" in kept.text, len(owners(portal))) == (422, True, 2)
    portal.publish(SiteSetting(key="identity/passwords", value="1"))
    assert browser.post("/logins", {"password": PASSWORD, "remove": number}).status_code == 303


def test_who_comes_with_a_provider_alone_may_choose_a_password(portal, directory, guild):
    who = verified(directory, "carol-12", CAROL)
    with portal.engine.begin() as connection:
        connection.execute(sa.delete(logins).where(logins.c.email == CAROL))
    browser, chosen = portal.browser(), {"password": "blue otters sing at dawn", "repeat": "blue otters sing at dawn"}
    sign_in(browser, who)
    assert CAROL in browser.get("/security").text
    assert "Choose a password" in browser.get("/security").text
    shown = browser.get("/password/change")
    assert (shown.status_code, 'name="current"' in shown.text) == (200, False)
    assert browser.post("/password/change", {**chosen, "repeat": "x"}).status_code == 422
    with browser.client.session_transaction() as cookie:
        cookie[PROVED] = 0
    # Like any other way in, a first password takes a proof that is not old.
    asked = browser.post("/password/change", chosen)
    assert ("Is it you?" in asked.text, portal.browser().sign_in(CAROL, chosen["password"]).status_code) == (True, 422)
    again = portal.browser()
    sign_in(again, who)
    assert again.post("/password/change", chosen).status_code == 303
    assert (again.who(), portal.browser().sign_in(CAROL, chosen["password"]).status_code) == ("Carol", 303)
    assert 'name="current"' in again.get("/password/change").text


def test_where_nobody_has_a_password_none_is_offered(portal, directory, guild):
    browser = portal.browser()
    sign_in(browser, verified(directory, "carol-13", CAROL))
    assert 'href="/password/change"' in browser.get("/security").text
    portal.publish(SiteSetting(key="identity/passwords", value="0"))
    assert 'href="/password/change"' not in browser.get("/security").text
    assert browser.get("/password/change").status_code == 404


def test_a_second_step_is_asked_here_unless_the_provider_asks_for_one(portal, directory, guild):
    portal.publish(SiteSetting(key="identity/second_factor_roles", value="keeper"))
    who, browser = verified(directory, "carol-8", CAROL), portal.browser()
    sign_in(browser, who)
    assert browser.get("/club/vault").location.endswith("/second-factor")
    with portal.engine.begin() as connection:
        connection.execute(sa.delete(logins).where(logins.c.email == CAROL))
    # Without a password the set-up asks for none.
    assert browser.post("/second-factor", {"act": "app"}).location.endswith("/second-factor/setup")
    portal.publish(dataclasses.replace(guild, second_factor=True))
    trusted = portal.browser()
    sign_in(trusted, who)
    assert trusted.get("/club/vault").status_code == 200


def without_password(portal):
    with portal.engine.begin() as connection:
        connection.execute(sa.delete(logins).where(logins.c.email == CAROL))


def long_ago(browser):
    with browser.client.session_transaction() as session:
        session["proved"] -= 31 * 60


def test_who_has_no_password_proves_it_by_a_new_sign_in_at_the_provider(portal, directory, guild, monkeypatch):
    who, browser = verified(directory, "carol-9", CAROL), portal.browser()
    sign_in(browser, who)
    without_password(portal)
    long_ago(browser)
    asked = browser.post("/my-data", {"kept": "one"}, headers={"Referer": "http://portal.example/security?a=b"})
    (link,) = links(asked)
    assert (asked.status_code, "Sign in anew to go on" in asked.text) == (403, True)
    assert browser.post("/my-data", {"_proof": PASSWORD}).status_code == 422, "there is nothing to type"
    link = links(browser.post("/my-data", headers={"Referer": "http://portal.example/security?a=b"}))[0]
    query = parse_qs(urlsplit(browser.get(link).location).query)
    assert (query["prompt"], query["max_age"]) == (["login"], ["0"])
    assert "prompt" not in parse_qs(urlsplit(portal.browser().get("/signin/with/guild").location).query)
    now = int(dt.datetime.now(dt.UTC).timestamp())

    def proved(subject, at, **more):
        member(directory, subject, auth_time=at, **more)
        (link,) = links(browser.post("/my-data", headers={"Referer": "http://portal.example/security?a=b"}))
        answer = sign_in(browser, subject, link)
        return answer.status_code, answer.location

    for at in (None, now - 3600, str(now), True, float("1e9")):
        assert proved(who, at) == (422, None), at
    verified(directory, "alice-9", ALICE)
    assert proved("alice-9", now) == (422, None), "somebody else signed in there"
    assert proved("nobody-9", now) == (422, None)
    assert (browser.who(), browser.post("/my-data").status_code) == ("Carol", 403)
    assert proved(who, now) == (303, "/security?a=b")
    assert "You can go on now" in browser.get("/security").text
    assert browser.post("/my-data").status_code == 200
    noted = [row.changes for row in portal.rows(sa.select(AUDIT.c.changes).where(AUDIT.c.privilege == "external_login"))]
    assert any("proved at guild" in one for one in noted)
    # Only the page that asks leads to a proof, and each of its links once.
    assert browser.get(f"{link}x").location.endswith("/logins")


def test_who_has_no_password_changes_no_way_to_sign_in_without_a_proof(local_portal, directory, guild_of):
    portal, browser = local_portal, local_portal.browser()
    guild_of(portal)
    sign_in(browser, verified(directory, "carol-10", CAROL))
    other = portal.signed_in("carol")
    long_ago(other)
    assert "Is it you?" not in other.post("/logins", {"password": "wrong"}).text, "the form asks for the password itself"
    without_password(portal)
    assert browser.post("/logins").status_code == 200
    long_ago(browser)
    number = str(portal.rows(sa.select(external_logins.c.id))[0].id)
    for path, sent in (
        ("/logins", {"remove": ""}),
        ("/logins", {"remove": number}),
        ("/passkeys", {"name": "Pocket"}),
        ("/second-factor", {"act": "app"}),
        ("/email", {"email": "new@quay.example"}),
    ):
        answer = browser.post(path, sent)
        assert (answer.status_code, "Is it you?" in answer.text) == (403, True), path
    # Nor is there a way around where the provider is gone.
    portal.publish(dataclasses.replace(guild_of.made, active=False))
    answer = browser.post("/logins")
    assert (answer.status_code, links(answer), "Sign out and sign in again" in answer.text) == (403, [], True)


def test_each_provider_that_is_added_or_taken_away_is_told_by_mail(local_portal, directory, guild_of):
    portal = local_portal
    guild_of(portal)
    browser, who = portal.signed_in("carol"), member(directory, "carol-11")
    (link,) = links(browser.post("/logins", {"password": PASSWORD}))
    sign_in(browser, who, link)
    number = str(portal.rows(sa.select(external_logins.c.id))[0].id)
    browser.post("/logins", {"password": "wrong", "remove": number})
    assert browser.post("/logins", {"password": PASSWORD, "remove": number}).status_code == 303
    assert [(mail.to, mail.text.split("\n")[0]) for mail in portal.outbox.sent] == [
        (CAROL, "A sign-in with another provider was added to your account at Harbour."),
        (CAROL, "A sign-in with another provider was taken away from your account at Harbour."),
    ]
    shown = browser.get("/security").text
    assert ("Sign-in with the guild added" in shown, "Sign-in with the guild removed" in shown) == (True, True)


def test_a_site_can_do_without_passwords(portal, directory, guild):
    portal.publish(SiteSetting(key="identity/passwords", value="0"))
    browser = portal.browser()
    shown = browser.get("/signin").text
    assert 'type="password"' not in shown
    assert links(browser.get("/signin"))
    assert browser.sign_in(ALICE).status_code == 422
    assert browser.who() == "nobody"


def test_a_client_without_a_secret_proves_by_pkce_that_it_is_the_one_that_asked(portal, directory, guild, monkeypatch):
    portal.publish(dataclasses.replace(guild, client_secret=""))
    # Of itself the provider that is run here knows no clients without a secret; it does not look at the verifier.
    monkeypatch.setattr(mock._app.AuthorizationCodeGrant, "TOKEN_ENDPOINT_AUTH_METHODS", ["none"])
    sent, fetch = [], openid._fetch
    monkeypatch.setattr(openid, "_fetch", lambda session, *given: (sent.append(session), fetch(session, *given))[1])
    who, browser = verified(directory, "carol-9", CAROL), portal.browser()
    away = browser.get("/signin/with/guild")
    with browser.client.session_transaction() as cookie:
        verifier = cookie["away"]["attempt"][2]
    answer = requests.post(away.location, data={"sub": who}, allow_redirects=False, timeout=60)
    assert browser.get(local(answer.headers["Location"])).status_code == 303
    assert browser.who() == "Carol"
    assert [(one.client_secret, one.token_endpoint_auth_method) for one in sent] == [(None, "none")]
    proof = base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")
    asked = parse_qs(urlsplit(away.location).query)
    assert (asked["code_challenge"], asked["code_challenge_method"]) == ([proof], ["S256"])


def test_who_signs_out_here_is_led_to_the_provider_and_comes_back(portal, directory, guild):
    portal.publish(dataclasses.replace(guild, sign_out=True))
    who, browser = verified(directory, "carol-10", CAROL), portal.browser()
    assert sign_in(browser, who).status_code == 303
    left = browser.post("/signout")
    address = left.headers["Refresh"].partition("url=")[2]
    assert (left.status_code, browser.who(), address in unescape(left.text)) == (200, "nobody", True)
    assert address.startswith(f"{directory}/oauth2/end_session?")
    asked = {name: value for name, (value,) in parse_qs(urlsplit(address).query).items()}
    back = urlsplit(asked["post_logout_redirect_uri"])
    assert (asked["client_id"], back.path) == ("portal", "/signin/with/guild/out")
    claims = json.loads(base64.urlsafe_b64decode(asked["id_token_hint"].split(".")[1] + "=="))
    assert claims["sub"] == who
    shown = requests.get(address, timeout=60)
    assert (shown.status_code, asked["state"] in shown.text) == (200, True)
    for state, confirmed in ((asked["state"], True), ("another", False), (asked["state"], False)):
        assert browser.get(f"{back.path}?state={state}").location == "/"
        assert ("did not confirm" not in browser.get("/signin").text) is confirmed, state
    assert browser.get("/signin/with/nowhere/out").status_code == 404


def test_a_provider_that_knows_no_signing_out_or_is_down_keeps_nobody_signed_in(portal, directory, guild, monkeypatch):
    portal.publish(dataclasses.replace(guild, sign_out=True))
    who, browser = verified(directory, "carol-11", CAROL), portal.browser()
    monkeypatch.setattr(openid, "ENDING", "no_such_endpoint")
    sign_in(browser, who)
    assert (browser.post("/signout").location, browser.who()) == ("/", "nobody")
    sign_in(browser, who)

    def down(self, newer_than=None):
        raise ProviderDown("nobody there")

    monkeypatch.setattr(openid.OpenIdClient, "_know", down)
    assert (browser.post("/signout").location, browser.who()) == ("/", "nobody")


def test_what_is_kept_for_signing_out_outlives_the_second_step_and_is_nobody_elses(portal, directory, guild):
    portal.publish(dataclasses.replace(guild, sign_out=True))
    who, browser = verified(directory, "carol-12", CAROL), portal.browser()
    mine = portal.signed_in("carol")
    mine.post("/second-factor", {"act": "app", "password": PASSWORD})
    app = pyotp.TOTP(re.search(r"<code>([A-Z2-7 ]+)</code>", mine.get("/second-factor/setup").text)[1].replace(" ", ""))
    assert mine.post("/second-factor/setup", {"code": app.now()}).status_code == 200
    portal.pass_time(dt.timedelta(minutes=1))
    assert sign_in(browser, who).location.startswith("/signin/code")
    assert browser.who() == "nobody"
    assert browser.post("/signin/code", {"code": app.now()}).status_code == 303
    assert browser.post("/signout").headers["Refresh"].partition("url=")[2].startswith(directory)


def test_who_has_forgotten_a_password_that_never_was_is_told_how_to_sign_in(portal, directory, guild):
    contact = portal.person("carol").contact
    sign_in(portal.browser(), verified(directory, "carol-18", CAROL))
    with portal.engine.begin() as connection:
        connection.execute(sa.delete(logins).where(logins.c.contact_id == contact))
    portal.outbox.sent.clear()
    emails = (CAROL.upper(), "who@harbour.example", ALICE)
    answers = [portal.browser().post("/password/forgot", {"email": email}) for email in emails]
    bare = [re.sub(r'csrf[-_]token"[^>]*>', "", said.text).replace(one, "") for one, said in zip(emails, answers, strict=True)]
    assert bare[0] == bare[1] == bare[2]
    told, link = portal.outbox.sent
    assert (told.to, link.to, "/password/reset" in link.text) == (CAROL, ALICE, True)
    assert ("with: the guild\n" in told.text, "/password" in told.text, "http://portal.example/signin\n" in told.text) == (
        True,
        False,
        True,
    )


@pytest.mark.parametrize("why", ["barred", "inactive", "withdrawn", "somebody else"])
def test_who_cannot_sign_in_here_with_a_provider_is_told_of_none(portal, directory, guild, why):
    contact = portal.person("carol").contact
    sign_in(portal.browser(), verified(directory, f"carol-19 {why}", CAROL))
    contacts = portal.snapshot.entities["contact"].table
    with portal.engine.begin() as connection:
        connection.execute(sa.delete(logins).where(logins.c.contact_id == contact))
        if why == "barred":
            set_disabled(connection, contact, disabled=True)
    if why == "inactive":
        portal.change(contacts, contacts.c.id == contact, active=False)
    if why == "somebody else":
        portal.change(contacts, contacts.c.email == ALICE, email=CAROL)
    if why == "withdrawn":
        portal.publish(dataclasses.replace(guild, active=False))
    portal.outbox.sent.clear()
    assert portal.browser().post("/password/forgot", {"email": CAROL}).status_code == 200
    assert portal.outbox.sent == []


def test_where_the_site_takes_no_password_none_is_mailed_but_the_way_in(portal, directory, guild):
    sign_in(portal.browser(), verified(directory, "carol-20", CAROL))
    portal.outbox.sent.clear()
    portal.publish(SiteSetting(key="identity/passwords", value="0"))
    assert portal.browser().post("/password/forgot", {"email": CAROL}).status_code == 200
    assert portal.browser().post("/password/forgot", {"email": ALICE}).status_code == 200
    assert [(mail.to, "the guild" in mail.text, "/password" in mail.text) for mail in portal.outbox.sent] == [
        (CAROL, True, False)
    ]


def test_a_secret_that_was_changed_in_its_file_counts_from_the_next_sign_in(
    local_portal, directory, guild_of, monkeypatch, tmp_path
):
    guild_of(local_portal)
    held = tmp_path / "guild"
    monkeypatch.delenv("GUILD_SECRET")
    monkeypatch.setenv("GUILD_SECRET_FILE", str(held))
    sent, fetch = [], openid._fetch
    monkeypatch.setattr(openid, "_fetch", lambda session, *given: (sent.append(session), fetch(session, *given))[1])
    who = verified(directory, "carol-1", CAROL)
    for secret in ("the first", "the second"):
        held.write_text(f"{secret}\n", encoding="utf-8")
        sign_in(local_portal.browser(), who)
    assert [one.client_secret for one in sent] == ["the first", "the second"]


def test_a_password_two_providers_and_one_of_saml_lead_to_one_person_and_go_one_by_one(local_portal, directory, guild_of):
    pytest.importorskip("onelogin", reason="needs the extra saml")
    pytest.importorskip("saml2")
    from support.hall_doors import HALL, Doors

    plain = {"sign_out_url": "", "sign_out": False, "key_pair": "", "unasked": False, "match": "invitation"}
    with mock.run_server_in_thread() as second:
        annex = f"http://localhost:{second.server_port}"
        guild = dataclasses.replace(guild_of(local_portal), match="invitation")
        local_portal.publish(guild)
        local_portal.publish(dataclasses.replace(guild, key="annex", label=text("the annex"), issuer=annex))
        doors, browser = Doors(local_portal, dataclasses.replace(HALL, **plain)), local_portal.signed_in("carol")
        subjects = {"guild": member(directory, "carol-g"), "annex": member(annex, "carol-a"), "hall": "carol-h"}

        def come(visitor, key, path=""):
            path = path or f"/signin/with/{key}"
            if key != "hall":
                return sign_in(visitor, subjects[key], path)
            asked = doors.hall.asked(parse_qs(urlsplit(visitor.get(path).location).query)["SAMLRequest"][0])
            return visitor.get(doors.bring(doors.answer("carol-h", asked=asked.id)))

        def left(ways):
            """Who comes in as Carol, by each provider in a browser of its own."""
            visitors = {key: local_portal.browser() for key in ways}
            return [
                key for key, visitor in visitors.items() if come(visitor, key).status_code == 303 and visitor.who() == "Carol"
            ]

        for key in subjects:
            going = unescape(browser.post("/logins", {"password": PASSWORD}).text)
            (link,) = re.findall(f'href="(/signin/with/{key}[^"]*)"', going)
            assert come(browser, key, link).location == "/logins", key
        assert set(owners(local_portal).values()) == {local_portal.person("carol").contact}
        assert left(subjects) == ["guild", "annex", "hall"]
        for gone, still in (("carol-a", ["guild", "hall"]), ("carol-h", ["guild"]), ("carol-g", [])):
            number = next(row.id for row in local_portal.rows(sa.select(external_logins)) if row.subject == gone)
            assert browser.post("/logins", {"password": PASSWORD, "remove": str(number)}).status_code == 303
            assert left(subjects) == still
        assert local_portal.signed_in("carol").who() == "Carol", "the password is left"
