"""What is looked for in the studio, in a browser: sound to axe on a laptop and a phone, by keyboard, and without script."""

import shutil
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import Page, expect

from metadata.model import Block, Text
from metadata.model import Page as SitePage
from metadata.store import MetadataStore
from support.axe import assert_no_axe_violations
from support.desks import goto, looked_at
from support.exports import write_export
from support.marina import MARINA
from support.marina_site import Marina


def test_a_record_is_found_by_keyboard_and_opened(desk: Page, site: Marina) -> None:
    site.book("Sloop-7")
    keys = desk.keyboard
    keys.press("Control+k")
    expect(desk.get_by_role("combobox")).to_be_focused()
    keys.type("ali")
    expect(desk.get_by_role("group", name="People").get_by_role("option")).to_contain_text("Alice")
    keys.press("Control+a")
    keys.type("sloop")
    found = desk.get_by_role("group", name="Records").get_by_role("option")
    expect(found).to_have_text(["Sloop-7Bookings"])
    assert_no_axe_violations(desk)
    with desk.expect_navigation(url=lambda url: url.endswith("/bookings/Sloop-7")):
        keys.press("Enter")
    goto(desk, "/studio/find?q=sloop")
    expect(desk.get_by_role("region", name="Records")).to_contain_text("Sloop-7")
    looked_at(desk)


def test_the_release_that_broke_a_page_is_found_by_eye_and_by_a_check(desk: Page, site: Marina) -> None:
    store = MetadataStore(site.engine)
    terms = next(item for item in MARINA if isinstance(item, SitePage) and item.key == "terms")
    for number in range(2, 8):
        text = Text.of(f"{'Pay in time. ' if number < 5 else ''}Season {number}.")
        store.publish("tester", f"season {number}", components=(replace(terms, blocks=(Block(type="text", text=text),)),))
    goto(desk, "/studio/history")
    desk.get_by_role("link", name="Find what broke a page").click()
    desk.get_by_label("Address of the page").fill("/terms")
    desk.get_by_label("Release in which it was right").select_option("2")
    looked_at(desk)
    desk.get_by_role("button", name="Begin").focus()
    desk.keyboard.press("Enter")
    heading = desk.get_by_role("heading", level=1)
    for number in (4, 5):
        expect(heading).to_have_text(f"Release {number}: is the page right?")
        expect(desk.frame_locator("#preview iframe").get_by_role("main")).to_contain_text(f"Season {number}.")
        if number == 4:
            looked_at(desk)
        desk.get_by_role("link", name="Right" if number < 5 else "Wrong", exact=True).focus()
        desk.keyboard.press("Enter")
    expect(heading).to_have_text("The page broke with release 5")
    expect(desk.get_by_role("region", name="What that release changed")).to_contain_text("Page: Terms")
    looked_at(desk)
    desk.get_by_role("link", name="Back to release 4").click()
    expect(heading).to_have_text("Back to release 4")
    goto(desk, "/studio/bisect")
    desk.get_by_label("Address of the page").fill("/terms")
    desk.get_by_label("Release in which it was right").select_option("2")
    desk.get_by_label("A good page shows a text").check()
    desk.get_by_label("Text or status").fill("pay in time")
    desk.get_by_role("button", name="Begin").click()
    expect(heading).to_have_text("The page broke with release 5")  # judged one after the other without a press
    looked_at(desk)


def test_a_site_of_power_pages_is_read_narrowed_taken_in_and_taken_back(desk: Page, site: Marina, tmp_path: Path) -> None:
    kinds = {"list": [{"id": f"list-{number}", "name": f"Cases {number}"} for number in range(120)]}
    export = write_export(tmp_path / "harbour", True, kinds)
    file = shutil.make_archive(str(tmp_path / "harbour-site"), "zip", export)
    goto(desk, "/studio/exchange")
    looked_at(desk)
    desk.get_by_label("Zip file of the export").set_input_files(file)
    desk.get_by_role("button", name="Look at a site of Power Pages").click()
    report = desk.get_by_role("region", name="What becomes of each part")
    expect(report.get_by_role("row")).to_have_count(101)
    looked_at(desk)
    report.get_by_role("link", name="Next").click()
    desk.get_by_label("Verdict").select_option("by hand")
    desk.get_by_label("Words").fill("Cases 11")
    desk.get_by_role("button", name="Narrow").focus()
    desk.keyboard.press("Enter")
    expect(report.get_by_role("row")).to_have_count(12)
    with desk.expect_download() as taken:
        desk.get_by_role("button", name="Download as CSV").click()
    assert taken.value.path().read_text(encoding="utf-8-sig").count("Dataverse") == 11
    desk.get_by_role("button", name="components as drafts").click()
    expect(desk.get_by_role("main")).to_contain_text("components are drafts now")
    looked_at(desk)
    desk.get_by_role("button", name="Take the drafts back").click()
    expect(desk.get_by_role("status")).to_contain_text("as they were before")
    goto(desk, "/studio/publish")
    expect(desk.get_by_role("main")).to_contain_text("Nothing waits")
