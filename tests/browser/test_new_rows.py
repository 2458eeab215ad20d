"""A row of a lookup made in a dialog over the form that needs it."""

import pytest
from playwright.sync_api import expect

from support.axe import assert_no_axe_violations
from support.kiln_makers import with_new_kilns
from support.marina_site import served
from support.pottery import make_pottery
from support.ruled import publish


@pytest.mark.parametrize("style", ["", "dropdown"])
def test_the_new_row_is_chosen_and_nothing_typed_is_lost(tmp_path, browser, style):
    pottery = make_pottery(f"sqlite:///{tmp_path}/pottery.db", tmp_path)
    publish(pottery, *with_new_kilns(style))
    cookie = pottery.as_("ada").client.get_cookie("foyer")
    with served(pottery.app) as url:
        context = browser.new_context(base_url=url, viewport={"width": 360, "height": 740}, locale="en-US")
        context.add_cookies([{"name": "foyer", "value": cookie.value, "url": url}])
        page = context.new_page()
        page.goto("/firings/new")
        page.get_by_label("Title").fill("Bowls")
        page.get_by_role("link", name="New kiln").click()
        dialog = page.get_by_role("dialog", name="New kiln")
        expect(dialog.get_by_label("Name")).to_be_focused()
        expect(dialog.get_by_label("Rate")).to_be_hidden()
        dialog.get_by_role("button", name="Save").last.click()
        expect(dialog.get_by_role("alert")).to_be_focused()
        assert_no_axe_violations(page)
        dialog.get_by_label("Name").fill("Hot one")
        dialog.get_by_role("button", name="Save").last.click()
        expect(dialog).to_have_count(0)
        expect(page.get_by_role("link", name="New kiln")).to_be_focused()
        page.get_by_role("button", name="Save").last.click()
        expect(page).not_to_have_url(f"{url}/firings/new")
        row = pottery.rows("firing")[0]
        kiln = next(found for found in pottery.rows("kiln") if found["id"] == row["kiln"])
        assert (row["title"], kiln["name"]) == ("Bowls", "Hot one")
        context.close()
    pottery.engine.dispose()
