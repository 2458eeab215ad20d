"""Notes and linked rows on the page of their record, in the browser."""

from playwright.sync_api import expect

from support.axe import assert_no_axe_violations
from support.marina_site import served
from support.related import related_pottery


def test_a_note_is_written_and_a_row_added_on_a_phone(tmp_path, browser):
    pieces = {"layout": "timeline", "create_form": "piece-new", "edit_form": "piece-edit", "delete": True}
    pottery = related_pottery(f"sqlite:///{tmp_path}/pottery.db", tmp_path, pieces=pieces)
    cookie = pottery.as_("ada").client.get_cookie("foyer")
    with served(pottery.app) as url:
        context = browser.new_context(base_url=url, viewport={"width": 360, "height": 740}, locale="en-US")
        context.add_cookies([{"name": "foyer", "value": cookie.value, "url": url}])
        page = context.new_page()
        page.goto("/firings/F-0001")
        page.get_by_role("link", name="New piece").click()
        page.get_by_label("Piece").fill("Cup")
        page.get_by_role("combobox", name="Glaze").fill("Cel")
        page.locator(".options [role=option]").first.click()
        page.get_by_label("Coats").fill("2")
        assert_no_axe_violations(page)
        page.get_by_role("button", name="Save").last.click()
        expect(page.locator(".timeline li")).to_have_count(1)
        page.get_by_role("link", name="Add …").click()
        assert_no_axe_violations(page)
        page.get_by_label("Celadon").check()
        page.get_by_role("button", name="Add").click()
        expect(page.get_by_role("link", name="Take off: ")).to_have_count(1)
        assert_no_axe_violations(page)
        page.get_by_role("link", name="Delete: Cup").click()
        page.get_by_role("button", name="Delete").click()
        expect(page.locator(".timeline")).to_have_count(0)
        context.close()
    pottery.engine.dispose()
