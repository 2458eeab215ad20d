"""Signing in with e-mail and password: one answer for every failure, the lock, the throttle, the session."""

import datetime as dt
import re
import time
from unittest import mock

import pytest
import sqlalchemy as sa

from metadata.model import AlternateKey, Attribute, Entity, Joining, SiteSetting
from runtime.identity import tables
from runtime.identity.logins import set_disabled
from runtime.identity.passwords import Passwords
from support.portal import CAST, PASSWORD, SITE, components, make_portal

ALICE = CAST["alice"][0]
CAROL = CAST["carol"][0]


def without_token(answer):
    """The page without what differs at every request."""
    return [line for line in answer.text.splitlines() if "csrf" not in line]


def test_the_right_password_signs_in(portal):
    browser = portal.browser()
    answer = browser.sign_in(CAROL)
    assert (answer.status_code, answer.location) == (303, "/")
    assert browser.who() == "Carol"


@pytest.mark.parametrize("email", [" ALICE@Harbour.Example ", "alice@harbour.example"])
def test_case_and_blanks_of_the_email_do_not_matter(local_portal, email):
    assert local_portal.browser().sign_in(email).status_code == 303


def test_every_failure_gets_the_same_answer(portal):
    portal.signed_in("carol")
    with portal.engine.begin() as connection:
        set_disabled(connection, portal.ids["erin"], disabled=True)
    contact = portal.snapshot.entities["contact"].table
    portal.change(contact, contact.c.id == portal.ids["carol"], active=False)
    tries = [("nobody@x.example", PASSWORD), (ALICE, "wrong"), (CAST["erin"][0], PASSWORD), (CAROL, PASSWORD), ("", "")]
    answers = [portal.browser().sign_in(email, password) for email, password in tries]
    assert [answer.status_code for answer in answers] == [422] * len(tries)
    pages = [
        [line.replace(email, "") for line in without_token(answer) if 'name="email"' not in line]
        for (email, _), answer in zip(tries, answers, strict=True)
    ]
    pages = [[line for line in page if 'name="password"' not in line] for page in pages]
    assert all(page == pages[0] for page in pages)


def test_an_unknown_email_costs_one_check_of_a_hash_as_well(local_portal):
    for email in ("nobody@x.example", ALICE):
        with mock.patch.object(Passwords, "matches", autospec=True, side_effect=Passwords.matches) as matches:
            local_portal.browser().sign_in(email, "wrong")
        assert matches.call_count == 1


def test_an_unknown_email_takes_as_long_as_a_wrong_password(sqlite_url, tmp_path):
    portal = make_portal(sqlite_url, tmp_path, FOYER_ARGON2_TIME="2", FOYER_ARGON2_MEMORY="19456")

    def took(email):
        browser = portal.browser()
        token = browser.token()
        begun = time.process_time()  # how long it takes on a busy machine says little
        browser.client.post("/signin", data={"email": email, "password": "wrong", "csrf_token": token})
        return time.process_time() - begun

    known = sorted(took(email) for email in (ALICE, CAROL, CAST["erin"][0]))[1]
    unknown = sorted(took(f"nobody{number}@x.example") for number in range(3))[1]
    assert 0.3 < unknown / known < 3


def test_five_wrong_passwords_lock_even_for_the_right_one(portal):
    for _ in range(5):
        assert portal.browser().sign_in(ALICE, "wrong").status_code == 422
    assert portal.browser().sign_in(ALICE).status_code == 422
    assert portal.browser().sign_in(CAROL).status_code == 303


def test_the_lock_ends_by_itself_after_the_set_time(portal):
    for _ in range(5):
        portal.browser().sign_in(ALICE, "wrong")
    portal.pass_time(dt.timedelta(minutes=14))
    assert portal.browser().sign_in(ALICE).status_code == 422
    portal.pass_time(dt.timedelta(minutes=2))
    assert portal.browser().sign_in(ALICE).status_code == 303


def test_the_count_starts_anew_after_the_right_password(portal):
    for _ in range(4):
        portal.browser().sign_in(ALICE, "wrong")
    assert portal.browser().sign_in(ALICE).status_code == 303
    for _ in range(4):
        portal.browser().sign_in(ALICE, "wrong")
    assert portal.browser().sign_in(ALICE).status_code == 303


def test_the_fifth_attempt_may_still_be_right(portal):
    for _ in range(4):
        portal.browser().sign_in(ALICE, "wrong")
    assert portal.browser().sign_in(ALICE).status_code == 303


def test_a_site_sets_how_many_attempts_lock_and_how_many_a_minute_are_taken(sqlite_url, tmp_path):
    changed = {"identity/attempts_per_minute": "4", "identity/lockout_attempts": "2"}
    kept = tuple(part for part in components() if not isinstance(part, SiteSetting))
    settings = tuple(SiteSetting(key=key, value=value) for key, value in changed.items())
    portal = make_portal(sqlite_url, tmp_path, metadata=(*kept, *settings))
    found = [
        portal.browser().sign_in(email, password).status_code
        for email, password in [(ALICE, "wrong"), (ALICE, "wrong"), (ALICE, PASSWORD), (CAROL, PASSWORD), (CAROL, PASSWORD)]
    ]
    assert found == [422, 422, 422, 303, 429]


def test_too_many_attempts_from_one_address_are_told_to_wait(sqlite_url, tmp_path):
    kept = tuple(part for part in components() if not isinstance(part, SiteSetting))
    portal = make_portal(sqlite_url, tmp_path, metadata=kept)
    for number in range(20):
        portal.browser().sign_in(f"nobody{number}@x.example")
    answer = portal.browser().sign_in(ALICE)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    other = portal.browser()
    token = other.token()
    sent = {"email": ALICE, "password": PASSWORD, "csrf_token": token}
    assert other.client.post("/signin", data=sent, environ_overrides={"REMOTE_ADDR": "10.9.8.7"}).status_code == 303


def test_a_hash_of_another_cost_is_renewed_at_sign_in(portal):
    stored = sa.select(tables.logins.c.password_hash).where(tables.logins.c.contact_id == portal.ids["alice"])
    cheap = Passwords().hash(PASSWORD)
    portal.change(tables.logins, tables.logins.c.contact_id == portal.ids["alice"], password_hash=cheap)
    portal.signed_in("alice")
    renewed = portal.rows(stored)[0][0]
    assert renewed != cheap
    portal.signed_in("alice")
    assert portal.rows(stored)[0][0] == renewed


def test_passwords_and_tokens_are_kept_as_hashes_only(portal):
    browser = portal.signed_in("alice")
    with browser.client.session_transaction() as cookie:
        token = cookie["token"]
    everything = str([portal.rows(sa.select(table)) for table in tables.METADATA.tables.values()])
    assert token not in everything
    assert PASSWORD not in everything
    assert "$argon2id$" in everything


def test_the_cookie_is_kept_from_scripts_and_other_sites(portal):
    browser = portal.browser()
    cookie = browser.sign_in(ALICE).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Expires" not in cookie
    remembered = portal.browser().sign_in(ALICE, remember="1").headers["Set-Cookie"]
    assert "Expires" in remembered


def test_the_cookie_travels_over_https_only_where_the_site_has_it(sqlite_url, tmp_path):
    portal = make_portal(sqlite_url, tmp_path, FOYER_PUBLIC_URL="https://portal.example")
    answer = portal.browser().get("/password/forgot")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-foyer=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    browser = portal.signed_in("carol")
    assert browser.who() == "Carol"
    token = browser.client.get_cookie("__Host-foyer").value
    neighbour = portal.browser()
    neighbour.client.set_cookie("foyer", token)  # what a host beside this one could plant
    assert neighbour.who() == "nobody"
    assert "max-age=" in answer.headers["Strict-Transport-Security"]


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "http:evil.example",
        "/sv-SE//evil.example/",
        "/en-US//evil.example/",
        "/%0d%0aX: y\r\nZ: q",
        "///evil.example",
        "evil.example",
        "/ /evil.example",
    ],
)
def test_the_address_to_go_on_to_stays_on_the_site(local_portal, wanted):
    answer = local_portal.browser().sign_in(CAROL, next=wanted)
    assert (answer.status_code, answer.location) == (303, "/")
    assert "evil" not in answer.text
    form = local_portal.browser().get("/signin", query_string={"next": wanted}).text
    assert '<input type="hidden" name="next" value="">' in form


def test_signing_in_leads_to_the_language_of_the_profile(local_portal):
    assert local_portal.browser().sign_in(ALICE).location == "/sv-SE"
    assert local_portal.browser().sign_in(ALICE, next="/news?a=1").location == "/sv-SE/news?a=1"
    assert local_portal.browser().sign_in(CAROL, next="/sv-SE/news").location == "/news"


def test_who_is_signed_in_goes_past_the_sign_in_page(local_portal):
    answer = local_portal.signed_in("carol").get("/signin?next=/news")
    assert (answer.status_code, answer.location) == (303, "/news")


def test_a_role_of_another_site_does_not_count(portal):
    portal.change(tables.contact_roles, tables.contact_roles.c.contact_id == portal.ids["carol"], site="other")
    assert portal.signed_in("carol").get("/club").status_code == 403


def test_roles_given_and_taken_count_on_the_next_request(portal):
    browser = portal.signed_in("alice")
    assert browser.get("/club/vault").status_code == 403
    portal.grant("alice", "keeper")
    assert browser.get("/club/vault").status_code == 200
    with portal.engine.begin() as connection:
        connection.execute(sa.delete(tables.contact_roles).where(tables.contact_roles.c.site == SITE))
    assert browser.get("/club/vault").status_code == 403


def test_how_long_a_browser_stays_signed_in_is_said_and_offered_where_the_site_wants_it(portal):
    assert "for 30 days" in portal.browser().get("/signin").text
    portal.publish(SiteSetting(key="identity/remember_days", value="7"))
    assert "for 7 days" in portal.browser().get("/signin").text
    portal.publish(SiteSetting(key="identity/remember_days", value="0"))
    browser = portal.browser()
    assert 'name="remember"' not in browser.get("/signin").text
    # Who asks for it all the same has a session as long as any other.
    assert (browser.sign_in(CAROL, remember="1").status_code, browser.who()) == (303, "Carol")
    portal.pass_time(dt.timedelta(hours=13))
    assert browser.who() == "nobody"


@pytest.mark.parametrize(
    ("registration", "says", "leads"),
    [
        ("closed", (), ()),
        ("invitation", ("by invitation",), ("/invitation",)),
        ("request", ("Ask for access",), ("/register", "/invitation")),
        ("open", ("Register",), ("/register", "/invitation")),
    ],
)
def test_how_people_come_to_a_sign_in_is_said_by_the_mode_of_the_site(sqlite_url, tmp_path, registration, says, leads):
    joining = Joining(approvers=("keeper",)) if registration == "request" else Joining() if registration == "open" else None
    page = (
        make_portal(sqlite_url, tmp_path, components(registration=registration, joining=joining)).browser().get("/signin").text
    )
    for words in ("by invitation", "Ask for access", "Register"):
        assert (words in page) == (words in says), words
    for address in ("/register", "/invitation"):
        assert (f'href="{address}"' in page) == (address in leads), address


def test_how_long_wrong_passwords_lock_is_said_whether_they_have_or_not(local_portal):
    local_portal.publish(SiteSetting(key="identity/lockout_attempts", value="2"))
    tries = [local_portal.browser().sign_in(CAROL, password) for password in ("wrong", "wrong", "wrong", PASSWORD)]
    assert [(answer.status_code, "After 2 failed tries in a row" in answer.text) for answer in tries] == [(422, True)] * 4
    known = local_portal.signed_in("alice").post("/email", {"email": "new@harbour.example", "password": "wrong"})
    assert "Efter 2 felaktiga" in local_portal.signed_in("alice").post("/sv-SE/email", {"email": "x@y.example"}).text
    assert "After 2 failed tries in a row" in known.text


NAMED = Entity(
    key="contact",
    attributes=(Attribute(key="user_name", type="text", max_length=80),),
    keys=(AlternateKey(key="user_name", attributes=("user_name",)),),
)


@pytest.fixture
def named(database_url, tmp_path):
    """A portal whose people have user names."""
    portal = make_portal(
        database_url, tmp_path, (*components(), NAMED, SiteSetting(key="identity/user_name", value="user_name"))
    )
    for name, called in (("alice", "alice77"), ("bob", "BOB"), ("carol", "Carol"), ("erin", ALICE)):
        contact = portal.snapshot.entities["contact"].table
        portal.change(contact, contact.c.id == portal.ids[name], user_name=called)
    yield portal
    portal.engine.dispose()


def test_a_user_name_stands_for_the_email_where_the_site_says_so(named):
    for typed in ("alice77", " alice77 ", "Alice77", ALICE):
        browser = named.browser()
        assert (browser.sign_in(typed).status_code, browser.who()) == (303, "Alice"), typed
    browser = named.browser()
    assert (browser.sign_in("Carol").status_code, browser.who()) == (303, "Carol")
    for typed in ("carol", "alice7", "alice77%", "", "BOB", "bob", "%", "\N{GRINNING FACE}"):
        assert (named.browser().sign_in(typed).status_code, typed) == (422, typed)
    page = named.browser().get("/signin").text
    assert ("Email or user name" in page, 'type="email"' in page, 'autocapitalize="none"' in page) == (True, False, True)
    assert "E-post eller användarnamn" in named.browser().get("/sv-SE/signin").text


def test_nobody_signs_in_as_another_whose_email_is_their_user_name(named):
    """Erin's user name is Alice's e-mail: what has an @ is an e-mail."""
    browser = named.browser()
    assert (browser.sign_in(ALICE).status_code, browser.who()) == (303, "Alice")


def test_wrong_passwords_lock_whatever_name_they_are_given_for_and_all_failures_are_alike(named):
    answers = [named.browser().sign_in(who, "wrong") for who in ("alice77", "nobody", ALICE, "x@nowhere.example", "bob")]
    bodies = {re.sub(r'(content|value)="[^"]*"', "", answer.text) for answer in answers}
    assert ({answer.status_code for answer in answers}, len(bodies)) == ({422}, 1)
    assert "The email or user name, or the password, is wrong." in bodies.pop()
    for who in ("alice77", ALICE, "ALICE77"):
        named.browser().sign_in(who, "wrong")
    assert [named.browser().sign_in(who).status_code for who in (ALICE, "alice77")] == [422, 422]
    named.pass_time(dt.timedelta(minutes=16))
    browser = named.browser()
    assert browser.sign_in("alice77").status_code == 303
    assert browser.get("/security").text.count("Wrong password") >= 2, "what was tried by the name is told too"


def test_without_the_setting_a_user_name_is_nothing(named):
    named.publish(SiteSetting(key="identity/user_name", value=""))
    assert named.browser().sign_in("alice77").status_code == 422
    assert named.browser().sign_in(ALICE).status_code == 303
    assert 'type="email"' in named.browser().get("/signin").text
