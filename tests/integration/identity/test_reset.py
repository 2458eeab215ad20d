"""A new password by mail: the same answer for everybody, a link that is good once and for a short time."""

import datetime as dt
import re

import sqlalchemy as sa

from runtime.identity import tables
from support.portal import CAST, PASSWORD

ALICE = CAST["alice"][0]
NEW = {"password": "a new long password", "repeat": "a new long password"}


def ask(portal, email, **more):
    return portal.browser().post("/password/forgot", {"email": email}, **more)


def token(portal):
    return portal.outbox.link().partition("token=")[2]


def test_the_mailed_link_sets_a_new_password(portal):
    assert ask(portal, " Alice@Harbour.example").status_code == 200
    assert [message.to for message in portal.outbox.sent] == [ALICE]
    assert portal.browser().get(portal.outbox.link()).status_code == 200
    answer = portal.browser().post("/password/reset", {"token": token(portal), **NEW})
    assert (answer.status_code, answer.location) == (303, "/signin")
    assert portal.browser().sign_in(ALICE, PASSWORD).status_code == 422
    assert portal.browser().sign_in(ALICE, NEW["password"]).status_code == 303


def test_the_answer_is_the_same_for_an_unknown_email(portal):
    emails = (ALICE, "who@harbour.example", CAST["bob"][0])
    pages = [re.sub(r'csrf[-_]token"[^>]*>', "", ask(portal, email).text).replace(email, "") for email in emails]
    assert pages[0] == pages[1] == pages[2]
    assert len(portal.outbox.sent) == 1


def test_a_link_is_good_once(portal):
    ask(portal, ALICE)
    first = portal.browser().post("/password/reset", {"token": token(portal), **NEW})
    again = {"password": "yet another password", "repeat": "yet another password"}
    second = portal.browser().post("/password/reset", {"token": token(portal), **again})
    assert (first.status_code, second.status_code) == (303, 422)
    assert portal.browser().sign_in(ALICE, NEW["password"]).status_code == 303


def test_a_link_is_good_for_an_hour(portal):
    ask(portal, ALICE)
    portal.pass_time(dt.timedelta(minutes=61))
    assert portal.browser().post("/password/reset", {"token": token(portal), **NEW}).status_code == 422
    assert portal.browser().sign_in(ALICE).status_code == 303


def test_only_the_newest_link_works(portal):
    ask(portal, ALICE)
    older = token(portal)
    ask(portal, ALICE)
    assert portal.browser().post("/password/reset", {"token": older, **NEW}).status_code == 422
    assert portal.browser().post("/password/reset", {"token": token(portal), **NEW}).status_code == 303


def test_a_password_that_will_not_do_does_not_use_the_link_up(local_portal):
    ask(local_portal, ALICE)
    wrong = local_portal.browser().post("/password/reset", {"token": token(local_portal), "password": "a", "repeat": "a"})
    assert wrong.status_code == 422
    assert local_portal.browser().post("/password/reset", {"token": token(local_portal), **NEW}).status_code == 303


def test_a_new_password_ends_every_session_and_a_lock(portal):
    browser = portal.signed_in("alice")
    for _ in range(5):
        portal.browser().sign_in(ALICE, "wrong")
    ask(portal, ALICE)
    portal.browser().post("/password/reset", {"token": token(portal), **NEW})
    assert browser.who() == "nobody"
    assert portal.browser().sign_in(ALICE, NEW["password"]).status_code == 303


def test_the_link_names_the_site_whatever_host_the_request_names(local_portal):
    browser = local_portal.browser()
    fields = {"email": ALICE, "csrf_token": browser.token("/password/forgot")}
    browser.client.post("/password/forgot", data=fields, headers={"X-Forwarded-Host": "evil.example"})
    ask(local_portal, ALICE, headers={"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"})
    assert all("http://portal.example/password/reset?token=" in message.text for message in local_portal.outbox.sent)
    assert len(local_portal.outbox.sent) == 2


def test_the_mail_is_in_the_language_of_the_page(local_portal):
    browser = local_portal.browser()
    browser.post("/sv-SE/password/forgot", {"email": ALICE})
    assert local_portal.outbox.sent[0].subject == "Nytt lösenord för Harbour"
    assert "http://portal.example/sv-SE/password/reset" in local_portal.outbox.sent[0].text


def test_mail_that_cannot_be_sent_changes_nothing_in_the_answer(portal):
    portal.outbox.broken = True
    assert ask(portal, ALICE).status_code == 200


def test_nobody_is_flooded_with_mail(local_portal):
    for _ in range(9):
        assert ask(local_portal, ALICE).status_code == 200
    assert len(local_portal.outbox.sent) == 5


def test_a_login_that_is_barred_gets_no_link(portal):
    portal.change(tables.logins, tables.logins.c.contact_id == portal.ids["alice"], disabled=True)
    ask(portal, ALICE)
    assert portal.outbox.sent == []
    assert portal.rows(sa.select(tables.tokens)) == []


def test_hostile_tokens_are_refused(local_portal):
    for wrong in ("", "x", "' OR 1=1 --", "é" * 400, "x" * 100_000):
        assert local_portal.browser().post("/password/reset", {"token": wrong, **NEW}).status_code == 422
