"""The filters of a list in a browser: in place by script, as a plain form without, on a phone, sound to axe."""

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from metadata.model import ListFilter
from support.axe import assert_no_axe_violations
from support.marina import BOOKINGS
from support.marina_site import CAST, PASSWORD, Marina, open_marina, served
from support.screens import sideways

FILTERED = replace(
    BOOKINGS,
    filters=tuple(ListFilter(key=key, attribute=key) for key in ("status", "boat", "berth", "arrival", "fee", "paid")),
)


@pytest.fixture
def marina(sqlite_url: str, tmp_path: Path) -> Iterator[Marina]:
    with open_marina(sqlite_url, tmp_path, FILTERED) as site:
        berth = site.add("berth", number="A12", depth=Decimal("2.5"))
        for place, status in enumerate(("asked", "confirmed", "moored"), 1):
            site.book(f"B-{place}", status=status, berth=berth, fee=Decimal(1000 * place))
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


def test_filters_are_set_and_cleared_in_place(page, address):
    sign_in(page, address)
    page.goto(f"{address}/bookings?sort=-number")
    page.evaluate("window.stayed = true")
    page.locator(".filters > summary").click()
    page.get_by_label("Asked for").check()
    page.get_by_label("Moored").check()
    page.get_by_role("button", name="Apply filters").click()
    expect(page.locator(".data .rec")).to_have_text(["B-3", "B-1"])
    assert_no_axe_violations(page)
    page.get_by_role("link", name="Remove filter Status: Moored").click()
    expect(page.locator(".data .rec")).to_have_text(["B-1"])
    expect(page.locator(".filters > summary .count")).to_have_text("1")
    page.get_by_role("searchbox").press_sequentially("B-2")
    expect(page.locator(".state")).to_contain_text("Nothing matches")
    page.get_by_role("searchbox").fill("")
    expect(page.locator(".data .rec")).to_have_text(["B-1"])
    page.locator(".chips").get_by_role("link", name="Clear filters").click()
    expect(page.locator(".data .rec")).to_have_text(["B-3", "B-2", "B-1"])
    assert page.evaluate("window.stayed") is True


def test_without_script_the_panel_is_a_form(browser: Browser, address):
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740})
    page = context.new_page()
    sign_in(page, address)
    page.goto(f"{address}/bookings?q=B")
    page.locator(".filters > summary").click()
    page.get_by_label("Confirmed").check()
    page.get_by_label("Moored").check()
    page.get_by_label("Fee, From").fill("2500")
    page.get_by_role("button", name="Apply filters").click()
    expect(page.locator(".data .rec")).to_have_text(["B-3"])
    expect(page).to_have_url(re.compile("q=B"))
    chips = [" ".join(chip.split()) for chip in page.locator(".chip").all_inner_texts()]
    assert chips == [
        "Status: Confirmed",
        "Status: Moored",
        "Fee: From 2,500",
    ]
    context.close()


@pytest.mark.parametrize("width", [360, 1280])
def test_the_open_panel_fits_and_is_sound(page, address, width):
    page.set_viewport_size({"width": width, "height": 800})
    sign_in(page, address)
    page.goto(f"{address}/bookings?f.status=asked,moored&f.fee.to=5000")
    page.locator(".filters > summary").click()
    assert sideways(page) == 0
    assert_no_axe_violations(page)
