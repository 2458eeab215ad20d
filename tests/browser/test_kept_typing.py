"""A form keeps what is typed without anybody pressing a button, and offers it to who comes back."""

import dataclasses
import datetime as dt
import re
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from runtime.identity.tables import sessions
from support.axe import assert_no_axe_violations
from support.marina_site import served
from support.portal import PASSWORD
from support.pottery import CAST, FORMS, make_pottery
from support.ruled import publish
from support.screens import sideways


@pytest.mark.parametrize("width", [360, 1280])
def test_typing_is_kept_and_offered(tmp_path, browser, width):
    pottery = make_pottery(f"sqlite:///{tmp_path}/pottery.db", tmp_path)
    publish(pottery, dataclasses.replace(FORMS[0], autosave=True))
    cookie = pottery.as_("ada").client.get_cookie("foyer")
    with served(pottery.app) as url:
        context = browser.new_context(base_url=url, viewport={"width": width, "height": 740}, locale="en-US")
        context.add_cookies([{"name": "foyer", "value": cookie.value, "url": url}])
        page = context.new_page()
        page.goto("/firings/new")
        page.get_by_label("Title").fill("Bowls")
        expect(page.get_by_text("Kept at")).to_be_visible()
        page.goto("/firings/new")
        expect(page.get_by_text("You have unsaved changes of")).to_be_visible()
        page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")  # where the bar of buttons lies over no control
        assert_no_axe_violations(page)
        page.get_by_role("link", name="Continue with them").click()
        expect(page.get_by_label("Title")).to_have_value("Bowls")
        page.get_by_role("button", name="Save").last.click()
        expect(page.get_by_text("It is booked")).to_be_visible()
        page.goto("/firings/new")
        expect(page.get_by_text("You have unsaved changes of")).to_have_count(0)
        context.close()
    pottery.engine.dispose()


def test_the_script_tells_the_time_of_the_persons_zone_wherever_the_device_is(tmp_path, browser):
    pottery = make_pottery(f"sqlite:///{tmp_path}/pottery.db", tmp_path)
    publish(pottery, dataclasses.replace(FORMS[0], autosave=True))
    cookie = pottery.as_("ada").client.get_cookie("foyer")
    with served(pottery.app) as url:
        context = browser.new_context(base_url=url, locale="en-US", timezone_id="Pacific/Kiritimati")
        context.add_cookies([{"name": "foyer", "value": cookie.value, "url": url}])
        page = context.new_page()
        page.goto("/firings/new")
        began = dt.datetime.now(dt.UTC)
        page.get_by_label("Title").fill("Bowls")
        kept = page.get_by_text("Kept at")
        expect(kept).to_be_visible()
        zone = ZoneInfo(str(kept.get_attribute("data-zone")))
        told = re.search(r"(\d+:\d+)\s(AM|PM)", kept.inner_text())
        passed = (dt.datetime.now(dt.UTC) - began) // dt.timedelta(minutes=1) + 2
        minutes = [(began + dt.timedelta(minutes=more)).astimezone(zone) for more in range(passed)]
        assert " ".join(told.groups()) in [f"{minute:%I:%M %p}" for minute in minutes]
        context.close()
    pottery.engine.dispose()


@pytest.mark.parametrize("width", [360, 1280])
def test_without_scripts_a_session_that_ended_costs_nothing_typed(tmp_path, browser, width):
    pottery = make_pottery(f"sqlite:///{tmp_path}/pottery.db", tmp_path)
    cookie = pottery.as_("ada").client.get_cookie("foyer")
    with served(pottery.app) as url:
        context = browser.new_context(
            base_url=url, viewport={"width": width, "height": 740}, locale="en-US", java_script_enabled=False
        )
        context.add_cookies([{"name": "foyer", "value": cookie.value, "url": url}])
        page = context.new_page()
        page.goto("/firings/new")
        page.get_by_label("Title").fill("Bowls")
        with pottery.engine.begin() as connection:
            connection.execute(sa.update(sessions).values(expires_at=dt.datetime.now(dt.UTC)))
        page.get_by_role("button", name="Save").last.click()
        page.locator("#email").fill(CAST["ada"][0])
        page.locator("#password").fill(PASSWORD)
        page.locator("#password").press("Enter")
        expect(page.get_by_text("What you had typed is here again")).to_be_visible()
        expect(page.get_by_label("Title")).to_have_value("Bowls")
        assert not sideways(page)
        page.get_by_role("button", name="Save").last.click()
        expect(page.get_by_text("It is booked")).to_be_visible()
        context.close()
    assert [firing["title"] for firing in pottery.rows("firing")] == ["Bowls"]
    pottery.engine.dispose()
