"""Designers of table maps, lists, multistep forms and charts in a browser: used by mouse and by keyboard, and looked at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from connectors.memory.adapter import memory_world
from metadata.model import AttributeMap, Chart, Connection, MultistepForm, Step, TableMap
from support.desks import goto, looked_at
from support.marina_site import Marina
from support.studio import open_studio

GIVEN = (
    Connection(key="office", connector="memory", settings=(("name", "harbour in a browser"),)),
    TableMap(
        key="places",
        connection="office",
        entity="berth",
        table="PLACES",
        integration_key=("number",),
        attributes=(AttributeMap(attribute="number", column="PlaceNo"),),
    ),
    Chart(key="fees", view="bookings-all", group="status"),
    MultistepForm(key="stay", entity="booking", steps=(Step(key="first", form="booking-edit"),)),
)


@pytest.fixture
def site(sqlite_url: str, tmp_path: Path) -> Iterator[Marina]:
    world = memory_world("harbour in a browser")
    world.tables = {"PLACES": [{"PlaceNo": "A1", "DEPTH": "2.5"}, {"PlaceNo": "A2", "DEPTH": "deep"}]}
    with open_studio(sqlite_url, tmp_path, *GIVEN) as opened:
        yield opened


def press(page: Page, name: str) -> None:
    """Go to a button by keyboard, and press it there."""
    button = page.get_by_role("button", name=name, exact=True).first
    button.focus()
    page.keyboard.press("Enter")


def test_columns_are_mapped_by_keyboard_and_by_mouse_and_rows_stand_beside_them(desk: Page) -> None:
    goto(desk, "/studio/design/table_map/places")
    rows = desk.locator('[data-sortable="attributes"] > tr')
    expect(rows).to_have_count(1)
    press(desk, "Add Depth")
    expect(rows).to_have_count(2)
    press(desk, "Depth: comes in; change")
    expect(desk.get_by_role("button", name="Depth: both ways; change")).to_be_visible()
    desk.get_by_role("link", name="Show rows").click()
    expect(rows.nth(1)).to_contain_text("2.5")
    desk.get_by_role("link", name="Next row").click()
    expect(rows.nth(1)).to_contain_text("is not a number")
    looked_at(desk)
    desk.get_by_role("button", name="Depth matches both sides").click()
    expect(rows.nth(1)).to_contain_text("key")
    expect(rows.nth(1)).to_contain_text("is not a number")  # the row that is looked at stays
    rows.nth(1).locator("td").first.drag_to(rows.nth(0))
    expect(rows.nth(0)).to_contain_text("DEPTH")


def test_a_pair_with_its_sort_has_room_in_the_panel_and_on_a_phone(desk: Page) -> None:
    goto(desk, "/studio/design/table_map/places")
    press(desk, "Add: Filter")
    name = desk.locator('[name="p.filter.0.name"]')
    expect(name).to_be_visible()
    for width in (1280, 360):
        desk.set_viewport_size({"width": width, "height": 720})
        for part in (name, desk.locator('[name="p.filter.0.value"]'), desk.locator('[name="p.filter.0.~as"]')):
            box = part.bounding_box()
            assert box is not None
            assert box["width"] >= 80
            assert box["x"] + box["width"] <= width


def test_a_list_a_flow_and_a_chart_are_made_and_the_window_follows(desk: Page, site: Marina) -> None:
    site.book("D1", status="moored")
    seen = desk.frame_locator("#preview iframe")
    desk.set_viewport_size({"width": 1280, "height": 1400})  # both ends of what is dragged are to be seen
    goto(desk, "/studio/design/list/berths")
    desk.locator('[data-palette="filters"] li[data-word="number"] .grow').drag_to(desk.locator("[data-sortable=filters]"))
    expect(desk.locator('[data-sortable="filters"]')).to_contain_text("Berth")
    press(desk, "Cards")
    expect(desk.get_by_role("button", name="Cards", exact=True)).to_have_attribute("aria-pressed", "true")
    looked_at(desk)

    goto(desk, "/studio/design/multistep_form/stay")
    press(desk, "Condition")
    press(desk, "Review")
    steps = desk.locator('[data-sortable="steps"] > li')
    expect(steps).to_have_count(3)
    expect(steps.nth(1)).to_contain_text("needs either condition")
    steps.nth(1).get_by_role("link", name=re.compile("condition")).click()
    expect(desk).to_have_url(re.compile(r"[?&]at=steps\.1"))  # the panel that stood there before has the same field
    panel = desk.locator("#panel")
    panel.get_by_label("Otherwise").fill("first")
    expect(steps.nth(1)).to_contain_text("back: the way ends there")
    expect(desk.locator(".ds-arrow.is-back")).to_have_count(1)
    press(desk, "Move review up")
    expect(steps.nth(1)).to_contain_text("review")
    looked_at(desk)

    goto(desk, "/studio/design/chart/fees")
    press(desk, "Pie")
    expect(desk.get_by_role("button", name="Pie")).to_have_attribute("aria-pressed", "true")
    expect(seen.locator("table")).to_contain_text("Moored")
    press(desk, "Sum")
    press(desk, "Figure of Fee")
    expect(seen.locator("table")).to_contain_text("1,250")
    looked_at(desk)


def test_a_style_sheet_is_written_and_seen_beside_it(desk: Page) -> None:
    goto(desk, "/studio/new/style_sheet")
    desk.get_by_label("What people call it").fill("Purple")
    desk.get_by_role("button", name="New component").click()
    source = desk.get_by_label("Source", exact=True)
    source.fill(".site { background: rgb(102, 51, 153); }")
    desk.get_by_role("button", name="Save draft").click()
    frame = desk.frame_locator("iframe").first
    expect(frame.locator("body.site")).to_have_css("background-color", "rgb(102, 51, 153)")
    expect(desk.locator("body")).not_to_have_css("background-color", "rgb(102, 51, 153)")
    looked_at(desk)


def test_whoever_goes_on_while_a_step_is_on_its_way_stays_there(desk: Page) -> None:
    goto(desk, "/studio/design/multistep_form/stay")
    on_the_way: list[Route] = []
    desk.route("**/studio/design/**", lambda route: on_the_way.append(route), times=1)
    with desk.expect_request("**/studio/design/**"):
        press(desk, "Condition")
    review = desk.get_by_role("button", name="Review", exact=True)
    review.focus()
    on_the_way.pop().continue_()
    steps = desk.locator('[data-sortable="steps"] > li')
    expect(steps).to_have_count(2)
    expect(review).to_be_focused()
    desk.keyboard.press("Enter")
    expect(steps).to_have_count(3)


def test_a_look_is_seen_at_once_in_dark_and_from_right_to_left(desk: Page) -> None:
    goto(desk, "/studio/design/site/marina")
    inside = desk.frame_locator("#preview iframe").locator("html")
    expect(inside).to_be_attached()
    desk.get_by_label("Brand, on light", exact=True).fill("#ffd23f")
    expect(desk.get_by_role("button", name=re.compile("Take #")).first).to_be_visible()
    looked_at(desk)
    desk.get_by_role("button", name=re.compile("Take #")).first.focus()
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("button", name=re.compile("Take #"))).to_have_count(0)
    desk.locator("#preview").get_by_role("button", name="Dark").click()
    expect(inside).to_have_attribute("data-bs-theme", "dark")
    desk.get_by_role("button", name="Right to left").click()
    expect(inside).to_have_attribute("dir", "rtl")
    desk.get_by_role("button", name="nordic").click()
    expect(desk.get_by_role("button", name="nordic")).to_have_attribute("aria-pressed", "true")
    expect(inside).to_have_attribute("data-bs-theme", "dark")  # what was loaded anew is dressed again
    looked_at(desk)


def test_what_is_typed_goes_on_where_the_caret_was_while_steps_are_on_their_way(desk: Page) -> None:
    goto(desk, "/studio/design/chart/fees")
    field = desk.locator("[id='f-label.any']")
    field.focus()
    desk.keyboard.type("Fees")
    expect(desk.locator("main h1")).to_contain_text("Fees")  # the step is done, and the panel was drawn anew
    on_the_way: list[Route] = []
    desk.route("**/studio/design/**", lambda route: on_the_way.append(route), times=1)
    with desk.expect_request("**/studio/design/**"):
        desk.keyboard.type(" of")
    desk.keyboard.type(" berths")
    on_the_way.pop().continue_()
    expect(desk.locator("main h1")).to_contain_text("Fees of berths")
    expect(field).to_have_value("Fees of berths")
    expect(field).to_be_focused()


def test_the_next_attribute_may_be_typed_while_the_one_before_is_on_its_way_and_needs_a_name(desk: Page) -> None:
    goto(desk, "/studio/design/entity/berth")
    word, rows = desk.get_by_label("What people call it"), desk.locator('[data-sortable="attributes"] > tr')
    count = rows.count()
    word.focus()
    desk.keyboard.press("Enter")
    expect(word).to_be_focused()  # and nothing was added
    on_the_way: list[Route] = []
    desk.route("**/studio/design/**", lambda route: on_the_way.append(route), times=1)
    desk.keyboard.type("Length")
    with desk.expect_request("**/studio/design/**"):
        desk.keyboard.press("Enter")
    desk.keyboard.type("Width")
    on_the_way.pop().continue_()
    expect(rows).to_have_count(count + 1)
    expect(word).to_have_value("Width")
    desk.keyboard.press("Enter")
    expect(rows).to_have_count(count + 2)
    expect(rows.last).to_contain_text("Width")


def test_a_layout_comes_beside_the_table_and_what_it_lacks_is_asked_at_once(desk: Page) -> None:
    goto(desk, "/studio/design/list/berths")
    table = desk.get_by_role("button", name="Table", exact=True)
    expect(table).to_have_attribute("aria-pressed", "true")
    press(desk, "Board")
    expect(desk.locator("[id='f-board.attribute']")).to_be_visible()
    expect(table).to_have_attribute("aria-pressed", "true")


def test_what_was_unfolded_stays_open_for_the_next_part(desk: Page) -> None:
    goto(desk, "/studio/design/page/home")
    desk.locator("summary", has_text="Charts").click()
    desk.get_by_role("button", name=re.compile("^Add Chart")).first.click()
    expect(desk.locator('[data-sortable="blocks"]')).to_contain_text("Chart")
    expect(desk.locator("details", has=desk.locator("summary", has_text="Charts"))).to_have_attribute("open", "")
