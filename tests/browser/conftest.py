"""The demo in a browser: people who signed in once, and pages that keep what went wrong in them."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from support.demo import Demo, running_demo
from support.desks import at_studio
from support.marina_site import Marina
from support.people import open_people

Desk = Callable[..., Page]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo with a small ERP in which nothing moves by itself. Few modules look at it, and at rest it costs a fifth of a
    processor."""
    with running_demo(tmp_path_factory.mktemp("demo")) as found:
        yield found


@pytest.fixture(scope="module")
def signed_in(demo: Demo, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The cookies of a person, kept after signing in once: signing in is throttled for everybody alike."""
    folder = tmp_path_factory.mktemp("cookies")

    def cookies(name: str) -> Path:
        file = folder / f"{name}.json"
        if not file.exists():
            context = browser.new_context()
            page = context.new_page()
            sign_in(page, demo, name)
            context.storage_state(path=file)
            context.close()
        return file

    return cookies


@pytest.fixture
def at_desk(demo: Demo, browser: Browser, signed_in: Callable[[str], Path]) -> Iterator[Desk]:
    """Opens a page as a person at a screen of some width; at the end nothing may have been complained of in a console."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_page(name: str = "", width: int = 1280, **more: Any) -> Page:
        known = {"storage_state": signed_in(name)} if name else {}
        height = 740 if width < 600 else 800
        context = browser.new_context(
            base_url=demo.url, viewport={"width": width, "height": height}, locale="en-US", **known, **more
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield open_page
    for context in contexts:
        context.close()
    # A browser notes each answer that is not 200 as an error; that the answer is right is for the tests to say.
    assert [text for text in complaints if not text.startswith("Failed to load resource")] == []


@pytest.fixture
def site(sqlite_url: str, tmp_path: Path) -> Iterator[Marina]:
    """The marina with somebody who looks after people; modules that need another site have a fixture of this name."""
    with open_people(sqlite_url, tmp_path) as opened:
        yield opened


@pytest.fixture
def desk(page: Page, site: Marina) -> Iterator[Page]:
    """Dora at the studio of that site."""
    with at_studio(page, site) as opened:
        yield opened


def sign_in(page: Page, demo: Demo, name: str) -> None:
    """Sign in at the form."""
    person = demo.people[name]
    page.goto(f"{demo.url}/signin")
    page.get_by_label("Email").fill(person["email"])
    page.locator("input[name=password]").fill(person["password"])
    with page.expect_navigation(url=lambda url: "/signin" not in url):
        page.locator("main form button[type=submit]").click()
