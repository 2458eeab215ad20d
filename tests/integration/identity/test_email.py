"""Another e-mail counts once its link was used, and nobody learns by it who has an address."""

import datetime as dt
import re

import pytest
import sqlalchemy as sa

from runtime.identity import tables
from support.portal import CAST, PASSWORD

ALICE, CAROL, NEW = CAST["alice"][0], CAST["carol"][0], "alice@new.example"


def ask(browser, email=NEW, password=PASSWORD):
    return browser.post("/email", {"email": email, "password": password}, token_from="/email")


def confirm(browser, link):
    return browser.post(
        "/email/confirm", {"token": link.partition("token=")[2]}, token_from="/email/confirm?" + link.partition("?")[2]
    )


def said(answer):
    """A page without its tokens."""
    return re.sub(r'(content|value)="[^"]*"', "", answer.text)


def stored(portal):
    return portal.person("alice").email


def test_a_changed_email_counts_only_when_its_link_was_used(portal):
    browser = portal.signed_in("alice")
    assert ask(browser).status_code == 200
    assert [mail.to for mail in portal.outbox.sent] == [NEW]
    link = portal.outbox.link()
    assert portal.browser().get(link).status_code == 200
    assert stored(portal) == ALICE
    assert portal.browser().sign_in(NEW).status_code == 422
    assert confirm(portal.browser(), link).status_code == 303
    assert stored(portal) == NEW
    assert (portal.browser().sign_in(ALICE).status_code, portal.browser().sign_in(NEW).status_code) == (422, 303)
    assert [mail.to for mail in portal.outbox.sent] == [NEW, ALICE]
    assert NEW not in portal.outbox.sent[1].text
    assert browser.who() == "Alice"


def test_a_link_for_a_new_email_is_good_once_and_for_an_hour(portal):
    browser = portal.signed_in("alice")
    ask(browser)
    first = portal.outbox.link()
    ask(browser, "alice@newer.example")
    assert confirm(browser, portal.outbox.link()).status_code == 303
    again = portal.browser().post("/email/confirm", {"token": portal.outbox.sent[1].text.partition("token=")[2].split()[0]})
    earlier = portal.browser().post("/email/confirm", {"token": first.partition("token=")[2]})
    assert (again.status_code, earlier.status_code) == (422, 422)
    ask(browser)
    old = portal.outbox.link()
    portal.pass_time(dt.timedelta(minutes=61))
    assert portal.browser().post("/email/confirm", {"token": old.partition("token=")[2]}).status_code == 422
    assert stored(portal) == "alice@newer.example"


def test_an_email_that_is_taken_gets_the_same_answer_and_no_mail(portal):
    browser = portal.signed_in("alice")
    free, taken = ask(browser), ask(browser, CAROL.upper())
    assert said(free).replace(NEW, "") == said(taken).replace(CAROL.upper(), "")
    assert [mail.to for mail in portal.outbox.sent] == [NEW]


def test_an_email_that_was_taken_meanwhile_does_not_count(portal):
    ask(portal.signed_in("alice"))
    portal.change(tables.logins, tables.logins.c.contact_id == portal.ids["carol"], email=NEW)
    assert confirm(portal.browser(), portal.outbox.link()).status_code == 422
    assert stored(portal) == ALICE
    assert portal.browser().sign_in(ALICE).status_code == 303


def test_changing_the_email_takes_the_password_and_an_address(local_portal):
    browser = local_portal.signed_in("alice")
    assert (ask(browser, password="wrong").status_code, ask(browser, "nowhere").status_code) == (422, 422)
    assert local_portal.outbox.sent == []
    assert local_portal.browser().get("/email").status_code == 302


def test_a_link_for_a_new_password_that_went_to_the_old_email_works_no_longer(portal):
    browser = portal.signed_in("alice")
    portal.browser().post("/password/forgot", {"email": ALICE})
    reset = portal.outbox.link()
    ask(browser)
    confirm(browser, portal.outbox.link())
    answer = portal.browser().post(
        "/password/reset",
        {"token": reset.partition("token=")[2], "password": "a new long password", "repeat": "a new long password"},
    )
    assert answer.status_code == 422


def test_the_trail_says_who_changed_the_email(portal):
    ask(portal.signed_in("alice"))
    confirm(portal.browser(), portal.outbox.link())
    audit = sa.table("foyer_audit", *map(sa.column, ("contact", "privilege", "entity", "changes")))
    found = portal.rows(sa.select(audit.c.contact, audit.c.changes).where(audit.c.privilege == "write"))
    assert [row[0] for row in found] == [portal.ids["alice"]]
    assert NEW in found[0][1]


@pytest.mark.parametrize("token", ["", "x", "%00"])
def test_a_made_up_link_changes_nothing(local_portal, token):
    assert "token" in local_portal.browser().get("/email/confirm").text
    assert local_portal.browser().post("/email/confirm", {"token": token}).status_code == 422


def act(browser, what):
    return browser.post("/email", {"act": what}, token_from="/email")


def test_a_change_that_waits_is_shown_and_sent_again_or_given_up(portal):
    browser = portal.signed_in("alice")
    assert 'value="give_up"' not in browser.get("/email").text
    ask(browser)
    first = portal.outbox.link()
    assert f"{NEW} waits" in browser.get("/email").text
    assert NEW not in portal.signed_in("carol").get("/email").text
    assert act(browser, "again").status_code == 200
    assert ([mail.to for mail in portal.outbox.sent], portal.outbox.link() == first) == ([NEW, NEW], False)
    assert confirm(portal.browser(), first).status_code == 422
    assert act(browser, "give_up").status_code == 303
    assert 'value="give_up"' not in browser.get("/email").text
    assert confirm(portal.browser(), portal.outbox.link()).status_code == 422
    assert (act(browser, "again").status_code, act(browser, "give_up").status_code) == (303, 303)
    assert (stored(portal), len(portal.outbox.sent)) == (ALICE, 2)


def test_a_change_waits_no_longer_than_its_link_is_good(portal):
    browser = portal.signed_in("alice")
    ask(browser)
    portal.pass_time(dt.timedelta(minutes=61))
    assert NEW not in browser.get("/email").text
    assert act(browser, "again").status_code == 303
    assert len(portal.outbox.sent) == 1


def test_that_an_email_is_taken_is_told_by_nothing_that_waits(portal):
    browser = portal.signed_in("alice")
    ask(browser)
    free = browser.get("/email")
    ask(browser, CAROL)
    taken = browser.get("/email")
    assert said(free).replace(NEW, "") == said(taken).replace(CAROL, "")
    assert said(act(browser, "again")).count(CAROL)
    assert [mail.to for mail in portal.outbox.sent] == [NEW]
