"""Passkeys in a browser, on a device that Chromium makes up: added, used as the second step and alone, and taken away."""

import pytest
from playwright.sync_api import expect

pytest.importorskip("webauthn", reason="needs the extra webauthn")

from metadata.model import SiteSetting
from support.axe import assert_no_axe_violations
from support.browsers import with_device
from support.marina_site import served
from support.portal import CAST, PASSWORD, make_portal
from support.ports import free_port
from support.screens import sideways

CAROL = CAST["carol"][0]


def fits(page):
    assert sideways(page) <= 0
    assert_no_axe_violations(page)


def sign_in(page):
    page.goto("/signin?next=/passkeys")
    page.get_by_label("Email").fill(CAROL)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_a_passkey_is_added_used_and_taken_away(tmp_path, browser):
    port = free_port()
    portal = make_portal(f"sqlite:///{tmp_path}/portal.db", tmp_path, FOYER_PUBLIC_URL=f"http://localhost:{port}")
    with served(portal.app, port):
        context = browser.new_context(
            base_url=f"http://localhost:{port}", viewport={"width": 360, "height": 740}, locale="en-US"
        )
        page, complaints = context.new_page(), []
        page.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
        verified = with_device(page)
        sign_in(page)
        fits(page)
        page.get_by_label("Current password").fill("wrong")
        page.get_by_label("Name of a new passkey").fill("Pocket")
        page.get_by_role("button", name="Add a passkey").click()
        expect(page.get_by_role("alert")).to_be_visible()
        page.get_by_label("Current password").fill(PASSWORD)
        page.get_by_role("button", name="Add a passkey").click()
        fits(page)
        page.get_by_role("button", name="Make the passkey").click()
        expect(page.locator(".codes code")).to_have_count(10)
        context.clear_cookies()
        sign_in(page)
        expect(page.get_by_role("heading", name="Second step")).to_be_visible()
        fits(page)
        page.set_viewport_size({"width": 1280, "height": 740})
        fits(page)
        page.get_by_role("button", name="Use a passkey").click()
        expect(page).to_have_url(f"http://localhost:{port}/passkeys")
        expect(page.get_by_text("Last used")).to_be_visible()
        fits(page)
        page.get_by_label("Current password").fill(PASSWORD)
        page.get_by_label("Name of a new passkey").fill("Pocket again")
        page.get_by_role("button", name="Add a passkey").click()
        page.get_by_role("button", name="Make the passkey").click()
        expect(page.get_by_text("This device has a passkey of yours already.")).to_be_visible()
        expect(page.get_by_text("The device gave no passkey.")).to_be_hidden()
        fits(page)
        context.clear_cookies()
        page.goto("/signin")
        expect(page.get_by_role("button", name="Use a passkey")).to_have_count(0)
        portal.publish(SiteSetting(key="identity/passkeys", value="1"))
        page.goto("/signin?next=/passkeys")
        fits(page)
        verified(False)
        page.get_by_role("button", name="Use a passkey").click()
        expect(page.get_by_text("The device gave no passkey.")).to_be_visible()
        verified(True)
        page.get_by_role("button", name="Use a passkey").click()
        expect(page).to_have_url(f"http://localhost:{port}/passkeys")
        page.get_by_label("Current password").fill(PASSWORD)
        page.get_by_role("button", name="Remove Pocket").click()
        expect(page.get_by_text("There is none yet.")).to_be_visible()
        context.clear_cookies()
        sign_in(page)
        expect(page).to_have_url(f"http://localhost:{port}/passkeys")
        assert complaints == []
        context.close()
        plain = browser.new_context(base_url=f"http://localhost:{port}", java_script_enabled=False).new_page()
        plain.goto("/signin")
        expect(plain.get_by_text("switch JavaScript on")).to_be_visible()
        plain.context.close()
    portal.engine.dispose()
