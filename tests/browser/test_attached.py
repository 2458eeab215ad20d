"""Several files chosen at once in a browser, with and without scripts, on a narrow and a wide screen."""

import pytest
from playwright.sync_api import expect

from support.axe import assert_no_axe_violations
from support.gallery import PDF
from support.hanging import make_hanging
from support.marina_site import served
from support.portal import PASSWORD
from support.screens import sideways


def files(*names):
    return [{"name": name, "mimeType": "application/pdf", "buffer": PDF} for name in names]


@pytest.mark.parametrize(("width", "scripts"), [(360, True), (1280, True), (1280, False)])
def test_several_files_are_chosen_mended_and_saved_with_the_record(browser, sqlite_url, tmp_path, width, scripts):
    hall = make_hanging(sqlite_url, tmp_path, min_count=1)
    with served(hall.app) as url:
        context = browser.new_context(
            base_url=url, viewport={"width": width, "height": 800}, locale="en-US", java_script_enabled=scripts
        )
        page = context.new_page()
        page.goto("/signin?next=/works/hang")
        page.get_by_label("Email").fill("ada@gallery.example")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.get_by_label("Title").fill("Sea")
        page.get_by_label("Sketches").set_input_files(files("one.pdf", "two.pdf", "three.pdf", "a-fourth-one.pdf"))
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Too many: a-fourth-one.pdf.").first).to_be_visible()
        assert sideways(page) <= 0
        if scripts:
            assert_no_axe_violations(page)
        page.get_by_label("Remove two.pdf").check()
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("link", name="three.pdf").first).to_be_visible()
        assert [row["name"] for row in hall.rows("sketch")] == ["one.pdf", "three.pdf"]
        page.goto("/hall/Sea/rehang")
        expect(page.get_by_text("2 are here already.")).to_be_visible()
        page.get_by_label("Sketches").set_input_files(files("last.pdf"))
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("link", name="last.pdf").first).to_be_visible()
        context.close()
    hall.engine.dispose()
