"""Addresses of a site: pages, records, languages, redirects, who may read what."""

import pytest

from support.portal import CAST


def test_health_needs_no_database(local_portal):
    assert local_portal.browser().get("/healthz").json == {"status": "ok"}


def test_readiness_names_the_release(portal):
    answer = portal.browser().get("/readyz")
    assert (answer.status_code, answer.json["database"], answer.json["release"]) == (200, "ok", 1)


@pytest.mark.parametrize("path", ["/news", "/news/", "/NEWS"])
def test_a_page_answers_with_and_without_a_slash_at_its_end(local_portal, path):
    answer = local_portal.browser().get(path)
    assert answer.status_code == 200
    assert "<h1>news</h1>" in answer.text


def test_signing_in_opens_the_members_pages(portal):
    browser = portal.browser()
    refused = browser.get("/club/boats?sort=name")
    assert (refused.status_code, refused.location) == (302, "/signin?next=/club/boats%3Fsort%3Dname")
    answer = browser.sign_in(CAST["carol"][0], next="/club/boats?sort=name")
    assert (answer.status_code, answer.location) == (303, "/club/boats?sort=name")
    assert "<h1>boats</h1>" in browser.get(answer.location).text
