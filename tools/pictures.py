"""Takes the pictures of the studio in docs/studio.md, from the demo: `.venv/bin/python tools/pictures.py [NAME ...]`.

Takes all of them, or those that are named. Starts a demo of its own on a free port in a folder that is gone afterwards, and
writes docs/screenshots/studio-*.png.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from click.testing import CliRunner
from playwright.sync_api import Page, sync_playwright

from runtime.app import create_app
from runtime.cli import main as foyer

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from support.demo import Demo, running_demo  # noqa: E402 - the tests' support is no package of ours
from support.exports import write_export  # noqa: E402 - likewise
from support.marina_site import served  # noqa: E402 - likewise
from support.portal import PASSWORD, SECRET, config  # noqa: E402 - likewise

FOLDER = ROOT / "docs" / "screenshots"
SIZE = {"width": 1280, "height": 720}
ADMINISTRATOR = "admin"
FIRST = "first-steps"
"""The picture of a site of its own."""
EMPTY = ROOT / "metadata" / "starters" / "empty"


def main() -> None:
    """Sign in as the administrator, choose a customer's eyes, and take each picture."""
    with tempfile.TemporaryDirectory() as folder, running_demo(Path(folder)) as demo, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium")
        page = browser.new_page(viewport=SIZE, locale="en-US")  # type: ignore[arg-type]
        sign_in(page, demo, ADMINISTRATOR)
        look_as(page, demo, next(name for name in demo.people if name != ADMINISTRATOR))
        wanted = sys.argv[1:] or [name for name, *_ in PICTURES] + [FIRST]
        for name, path, place in PICTURES:
            if name not in wanted:
                continue
            if name in PREPARED:
                PREPARED[name](page, demo, Path(folder))
            page.goto(f"{demo.url}/studio/{path or page.url.partition('/studio/')[2]}", wait_until="networkidle")
            if name in DONE:
                DONE[name](page)
            if place:
                page.locator(place).first.scroll_into_view_if_needed()
            page.screenshot(path=FOLDER / f"studio-{name}.png")
        if FIRST in wanted:
            with empty_site(Path(folder) / "empty") as invitation:
                page = browser.new_page(viewport=SIZE, locale="en-US")  # type: ignore[arg-type]
                page.goto(invitation)
                for name in ("password", "repeat"):
                    page.fill(f"input[name={name}]", PASSWORD)
                with page.expect_navigation():
                    page.locator("main form button[type=submit]").last.click()
                page.goto(invitation.partition("/invitation")[0] + "/studio/", wait_until="networkidle")
                page.screenshot(path=FOLDER / f"studio-{FIRST}.png")
        browser.close()


@contextmanager
def empty_site(folder: Path) -> Iterator[str]:
    """A site of the starter that is empty; gives the address of the invitation of its administrator."""
    folder.mkdir()
    url = f"sqlite:///{folder / 'foyer.db'}"
    names = ("FOYER_DATABASE_URL", "FOYER_DATA_DIR", "FOYER_SECRET_KEY")
    told = dict(zip(names, (url, str(folder), SECRET), strict=True))
    invite = ("invite", "ada@portal.example", "--role", "administrator", "--no-mail", "--json")
    people = ("people", "add", "ada@portal.example", "--name", "Ada")
    ran = [CliRunner().invoke(foyer, words, env=told) for words in (("publish", str(EMPTY)), people, invite)]
    with served(create_app(config(url, folder))) as address:
        yield f"{address}/invitation{json.loads(ran[-1].output)['link'].partition('/invitation')[2]}"


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


def release(page: Page, demo: Demo, folder: Path) -> None:
    """Publish a few changes of a page, one by one."""
    for number in range(2, 7):
        page.goto(f"{demo.url}/studio/edit/page/orders", wait_until="networkidle")
        page.locator('[name="p.order"]').fill(str(number))
        page.keyboard.press("Control+s")
        page.get_by_text("The draft is saved").wait_for()
        page.goto(f"{demo.url}/studio/publish", wait_until="networkidle")
        page.get_by_label("What and why").fill(f"Orders in place {number}")
        page.get_by_role("button", name="Publish 1 change").click()
        page.get_by_text("Nothing waits").wait_for()


def make_pages(page: Page, demo: Demo, folder: Path) -> None:
    """Make pages of an entity, as drafts."""
    page.goto(f"{demo.url}/studio/screens/shipment", wait_until="networkidle")
    page.locator("main form button[type=submit]").last.click()
    page.wait_for_url("**/studio/design/page/**")


def publish(page: Page, demo: Demo, folder: Path) -> None:
    """Publish what waits."""
    page.goto(f"{demo.url}/studio/publish", wait_until="networkidle")
    page.locator("#note").fill("Shipments on pages of their own")
    page.locator('button[value="publish"]').click()
    page.get_by_text("Nothing waits").wait_for()


def bring(page: Page, demo: Demo, folder: Path) -> None:
    """Hand in a small site of Power Pages."""
    export = write_export(folder / "harbour", True, {"list": [{"id": "list-1", "name": "Active cases"}]})
    file = shutil.make_archive(str(folder / "harbour-site"), "zip", export)
    page.goto(f"{demo.url}/studio/exchange")
    page.locator("#export").set_input_files(file)
    page.get_by_role("button", name="Look at a site of Power Pages").click()
    page.wait_for_url("**/exchange/power-pages/*")


def open_palette(page: Page) -> None:
    """Look for an order from any page."""
    page.keyboard.press("Control+k")
    page.keyboard.type("SO-1000")
    page.get_by_role("group", name="Records").wait_for()


PREPARED: dict[str, Callable[[Page, Demo, Path], None]] = {
    "bisect": release,
    "export": bring,
    "publish": make_pages,
    "history": publish,
}
"""What is done before a page is opened; one without an address is where that led."""
DONE: dict[str, Callable[[Page], None]] = {"palette": open_palette}
"""What is done on a page before its picture is taken."""
PICTURES = (
    ("entity", "design/entity/sales_order", ""),
    ("screens", "screens/shipment", ""),
    ("yaml", "source/view/orders-open", ""),
    ("condition", "design/view/orders-open?at=filter", ""),
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
    ("export", "", ""),
    ("palette", "kind/list", ""),
    ("bisect", "bisect?path=/orders&good=1&bad=6", ""),
    ("publish", "publish", ""),
    ("history", "history", ""),
)
"""Name, address below the studio, and what is brought into view."""

if __name__ == "__main__":
    main()
