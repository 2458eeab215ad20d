"""Changing one's own password while signed in."""

import datetime as dt
import re

import pytest

from runtime.identity import telling
from support.portal import CAST, PASSWORD, SITE, components, make_portal

CAROL = CAST["carol"][0]
NEW = {"password": "a new long password", "repeat": "a new long password"}


def test_a_new_password_ends_the_other_sessions_and_keeps_this_one(portal):
    here, there = portal.signed_in("carol"), portal.signed_in("carol")
    answer = here.post("/password/change", {"current": PASSWORD, **NEW})
    assert (answer.status_code, here.who(), there.who()) == (303, "Carol", "nobody")
    assert "Your password is changed" in here.get("/sessions").text
    assert "Your password is changed" not in here.get("/sessions").text
    assert portal.browser().sign_in(CAROL, PASSWORD).status_code == 422
    assert portal.browser().sign_in(CAROL, NEW["password"]).status_code == 303


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"current": "wrong", **NEW}, "not your current password"),
        ({"current": PASSWORD, "password": "a", "repeat": "a"}, "at least 12"),
        ({"current": PASSWORD, "password": "password1234", "repeat": "password1234"}, "too easy to guess"),
        ({"current": PASSWORD, "password": "Carol-Quay-2024", "repeat": "Carol-Quay-2024"}, "too easy to guess"),
        ({**NEW}, "not your current password"),
        ({"current": PASSWORD, **NEW, "repeat": "x"}, "differ"),
    ],
)
def test_what_will_not_do_is_told_and_nothing_changes(local_portal, sent, words):
    browser = local_portal.signed_in("carol")
    answer = browser.post("/password/change", sent)
    assert answer.status_code == 422
    assert words in answer.text
    assert (browser.who(), local_portal.browser().sign_in(CAROL).status_code) == ("Carol", 303)


def test_guessing_the_current_password_locks_as_signing_in_does(local_portal):
    browser = local_portal.signed_in("carol")
    for _ in range(5):
        browser.post("/password/change", {"current": "wrong", **NEW})
    assert browser.post("/password/change", {"current": PASSWORD, **NEW}).status_code == 422


def test_nobody_has_no_password_to_change(local_portal):
    answer = local_portal.browser().get("/password/change")
    assert (answer.status_code, answer.location) == (302, "/signin?next=/password/change")


def test_how_strong_a_password_is_is_told_while_it_is_typed(local_portal):
    browser = local_portal.signed_in("carol")
    assert 'hx-post="/password/strength"' in browser.get("/password/change").text
    told = [
        browser.post("/password/strength", {"password": typed}, token_from="/password/change").text
        for typed in ("password1234", "harbours are blue on sundays", "carol quay 2024", "")
    ]
    assert 'value="1"' in told[0]
    assert "choose a harder one" in told[0]
    assert ('value="4"' in told[1], "harder" in told[1]) == (True, False)
    assert "Guessed at once" in told[2]
    assert told[3].strip() == ""
    assert browser.client.post("/password/strength", data={"password": "x"}).status_code == 400
    many = local_portal.browser()
    codes = [many.post("/password/strength", {"password": ""}, token_from="/signin").status_code for _ in range(70)]
    assert (codes[0], codes[-1]) == (200, 429)


def test_each_change_to_a_sign_in_is_told_by_mail_in_the_persons_language(portal):
    def told():
        mails, portal.outbox.sent[:] = list(portal.outbox.sent), []
        return [(mail.to, mail.text.split("\n")[0]) for mail in mails]

    alice = portal.signed_in("alice")
    assert alice.post("/password/change", {"current": PASSWORD, **NEW}).status_code == 303
    (mail,) = portal.outbox.sent
    assert (mail.to, mail.subject) == (CAST["alice"][0], "Din inloggning på Harbour har ändrats")
    assert "När: " in mail.text
    assert NEW["password"] not in mail.text
    told()

    carol = portal.signed_in("carol")
    carol.post("/second-factor", {"act": "mail", "password": PASSWORD})
    (code,) = re.findall(r"\b\d{6}\b", portal.outbox.sent[-1].text)
    told()
    assert carol.post("/second-factor/setup", {"code": code}).status_code == 200
    carol.post("/second-factor", {"act": "codes", "password": PASSWORD})
    assert carol.post("/second-factor", {"act": "off", "password": "wrong"}).status_code == 422
    carol.post("/second-factor", {"act": "off", "password": PASSWORD})
    assert told() == [
        (CAROL, "A second step was set up for signing in to Harbour."),
        (CAROL, "New recovery codes were made for your sign-in at Harbour. The old ones no longer work."),
        (CAROL, "The second step for signing in to Harbour was taken away."),
    ]


def test_the_time_in_the_mail_is_the_sites_for_whoever_has_chosen_none(sqlite_url, tmp_path):
    portal = make_portal(sqlite_url, tmp_path, components(time_zone="Pacific/Kiritimati"))
    site, at = portal.snapshot.sites[SITE], dt.datetime(2026, 3, 1, 22, 30, tzinfo=dt.UTC)
    mail = telling.change_mail(portal.snapshot, site, portal.person("carol"), telling.PASSWORD, at)
    assert re.search(r"When: Mar\s2\s12:30\sPM", mail.text)
    contact = portal.snapshot.entities["contact"].table
    portal.change(contact, contact.c.id == portal.ids["carol"], time_zone="Europe/Stockholm")
    mail = telling.change_mail(portal.snapshot, site, portal.person("carol"), telling.PASSWORD, at)
    assert re.search(r"When: Mar\s1\s11:30\sPM", mail.text)
