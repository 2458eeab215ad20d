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


@pytest.mark.parametrize("script", [True, False], ids=["script", "no_script"])
@pytest.mark.parametrize("width", [360, 1280])
def test_what_was_found_is_narrowed_with_and_without_script(tmp_path, browser, width, script):
    with open_choir(f"sqlite:///{tmp_path}/choir.db", tmp_path) as choir:
        presses = [
            choir.add("press", name=f"Press with a rather long name {number}", choir=choir.ids["north"]) for number in range(4)
        ]
        for number in range(8):
            season, press = ("spring", "autumn", "winter")[number % 3], presses[number % 4]
            choir.score(f"A-{number}", f"Anthem {number}", lyrics="Glory", season=season, sacred=number < 4, press=press)
        cookie = choir.as_("mia").client.get_cookie("foyer")
        with served(choir.app) as url:
            viewport = {"width": width, "height": 800}
            context = browser.new_context(base_url=url, viewport=viewport, locale="en-US", java_script_enabled=script)
            context.add_cookies([{"name": "foyer", "value": cookie.value, "url": url}])
            page = context.new_page()
            page.goto("/find?q=glory&type=score")
            facets, hits = page.locator(".facets"), page.locator(".hits h3")

            def choose(name):
                """On a phone the values are behind a button, which stays open for another choice."""
                if width == 360 and not facets.locator("details[open].facet-panel").count():
                    facets.get_by_text("Narrow down").click()
                facets.get_by_role("link", name=name).focus()
                page.keyboard.press("Enter")

            choose("Spring 3")
            expect(hits).to_have_count(3)
            expect(page).to_have_url(re.compile(re.escape("f.season=spring&narrow=1") + "$"))
            choose("Autumn 3")
            expect(page.locator(".hits .count")).to_have_text("6")
            choose("Yes 3")
            expect(page.locator(".hits .count")).to_have_text("3")
            expect(facets.locator("a[aria-current]")).to_have_text(["Spring 2", "Autumn 1", "Yes 3"])
            expect(page.locator(".views a")).to_have_text(["All 8", "Scores 8"])
            if script and width == 1280:
                expect(facets.get_by_role("link", name="Yes 3")).to_be_focused()
            if script:
                assert_no_axe_violations(page)
                assert sideways(page) <= 0
            shut = facets.get_by_role("link", name="Show what was found")
            if width == 360:
                expect(facets.get_by_role("link", name="Yes 3")).to_be_in_viewport(ratio=0.1)
                shut.click()
                expect(facets.get_by_role("link", name="Yes 3")).to_be_hidden()
            expect(shut).to_be_hidden()
            page.get_by_role("link", name="Remove filter Sacred: Yes").click()
            expect(page.locator(".hits .count")).to_have_text("6")
            page.go_back()
            expect(page.locator(".hits .count")).to_have_text("3")
            page.get_by_role("link", name="Clear filters").click()
            expect(page.locator(".hits .count")).to_have_text("8")
            for number in range(36):
                choir.score(f"B-{number}", f"Ballad {number}", lyrics="Glory")
            page.reload()
            expect(page.locator(".hits .count")).to_have_text("44")
            if script:
                assert sideways(page) <= 0
            context.close()
