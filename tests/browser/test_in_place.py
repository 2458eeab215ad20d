"""Texts edited in their place, in a browser: on a small laptop and on a phone, with a keyboard and sound to axe."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from support.axe import assert_no_axe_violations
from support.desks import LAPTOP, PHONE, at_studio, goto, looked_at
from support.screens import sideways
from support.studio import open_studio


@pytest.fixture
def desk(page: Page, sqlite_url: str, tmp_path: Path) -> Iterator[Page]:
    with open_studio(sqlite_url, tmp_path) as site, at_studio(page, site) as opened:
        yield opened


def seen(page: Page) -> None:
    for size in (PHONE, LAPTOP):
        page.set_viewport_size(size)
        assert sideways(page) <= 0
        assert_no_axe_violations(page)


def test_a_text_is_changed_where_it_stands_and_seen_there(desk: Page) -> None:
    goto(desk, "/")
    desk.locator(".site-header details.menu summary").last.click()
    desk.get_by_role("button", name="Edit this page").first.click()
    expect(desk.get_by_role("main")).to_contain_text("You are editing the texts of this page.")
    seen(desk)
    desk.get_by_role("link", name="Edit: Text opening").click()
    expect(desk.locator("h1")).to_have_text("Texts of opening")
    looked_at(desk)
    desk.locator('[name="p.value.en"], [name="p.value.en-US"]').first.fill("Open from *seven*")
    desk.get_by_role("button", name="Save draft").last.click()
    expect(desk.get_by_role("main")).to_contain_text("Open from seven")
    desk.get_by_role("button", name="Done").click()
    expect(desk.get_by_role("main")).to_contain_text("Open from six")
    expect(desk.get_by_role("link", name="Edit:")).to_have_count(0)


def test_what_is_typed_and_not_saved_is_not_left_without_a_question(desk: Page) -> None:
    goto(desk, "/studio/texts/snippet/opening?back=/")
    desk.locator('[name="p.value.en"], [name="p.value.en-US"]').first.fill("Typed")
    asked: list[str] = []
    desk.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    desk.evaluate("location.href = '/studio/'")
    desk.wait_for_function("true")
    expect(desk.locator('[name="p.value.en"], [name="p.value.en-US"]').first).to_have_value("Typed")
    assert asked == ["beforeunload"]
