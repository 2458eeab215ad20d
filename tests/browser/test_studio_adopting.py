"""Adopting tables in a browser, at the width of a laptop and of a phone: chosen, looked at, made drafts and published."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from metadata.model import Connection
from support.desks import at_studio, goto, looked_at
from support.orchards import planted
from support.studio import open_studio

FARM = Connection(key="farm", connector="sql", settings=(("url", "${FARM_URL}"),))


@pytest.fixture
def desk(page: Page, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    url = f"sqlite:///{tmp_path / 'farm.db'}"
    monkeypatch.setenv("FARM_URL", url)
    planted(url).dispose()
    with open_studio(sqlite_url, tmp_path, FARM) as site, at_studio(page, site) as found:
        yield found


def test_tables_are_chosen_and_looked_at(desk: Page) -> None:
    goto(desk, "/studio/edit/connection/farm")
    desk.get_by_role("navigation").get_by_role("link", name="Adopt tables").click()
    expect(desk.get_by_role("checkbox", name="logline")).to_have_count(0)
    desk.get_by_text("8 columns").first.click()
    expect(desk.get_by_text("DECIMAL(10, 2)")).to_be_visible()
    looked_at(desk)
    for name in ("orchard", "worker_orchard", "worker", "tree"):
        desk.get_by_role("checkbox", name=name, exact=True).check()
    desk.get_by_role("button", name="Show what would be made").click()
    expect(desk.get_by_role("heading", name="What would be made")).to_be_visible()
    expect(desk.locator("main")).to_contain_text("Nothing is granted")
    desk.get_by_text("Component by component").click()
    looked_at(desk)
    desk.get_by_role("button", name="Choose other tables").click()
    expect(desk.get_by_role("checkbox", name="tree", exact=True)).to_be_checked()


def test_drafts_are_made_and_published(desk: Page) -> None:
    goto(desk, "/studio/adopt/farm")
    desk.get_by_role("checkbox", name="country", exact=True).check()
    desk.get_by_label("Changes made here go back outside").check()
    desk.get_by_role("button", name="Show what would be made").click()
    desk.get_by_role("button", name="Make").click()
    expect(desk.get_by_role("status")).to_contain_text("then give permissions")
    desk.get_by_role("button", name="Publish").last.click()
    expect(desk.get_by_role("status")).to_be_visible()
    goto(desk, "/studio/adopt/farm")
    expect(desk.get_by_role("row").filter(has_text="country").first).to_contain_text("Adopted")
    looked_at(desk)
    goto(desk, "/country")
    expect(desk.locator("h1")).to_have_text("Country")


def test_an_outside_that_does_not_answer_is_told(desk: Page, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FARM_URL", f"sqlite:///{tmp_path / 'gone.db'}")
    goto(desk, "/studio/adopt/farm")
    expect(desk.locator("main")).to_contain_text("does not answer")
    looked_at(desk)
