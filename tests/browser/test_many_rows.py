"""Actions on many rows and rows from files in a browser: with script, without it, on a phone, sound to axe."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Response
from playwright.sync_api import Browser, Page, expect

from runtime.pages import lists
from support.apiary import Apiary, open_apiary
from support.axe import assert_no_axe_violations
from support.marina_site import served
from support.portal import PASSWORD
from support.screens import sideways


@pytest.fixture
def apiary(sqlite_url: str, tmp_path: Path) -> Iterator[Apiary]:
    with open_apiary(sqlite_url, tmp_path) as site:
        for n in range(6):
            site.hive(f"A{n}", "alice" if n else "bob")
        yield site


@pytest.fixture
def address(apiary: Apiary) -> Iterator[str]:
    with served(apiary.app) as url:
        yield url


def sign_in(page: Page, address: str) -> None:
    page.goto(f"{address}/signin")
    page.fill("input[name=email]", "alice@bees.example")
    page.fill("input[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url("**/")


@pytest.mark.parametrize("width", [360, 1280])
def test_rows_are_marked_and_changed(browser: Browser, address: str, apiary: Apiary, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 740}, locale="en-US")
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type in ("error", "warning") else None)
    sign_in(page, address)
    page.goto(f"{address}/hives")
    assert_no_axe_violations(page)
    expect(page.get_by_label("Mark: A0")).to_have_count(0)
    if width > 1000:
        page.get_by_label("Mark all rows on this page").check()
        expect(page.get_by_text("3 rows marked:")).to_be_visible()
        page.get_by_label("Mark: A3").uncheck()
        expect(page.locator("tr.is-selected")).to_have_count(2)
    else:
        page.get_by_label("Mark: A1").check()
        page.get_by_label("Mark: A2").check()
    expect(page.get_by_text("2 rows marked:")).to_be_visible()
    assert_no_axe_violations(page)
    assert sideways(page) <= 0
    page.get_by_role("button", name="Mark as weak").click()
    expect(page.get_by_role("heading", name="Mark as weak: 2 rows?")).to_be_visible()
    assert_no_axe_violations(page)
    page.get_by_role("button", name="Mark as weak").click()
    expect(page.get_by_text("2 rows are done.")).to_be_visible()
    assert_no_axe_violations(page)
    assert sideways(page) <= 0
    page.get_by_role("link", name="Back to the list").click()
    expect(page.get_by_role("row", name="A2").get_by_text("Weak")).to_be_visible()
    page.locator("#list-0 nav.push a[rel=next]").click()
    expect(page.get_by_label("Mark: A5")).to_be_visible()
    if width > 1000:
        expect(page.get_by_label("Mark all rows on this page")).to_be_visible()
    assert faults == []
    page.close()


def test_without_script_all_that_match_are_removed(browser: Browser, address: str, apiary: Apiary) -> None:
    context = browser.new_context(java_script_enabled=False, locale="en-US", viewport={"width": 360, "height": 740})
    page = context.new_page()
    sign_in(page, address)
    page.goto(f"{address}/hives?q=A5")
    page.get_by_label("All that match, on every page").check()
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_role("heading", name="Remove: 1 row?")).to_be_visible()
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("1 row is done.")).to_be_visible()
    assert [code for (code,) in apiary.hives("code")] == ["A0", "A1", "A2", "A3", "A4"]
    context.close()


MARGIN = """actions => Math.min(...[...actions.querySelectorAll('.btn')].map(
    button => actions.getBoundingClientRect().right - button.getBoundingClientRect().right))"""


@pytest.mark.parametrize("width", [360, 1280])
def test_a_file_is_matched_checked_and_imported(browser: Browser, address: str, apiary: Apiary, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 740}, locale="en-US")
    sign_in(page, address)
    page.goto(f"{address}/hives")

    def is_sound(heading: str) -> None:
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
        assert_no_axe_violations(page)
        assert sideways(page) <= 0

    page.get_by_role("link", name="Import", exact=True).click()
    is_sound("Import rows")
    rows = "Code,Called,Frames\nA1,Renamed,9\nB1,Fresh,12\nB2,Odd,99\n"
    page.get_by_label("File").set_input_files({"name": "not.csv", "mimeType": "text/csv", "buffer": b""})
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_contain_text("no rows")
    is_sound("Import rows")
    page.get_by_label("File").set_input_files({"name": "hives.csv", "mimeType": "text/csv", "buffer": rows.encode()})
    page.get_by_role("button", name="Continue").click()
    is_sound("hives.csv")
    expect(page.get_by_label("Code", exact=True)).to_have_value("code")
    page.get_by_label("Called").select_option(label="Name")
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_text("1 would be new")).to_be_visible()
    expect(page.get_by_text("Enter 0 to 40.")).to_be_visible()
    is_sound("hives.csv")
    assert page.locator(".panel > .form-actions").evaluate(MARGIN) >= 12, "buttons stand at the edge of their panel"
    page.get_by_role("button", name="Import 2 rows, leave out what fails").click()
    expect(page.get_by_text("2 rows are imported.")).to_be_visible()
    is_sound("hives.csv")
    page.get_by_role("link", name="Back to the list").click()
    assert ("A1", "Renamed") in apiary.hives("code", "name")
    assert ("B1", "Fresh") in apiary.hives("code", "name")
    page.close()


def test_a_download_says_that_it_is_prepared_until_it_begins(
    browser: Browser, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, real = threading.Event(), lists.exported

    def waiting(*given: Any) -> Response:
        assert go.wait(60)
        return real(*given)

    monkeypatch.setattr(lists, "exported", waiting)
    page = browser.new_page(viewport={"width": 1280, "height": 740}, locale="en-US")
    sign_in(page, address)
    page.goto(f"{address}/hives")
    page.get_by_text("Download", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV file").click(no_wait_after=True)
        expect(page.get_by_text("The file is being prepared …")).to_be_visible()
        assert_no_axe_violations(page)
        go.set()
    assert download.value.suggested_filename.startswith("hives-")
    expect(page.get_by_text("The download has begun.")).to_be_visible()
    page.close()
