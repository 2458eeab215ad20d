"""Cookies that browsers send with all requests, with none that another site begins, or in between; and what still holds."""

import pytest

from support.portal import make_portal

SAFE = "https://portal.example"
LED = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


@pytest.fixture
def portal_with(sqlite_url, tmp_path):
    made = []

    def make(same_site):
        made.append(make_portal(sqlite_url, tmp_path, FOYER_PUBLIC_URL=SAFE, FOYER_COOKIE_SAME_SITE=same_site))
        return made[-1]

    yield make
    for portal in made:
        portal.engine.dispose()


def led(portal, path, **more):
    """What another site leads to, with the cookies that a browser then leaves out."""
    return portal.app.test_client(use_cookies=False).get(path, headers={**LED, **more}, base_url=SAFE)


@pytest.mark.parametrize("same_site", ["lax", "strict", "none"])
def test_the_cookie_is_of_the_kind_that_is_asked_for_and_forms_need_their_token_with_each(portal_with, same_site):
    portal = portal_with(same_site)
    cookie = portal.browser().get("/password/forgot").headers["Set-Cookie"]
    wanted = {"Secure", "HttpOnly", "Path=/", f"SameSite={same_site.capitalize()}"}
    assert wanted <= set(cookie.split("; "))
    browser = portal.signed_in("carol")
    assert browser.who() == "Carol"
    # A browser that sends the cookie along with what another site has it post gives nothing away.
    for sent in ({}, {"csrf_token": "x"}):
        answer = browser.client.post("/signout", data=sent, headers={**LED, "Origin": "https://evil.example"})
        assert (answer.status_code, "Set-Cookie" in answer.headers) == (400, False)
    assert browser.who() == "Carol"
    assert browser.post("/signout").status_code == 303
    assert browser.who() == "nobody"


@pytest.mark.parametrize("same_site", ["lax", "none"])
def test_a_page_that_another_site_leads_to_is_shown_at_once(portal_with, same_site):
    answer = led(portal_with(same_site), "/signin")
    assert (answer.status_code, "Refresh" in answer.headers) == (200, False)
    assert "Set-Cookie" in answer.headers


def test_a_strict_cookie_is_not_replaced_by_a_page_that_another_site_leads_to(portal_with):
    portal = portal_with("strict")
    first = led(portal, "/signin?next=/news")
    assert (first.status_code, first.headers["Refresh"], "Set-Cookie" in first.headers) == (200, "0", False)
    assert "You are led on" in first.text
    assert "csrf_token" not in first.text.replace('name="csrf-token"', "")
    again = portal.browser().get("/signin?next=/news", headers={"Sec-Fetch-Site": "same-origin"})
    assert ("Refresh" in again.headers, "Set-Cookie" in again.headers) == (False, True)


def test_a_page_that_needs_no_cookie_is_shown_at_once_as_to_a_stranger(portal_with):
    answer = led(portal_with("strict"), "/news")
    assert "Refresh" not in answer.headers
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("path", ["back?code=x&state=y", "done?ticket=x", "out?state=x"])
def test_who_comes_back_from_a_provider_is_asked_for_once_more_before_anything_counts(portal_with, path):
    portal = portal_with("strict")
    first = led(portal, f"/signin/with/guild/{path}")
    assert (first.status_code, first.headers["Refresh"], "Set-Cookie" in first.headers) == (200, "0", False)
    assert led(portal, f"/signin/with/guild/{path}", **{"Sec-Fetch-Site": "same-origin"}).status_code == 404  # no provider


def test_what_is_no_page_of_its_own_is_not_asked_for_again(portal_with):
    portal = portal_with("strict")
    answer = led(portal, "/signin", **{"Sec-Fetch-Dest": "iframe"})
    assert ("Refresh" in answer.headers, "Set-Cookie" in answer.headers) == (False, False)
    posted = portal.app.test_client(use_cookies=False).post("/signin", data={}, headers=LED, base_url=SAFE)
    assert (posted.status_code, "Set-Cookie" in posted.headers) == (400, False)
