"""A person at the studio in a browser, on a small laptop and on a phone."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, ViewportSize

from support.axe import assert_no_axe_violations
from support.marina_site import CAST, Marina, served
from support.portal import PASSWORD
from support.screens import sideways

LAPTOP: ViewportSize = {"width": 1280, "height": 720}
PHONE: ViewportSize = {"width": 360, "height": 740}


@contextmanager
def at_studio(page: Page, site: Marina, name: str = "dora") -> Iterator[Page]:
    """The page, signed in and at the studio; at the end no console may have complained."""
    said: list[str] = []
    page.on("console", lambda line: said.append(line.text) if line.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    with served(site.app) as url:
        page.set_viewport_size(LAPTOP)
        page.goto(f"{url}/signin?next=/studio/")
        page.fill("input[name=email]", CAST[name][0])
        page.fill("input[name=password]", PASSWORD)
        with page.expect_navigation(url=lambda found: "/signin" not in found):
            page.locator("main form button[type=submit]").click()
        yield page
    assert [line for line in said if not line.startswith("Failed to load resource")] == []


def goto(page: Page, path: str) -> None:
    page.goto(re.sub(r"(https?://[^/]+).*", r"\1", page.url) + path)


HIDDEN_BESIDE = """wide => [...document.querySelectorAll(".data-wrap")]
  .filter((box) => box.scrollWidth > box.clientWidth + 1 && !box.querySelector(wide))
  .map((box) => box.textContent.slice(0, 60))"""
"""The tables that hide a part of themselves beside what is seen."""
WIDE = ".matrix, .ds-diagram"
"""What is as wide as it is, and scrolls in its own box on a phone."""


MOST_BYTES = 300_000
"""Of a page of the studio, compressed."""


def looked_at(page: Page) -> None:
    """The page is not large; nothing scrolls sideways and axe finds nothing, on both screens. On a phone no table hides a part
    of itself, and on a laptop the page is as high as the screen: its parts scroll by themselves."""
    assert len(gzip.compress(page.content().encode())) < MOST_BYTES, page.url
    for size in (LAPTOP, PHONE):
        page.set_viewport_size(size)
        assert sideways(page) <= 0, page.url
        assert_no_axe_violations(page)
        if size is PHONE:
            assert page.evaluate(HIDDEN_BESIDE, WIDE) == [], page.url
        else:
            assert page.evaluate("document.documentElement.scrollHeight - innerHeight") <= 0, page.url
    page.set_viewport_size(LAPTOP)
