"""The file of a web file, chosen in the studio in a browser: kept while a line is added, given once it is published."""

import pytest

from support.axe import assert_no_axe_violations
from support.marina_site import CAST, PASSWORD, served
from support.screens import sideways
from support.studio import Maker, open_studio

CHART = b"%PDF-1.7\nThe channel is three metres deep.\n"
CHOSEN = [{"name": "chart.pdf", "mimeType": "application/pdf", "buffer": CHART}]


@pytest.mark.parametrize("width", [360, 1280])
def test_a_chosen_file_stays_while_a_line_is_added(sqlite_url, tmp_path, page, width):
    with open_studio(sqlite_url, tmp_path) as site, served(site.app) as address:
        dora = Maker.of(site, "dora")
        dora.send("new/web_file", dora.form("new/web_file", "key"), key="chart")
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"{address}/signin")
        page.fill("input[name=email]", CAST["dora"][0])
        page.fill("input[name=password]", PASSWORD)
        page.click("main form button[type=submit]")
        page.wait_for_url(f"{address}/")
        page.goto(f"{address}/studio/edit/web_file/chart")
        page.locator("input[type=file]").set_input_files(files=CHOSEN)
        page.fill("[name='p.parent']", "home")
        page.fill("[name='p.partial_url']", "chart.pdf")
        page.get_by_role("button", name="Add: Thumbnails").click()
        page.get_by_text(f"It holds a file of {len(CHART)}").wait_for()
        assert_no_axe_violations(page)
        page.get_by_role("button", name="Save draft").last.click()
        page.get_by_text("The draft is saved.").wait_for()
        assert sideways(page) == 0
        dora.publish()
        assert site.app.test_client().get("/chart.pdf").data == CHART
