"""A lookup that follows another one in the browser, as a dropdown and as a search box."""

import re

import pytest
from playwright.sync_api import expect

from support.axe import assert_no_axe_violations
from support.marina_site import served
from support.shelves import make_shelves

ASKED = re.compile(r"[?&]q=")


@pytest.fixture(params=["dropdown", ""])
def loading(request, tmp_path, browser):
    """The form of a loading, opened by Ada."""
    pottery = make_shelves(f"sqlite:///{tmp_path}/pottery.db", tmp_path, request.param)
    cookie = pottery.as_("ada").client.get_cookie("foyer")
    with served(pottery.app) as url:
        context = browser.new_context(base_url=url, viewport={"width": 360, "height": 740}, locale="en-US")
        context.add_cookies([{"name": "foyer", "value": cookie.value, "url": url}])
        page = context.new_page()
        complaints = []
        page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        page.goto("/load")
        yield page, request.param
        assert complaints == []
        context.close()
    pottery.engine.dispose()


@pytest.mark.parametrize("loading", [""], indirect=True)
def test_a_search_box_shows_what_it_offers_on_a_click_and_nothing_once_it_is_left(loading):
    page, _ = loading
    page.get_by_label("Kiln").select_option(label="Big Bertha")
    shelf, rows = page.locator("#f-shelf"), page.locator(".options [role=option]")
    shelf.click()
    expect(rows).to_have_text(["bottom", "top"])
    assert_no_axe_violations(page)
    page.keyboard.press("Escape")
    expect(page.locator(".options")).to_be_hidden()
    held = []
    page.route(ASKED, lambda route: held.append(route))  # Playwright marks what it is given, a method takes no mark
    with page.expect_request(ASKED):
        shelf.click()
    page.get_by_label("Kiln").focus()
    with page.expect_response(ASKED) as answered:
        held[0].continue_()
    answered.value.finished()
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    expect(page.locator(".options")).to_be_hidden()


def test_what_is_offered_follows_what_was_chosen_before(loading):
    page, style = loading
    kiln, shelf = page.get_by_label("Kiln"), page.locator("#f-shelf")
    rows = page.locator(".options [role=option]")
    kiln.select_option(label="Little Bert")
    if style == "dropdown":
        expect(shelf.locator("option")).to_have_text(["None", "only"])
        shelf.select_option(label="only")
        kiln.select_option(label="Big Bertha")
        expect(shelf.locator("option")).to_have_text(["None", "bottom", "top"])
        expect(shelf).to_have_value("")
    else:
        shelf.fill("o")
        expect(rows).to_have_text(["only"])
        rows.click()
        expect(shelf).to_have_value("only")
        kiln.select_option(label="Big Bertha")
        expect(shelf).to_have_value("")
        shelf.fill("o")
        expect(rows).to_have_text(["bottom", "top"])
        rows.filter(has_text="top").click()
    assert_no_axe_violations(page)
