"""Actions on the rows of a list in the browser, and being led to another site."""

import dataclasses
import datetime as dt

from playwright.sync_api import expect

from metadata.model import Argument, Block, ListComponent, Onwards, RecordAction, RowAction, SetValue, View, ViewColumn
from support.axe import assert_no_axe_violations
from support.marina_site import served
from support.pottery import FIELDS, form, make_pottery, page, text
from support.ruled import publish


def test_an_action_on_a_row_leads_to_another_site_on_a_phone(tmp_path, browser):
    pottery = make_pottery(f"sqlite:///{tmp_path}/pottery.db", tmp_path)
    (tmp_path / "other").mkdir()
    other = make_pottery(f"sqlite:///{tmp_path}/other.db", tmp_path / "other")
    with served(pottery.app) as url, served(other.app) as elsewhere:
        onwards = Onwards(url=f"{elsewhere.replace('127.0.0.1', 'localhost')}/", query=(Argument(name="q", value="number"),))
        cancel = RecordAction(
            key="cancel",
            label=text("Cancel it"),
            when="wanted >= @today",
            values=(SetValue(attribute="note", value="off"),),
            onwards=onwards,
        )
        read = dataclasses.replace(form("firing-read", "firing", *FIELDS[:2]), actions=(cancel,))
        acts = (RowAction(type="action", form="firing-read", action="cancel"), RowAction(type="details", page="firing"))
        publish(
            pottery,
            read,
            View(key="firings", entity="firing", columns=(ViewColumn(attribute="number"), ViewColumn(attribute="title"))),
            ListComponent(key="firings", site="pottery", views=("firings",), actions=acts),
            page("firings", Block(type="list", list="firings")),
        )
        pottery.firing("ada", number="F-1", wanted=dt.date(2999, 1, 1))
        pottery.firing("ada", number="F-2", wanted=dt.date(1999, 1, 1))
        context = browser.new_context(base_url=url, viewport={"width": 360, "height": 740}, locale="en-US")
        cookie = pottery.as_("ada").client.get_cookie("foyer")
        context.add_cookies([{"name": "foyer", "value": cookie.value, "url": url}])
        shown = context.new_page()
        shown.goto("/firings")
        expect(shown.get_by_role("link", name="Cancel it: ")).to_have_count(1)
        assert_no_axe_violations(shown)
        shown.get_by_role("link", name="Cancel it: F-1").click()
        assert_no_axe_violations(shown)
        shown.get_by_role("button", name="Cancel it").click()
        shown.wait_for_url("http://localhost:*/**")
        assert shown.url.endswith("/?q=F-1")
        context.close()
    assert [row["note"] for row in pottery.rows("firing")] == ["off", None]
    pottery.engine.dispose()
    other.engine.dispose()
