"""With JavaScript: look-ups are comboboxes and rows come and go on the spot. What is sent is the same."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.listening import listening
from support.portal import PASSWORD
from support.pottery import CAST, Pottery, make_pottery


@pytest.fixture
def served(sqlite_url: str, tmp_path: Path) -> Iterator[tuple[Pottery, str]]:
    """The pottery behind a port of this machine."""
    made = make_pottery(sqlite_url, tmp_path)
    made.app.config["SESSION_COOKIE_SECURE"] = False
    server = listening(made.app)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
    made.engine.dispose()


def sign_in(page, address):
    page.goto(f"{address}/signin")
    page.fill("[name=email]", CAST["ada"][0])
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}/")


def choose(page, name, text):
    page.fill(f"[name='{name}__q']", text)
    page.wait_for_selector(".options:not([hidden]) [role=option]")
    page.keyboard.press("Enter")


def test_a_firing_is_booked_by_keyboard(served, page, axe):
    pottery, address = served
    sign_in(page, address)
    page.goto(f"{address}/firings/book")
    page.fill("[name=title]", "Cups")
    choose(page, "kiln", "bertha")
    assert page.input_value("[name=kiln__q]") == "Big Bertha"
    axe(page)
    page.press("[name=title]", "Enter")
    page.wait_for_url("**step=pieces")
    choose(page, "lines-0-glaze", "cel")
    page.click("[data-add]")
    choose(page, "lines-1-glaze", "ten")
    page.fill("[name=lines-1-coats]", "99")
    page.click("[data-add]")
    page.locator("tbody [data-remove]").nth(2).click()
    page.click(".form-actions .btn-primary")
    page.wait_for_selector(".error-summary")
    assert page.evaluate("document.activeElement.className") == "error-summary"
    axe(page)
    page.click(".error-summary a")
    assert page.evaluate("document.activeElement.name") == "lines-1-coats"
    page.fill("[name=lines-1-coats]", "4")
    page.keyboard.press("Enter")
    page.wait_for_url("**step=check")
    axe(page)
    page.click(".form-actions .btn-primary")
    page.wait_for_url("**/firings/F-0001")
    assert [(row["glaze"], row["coats"]) for row in pottery.rows("piece")] == [
        (pottery.ids["Celadon"], 1),
        (pottery.ids["Tenmoku"], 4),
    ]
