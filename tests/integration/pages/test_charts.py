"""Charts: figures of the rows that a person may read, one statement each, drawn on the server with a table beside it."""

import datetime as dt
import html
import re
from decimal import Decimal

import pytest

from support.charts import CHARTS
from support.marina_site import open_marina
from support.theatre import theatre

SECTION = re.compile(
    r'<div class="panel chart is-(\w+)" role="group" aria-labelledby="([^"]+)">(.*?)(?=<div class="panel chart |<link )',
    re.DOTALL,
)
ROW = re.compile(
    r'<tr><th scope="row">(?:<svg.*?</svg>)?(?:<a href="([^"]+)">)?([^<]*)(?:</a>)?</th><td class="num">([^<]*)</td>', re.DOTALL
)


def at(text):
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


@pytest.fixture
def site(database_url, tmp_path):
    with open_marina(database_url, tmp_path, *theatre(more=CHARTS)) as opened:
        yield opened


def show(site, code, troupe="sail", **values):
    site.add("show", code=code, troupe=site.accounts[troupe], **values)


def charts(answer):
    """The charts by heading: the HTML of each."""
    found = {}
    for _, _, body in SECTION.findall(answer.text):
        found[re.sub(r"<[^>]+>", "", re.search(r"<h3.*?</h3>", body, re.DOTALL)[0])] = body
    return found


def table(answer, name):
    return [(html.unescape(label), html.unescape(value)) for _, label, value in ROW.findall(charts(answer)[name])]


def link(answer, name, label):
    return next(html.unescape(url) for url, found, _ in ROW.findall(charts(answer)[name]) if found == label and url)


def names(answer):
    return re.findall(r'class="rec" href="/programme/([\w-]+)"', answer.text)


def test_options_are_counted_in_their_order_and_lead_to_their_rows(site):
    for n in range(3):
        show(site, f"P{n}", stage="planned")
    show(site, "D", stage="done")
    show(site, "N")
    browser = site.as_("dora")
    answer = browser.get("/figures")
    assert table(answer, "By stage") == [("Planned", "3"), ("Over", "1"), ("No value", "1")]
    assert names(browser.get(link(answer, "By stage", "Planned"))) == ["P0", "P1", "P2"]
    drawing = re.search(r"<svg.*</svg>", charts(answer)["By stage"], re.DOTALL)[0]
    assert re.findall(r'class="chart-bar" x="0%" y="\d+" width="([\d.]+)%"', drawing) == ["100", "33.33", "33.33"]
    assert '<a href="/programme?layout=table&amp;f.stage=planned">' in drawing
    assert "style=" not in answer.text.split("<main")[1].split("</main")[0]
    assert [value for _, value in table(browser.get("/sv-SE/figures"), "By stage")] == ["3", "1", "1"]
    assert table(browser.get("/sv-SE/figures"), "By stage")[0][0] == "Planerad"


def test_a_pie_has_the_tones_of_its_options(sqlite_url, tmp_path):
    pie = CHARTS.replace("type: bar\ngroup: stage\npage", "type: pie\ngroup: stage\npage")
    options = {"tone: good}\n": "tone: good}\n  - {value: toured, tone: good}\n  - {value: rested}\n"}
    with open_marina(sqlite_url, tmp_path, *theatre(options, more=pie)) as site:
        for stage in ("planned", "running", "toured", "rested", "done", None):
            show(site, stage or "none", stage=stage)
        drawn = charts(site.as_("dora").get("/figures"))["By stage"]
    planned, running, toured, rested, done, none = (9, 3, 1, 2, 5, 0)  # a second option of a tone has a colour of its own
    expected = [planned, running, toured, rested, done, none]
    assert [int(number) for number in re.findall(r'class="chart-slice series-(\d)"', drawn)] == expected
    assert [int(number) for number in re.findall(r'<rect class="series-(\d)"', drawn)] == expected


def test_moments_fall_into_months_of_the_clock_with_the_empty_ones_between(site):
    show(site, "January", begins=at("2026-01-31T22:59"))
    show(site, "February", begins=at("2026-01-31T23:00"))  # midnight in Stockholm
    show(site, "May", begins=at("2026-05-31T21:59:59"))
    show(site, "Undated")
    browser = site.as_("dora")
    answer = browser.get("/figures")
    assert table(answer, "By month") == [
        ("Jan 2026", "1"),
        ("Feb 2026", "1"),
        ("Mar 2026", "0"),
        ("Apr 2026", "0"),
        ("May 2026", "1"),
        ("No value", "1"),
    ]
    assert charts(answer)["By month"].count('class="chart-dot"') == 5
    february = link(answer, "By month", "Feb 2026")
    assert "layout=table" in february
    assert names(browser.get(february)) == ["February"]
    assert names(browser.get(link(answer, "By month", "May 2026"))) == ["May"]


@pytest.mark.parametrize(
    ("by", "days", "labels"),
    [
        ("year", ("2000-12-31", "2002-01-01"), ["2000", "2001", "2002"]),
        ("quarter", ("2001-12-31", "2002-06-30"), ["Q4 2001", "Q1 2002", "Q2 2002"]),
        ("week", ("2001-12-30", "2001-12-31", "2002-01-06"), ["Week of Dec 24, 2001", "Week of Dec 31, 2001"]),
        ("day", ("2001-12-31", "2002-01-01"), ["Dec 31, 2001", "Jan 1, 2002"]),
    ],
)
def test_dates_fall_into_spans_of_time(database_url, tmp_path, by, days, labels):
    spans = CHARTS.replace("by: quarter", f"by: {by}")
    with open_marina(database_url, tmp_path, *theatre(more=spans)) as site:
        for n, day in enumerate(days):
            show(site, f"S{n}", opens=dt.date.fromisoformat(day))
        found = table(site.as_("dora").get("/figures"), "Openings")
        assert [label.replace("\u00a0", " ") for label, _ in found] == labels


def test_only_the_last_spans_are_shown_and_only_the_largest_groups_the_rest_as_one(site):
    for month in (1, 4, 7, 10):
        show(site, f"Q{month}", opens=dt.date(2025, month, 1))
    halls = {name: site.add("hall", name=name) for name in ("<b>Large", "Small", "Tiny", "Odd")}
    for name, seats in (("<b>Large", 500), ("Small", 50), ("Tiny", 5), ("Odd", 3)):
        show(site, name, hall=halls[name], seats=seats)
    browser = site.as_("dora")
    answer = browser.get("/figures")
    assert [label for label, _ in table(answer, "Openings")] == ["Q2 2025", "Q3 2025", "Q4 2025", "No value"]
    assert table(answer, "By hall") == [("<b>Large", "500"), ("Small", "50"), ("No value", "–"), ("All others", "8")]
    assert "<b>" not in answer.text
    assert names(browser.get(link(answer, "By hall", "Small"))) == ["Small"]
    assert charts(answer)["By hall"].count('<path class="chart-slice') == 3


def test_sums_averages_and_the_like_are_exact(site):
    for n, takings in enumerate(("0.10", "0.20", "0.30")):
        show(site, f"T{n}", stage="done", takings=Decimal(takings), seats=100 + n)
    show(site, "Free", stage="done")
    show(site, "Loss", stage="planned", takings=Decimal("-0.40"), seats=99)
    browser = site.as_("dora")
    answer = browser.get("/figures")
    assert table(answer, "Average takings") == [("Planned", "-0.40\u00a0SEK"), ("Over", "0.20\u00a0SEK")]
    bars = re.findall(r'class="chart-bar" x="([\d.]+)%" y="\d+" width="([\d.]+)%"', charts(answer)["Average takings"])
    assert bars == [("0", "66.67"), ("66.67", "33.33")]
    assert '<p class="chart-figure">102</p>' in charts(answer)["Full houses"]
    assert 'href="/programme?view=full&amp;layout=table"' in charts(answer)["Full houses"]


def test_amounts_in_several_currencies_are_never_put_together(site):
    for n, (coin, price) in enumerate((("SEK", "100"), ("SEK", "20.50"), ("EUR", "7"))):
        show(site, f"S{n}", coin=coin, price=Decimal(price))
    assert table(site.as_("dora").get("/figures"), "Prices") == [("SEK", "120.50\u00a0SEK")]


def test_the_figures_are_of_the_rows_that_the_person_may_read(site):
    show(site, "Ours", stage="done", seats=120)
    show(site, "Theirs", troupe="row", stage="done", seats=500)
    assert table(site.as_("dora").get("/figures"), "By stage") == [("Over", "2")]
    ours = site.as_("alice").get("/figures")
    assert table(ours, "By stage") == [("Over", "1")]
    assert '<p class="chart-figure">120</p>' in charts(ours)["Full houses"]
    assert "This is not open to you" in charts(ours)["By hall"]  # who may not read halls has no groups by them
    assert "This is not open to you" in charts(site.as_("erin").get("/figures"))["By stage"]


def test_an_attribute_that_may_not_be_read_is_neither_grouped_nor_added(sqlite_url, tmp_path):
    hidden = """\
---
kind: attribute_permission
key: no-takings
entity: show
roles: [master]
others: [read]
attributes: [{attribute: takings}, {attribute: opens}]
"""
    with open_marina(sqlite_url, tmp_path, *theatre(more=CHARTS + hidden)) as site:
        show(site, "One", stage="done", takings=Decimal(777), opens=dt.date(2025, 1, 1))
        answer = site.as_("dora").get("/figures")
        assert "This is not open to you" in charts(answer)["Average takings"]
        assert "This is not open to you" in charts(answer)["Openings"]
        assert "777" not in answer.text
        assert table(answer, "By stage") == [("Over", "1")]


def test_each_chart_costs_one_statement_however_many_rows_there_are(site):
    show(site, "One", stage="done", begins=at("2026-03-01T12:00"), seats=100)
    browser = site.as_("dora")
    browser.get("/figures")
    with site.counting() as few:
        browser.get("/figures")
    rows = [{"code": f"S{n}", "stage": "done", "begins": at("2026-03-01T12:00"), "seats": n} for n in range(50)]
    site.add_all("show", rows)
    with site.counting() as many:
        answer = browser.get("/figures")
    assert table(answer, "By stage") == [("Over", "51")]
    assert len(many) == len(few) <= 8


def test_without_rows_a_chart_says_so(site):
    answer = site.as_("dora").get("/figures")
    assert answer.status_code == 200
    assert "Nothing here yet" in charts(answer)["By stage"]
    assert "<svg" not in charts(answer)["By month"]
