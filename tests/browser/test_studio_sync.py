"""Synchronisation in the studio, in a browser: an operator finds what was refused, mends it, and steers a map."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from support.desks import LAPTOP, PHONE, at_studio, goto, looked_at
from support.harbour import World, boat_row, harbour_row
from support.quay import open_quay, turned


@pytest.fixture
def quay(page: Page, sqlite_url: str, tmp_path: Path) -> Iterator[tuple[Page, World]]:
    with open_quay(sqlite_url, tmp_path) as (site, world), at_studio(page, site, "erin") as desk:
        world.put("harbour", harbour_row("GOT"))
        rows = (boat_row(1), boat_row(2, price="dear"), boat_row(3, state="?"))
        world.put("boat", *({**row, "berth": "A1"} for row in rows))
        turned(world)
        yield desk, world


def test_an_operator_finds_mends_and_takes_a_refused_row(quay: tuple[Page, World]) -> None:
    desk, world = quay
    goto(desk, "/studio/")
    desk.get_by_role("link", name="Synchronisation").click()
    expect(desk.locator("h1")).to_have_text("Synchronisation")
    looked_at(desk)
    desk.set_viewport_size(PHONE)
    assert desk.locator(".data-wrap").evaluate_all("all => all.every(one => one.scrollWidth <= one.clientWidth)")
    desk.set_viewport_size(LAPTOP)
    desk.get_by_role("link", name="1 Value of another type").click()
    expect(desk.locator("h1")).to_have_text("boats: refused rows")
    looked_at(desk)
    desk.get_by_role("link", name="2", exact=True).click()
    expect(desk.locator("h1")).to_have_text("boats: 2")
    looked_at(desk)
    price = desk.locator('[name="v.price"]')
    expect(price).to_have_attribute("aria-invalid", "true")
    expect(desk.locator("main")).to_contain_text("price: 'dear' is not a number")
    price.fill("12.50")
    desk.get_by_role("button", name="Save and try again").click()
    expect(desk.get_by_role("status")).to_contain_text("The row is in now.")
    assert (2,) in world.rows("boat", "number")
    goto(desk, "/studio/sync/map/boats")
    looked_at(desk)
    desk.get_by_role("button", name="Pause").click()
    expect(desk.locator("main")).to_contain_text("Paused by Erin")
    goto(desk, "/studio/sync")
    desk.get_by_role("button", name="Resume boats").click()
    expect(desk.get_by_role("button", name="Pause boats")).to_be_visible()
    goto(desk, "/studio/sync/map/boats/plan?initial=yes")
    looked_at(desk)
    goto(desk, "/studio/sync/map/boats/conflicts")
    looked_at(desk)
    goto(desk, "/studio/sync/alerts")
    looked_at(desk)
