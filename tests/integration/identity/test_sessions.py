"""Sessions live in the database: they end when it says so, and a new one starts at every sign-in."""

import datetime as dt
from unittest import mock

import sqlalchemy as sa

from runtime.identity import tables
from runtime.identity.logins import set_disabled
from runtime.records.prepared import Prepared
from support.portal import CAST, PASSWORD

SESSIONS = tables.sessions


def token_of(browser):
    with browser.client.session_transaction() as cookie:
        return cookie.get("token")


def test_signing_out_ends_the_session_in_the_database_too(portal):
    browser = portal.signed_in("alice")
    stolen = portal.browser()
    with stolen.client.session_transaction() as cookie:
        cookie["token"] = token_of(browser)
    assert stolen.who() == "Alice"
    answer = browser.post("/signout")
    assert answer.status_code == 303
    assert (browser.who(), stolen.who()) == ("nobody", "nobody")


def test_signing_out_takes_a_post(local_portal):
    browser = local_portal.signed_in("alice")
    assert browser.get("/signout").status_code == 405
    assert browser.who() == "Alice"


def test_a_token_planted_before_sign_in_is_not_the_one_after_it(portal):
    browser = portal.browser()
    with browser.client.session_transaction() as cookie:
        cookie["token"] = "planted"
    before = browser.token()
    browser.sign_in(CAST["alice"][0])
    assert token_of(browser) != "planted"
    answer = browser.client.post("/signout", data={"csrf_token": before})
    assert answer.status_code == 400


def test_signing_in_again_ends_the_session_before(portal):
    browser = portal.signed_in("alice")
    first = token_of(browser)
    browser.sign_in(CAST["carol"][0])
    old = portal.browser()
    with old.client.session_transaction() as cookie:
        cookie["token"] = first
    assert (browser.who(), old.who()) == ("Carol", "nobody")


def test_a_cookie_that_was_changed_is_nobody(local_portal):
    browser = local_portal.signed_in("alice")
    browser.client.set_cookie("foyer", "eyJ0b2tlbiI6ImFkbWluIn0.bad.signature")
    assert browser.who() == "nobody"


def test_a_session_ends_when_it_was_not_used_for_long(portal):
    browser, remembered = portal.signed_in("alice"), portal.browser()
    remembered.sign_in(CAST["carol"][0], remember="1")
    portal.pass_time(dt.timedelta(hours=13))
    assert (browser.who(), remembered.who()) == ("nobody", "Carol")
    portal.pass_time(dt.timedelta(days=31))
    assert remembered.who() == "nobody"


def test_a_session_in_use_lives_on(portal):
    browser = portal.signed_in("alice")
    for _ in range(4):
        portal.pass_time(dt.timedelta(hours=8))
        assert browser.who() == "Alice"


def test_the_time_stamp_is_written_once_a_minute_only(portal):
    browser = portal.signed_in("alice")
    seen = sa.select(SESSIONS.c.seen_at)
    first = portal.rows(seen)
    browser.get("/news")
    assert portal.rows(seen) == first
    portal.pass_time(dt.timedelta(minutes=2))
    older = portal.rows(seen)
    browser.get("/news")
    assert portal.rows(seen) > older


def test_a_person_sees_and_ends_sessions_of_his_own(portal):
    here, there, other = portal.signed_in("carol"), portal.signed_in("carol"), portal.signed_in("alice")
    page = here.get("/sessions", headers={"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0"})
    assert page.status_code == 200
    ids = dict(portal.rows(sa.select(SESSIONS.c.contact_id, SESSIONS.c.id)))
    stranger = here.post("/sessions", {"session": str(ids[portal.ids["alice"]])})
    assert (stranger.status_code, other.who()) == (303, "Alice")
    assert here.post("/sessions", {"session": "others"}).status_code == 303
    assert (here.who(), there.who(), other.who()) == ("Carol", "nobody", "Alice")


def test_ending_the_session_in_use_signs_out(portal):
    browser = portal.signed_in("carol")
    number = portal.rows(sa.select(SESSIONS.c.id))[0][0]
    answer = browser.post("/sessions", {"session": str(number)})
    assert (answer.status_code, answer.location, browser.who()) == (303, "/", "nobody")


def test_what_is_no_session_is_refused(local_portal):
    browser = local_portal.signed_in("carol")
    for wrong in ("", "-1", "1e9", "٣", "9" * 30):
        assert browser.post("/sessions", {"session": wrong}).status_code == 400


def test_nobody_has_no_list_of_sessions(local_portal):
    answer = local_portal.browser().get("/sessions")
    assert (answer.status_code, answer.location) == (302, "/signin?next=/sessions")


def test_locking_a_login_ends_its_sessions_at_once(portal):
    browser = portal.signed_in("alice")
    with portal.engine.begin() as connection:
        set_disabled(connection, portal.ids["alice"], disabled=True)
    assert browser.who() == "nobody"
    assert portal.browser().sign_in(CAST["alice"][0], PASSWORD).status_code == 422


def test_a_contact_that_is_no_longer_active_is_out_at_once(portal):
    browser = portal.signed_in("alice")
    contact = portal.snapshot.entities["contact"].table
    portal.change(contact, contact.c.id == portal.ids["alice"], active=False)
    assert browser.who() == "nobody"


def test_a_request_of_somebody_signed_in_costs_one_statement_before_the_page(portal):
    browser = portal.signed_in("alice")
    browser.get("/news")
    statements = []
    sa.event.listen(portal.engine, "before_cursor_execute", lambda *call: statements.append(call[2]))
    with mock.patch.object(Prepared, "rows", autospec=True, side_effect=Prepared.rows) as prepared:
        browser.get("/news")
    assert prepared.call_count + len([statement for statement in statements if statement != "BEGIN"]) == 1
