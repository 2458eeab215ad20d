"""What a stolen session must not do takes a proof of a short while ago, and what was sent is not lost by asking for it."""

import json
import re

from metadata.model import SiteSetting
from runtime.recent_proof import SENSITIVE
from support.portal import CAST, PASSWORD

CAROL = CAST["carol"][0]


def long_ago(browser, seconds=31 * 60):
    with browser.client.session_transaction() as session:
        session["proved"] -= seconds


def test_own_data_takes_the_password_again_after_a_while(portal):
    browser = portal.signed_in("carol")
    assert browser.post("/my-data").status_code == 200
    long_ago(browser)
    asked = browser.post("/my-data", {"kept": ['"><b>', "two"]})
    assert (asked.status_code, "Is it you?" in asked.text, "<b>" in asked.text) == (403, True, False)
    assert re.findall(r'name="kept" value="([^"]*)"', asked.text) == ["&#34;&gt;&lt;b&gt;", "two"]
    assert 'action="/my-data"' in asked.text
    assert browser.post("/my-data", {"do": "check"}).status_code == 403  # what asks nothing elsewhere
    wrong = browser.post("/my-data", {"_proof": "wrong", "kept": "two"})
    assert (wrong.status_code, "That is not right." in wrong.text, "wrong" in wrong.text.split("<form")[1]) == (
        422,
        True,
        False,
    )
    right = browser.post("/my-data", {"_proof": PASSWORD, "kept": "two"})
    assert (right.status_code, json.loads(right.data)["contact"] is not None) == (200, True)
    long_ago(browser, 60)
    assert browser.post("/my-data").status_code == 200
    portal.publish(SiteSetting(key="identity/recent_proof_minutes", value="1"))
    long_ago(browser, 60)
    assert browser.post("/my-data").status_code in (403, 429)


def test_guessing_there_locks_as_signing_in_does_and_a_cookie_of_before_counts_as_no_proof(local_portal):
    browser = local_portal.signed_in("carol")
    with browser.client.session_transaction() as session:
        del session["proved"]
    assert browser.get("/security").status_code == 200
    for _ in range(5):
        assert browser.post("/my-data", {"_proof": "guess"}).status_code == 422
    assert browser.post("/my-data", {"_proof": PASSWORD}).status_code == 422
    assert local_portal.browser().sign_in(CAROL).status_code == 422


def test_every_address_that_takes_a_proof_is_there(local_portal):
    assert local_portal.app.view_functions.keys() >= SENSITIVE
