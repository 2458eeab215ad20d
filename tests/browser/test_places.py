"""A list of places in a browser: the map under the strict policy, one's own position, a phone, no script, axe."""

import base64
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from metadata.model import SiteSetting
from support.axe import assert_no_axe_violations
from support.marina import places_of_marina
from support.marina_site import CAST, PASSWORD, Marina, open_marina, served
from support.screens import sideways

TILES = SiteSetting(key="map/tiles", value="https://tiles.example/{z}/{x}/{y}.png")
CREDIT = SiteSetting(key="map/credit", value="© Surveyors")
DOT = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
HARBOURS = (("Stockholm", 59.33, 18.07), ("Vaxholm", 59.4, 18.35), ("Uppsala", 59.86, 17.64), ("Gothenburg", 57.71, 11.97))
PHONE = {"width": 360, "height": 740}


@pytest.fixture
def marina(sqlite_url: str, tmp_path: Path) -> Iterator[Marina]:
    with open_marina(sqlite_url, tmp_path, *places_of_marina(), TILES, CREDIT) as site:
        for name, north, east in HARBOURS:
            site.add("berth", number=name, depth=Decimal("2.5"), north=Decimal(str(north)), east=Decimal(str(east)))
        yield site


@pytest.fixture
def address(marina: Marina) -> Iterator[str]:
    with served(marina.app) as url:
        yield url


def sign_in(page: Page, address: str) -> list[str]:
    """Signs in, answers for the tile server, and gives what will be complained of."""
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.route("https://tiles.example/**", lambda route: route.fulfill(body=DOT, content_type="image/png"))
    page.goto(f"{address}/signin")
    page.fill("input[name=email]", CAST["dora"][0])
    page.fill("input[name=password]", PASSWORD)
    page.click("main form button[type=submit]")
    page.wait_for_url(f"{address}/")
    return complaints


def test_the_map_has_its_marks_and_pictures_and_breaks_no_policy(page, address):
    complaints = sign_in(page, address)
    page.goto(f"{address}/berths?near=59.33,18.07&within=100")
    expect(page.locator(".place-map .place-mark:not(.is-here)")).to_have_count(3)
    expect(page.locator(".place-map img.leaflet-tile-loaded").first).to_be_visible()
    expect(page.get_by_role("button", name="1: Stockholm, 0 km")).to_be_visible()
    expect(page.locator(".place-map")).to_contain_text("© Surveyors")
    assert_no_axe_violations(page)
    page.set_viewport_size(PHONE)
    assert sideways(page) == 0
    assert complaints == []


def test_ones_own_position_is_asked_for_and_used(browser: Browser, address):
    context = browser.new_context(geolocation={"latitude": 57.7, "longitude": 11.97}, permissions=["geolocation"])
    page = context.new_page()
    sign_in(page, address)
    page.goto(f"{address}/berths")
    page.select_option("select[name=within]", "100")
    page.get_by_role("button", name="My position").click()
    page.wait_for_url("**near=57.7*")
    expect(page.locator(".places .rec")).to_have_text(["Gothenburg"])
    context.close()


def test_without_script_it_is_a_list_with_distances(browser: Browser, address):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, address)
    page.goto(f"{address}/berths")
    assert not page.get_by_role("button", name="My position").is_visible()
    page.fill("input[name=near]", "59.33, 18.07")
    page.click("text=Show places")
    expect(page.locator(".place-far")).to_have_text(["0 km", "18 km", "64 km"])
    expect(page.locator(".place-map")).to_be_hidden()
    context.close()
