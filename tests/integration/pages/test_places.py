"""A list as places: around a point, nearest first, with the distance; a map only where the site has a tile server."""

import html
import json
import re
from decimal import Decimal

import pytest

from metadata.model import AttributePermission, AttributeRight, SiteSetting
from support.marina import places_of_marina
from support.marina_site import open_marina

PLACED = places_of_marina(page_size=2)
TILES = SiteSetting(key="map/tiles", value="https://{s}.tiles.example/{z}/{x}/{y}.png")
CREDIT = SiteSetting(key="map/credit", value="© <b>Surveyors</b>")
HARBOURS = {
    "Stockholm": (59.33, 18.07),
    "Vaxholm <b>": (59.40, 18.35),
    "Uppsala": (59.86, 17.64),
    "Gothenburg": (57.71, 11.97),
    "Nowhere": (None, None),
}


def build(site):
    for name, (north, east) in HARBOURS.items():
        given = {"north": north, "east": east}
        site.add("berth", number=name, **{key: None if v is None else Decimal(str(v)) for key, v in given.items()})


@pytest.fixture
def site(database_url, tmp_path):
    with open_marina(database_url, tmp_path, *PLACED) as opened:
        build(opened)
        yield opened


def shown(answer):
    """Names and distances in order."""
    found = re.findall(r'<span class="rec">(.*?)</span>(?:<span class="place-far">(.*?)</span>)?', answer.text)
    return [(html.unescape(name), far) for name, far in found]


def test_rows_within_the_distance_are_shown_nearest_first_and_others_are_not(site):
    browser = site.as_("dora")
    first = browser.get("/berths?near=59.33,+18.07&within=500")
    assert shown(first) == [("Stockholm", "0 km"), ("Vaxholm <b>", "18 km")]
    assert "1–2 of 4" in first.text
    second = browser.get("/berths?near=59.33,+18.07&within=500&page=2")
    assert shown(second) == [("Uppsala", "64 km"), ("Gothenburg", "397 km")]
    assert shown(browser.get("/berths?near=59.33 18.07&within=5")) == [("Stockholm", "0 km")]
    assert "Gothenburg" not in browser.get("/berths?near=59.33,18.07&within=50").text
    assert shown(browser.get("/berths?near=59.33,18.07&within=500&q=upp")) == [("Uppsala", "64 km")]
    assert len(shown(browser.get("/berths"))) == 2
    with site.counting() as seen:
        browser.get("/berths?near=59.33,18.07&within=500")
    assert len(seen) <= 2


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ("near=here", "near"),
        ("near=91,0", "near"),
        ("near=1,2,3", "near"),
        ("near=\u0661,\u0662", "near"),
        ("near=1e3,2", "near"),
        ("near=1,2&within=7", "within"),
        ("near=1,2&within=-5", "within"),
        ("near=1,2&after=abc", "after"),
    ],
)
def test_nonsense_is_refused_with_the_name_of_the_argument(sqlite_url, tmp_path, arguments, name):
    with open_marina(sqlite_url, tmp_path, *PLACED) as site:
        answer = site.as_("dora").get(f"/berths?{arguments}")
        assert answer.status_code == 400
        assert f"“{name}”" in html.unescape(answer.text)
        assert site.as_("dora").get("/bookings?near=1,2").status_code == 400


def test_without_a_tile_server_there_is_no_map_and_nothing_is_opened(site):
    answer = site.as_("dora").get("/berths?near=59.33,18.07")
    assert "leaflet" not in answer.text
    assert "data-tiles" not in answer.text
    assert "img-src 'self' data:;" in answer.headers["Content-Security-Policy"]


def test_with_one_the_marks_come_with_the_page_and_only_its_pictures_are_let_in(database_url, tmp_path):
    with open_marina(database_url, tmp_path, *PLACED, TILES, CREDIT) as site:
        build(site)
        browser = site.as_("dora")
        answer = browser.get("/berths?near=59.33,18.07&within=50")
        marks = json.loads(html.unescape(re.search(r'data-points="([^"]*)"', answer.text)[1]))
        assert [mark["name"] for mark in marks] == ["Stockholm", "Vaxholm <b>"]
        assert marks[0]["at"] == [59.33, 18.07]
        assert "<b>" not in answer.text
        assert "leaflet.js" in answer.text
        assert "img-src 'self' data: https://*.tiles.example;" in answer.headers["Content-Security-Policy"]
        assert "geolocation=(self)" in answer.headers["Permissions-Policy"]
        other = browser.get("/bookings")
        assert "tiles.example" not in other.headers["Content-Security-Policy"]
        assert "geolocation=()" in other.headers["Permissions-Policy"]
        assert "leaflet" not in other.text


def test_a_column_that_may_not_be_read_places_nothing(sqlite_url, tmp_path):
    hidden = AttributePermission(
        key="degrees", entity="berth", roles=("master",), others=("read",), attributes=(AttributeRight(attribute="north"),)
    )
    with open_marina(sqlite_url, tmp_path, *PLACED, TILES, hidden) as site:
        build(site)
        assert shown(site.as_("dora").get("/berths?near=59.33,18.07&within=500")) == []
        assert "59.33" not in site.as_("dora").get("/berths").text
