"""Saved views and chosen columns in a browser: with script and without, on a phone, sound to axe."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from metadata.model import ListFilter
from support.axe import assert_no_axe_violations
from support.marina import BOOKINGS
from support.marina_site import CAST, PASSWORD, Marina, open_marina, served
from support.screens import sideways

KEPT = replace(
    BOOKINGS, filters=(ListFilter(key="status", attribute="status"),), saved="shared", choose_columns=True, export=True
)


@pytest.fixture
def marina(sqlite_url: str, tmp_path: Path) -> Iterator[Marina]:
    with open_marina(sqlite_url, tmp_path, KEPT) as site:
        for place, status in enumerate(("asked", "moored", "moored"), 1):
            site.book(f"B-{place}", status=status)
        yield site


@pytest.fixture
def address(marina: Marina) -> Iterator[str]:
    with served(marina.app) as url:
        yield url


def sign_in(page: Page, address: str) -> None:
    page.goto(f"{address}/signin")
    page.fill("input[name=email]", CAST["alice"][0])
    page.fill("input[name=password]", PASSWORD)
    page.click("main form button[type=submit]")
    page.wait_for_url(f"{address}/")


@pytest.mark.parametrize("scripted", [True, False])
def test_a_view_and_columns_are_kept(browser: Browser, address, scripted):
    context = browser.new_context(java_script_enabled=scripted, viewport={"width": 1280, "height": 800})
    page = context.new_page()
    sign_in(page, address)
    page.goto(f"{address}/bookings?f.status=moored&sort=-number")
    page.locator(".list details.menu > summary", has_text="Saved views").click()
    page.get_by_role("link", name="Save or manage views").click()
    page.get_by_label("Name of the view", exact=True).fill("Moored")
    page.get_by_label("Open the list with this view").check()
    page.get_by_role("button", name="Save view").click()
    expect(page.locator(".data .rec")).to_have_text(["B-3", "B-2"])
    page.goto(f"{address}/bookings")
    expect(page.locator(".data .rec")).to_have_text(["B-3", "B-2"])
    page.locator(".chips").get_by_role("link", name="Clear filters").click()
    expect(page.locator(".data .rec")).to_have_text(["B-3", "B-2", "B-1"])
    page.locator(".list details.menu > summary", has_text="Moored").click()
    page.get_by_role("link", name="Without a saved view").click()
    expect(page.locator(".data .rec")).to_have_text(["B-1", "B-2", "B-3"])
    page.get_by_role("link", name="Columns").click()
    page.get_by_role("button", name="Move Status up").click()
    expect(page.get_by_role("button", name="Move Status up")).to_be_focused()
    page.get_by_role("checkbox", name="Berth").first.uncheck()
    page.get_by_label("Width of Status").select_option("Wide")
    page.get_by_label("Roomy").check()
    page.get_by_role("button", name="Save", exact=True).last.click()
    heads = page.locator(".data thead th")
    expect(heads.nth(2)).to_contain_text("Status")
    expect(heads.nth(2)).to_have_class(re.compile("w-wide"))
    expect(page.locator("body")).to_have_attribute("data-density", "roomy")
    expect(page.locator(".data thead")).not_to_contain_text("Berth")
    if scripted:
        page.get_by_role("link", name="Columns").click()
        entries = page.locator("[data-order] > li")
        entries.filter(has_text="Status").drag_to(entries.first, target_position={"x": 20, "y": 2})
        expect(page.get_by_role("button", name="Move Status up")).to_be_disabled()
        page.get_by_role("button", name="Save", exact=True).last.click()
        expect(heads.first).to_contain_text("Status")
    context.close()


@pytest.mark.parametrize("width", [360, 1280])
def test_menu_and_pages_fit_and_are_sound(page, address, width):
    page.set_viewport_size({"width": width, "height": 800})
    sign_in(page, address)
    page.goto(f"{address}/bookings?keep=new&q=B")
    page.get_by_label("Name of the view", exact=True).fill("A name as long as names of views may be, " + "and then some " * 2)
    page.get_by_role("button", name="Save view").click()
    assert_no_axe_violations(page)
    page.locator(".list details.menu > summary", has_text="A name").click()
    assert sideways(page) <= 0
    assert_no_axe_violations(page, within="#list-0-saved")
    for argument in ("keep=new", "columns=choose"):
        page.goto(f"{address}/bookings?{argument}")
        assert sideways(page) <= 0
        assert_no_axe_violations(page)
