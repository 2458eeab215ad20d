"""Small pictures in a browser: as wide as they are declared, on a phone too, with a name for those who cannot see them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from support.axe import assert_no_axe_violations
from support.gallery import Gallery
from support.marina_site import served
from support.pictured import LARGE, make_pictured
from support.portal import PASSWORD
from support.screens import sideways


@pytest.fixture
def gallery(sqlite_url: str, tmp_path: Path) -> Iterator[Gallery]:
    made = make_pictured(sqlite_url, tmp_path)
    made.as_("ada").send("/works/new", title="Sea", picture=(LARGE, "sea.png"))
    yield made
    made.engine.dispose()


def shown_width(page: Page, picture: str) -> int:
    """How wide a picture is drawn, once it is there."""
    found = page.locator(picture).first
    found.evaluate("one => one.decode()")
    return round(found.bounding_box()["width"])


@pytest.mark.parametrize("width", [360, 1280])
def test_pictures_are_as_wide_as_they_are_declared(gallery, page, width):
    page.set_viewport_size({"width": width, "height": 800})
    with served(gallery.app) as address:
        page.goto(f"{address}/signin")
        page.fill("input[name=email]", "ada@gallery.example")
        page.fill("input[name=password]", PASSWORD)
        page.click("main form button[type=submit]")
        page.wait_for_url(f"{address}/")
        assert shown_width(page, ".tile-picture") == 80
        assert_no_axe_violations(page)
        page.goto(f"{address}/works")
        assert shown_width(page, ".file-small img") == 64
        assert page.get_by_role("link", name="sea.png").count() == 1
        assert_no_axe_violations(page)
        page.goto(f"{address}/works?layout=cards")
        assert shown_width(page, ".card-picture img") > 150
        page.goto(f"{address}/works/Sea")
        assert shown_width(page, ".file-picture") in range(200, 323)  # with its border
        assert sideways(page) == 0
        assert_no_axe_violations(page)
