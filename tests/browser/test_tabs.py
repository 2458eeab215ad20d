"""The tabs of a record page: a row of links without script, tabs with it, and all of them on paper."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from metadata.model import Form, FormField, RelatedList, Section, Tab, Text
from support.axe import assert_no_axe_violations
from support.marina import FORMS
from support.marina_site import CAST, PASSWORD, open_marina, served
from support.screens import sideways

READ = next(form for form in FORMS if form.key == "booking-read")
LABELS = ["Boat", "Extras", "Money"]
EXTRAS = Section(related=RelatedList(relationship="extras", view="extras", label=Text.of("Ordered")))


def tab(key: str, label: str, *sections: Section) -> Tab:
    return Tab(key=key, label=Text.of(label), sections=sections)


def section(label: str, *attributes: str) -> Section:
    return Section(label=Text.of(label), fields=tuple(FormField(attribute=attribute) for attribute in attributes))


def tabbed() -> Form:
    return replace(
        READ,
        tabs=(
            tab("boat", "Boat", section("The boat", "boat", "skipper"), replace(section("Place", "berth"), place="side")),
            tab("extras", "Extras", EXTRAS),
            tab("money", "Money", section("To pay", "fee", "paid")),
        ),
    )


@pytest.fixture
def address(sqlite_url: str, tmp_path: Path) -> Iterator[str]:
    with open_marina(sqlite_url, tmp_path, tabbed()) as site:
        booking = site.book("B-1", boat="Svalan")
        site.add("extra", booking=booking, title="Electricity", quantity=3, price=Decimal("45.5"))
        with served(site.app) as url:
            yield url


def open_booking(page: Page, address: str, part: str = "") -> None:
    page.goto(f"{address}/signin")
    page.fill("input[name=email]", CAST["alice"][0])
    page.fill("input[name=password]", PASSWORD)
    page.click("main form button[type=submit]")
    page.wait_for_url(f"{address}/")
    page.goto(f"{address}/bookings/B-1{part}")


def shown(page: Page) -> list[str]:
    """The tabs whose content can be seen."""
    return [one.get_attribute("id") for one in page.locator(".tab").all() if one.is_visible()]


@pytest.mark.parametrize("width", [1280, 360])
def test_one_tab_is_shown_at_a_time_and_all_are_sound_to_axe(page: Page, address: str, width: int):
    page.set_viewport_size({"width": width, "height": 800})
    open_booking(page, address)
    tabs = page.get_by_role("tab")
    expect(tabs).to_have_text(LABELS)
    expect(tabs.first).to_have_attribute("aria-selected", "true")
    for place, key in enumerate(("boat", "extras", "money")):
        tabs.nth(place).click()
        assert shown(page) == [f"tab-{key}"]
        expect(page.get_by_role("tabpanel")).to_have_accessible_name(LABELS[place])
        assert_no_axe_violations(page)
    assert sideways(page) <= 0


def test_arrows_turn_the_tabs_and_one_of_them_is_in_the_tab_order(page: Page, address: str):
    open_booking(page, address)
    tabs = page.get_by_role("tab")
    tabs.first.focus()
    for key, place in (("ArrowRight", 1), ("ArrowRight", 2), ("ArrowRight", 0), ("ArrowLeft", 2), ("Home", 0), ("End", 2)):
        page.keyboard.press(key)
        expect(tabs.nth(place)).to_be_focused()
        expect(tabs.nth(place)).to_have_attribute("aria-selected", "true")
        assert page.locator('[role="tab"][tabindex="0"]').count() == 1
    assert shown(page) == ["tab-money"]
    page.keyboard.press("Tab")
    expect(page.get_by_role("tabpanel")).to_be_focused()


def test_the_address_remembers_the_tab(page: Page, address: str):
    open_booking(page, address)
    page.get_by_role("tab", name="Money").click()
    expect(page).to_have_url(f"{address}/bookings/B-1#tab-money")
    page.reload()
    expect(page.get_by_role("tab", name="Money")).to_have_attribute("aria-selected", "true")
    assert shown(page) == ["tab-money"]
    page.evaluate("location.hash = document.querySelector('.list h2').id")
    expect(page.get_by_role("tab", name="Extras")).to_have_attribute("aria-selected", "true")
    page.go_back()
    page.go_back()
    expect(page).to_have_url(f"{address}/")


def test_an_address_of_nothing_shows_the_first_tab(page: Page, address: str):
    open_booking(page, address, "#%E0%A4%A")
    expect(page.get_by_role("tab").first).to_have_attribute("aria-selected", "true")
    assert shown(page) == ["tab-boat"]


def test_paper_shows_every_tab_under_its_name(page: Page, address: str):
    open_booking(page, address)
    expect(page.get_by_role("tab").first).to_have_attribute("aria-selected", "true")
    page.emulate_media(media="print")
    assert shown(page) == ["tab-boat", "tab-extras", "tab-money"]
    assert [title.inner_text() for title in page.locator(".tab-title").all() if title.is_visible()] == LABELS


def test_without_script_the_tabs_are_links_to_parts_of_the_page(browser, address: str):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    open_booking(page, address)
    assert shown(page) == ["tab-boat", "tab-extras", "tab-money"]
    assert [title.inner_text() for title in page.locator(".tab-title").all() if title.is_visible()] == LABELS
    page.get_by_role("link", name="Money").click()
    expect(page.locator("#tab-money")).to_be_in_viewport()
    context.close()
