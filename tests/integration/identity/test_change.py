"""Changing one's own password while signed in."""

import pytest

from support.portal import CAST, PASSWORD

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
        ({"current": PASSWORD, "password": "a", "repeat": "a"}, "at least 8"),
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
