"""Long lists of the studio in a browser: a page at a time, found by words, on a small laptop and on a phone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from metadata.model import Snippet
from metadata.text import Text
from support.desks import at_studio, goto, looked_at
from support.studio import open_studio

MANY = tuple(Snippet(key=f"text-{number:03}", value=Text.of(f"Text {number}")) for number in range(430))


@pytest.fixture
def desk(page: Page, sqlite_url: str, tmp_path: Path) -> Iterator[Page]:
    with open_studio(sqlite_url, tmp_path, *MANY) as site, at_studio(page, site) as opened:
        yield opened


def test_a_long_list_is_turned_page_by_page_and_narrowed_by_words(desk: Page) -> None:
    desk.get_by_role("navigation", name="Components").get_by_role("link", name="Texts").click()
    rows, pages = desk.locator("main tbody tr"), desk.get_by_role("navigation", name="Pages")
    expect(rows).to_have_count(200)
    expect(pages.get_by_role("link", name="Previous")).to_have_count(0)
    pages.get_by_role("link", name="Next").click()
    expect(pages).to_contain_text("201–400")
    looked_at(desk)
    pages.get_by_role("link", name="Next").focus()
    desk.keyboard.press("Enter")
    expect(pages.get_by_role("link", name="Next")).to_have_count(0)
    expect(pages.get_by_role("link", name="Previous")).to_be_visible()
    goto(desk, "/studio/kind/snippet?page=99")
    expect(pages.get_by_role("link", name="Previous")).to_be_visible()
    desk.get_by_label("Name or key").fill("text-42")
    desk.get_by_role("button", name="Search", exact=True).click()
    expect(rows).to_have_count(10)
    expect(pages).to_have_count(0)
    rows.first.get_by_role("link").click()
    expect(desk.locator("h1")).to_contain_text("text-42")
    looked_at(desk)


def test_the_matrix_of_many_entities_is_turned_and_narrowed(desk: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtime.studio.permissions.matrix.AT_ONCE", 3)
    desk.get_by_role("navigation", name="Components").get_by_role("link", name="Permissions", exact=True).click()
    rows, pages = desk.locator("main tbody tr"), desk.get_by_role("navigation", name="Pages")
    expect(rows).to_have_count(3)
    first = rows.first.inner_text()
    pages.get_by_role("link", name="Next").click()
    expect(rows.first).not_to_have_text(first)
    looked_at(desk)
    desk.get_by_label("Find an entity").fill("booking")
    desk.keyboard.press("Enter")
    expect(rows).to_have_count(1)
