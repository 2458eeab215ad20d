"""Whole numbers that name something, such as years: without marks between their digits wherever people read them."""

import re
from dataclasses import replace

from metadata.model import Attribute, Block, Chart, ListFilter, Page, Text, View, ViewColumn
from support.marina import BERTH, BERTHS
from support.marina_site import open_marina

YEAR = Attribute(key="built", type="integer", ungrouped=True)
COLUMNS = (ViewColumn(attribute="number"), ViewColumn(attribute="built"))
CHARTS = (
    Chart(key="by-year", label=Text.of("By year"), view="berths-all", group="built"),
    Chart(key="oldest", label=Text.of("Oldest"), view="berths-all", type="number", aggregate="min", attribute="built"),
    Chart(key="sum", label=Text.of("Sum"), view="berths-all", type="number", aggregate="sum", attribute="built"),
)


def test_a_year_has_no_marks_in_lists_filters_and_charts(sqlite_url, tmp_path):
    figures = Page(
        key="figures",
        label=Text.of("Figures"),
        parent="home",
        partial_url="figures",
        blocks=(Block(type="charts", charts=tuple(chart.key for chart in CHARTS)),),
    )
    metadata = (
        replace(BERTH, attributes=(*BERTH.attributes, YEAR)),
        View(key="berths-all", entity="berth", label=Text.of("Berths"), columns=COLUMNS),
        replace(BERTHS, filters=(ListFilter(key="built", attribute="built"),)),
        *CHARTS,
        figures,
    )
    with open_marina(sqlite_url, tmp_path, *metadata) as site:
        site.add_all("berth", [{"number": "N1", "built": 1999}, {"number": "N2", "built": 2003}])
        dora = site.as_("dora")
        listed = dora.get("/berths?f.built.from=1999").text
        assert "1,999" not in listed
        assert "From 1999" in listed
        charts = re.sub(r"<[^>]+>|\s+", " ", dora.get("/figures").text)
        assert "1,999" not in charts
        assert "4,002" in charts
        assert len(re.findall(r"\b1999\b", charts)) >= 2
