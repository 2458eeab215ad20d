"""The studio in a browser: by mouse, by keyboard alone, on a small laptop and on a phone, sound to axe."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from support.axe import assert_no_axe_violations
from support.desks import at_studio, goto, looked_at
from support.studio import open_studio


@pytest.fixture
def desk(page: Page, sqlite_url: str, tmp_path: Path) -> Iterator[Page]:
    with open_studio(sqlite_url, tmp_path) as site, at_studio(page, site) as opened:
        yield opened


def test_a_view_is_made_by_mouse_and_published(desk: Page) -> None:
    looked_at(desk)
    desk.get_by_role("link", name="Views").click()
    looked_at(desk)
    desk.get_by_role("link", name="New: View").click()
    desk.get_by_label("What people call it").fill("boats")
    desk.locator("main").get_by_role("button", name="New component").click()
    expect(desk.locator("h1")).to_have_text("boats")
    looked_at(desk)
    desk.locator('[name="p.entity"]').fill("booking")
    desk.locator('[name="p.label.any"]').fill("Boats")
    for place, attribute in enumerate(("boat", "number")):
        desk.get_by_role("button", name="Add: Columns").click()
        field = desk.locator(f'[name="p.columns.{place}.attribute"]')
        expect(field).to_be_focused()
        field.fill(attribute)
    desk.get_by_role("button", name="Move number up").or_(desk.get_by_role("button", name="Move 2 up")).click()
    expect(desk.locator('[name="p.columns.0.attribute"]')).to_have_value("number")
    desk.get_by_role("button", name="Save draft").last.click()
    expect(desk.locator("h1")).to_have_text("Boats")
    expect(desk.locator(".error-summary")).to_have_count(0)
    desk.get_by_role("banner").get_by_role("link", name="Publish", exact=True).click()
    looked_at(desk)
    desk.get_by_label("What and why").fill("A view of boats")
    desk.get_by_role("button", name="Publish 1 change").click()
    expect(desk.get_by_role("main")).to_contain_text("Nothing waits")
    goto(desk, "/studio/history")
    expect(desk.get_by_role("main")).to_contain_text("A view of boats")
    looked_at(desk)


def test_enter_opens_what_all_the_words_find_however_quickly_it_follows_them(desk: Page) -> None:
    desk.keyboard.press("Control+k")
    expect(desk.get_by_role("option").first).to_be_visible()
    with desk.expect_navigation():
        desk.keyboard.type("terms")
        desk.keyboard.press("Enter")
    expect(desk).to_have_url(re.compile("/design/page/terms"))


def test_by_keyboard_alone_through_the_palette(desk: Page) -> None:
    keys = desk.keyboard
    keys.press("Control+k")
    box = desk.get_by_role("combobox")
    expect(box).to_be_focused()
    keys.type("terms")
    expect(desk.get_by_role("option").first).to_contain_text("Terms")
    assert_no_axe_violations(desk)
    with desk.expect_navigation(url=lambda found: "/design/page/terms" in found):
        keys.press("Enter")
    desk.locator('[name="p.title.any"]').focus()
    keys.press("Control+a")
    keys.type("House rules")
    keys.press("Control+s")
    expect(desk.get_by_role("status")).to_contain_text("Everything is saved.")
    desk.locator("#main").focus()
    keys.press("?")
    expect(desk.get_by_role("dialog")).to_contain_text("Save the draft")
    assert_no_axe_violations(desk)
    keys.press("Escape")
    expect(desk.get_by_role("dialog")).to_have_count(0)
    keys.press("g")
    with desk.expect_navigation(url=lambda found: found.endswith("/studio/publish")):
        keys.press("p")
    expect(desk.get_by_role("main")).to_contain_text("House rules")


def test_a_wrong_draft_leads_to_its_fields_and_what_is_not_saved_is_guarded(desk: Page) -> None:
    goto(desk, "/studio/edit/list/bookings")
    desk.locator('[name="p.page_size"]').fill("many")
    asked: list[str] = []
    desk.once("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    desk.get_by_role("link", name="Overview").click()
    assert asked == ["beforeunload"]
    desk.get_by_role("button", name="Save draft").last.click()
    summary = desk.locator(".error-summary")
    expect(summary).to_contain_text("Page size: A whole number is expected here")
    summary.get_by_role("link", name="Page size").click()
    expect(desk.locator('[name="p.page_size"]')).to_be_in_viewport()
    looked_at(desk)
    desk.get_by_role("link", name="YAML").click()
    expect(desk.locator("#yaml")).to_have_value(re.compile("page_size: many"))
    code = desk.get_by_role("textbox", name="YAML")
    expect(code).to_contain_text("page_size: many")
    looked_at(desk)
    summary.get_by_role("link", name=re.compile("^Line [0-9]+, Page size")).click()
    expect(code).to_be_focused()
    expect(desk.locator(".cm-activeLine")).to_have_text("page_size: many")
    expect(desk.locator(".cm-lint-marker-error")).to_have_count(1)
    desk.keyboard.press("End")
    desk.keyboard.type("?")
    expect(desk.get_by_role("dialog")).to_have_count(0)
    desk.keyboard.press("Control+s")
    expect(desk.locator(".toasts")).to_contain_text("The draft is saved")
    expect(desk.locator("#yaml")).to_have_value(re.compile(r"page_size: many\?"))
    for path in (
        "history/list/bookings",
        "uses/view/bookings-all",
        "delete/view/bookings-all",
        "rename/entity/booking",
        "rollback/1",
    ):
        goto(desk, f"/studio/{path}")
        looked_at(desk)


def test_dark_is_chosen_once_for_all_pages(desk: Page) -> None:
    desk.get_by_role("banner").locator("summary").click()
    desk.get_by_role("button", name="Dark").click()
    expect(desk.locator("html")).to_have_attribute("data-bs-theme", "dark")
    goto(desk, "/studio/edit/entity/booking")
    expect(desk.locator("html")).to_have_attribute("data-bs-theme", "dark")
    looked_at(desk)


def test_the_site_is_seen_with_its_drafts_through_the_eyes_of_somebody_else(desk: Page) -> None:
    goto(desk, "/studio/view")
    looked_at(desk)
    desk.get_by_label("Name, email or account").fill("alice")
    expect(desk.locator("#people li")).to_have_count(1)
    desk.get_by_role("button", name="Alice").click()
    seen = desk.frame_locator("#preview iframe")
    expect(seen.locator(".looked-through")).to_contain_text("Seen as Alice")
    goto(desk, "/studio/edit/page/terms")
    expect(seen.locator("h1")).to_have_text("By itself")
    desk.locator('[name="p.title.any"]').fill("House rules")
    desk.keyboard.press("Control+s")
    expect(seen.locator("h1")).to_have_text("House rules")
    desk.get_by_role("link", name="Phone").focus()
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("link", name="Phone")).to_have_attribute("aria-current", "true")
    assert seen.locator("html").evaluate("node => innerWidth") == 390
    looked_at(desk)
    # What is on top of the page is found by those who go from landmark to landmark.
    expect(seen.get_by_role("complementary", name="Whose eyes these are")).to_be_visible()
    seen.get_by_role("link", name="Bookings").first.click()
    expect(seen.locator(".looked-through")).to_contain_text("Seen as Alice")


def test_why_somebody_may_not_is_asked_and_kept(desk: Page) -> None:
    goto(desk, "/studio/why")
    looked_at(desk)
    desk.get_by_label("Who").fill("alice@sail.example")
    desk.locator("#entity").select_option("booking")
    desk.locator("#action").select_option("delete")
    desk.get_by_role("button", name="Ask").click()
    expect(desk.locator("#answer")).to_contain_text("alice@sail.example")
    looked_at(desk)
    desk.get_by_role("button", name="Keep as a permission test").click()
    expect(desk.locator("h1")).to_contain_text("alice.sail.example-recorded")
