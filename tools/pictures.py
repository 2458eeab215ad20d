"""Takes the pictures of the studio that stand in docs/studio.md, from the demo: `.venv/bin/python tools/pictures.py`.

Starts a demo of its own on a free port in a folder that is gone afterwards, and writes docs/screenshots/studio-*.png.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from support.demo import Demo, running_demo  # noqa: E402 - the tests' support is no package of ours

FOLDER = ROOT / "docs" / "screenshots"
SIZE = {"width": 1280, "height": 720}
ADMINISTRATOR = "admin"


def main() -> None:
    """Sign in as the administrator, choose a customer's eyes, and take each picture."""
    with tempfile.TemporaryDirectory() as folder, running_demo(Path(folder)) as demo, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium")
        page = browser.new_page(viewport=SIZE, locale="en-US")  # type: ignore[arg-type]
        sign_in(page, demo, ADMINISTRATOR)
        look_as(page, demo, next(name for name in demo.people if name != ADMINISTRATOR))
        for name, path, place in PICTURES:
            page.goto(f"{demo.url}/studio/{path}", wait_until="networkidle")
            if place:
                page.locator(place).first.scroll_into_view_if_needed()
            page.screenshot(path=FOLDER / f"studio-{name}.png")
        browser.close()


def sign_in(page: Page, demo: Demo, name: str) -> None:
    """Sign in at the form, and go to the studio."""
    person = demo.people[name]
    page.goto(f"{demo.url}/signin?next=/studio/")
    page.get_by_label("Email").fill(person["email"])
    page.locator("input[name=password]").fill(person["password"])
    page.locator("main form button[type=submit]").click()
    page.wait_for_url("**/studio/**")


def look_as(page: Page, demo: Demo, name: str) -> None:
    """See the site through somebody else's eyes from now on."""
    page.goto(f"{demo.url}/studio/view?q={demo.people[name]['email']}")
    page.locator("#people button").first.click()
    page.wait_for_load_state("networkidle")


PICTURES = (
    ("entity", "design/entity/sales_order", ""),
    ("view", "design/view/orders-all", ""),
    ("preview", "design/view/orders-all", "#preview .pv-stage"),
    ("form", "design/form/order-edit", ""),
    ("list", "design/list/orders", ""),
    ("multistep", "design/multistep_form/create-order", "#ds-drawing"),
    ("look", "design/site/customer-portal", ""),
    ("map", "design/table_map/orders?sample=0", ""),
    ("permissions", "permissions?entity=sales_order&role=authorized-user", ""),
    ("pages", "pages", ""),
    ("view-as", "view", ""),
    ("person", "people/7", ""),
    ("audit", "audit", ""),
    ("sync", "sync", ""),
    ("checkup", "checkup", ""),
    ("exchange", "exchange", ""),
)
"""Name, address below the studio, and what is brought into view."""

if __name__ == "__main__":
    main()
