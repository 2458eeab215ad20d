"""A new password in a browser: how strong it is is told while it is typed, it can be seen, and what is too easy is refused."""

import pytest
from playwright.sync_api import expect

from support.axe import assert_no_axe_violations
from support.marina_site import served
from support.portal import CAST, PASSWORD, make_portal
from support.screens import sideways

CAROL = CAST["carol"][0]


def fits(page):
    assert sideways(page) <= 0
    assert_no_axe_violations(page)


@pytest.mark.parametrize("width", [360, 1280])
def test_a_new_password_is_judged_while_it_is_typed_and_a_sign_in_is_closed(tmp_path, browser, width):
    portal = make_portal(f"sqlite:///{tmp_path}/portal.db", tmp_path)
    with served(portal.app) as url:
        context = browser.new_context(base_url=url, viewport={"width": width, "height": 740}, locale="en-US")
        page = context.new_page()
        complaints = []
        page.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
        page.goto("/signin?next=/password/change")
        page.get_by_label("Email").fill(CAROL)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_label("Show what is typed").check()
        expect(page.get_by_label("Password", exact=True)).to_have_attribute("type", "text")
        page.get_by_role("button", name="Sign in").click()
        new, told = page.get_by_label("New password", exact=True), page.locator("#strength")
        new.press_sequentially("carol quay 1")
        expect(told).to_contain_text("choose a harder one")
        fits(page)
        page.get_by_label("Current password").fill(PASSWORD)
        page.get_by_label("New password, once more").fill("carol quay 1")
        page.get_by_role("button", name="Save the password").click()
        expect(page.get_by_role("alert")).to_contain_text("too easy to guess")
        fits(page)
        new.press_sequentially("harbours are blue on sundays")
        expect(told).to_contain_text("Very hard to guess")
        page.goto("/security/close")
        fits(page)
        page.get_by_label("I want to close my sign-in.").check()
        page.get_by_role("button", name="Close it now").click()
        expect(page.get_by_text("Your sign-in is closed.")).to_be_visible()
        assert complaints == []
        context.close()
    portal.engine.dispose()
