"""A link in a browser: made, opened by somebody without a sign-in, narrowed and ended, on a phone and a screen."""

from dataclasses import replace

from playwright.sync_api import expect

from metadata.model import EntityPermission
from metadata.text import Text
from support.axe import assert_no_axe_violations
from support.marina_site import served
from support.portal import CAST, HARBOUR, PASSWORD, make_portal
from support.ports import free_port
from support.screens import sideways

SHARED = {"share_read": ("full_name", "email"), "share_write": ("full_name",)}
CREW = EntityPermission(
    key="crew", entity="contact", scope="account", via="account", privileges=("read", "write"), roles=("member",), **SHARED
)


def fits(page):
    for width in (360, 1280):
        page.set_viewport_size({"width": width, "height": 740})
        assert sideways(page) <= 0
        assert_no_axe_violations(page)


def test_a_link_is_made_opened_narrowed_and_ended(tmp_path, browser):
    port = free_port()
    portal = make_portal(f"sqlite:///{tmp_path}/portal.db", tmp_path, FOYER_PUBLIC_URL=f"http://127.0.0.1:{port}")
    portal.publish(CREW)
    with served(portal.app, port) as url:
        context = browser.new_context(base_url=url, locale="en-US")
        page = context.new_page()
        page.goto(f"/signin?next=/shares/new%3Fentity=contact%26row={portal.ids['bob']}")
        page.get_by_label("Email").fill(CAST["alice"][0])
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.goto(f"{url}/shares/new?entity=contact&row={portal.ids['bob']}")
        fits(page)
        page.get_by_role("button", name="Make the link").click()
        expect(page.get_by_role("alert")).to_contain_text("more than you may share")
        for box in page.get_by_role("checkbox").all():
            box.check()
        page.get_by_label("Name", exact=False).last.fill("For the pilot")
        page.get_by_role("button", name="Make the link").click()
        fits(page)
        link = page.get_by_label("Address of the link").input_value()
        other = browser.new_context(base_url=url, locale="en-US").new_page()
        other.goto(link)
        fits(other)
        other.get_by_role("button", name="Open").click()
        expect(other.get_by_text("bob@harbour.example")).to_be_visible()
        fits(other)
        other.get_by_label("Name", exact=False).first.fill("Bobby")
        other.get_by_role("button", name="Save").click()
        expect(other.get_by_text("Saved.")).to_be_visible()
        other.get_by_role("link", name="Make a narrower link").click()
        fits(other)
        page.goto("/shares")
        fits(page)
        page.get_by_role("button", name="End For the pilot").click()
        expect(page.get_by_text("There is none yet.")).to_be_visible()
        other.goto(link)
        expect(other.get_by_role("heading", name="This link does not work")).to_be_visible()
        fits(other)
        other.context.close()
        context.close()
    portal.engine.dispose()


def test_a_long_name_of_a_site_pushes_nothing_off_a_phone(tmp_path, browser):
    port = free_port()
    portal = make_portal(f"sqlite:///{tmp_path}/portal.db", tmp_path, FOYER_PUBLIC_URL=f"http://127.0.0.1:{port}")
    portal.publish(replace(HARBOUR, label=Text.of("The harbours of the fjords and the lakes")))
    with served(portal.app, port) as url:
        page = browser.new_context(base_url=url, locale="en-US").new_page()
        page.goto("/share?link=none")
        fits(page)
        page.set_viewport_size({"width": 360, "height": 740})
        shown = page.get_by_role("link", name="Sign in").bounding_box()
        assert shown["x"] + shown["width"] <= 360
