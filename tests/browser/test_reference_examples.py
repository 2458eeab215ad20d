"""Each screen of the metadata reference's examples, at a desk and on a phone: sound to axe, nothing scrolls sideways."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from support.axe import assert_no_axe_violations
from support.marina_site import served
from support.screens import sideways
from support.toolshed import Toolshed, opened

SCREENS = (
    "/",
    "/tools",
    "/tools?layout=cards",
    "/tools/DRILL-1",
    "/loans?layout=table",
    "/loans?layout=calendar",
    "/loans?layout=board",
    "/loans/L-00001",
    "/borrow",
    "/borrow/quickly",
    "/figures",
    "/find?q=hammer",
    "/summer",
)


@pytest.fixture(scope="module")
def toolshed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Toolshed, str]]:
    folder: Path = tmp_path_factory.mktemp("toolshed")
    with opened(f"sqlite:///{folder / 'test.db'}", folder) as found, served(found.app) as url:
        yield found, url


@pytest.mark.parametrize("width", [360, 1280])
def test_each_screen_is_sound_and_fits(toolshed: tuple[Toolshed, str], browser: Browser, width: int):
    found, url = toolshed
    cookie = found.signed_in("wanda").client.get_cookie("foyer")
    assert cookie is not None
    context = browser.new_context(base_url=url, viewport={"width": width, "height": 800}, locale="en-GB")
    context.add_cookies([{"name": "foyer", "value": cookie.value, "url": url}])
    page = context.new_page()
    for address in SCREENS:
        page.goto(address)
        assert_no_axe_violations(page)
        assert sideways(page) <= 0, address
    page.goto("/loans/L-00002")
    page.get_by_role("link", name="What was changed").locator("visible=true").first.click()
    expect(page.locator(".history li").first).to_be_visible()
    assert_no_axe_violations(page)
    page.get_by_role("link", name="Give these values back").first.click()
    assert_no_axe_violations(page)
    page.get_by_role("button", name="Give these values back").click()
    expect(page.get_by_text("The earlier values are back.")).to_be_visible()
    context.close()
