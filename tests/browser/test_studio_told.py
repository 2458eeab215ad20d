"""Messages of webhooks in the studio, in a browser: found, read and sent again, on a small laptop and on a phone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from support.desks import at_studio, looked_at
from support.told import open_told


@pytest.fixture
def desk(page: Page, sqlite_url: str, tmp_path: Path) -> Iterator[Page]:
    with open_told(sqlite_url, tmp_path) as site, at_studio(page, site, "erin") as opened:
        yield opened


def test_a_message_that_was_given_up_is_found_read_and_sent_again(desk: Page) -> None:
    desk.get_by_role("link", name="Messages of webhooks").click()
    expect(desk.locator("main tbody tr")).to_have_count(4)
    looked_at(desk)
    desk.get_by_label("Status").select_option("parked")
    desk.get_by_role("button", name="Show").click()
    expect(desk.locator("main tbody tr")).to_have_count(1)
    desk.locator("main tbody a").click()
    expect(desk.get_by_role("main")).to_contain_text("gone (410)")
    expect(desk.locator("pre")).to_contain_text("booking.changed")
    looked_at(desk)
    desk.get_by_role("button", name="Send again").click()
    expect(desk.get_by_role("status").last).to_contain_text("is sent again")
    expect(desk.get_by_role("main")).to_contain_text("Waits")
