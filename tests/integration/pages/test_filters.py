"""The filters of a list: in the address, AND between them and OR within one, with a chip for each value."""

import datetime as dt
import html
import re
from dataclasses import replace
from decimal import Decimal

import pytest

from metadata.checks import check
from metadata.model import Filter, FilterCondition, ListFilter, component_id
from metadata.store import MetadataStore
from support.marina import BOOKINGS, MARINA, SECURITY, text
from support.marina_site import open_marina

FILTERS = tuple(
    ListFilter(key=key, attribute=path)
    for key, path in (
        ("status", "status"),
        ("boat", "boat"),
        ("berth", "berth"),
        ("arrival", "arrival"),
        ("fee", "fee"),
        ("paid", "paid"),
        ("note", "note"),
        ("made", "created_at"),
        ("deep", "berth.depth"),
    )
)
FILTERED = replace(BOOKINGS, filters=FILTERS, page_size=50)


@pytest.fixture
def site(database_url, tmp_path):
    with open_marina(database_url, tmp_path, FILTERED) as opened:
        berths = {name: opened.add("berth", number=name, depth=Decimal(depth)) for name, depth in (("N1", 2), ("N2", 5))}
        opened.berths = berths
        rows = (
            ("B1", "asked", "Anna", "N1", 1, 100, True),
            ("B2", "confirmed", "Hanna%", "N2", 2, 200, False),
            ("B3", "moored", "Bella", "N1", 3, 300, True),
            ("B4", "cancelled", "Anne_", None, 4, 400, False),
        )
        for number, status, boat, berth, day, fee, paid in rows:
            opened.book(
                number,
                status=status,
                boat=boat,
                berth=berths.get(berth),
                arrival=dt.date(2026, 7, day),
                fee=Decimal(fee),
                paid=paid,
            )
        opened.book("C1", "carol", boat="Anna of Carol")
        yield opened


def numbers(answer):
    assert answer.status_code == 200, answer.text[:300]
    return re.findall(r'<a class="rec" href="/bookings/([^"]+)"', answer.text)


def chips(answer):
    found = re.findall(r'<span class="chip">(.*?)<a href="(.*?)"', answer.text)
    return [(re.sub(r"<[^>]+>", "", html.unescape(label)), html.unescape(url)) for label, url in found]


def test_each_kind_of_filter_leaves_what_meets_it(site):
    browser = site.as_("alice")
    n1 = site.berths["N1"]
    expected = {
        "f.boat=anN": ["B1", "B2", "B4"],
        "f.boat=%25": ["B2"],
        "f.boat=_": ["B4"],
        "f.status=asked": ["B1"],
        "f.status=asked&f.status=moored": ["B1", "B3"],
        "f.status=asked,moored,cancelled": ["B1", "B3", "B4"],
        f"f.berth={n1}": ["B1", "B3"],
        f"f.berth={n1},{site.berths['N2']}": ["B1", "B2", "B3"],
        "f.berth=999999": [],
        "f.arrival.from=2026-07-03": ["B3", "B4"],
        "f.arrival.to=2026-07-02": ["B1", "B2"],
        "f.arrival.from=2026-07-02&f.arrival.to=2026-07-03": ["B2", "B3"],
        "f.fee.from=150.5&f.fee.to=300": ["B2", "B3"],
        "f.paid=1": ["B1", "B3"],
        "f.paid=0": ["B2", "B4"],
        "f.deep.to=2": ["B1", "B3"],
        f"f.made.from={dt.date.today() - dt.timedelta(days=2)}": ["B1", "B2", "B3", "B4"],
        f"f.made.to={dt.date.today() - dt.timedelta(days=2)}": [],
        f"f.paid=1&f.status=asked,cancelled&f.berth={n1}": ["B1"],
        "f.boat=ann&q=B4": ["B4"],
        "f.status=&f.boat=&f.fee.from=&f.paid=": ["B1", "B2", "B3", "B4"],
    }
    assert {address: numbers(browser.get(f"/bookings?{address}")) for address in expected} == expected


def test_the_state_is_in_the_address_of_every_link_and_each_chip_leads_out_of_one_value(site):
    browser = site.as_("alice")
    answer = browser.get("/bookings?f.status=asked,moored&f.boat=a&f.fee.from=50&sort=-fee&page=1")
    assert numbers(answer) == ["B3", "B1"]
    assert "1–2 of 2" in answer.text
    labels = [label for label, _ in chips(answer)]
    assert labels == ["Status: Asked for", "Status: Moored", "Boat: “a”", "Fee: From 50"]
    without = dict(chips(answer))["Status: Asked for"]
    assert numbers(browser.get(without)) == ["B3"]
    assert "sort=-fee" in without
    assert "page=" not in without
    tabs = re.findall(r'id="list-0-view-2" href="([^"]+)"', answer.text)
    assert "f.status=asked%2Cmoored" in tabs[0]
    assert 'name="f.boat" value="a"' in answer.text
    assert 'name="sort" value="-fee"' in answer.text
    nothing = browser.get("/bookings?f.status=asked&f.paid=0")
    assert "Nothing matches" in nothing.text
    assert 'href="/bookings"' in nothing.text


def test_what_is_offered_is_what_the_person_may_read(site):
    page = site.as_("alice").get("/bookings").text
    panel = page[page.index('class="filter-form"') : page.index("filter-acts")]
    assert "N1" in panel
    assert 'name="f.note"' not in panel
    assert "SECRET" not in page
    dora = site.as_("dora").get("/bookings?f.note=SECRET")
    assert dora.status_code == 200
    assert site.as_("alice").get("/bookings?f.note=SECRET").status_code == 400


def test_a_lookup_offers_the_rows_that_the_person_may_read_and_no_others(site):
    filters = (ListFilter(key="skipper", attribute="skipper"),)
    MetadataStore(site.engine).publish("tester", components=(replace(BOOKINGS, filters=filters, page_size=50),))
    page = site.as_("alice").get("/bookings").text
    panel = page[page.index('class="filter-form"') : page.index("filter-acts")]
    assert [name in panel for name in ("Alice", "Bob", "Carol")] == [True, True, False]
    assert numbers(site.as_("alice").get(f"/bookings?f.skipper={site.people['carol']}")) == []


@pytest.mark.parametrize("address", ["f.berth={0}", "f.deep.from=1"])
def test_rows_that_may_not_be_read_cannot_be_filtered_by(sqlite_url, tmp_path, address):
    berths = next(item for item in SECURITY if item.key == "berths")
    with open_marina(sqlite_url, tmp_path, FILTERED, replace(berths, roles=("master",))) as site:
        berth = site.add("berth", number="N1", depth=Decimal(2))
        site.book("B1", berth=berth)
        assert site.as_("alice").get(f"/bookings?{address.format(berth)}").status_code == 400


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("f.status=unknown", "f.status"),
        ("f.status=asked,unknown", "f.status"),
        ("f.paid=perhaps", "f.paid"),
        ("f.paid=0,1", "f.paid"),
        ("f.berth=x", "f.berth"),
        ("f.berth=-1", "f.berth"),
        ("f.berth=" + ",".join(map(str, range(40))), "f.berth"),
        ("f.arrival.from=soon", "f.arrival.from"),
        ("f.arrival.to=2026-02-30", "f.arrival.to"),
        ("f.made.to=9999-12-31", "f.made.to"),
        ("f.fee.from=NaN", "f.fee.from"),
        ("f.fee.from=1e17", "f.fee.from"),
        ("f.boat=" + "x" * 201, "f.boat"),
        ("f.other=1", "f.other"),
        ("f.status.from=1", "f.status.from"),
        ("f.=1", "f."),
    ],
)
def test_nonsense_is_refused_with_the_name_of_the_argument(shared, address, name):
    answer = shared.get(f"/bookings?{address}")
    assert answer.status_code == 400
    assert f"“{name}”" in html.unescape(answer.text)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("filters")
    with open_marina(f"sqlite:///{folder / 'm.db'}", folder, FILTERED) as site:
        yield site.as_("alice")


def test_it_costs_the_same_number_of_statements_however_many_rows(site):
    browser = site.as_("alice")
    counts = []
    for _ in range(2):
        for n in range(12):
            site.add("berth", number=f"X{len(counts)}-{n}")
            site.book(f"M{len(counts)}-{n}")
        browser.get("/bookings?f.status=asked&f.boat=b")
        with site.counting() as seen:
            browser.get("/bookings?f.status=asked&f.boat=b")
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 3


def test_an_idle_panel_that_was_kept_is_the_one_that_would_be_made(sqlite_url, tmp_path):
    plain = replace(FILTERED, filters=tuple(item for item in FILTERS if item.key not in ("berth", "deep")))
    with open_marina(sqlite_url, tmp_path, plain) as site:
        browser = site.as_("alice")

        def panel(address):
            page = browser.get(address).text
            return page[page.index('<details class="filters"') : page.index("</details>", page.index('class="filters"'))]

        first, again = panel("/bookings"), panel("/bookings")
        made = panel("/bookings?view=bookings-all")
        assert first == again
        assert made.replace('<input type="hidden" name="view" value="bookings-all">', "") == first
        assert 'action="/sv-SE/bookings"' in panel("/sv-SE/bookings")
        assert "Status" in panel("/both")
        dora = site.as_("dora").get("/bookings").text
        assert 'name="f.note"' in dora
        assert 'name="f.note"' not in panel("/bookings")


CONDITIONS = (
    FilterCondition(key="deep", filter=Filter(attribute="berth.depth", operator="ge", value=5)),
    FilterCondition(
        key="cheap_or_mine",
        label=text({"en": "Cheap, or gone", "sv": "Billigt eller borta"}),
        filter=Filter(
            any=(
                Filter(all=(Filter(attribute="fee", operator="le", value=100), Filter(attribute="skipper", value="@contact"))),
                Filter(attribute="status", value="cancelled"),
            )
        ),
    ),
    FilterCondition(key="noted", filter=Filter(attribute="note", operator="not_empty")),
)


def test_conditions_of_ones_own_are_ticked_and_any_of_them_may_hold(site):
    filters = (ListFilter(key="which", conditions=CONDITIONS), ListFilter(key="paid", attribute="paid"))
    MetadataStore(site.engine).publish("tester", components=(replace(BOOKINGS, filters=filters, page_size=50),))
    alice = site.as_("alice")
    assert numbers(alice.get("/bookings?f.which=deep")) == ["B2"]
    assert numbers(alice.get("/bookings?f.which=cheap_or_mine")) == ["B1", "B4"]
    assert numbers(alice.get("/bookings?f.which=deep,cheap_or_mine")) == ["B1", "B2", "B4"]
    shown = alice.get("/bookings?f.which=deep,cheap_or_mine&f.paid=1")
    assert numbers(shown) == ["B1"], "two filters must both hold"
    assert "Cheap, or gone" in shown.text
    assert "Billigt eller borta" in alice.get("/sv-SE/bookings").text
    assert numbers(site.as_("bob").get("/bookings?f.which=cheap_or_mine")) == ["B4"]
    assert 'value="noted"' not in shown.text, "nobody of her role reads notes"
    for wrong in ("noted", "nothing", "deep,nothing"):
        assert alice.get(f"/bookings?f.which={wrong}").status_code == 400
    entity = {component_id(item): item for item in MARINA}
    wrong = replace(
        BOOKINGS, filters=(ListFilter(key="x", conditions=(FilterCondition(key="a", filter=Filter(attribute="fe", value=1)),)),)
    )
    found = check({**entity, component_id(wrong): wrong})
    assert any(problem.position.path == "filters.0.conditions.0.filter.attribute" for problem in found)
