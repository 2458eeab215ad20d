"""The feed of a list: the rows of a view as OData, to whom may read them, as typed values, a page at a time."""

import datetime as dt
import re
from dataclasses import replace
from decimal import Decimal
from xml.etree import ElementTree

import pytest

from metadata.model import View, ViewColumn
from runtime.pages import feed
from support.marina import BERTHS, BOOKINGS
from support.marina_site import open_marina

EVERY = View(
    key="bookings-every",
    entity="booking",
    columns=tuple(
        ViewColumn(attribute=path)
        for path in ("number", "fee", "paid", "arrival", "status", "skipper", "berth", "berth.depth", "note", "created_at")
    ),
)
FED = replace(BOOKINGS, views=("bookings-all", "bookings-moored", "bookings-every"), feed=True)
ROWS = "/_feed/bookings"


@pytest.fixture
def site(database_url, tmp_path):
    with open_marina(database_url, tmp_path, EVERY, FED) as opened:
        yield opened


def numbers(answer):
    return [row["number"] for row in answer.get_json()["value"]]


def test_rows_come_as_odata_with_the_views_columns_and_order(site):
    for number in ("B2", "B1"):
        site.book(number)
    answer = site.as_("alice").get(ROWS)
    assert (answer.status_code, answer.headers["OData-Version"]) == (200, "4.0")
    assert answer.content_type.startswith("application/json;odata.metadata=minimal")
    found = answer.get_json()
    assert found["@odata.context"] == "http://localhost/_feed/bookings/$metadata#bookings_all"
    assert [row["number"] for row in found["value"]] == ["B1", "B2"]
    assert set(found["value"][0]) == {"id", "number", "boat", "arrival", "berth", "berth_depth", "status", "fee"}
    assert "@odata.nextLink" not in found


def test_values_keep_their_types(site):
    berth = site.add("berth", number="North 4", depth=Decimal("2.5"))
    site.book("B1", arrival=dt.date(2026, 5, 1), fee=Decimal("1234567890123.4567"), paid=True, berth=berth)
    answer = site.as_("alice").get(f"{ROWS}?view=bookings-every")
    (row,) = answer.get_json()["value"]
    assert '"fee":1234567890123.4567' in answer.text
    assert (row["paid"], row["arrival"], row["status"]) == (True, "2026-05-01", "asked")
    assert (row["skipper"], row["berth"]) == ("Alice", "North 4")
    assert '"berth_depth":2.5' in answer.text
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", row["created_at"])
    assert "note" not in row


def test_it_says_what_the_caller_may_read_and_nothing_else(site):
    site.book("A1", "alice")
    site.book("C1", "carol")
    assert numbers(site.as_("alice").get(ROWS)) == ["A1"]
    assert numbers(site.as_("bob").get(ROWS)) == ["A1"]
    assert numbers(site.as_("carol").get(ROWS)) == ["C1"]
    assert numbers(site.as_("dora").get(ROWS)) == ["A1", "C1"]
    assert site.as_("dora").get(f"{ROWS}?$count=true").get_json()["@odata.count"] == 2


@pytest.mark.parametrize("path", [ROWS, f"{ROWS}/$metadata"])
def test_who_may_not_read_gets_403_and_no_page(site, path):
    for browser in (site.stranger(), site.as_("erin")):
        answer = browser.get(path)
        assert (answer.status_code, answer.content_type) == (403, "application/json")
        assert answer.get_json()["error"]["code"] == "denied"


@pytest.mark.parametrize("path", ["/_feed/berths", "/_feed/nothing", "/_feed/berths/$metadata", "/_feed/"])
def test_a_list_without_feed_is_not_there(site, path):
    assert BERTHS.feed is False
    assert site.as_("alice").get(path).status_code == 404


def test_a_view_is_chosen_by_argument(site):
    site.book("B1")
    site.book("B2", status="moored")
    found = site.as_("alice").get(f"{ROWS}?view=bookings-moored").get_json()
    assert [row["number"] for row in found["value"]] == ["B2"]
    assert found["@odata.context"].endswith("#bookings_moored")


def test_pages_are_driven_by_the_server_and_hold_every_row_once(site, monkeypatch):
    monkeypatch.setattr(feed, "PAGE", 3)
    site.add_all(
        "booking",
        [
            {"number": f"B{n:02}", "boat": "Same", "customer": site.accounts["sail"], "skipper": site.people["alice"]}
            for n in range(8)
        ],
    )
    browser = site.as_("alice")
    seen, path = [], f"{ROWS}?$orderby=boat desc,number&$count=true"
    counts = []
    while path:
        found = browser.get(path).get_json()
        seen += [row["number"] for row in found["value"]]
        counts.append(found["@odata.count"])
        path = found.get("@odata.nextLink", "").removeprefix("http://localhost")
    assert seen == [f"B{n:02}" for n in range(8)]
    assert counts == [8, 8, 8]


def test_top_limits_all_pages_together(site, monkeypatch):
    monkeypatch.setattr(feed, "PAGE", 3)
    for n in range(8):
        site.book(f"B{n}")
    browser = site.as_("alice")
    first = browser.get(f"{ROWS}?$top=4").get_json()
    second = browser.get(first["@odata.nextLink"].removeprefix("http://localhost")).get_json()
    assert [row["number"] for row in first["value"] + second["value"]] == ["B0", "B1", "B2", "B3"]
    assert "@odata.nextLink" not in second
    assert browser.get(f"{ROWS}?$top=0").get_json()["value"] == []


def test_rows_are_ordered_as_asked(site):
    for number, fee in (("B1", 5), ("B2", 9), ("B3", 5)):
        site.book(number, fee=Decimal(fee))
    browser = site.as_("alice")
    assert numbers(browser.get(f"{ROWS}?$orderby=fee desc, number desc")) == ["B2", "B3", "B1"]


@pytest.mark.parametrize("option", ["$filter=fee gt 1", "$select=number", "$expand=berth", "$skip=2", "$search=x", "$apply=y"])
def test_what_it_cannot_do_is_said_and_not_passed_over(site, option):
    site.book("B1")
    answer = site.as_("alice").get(f"{ROWS}?{option}")
    assert answer.status_code == 501
    assert option.partition("=")[0] in answer.get_json()["error"]["message"]


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ("$top=-1", "$top"),
        ("$top=x", "$top"),
        ("$count=maybe", "$count"),
        ("$orderby=note", "$orderby"),
        ("$orderby=fee down", "$orderby"),
        ("$orderby=fee,fee", "$orderby"),
        ("$orderby=,", "$orderby"),
        ("$skiptoken=xyz", "$skiptoken"),
        ("view=other", "view"),
        ("q=x", "q"),
    ],
)
def test_nonsense_is_refused_with_the_name_of_the_argument(site, arguments, name):
    answer = site.as_("alice").get(f"{ROWS}?{arguments}")
    assert answer.status_code == 400
    assert name in answer.get_json()["error"]["message"]


def test_its_statements_do_not_grow_with_its_rows(site):
    browser = site.as_("alice")
    counts = []
    for _ in range(2):
        for n in range(20):
            site.book(f"B{len(counts)}-{n}")
        browser.get(ROWS)
        with site.counting() as seen:
            assert browser.get(ROWS).status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 2


def test_it_sets_no_cookie_and_is_not_kept_by_others(site):
    site.book("B1")
    answer = site.as_("alice").get(ROWS)
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_its_description_names_the_readable_properties(site):
    answer = site.as_("alice").get(f"{ROWS}/$metadata")
    assert answer.content_type.startswith("application/xml")
    edm = "{http://docs.oasis-open.org/odata/ns/edm}"
    tree = ElementTree.fromstring(answer.data)
    types = {
        entity.get("Name"): {one.get("Name"): one.get("Type") for one in entity.findall(f"{edm}Property")}
        for entity in tree.iter(f"{edm}EntityType")
    }
    assert set(types) == {"bookings_all", "bookings_moored", "bookings_every"}
    assert types["bookings_every"] == {
        "id": "Edm.Int64",
        "number": "Edm.String",
        "fee": "Edm.Decimal",
        "paid": "Edm.Boolean",
        "arrival": "Edm.Date",
        "status": "Edm.String",
        "skipper": "Edm.String",
        "berth": "Edm.String",
        "berth_depth": "Edm.Decimal",
        "created_at": "Edm.DateTimeOffset",
    }
