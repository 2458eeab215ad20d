"""The second step in a browser: set up from the person's menu, asked for at the next sign-in, on a phone and a screen."""

import pyotp
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


def sign_in(page):
    page.goto("/signin?next=/sessions")
    page.get_by_label("Email").fill(CAROL)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.parametrize("width", [360, 1280])
def test_the_second_step_is_set_up_and_asked_for(tmp_path, browser, width):
    portal = make_portal(f"sqlite:///{tmp_path}/portal.db", tmp_path)
    with served(portal.app) as url:
        context = browser.new_context(base_url=url, viewport={"width": width, "height": 740}, locale="en-US")
        page = context.new_page()
        complaints = []
        page.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
        sign_in(page)
        expect(page).to_have_url(f"{url}/sessions")
        page.goto("/second-factor")
        fits(page)
        page.get_by_label("Current password").fill("wrong")
        page.get_by_role("button", name="Use an authenticator app").click()
        expect(page.get_by_role("alert")).to_be_visible()
        fits(page)
        page.get_by_label("Current password").fill(PASSWORD)
        page.get_by_role("button", name="Use an authenticator app").click()
        expect(page.get_by_role("img", name="QR code")).to_be_visible()
        fits(page)
        app = pyotp.TOTP(page.locator("code").inner_text().replace(" ", ""))
        page.get_by_role("textbox", name="Code").fill(app.now())
        page.get_by_role("button", name="Turn on").click()
        codes = page.locator(".codes code")
        expect(codes).to_have_count(10)
        fits(page)
        code = codes.first.inner_text()
        context.clear_cookies()
        sign_in(page)
        expect(page.get_by_role("heading", name="Second step")).to_be_visible()
        expect(page.get_by_label("Code")).to_be_focused()
        fits(page)
        page.get_by_label("Code").fill("12")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_contain_text("The code is wrong")
        fits(page)
        page.get_by_label("Code").fill(code)
        page.get_by_label("Do not ask on this browser for 30 days").check()
        page.get_by_role("button", name="Sign in").click()
        expect(page).to_have_url(f"{url}/sessions")
        expect(page.get_by_role("heading", name="Browsers that are not asked for a code")).to_be_visible()
        fits(page)
        page.get_by_role("button", name="Ask again").click()
        expect(page.get_by_role("button", name="Ask again")).to_have_count(0)
        assert complaints == []
        context.close()
    portal.engine.dispose()
