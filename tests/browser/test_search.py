"""The search in the browser: the box of every page, words found as they are typed, on a phone and on a desk."""

import re

import pytest
from playwright.sync_api import expect

from support.axe import assert_no_axe_violations
from support.choir import open_choir
from support.marina_site import served
from support.screens import sideways


@pytest.fixture(params=[360, 1280])
def finding(request, tmp_path, browser):
    with open_choir(f"sqlite:///{tmp_path}/choir.db", tmp_path) as choir:
        for number in range(7):
            choir.score(f"A-{number}", f"Anthem {number}", lyrics="Glory and " + "halleluja" * 12)
        cookie = choir.as_("mia").client.get_cookie("foyer")
        with served(choir.app) as url:
            context = browser.new_context(base_url=url, viewport={"width": request.param, "height": 800}, locale="en-US")
            context.add_cookies([{"name": "foyer", "value": cookie.value, "url": url}])
            page = context.new_page()
            complaints = []
            page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
            page.goto("/about")
            yield page, request.param
            assert complaints == []
            context.close()


def test_words_are_found_from_any_page_and_as_they_are_typed(finding):
    page, width = finding
    header = page.locator(".site-header")
    if width == 360:
        header.get_by_role("link", name="Search").click()
        page.locator("#search-0-q").fill("boathouse")
    else:
        header.get_by_role("searchbox").fill("boathouse")
        header.get_by_role("searchbox").press("Enter")
    hits = page.locator(".hits")
    expect(hits.get_by_role("heading", level=3)).to_have_text(["About us"])
    expect(hits.locator("mark")).to_have_text(["boathouse"])
    page.locator("#search-0-q").fill("anthem glory")
    expect(hits.get_by_role("heading", level=3)).to_have_count(4)
    expect(page.locator("#search-0-views a")).to_have_text(["All 7", "Scores 7"])
    assert_no_axe_violations(page)
    page.locator("#search-0-views").get_by_role("link", name="Scores").click()
    expect(page.locator(".list-foot")).to_contain_text("1–4 of 7")
    page.get_by_role("link", name="Next page").click()
    expect(page.locator(".list-foot")).to_contain_text("5–7 of 7")
    expect(page).to_have_url(re.compile(re.escape("/find?q=anthem%20glory&type=score&page=2") + "$"))
    assert sideways(page) <= 0
    assert_no_axe_violations(page)
