"""Lists and record pages in a browser: by script and without, on a phone, and sound to axe."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from support.axe import assert_no_axe_violations
from support.marina_site import CAST, PASSWORD, Marina, open_marina, served
from support.screens import sideways

PHONE = {"width": 360, "height": 740}


@pytest.fixture
def marina(sqlite_url: str, tmp_path: Path) -> Iterator[Marina]:
    with open_marina(sqlite_url, tmp_path) as site:
        berth = site.add("berth", number="A12", depth=Decimal("2.5"))
        for place in range(1, 12):
            booking = site.book(
                f"B-{place:02}",
                status=("asked", "confirmed", "moored", "cancelled")[place % 4],
                berth=berth,
                arrival=dt.date(2026, 7, place),
                boat="Winterbanden Slottsskogen" if place == 3 else f"Boat {place}",
                fee=Decimal("123456789.5") if place == 3 else Decimal(1000 * place),
            )
            site.add("extra", booking=booking, title="Electricity", quantity=3, price=Decimal("45.5"))
        yield site


@pytest.fixture
def address(marina: Marina) -> Iterator[str]:
    with served(marina.app) as url:
        yield url


def sign_in(page: Page, address: str, name: str = "alice") -> None:
    page.goto(f"{address}/signin")
    page.fill("input[name=email]", CAST[name][0])
    page.fill("input[name=password]", PASSWORD)
    page.click("main form button[type=submit]")
    page.wait_for_url(f"{address}/")


def titles(page: Page) -> Locator:
    return page.locator(".data .rec")


def test_what_is_typed_into_the_search_box_narrows_the_list_and_the_address_says_so(page, address):
    sign_in(page, address)
    page.goto(f"{address}/bookings?sort=-number")
    page.get_by_role("searchbox").press_sequentially("B-03")
    expect(page.locator(".data .rec")).to_have_text(["B-03"])
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.wait_for_url(f"{address}/bookings?q=B-03&sort=-number")
    expect(page.locator(".views [aria-current] .count")).to_have_text("1")


def test_headings_and_page_numbers_change_the_list_in_place(page, address):
    sign_in(page, address)
    page.goto(f"{address}/bookings")
    page.evaluate("window.stayed = true")
    page.get_by_role("columnheader", name="Arrival").get_by_role("link").click()
    expect(page.locator("th[aria-sort=ascending]")).to_contain_text("Arrival")
    expect(page.get_by_role("link", name="Arrival")).to_be_focused()
    page.get_by_role("link", name="Next page").click()
    expect(page.locator(".data .rec").first).to_have_text("B-05")
    assert page.evaluate("window.stayed") is True
    page.go_back()
    expect(page.locator(".data .rec").first).to_have_text("B-01")


def test_without_script_search_sort_and_paging_work_alike(browser, address):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, address)
    page.goto(f"{address}/bookings")
    page.get_by_role("link", name="Next page").click()
    expect(titles(page)).to_have_text(["B-05", "B-06", "B-07", "B-08"])
    page.get_by_role("columnheader", name="Booking").get_by_role("link").click()
    expect(titles(page).first).to_have_text("B-11")
    page.get_by_role("searchbox").fill("B-03")
    page.get_by_role("searchbox").press("Enter")
    expect(titles(page)).to_have_text(["B-03"])
    context.close()


@pytest.mark.parametrize("path", ["/", "/bookings", "/bookings?q=nothing", "/bookings/B-03", "/bookings?delete=B-03", "/terms"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(page, address, path, scheme):
    page.emulate_media(color_scheme=scheme)
    sign_in(page, address)
    page.goto(f"{address}{path}")
    assert_no_axe_violations(page)


@pytest.mark.parametrize("path", ["/", "/bookings", "/bookings?view=bookings-moored", "/bookings/B-03", "/bookings?q=nothing"])
def test_on_a_phone_nothing_scrolls_sideways(page, address, path):
    page.set_viewport_size(PHONE)
    sign_in(page, address)
    page.goto(f"{address}{path}")
    assert sideways(page) == 0


def test_on_paper_every_column_is_there_and_nothing_to_press(page, address):
    sign_in(page, address)
    page.goto(f"{address}/bookings")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 794, "height": 1123})
    expect(page.get_by_role("columnheader", name="Depth")).to_be_visible()
    for pressed in (".list-tools", ".views", ".acts >> nth=0", ".page-head .actions", ".list-foot nav"):
        expect(page.locator(pressed)).to_be_hidden()


def test_the_key_tab_never_leads_to_what_is_not_seen(page: Page, address: str):
    sign_in(page, address)
    page.goto(f"{address}/bookings")
    focused = """() => { const at = document.activeElement, box = at.getBoundingClientRect();
      const seen = box.width > 2 && box.height > 2 && box.right > 0 && box.bottom > 0;
      return at === document.body ? null : [at.outerHTML, seen]; }"""
    reached = []
    for _ in range(200):
        page.keyboard.press("Tab")
        found = page.evaluate(focused)
        if found is None:
            break
        reached.append(found)
    assert len(reached) > 10
    assert [markup for markup, seen in reached if not seen] == []
    page.locator("main input[type=search]").fill("Boat 7")
    page.keyboard.press("Enter")
    expect(titles(page)).to_have_count(1)
