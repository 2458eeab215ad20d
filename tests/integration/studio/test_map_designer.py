"""The designer of table maps: both sides, ways and keys, rows as they would come and go, and who may see them."""

import html

import pytest

from connectors.memory.adapter import memory_world
from metadata.model import AttributeMap, Connection, TableMap
from metadata.text import Text
from support.studio import Maker, data_of, open_studio, step, words

HARBOUR = "harbour office"
OFFICE = Connection(key="office", label=Text.of("Harbour office"), connector="memory", settings=(("name", HARBOUR),))
MAP = TableMap(
    key="places",
    connection="office",
    entity="berth",
    table="PLACES",
    integration_key=("number",),
    attributes=(AttributeMap(attribute="number", column="PlaceNo"),),
)
NAME = "table_map/places"


@pytest.fixture
def site(database_url, tmp_path):
    world = memory_world(HARBOUR)
    world.tables = {
        "PLACES": [{"PlaceNo": "A1", "DEPTH": "2.5", "Harbour": "East"}, {"PlaceNo": "A2", "DEPTH": "deep", "Harbour": "East"}]
    }
    world.down = False
    with open_studio(database_url, tmp_path, OFFICE, MAP) as opened:
        yield opened


@pytest.fixture
def dora(site):
    return Maker.of(site, "dora")


def rows(answer):
    """The rows of the map on the page: the words of each."""
    table = answer.text.partition('<table class="map"')[2].partition("</table>")[0]
    return [
        " ".join(html.unescape(" ".join(part.partition(">")[2] for part in row.split("<"))).split())
        for row in table.split("<tr")[2:]
    ]


def test_columns_and_attributes_are_mapped_turned_and_made_keys(site, dora):
    page = dora.get(f"design/{NAME}")
    assert "Harbour" in words(page)
    assert "same name" in rows(page)[1]  # DEPTH is Depth
    assert 'name="p.group"' in page.text
    step(dora, NAME, "add:attributes=depth/DEPTH")
    step(dora, NAME, "value:attributes.1.direction=both")
    step(dora, NAME, "toggle:integration_key=depth")
    step(dora, NAME, "toggle:integration_key=number")
    step(dora, NAME, "toggle:integration_key=number")
    found = data_of(site, "table_map", "places")
    assert found["attributes"][1] == {"attribute": "depth", "column": "DEPTH", "direction": "both"}
    assert found["integration_key"] == ["depth", "number"]
    step(dora, NAME, "up:attributes.1")
    step(dora, NAME, "undo")
    assert data_of(site, "table_map", "places") == found
    panel = dora.get(f"design/{NAME}?at=attributes.1").text
    assert 'list="offer-columns"' in panel
    assert '<option value="Harbour"' in panel.partition('id="offer-columns"')[2]


def test_what_was_typed_on_both_sides_is_mapped_and_its_problem_stands_at_its_row(site, dora):
    form = dora.form(f"design/{NAME}", "base")
    dora.send(f"design/{NAME}", form, ("do", "add:attributes"), word="", column="Harbour")
    assert data_of(site, "table_map", "places")["attributes"][1] == {"column": "Harbour"}
    told = dora.get(f"design/{NAME}").text.partition('data-path="attributes.1"')[2].partition("</tr>")[0]
    assert "has-issue" in told
    assert 'class="error"' in told


def test_rows_are_shown_before_and_after_with_what_would_be_refused(site, dora):
    step(dora, NAME, "add:attributes=depth/DEPTH")
    assert "A1" not in words(dora.get(f"design/{NAME}"))
    first = dora.get(f"design/{NAME}?sample=0")
    assert "Row 1 of 2" in words(first)
    assert rows(first)[1].startswith("DEPTH 2.5 ")
    assert rows(first)[1].endswith("Depth 2.5")
    second = dora.get(f"design/{NAME}?sample=1")
    assert "is not a number" in rows(second)[1]
    assert "1 of 2 rows would be refused A2" in words(second)
    kept = dora.send(f"design/{NAME}", dora.form(f"design/{NAME}?sample=1", "base"), ("do", "drop:attributes.1"))
    assert kept.location.endswith("sample=1")
    step(dora, NAME, "value:attributes.0.column=Gone")
    assert "PLACES has no column Gone" in words(dora.get(f"design/{NAME}?sample=0"))
    step(dora, NAME, "value:attributes.0.attribute=nothing")
    assert "Mend the problems first" in words(dora.get(f"design/{NAME}?sample=0"))


def test_rows_that_go_out_are_those_that_the_person_may_read(site, dora):
    site.add("berth", number="B7")
    going = {"attribute": "number", "column": "PlaceNo", "direction": "out", "values": [{"outside": "seven", "inside": "B7"}]}
    text = f"connection: office\nentity: berth\ntable: PLACES\nintegration_key: [number]\nattributes: [{going}]\n"
    dora.send(f"source/{NAME}", dora.form(f"source/{NAME}", "yaml"), yaml=text)
    shown = dora.get(f"design/{NAME}?sample=0")
    assert rows(shown)[0].startswith("PlaceNo seven")
    assert rows(shown)[0].endswith("B7")


def test_only_a_published_connection_is_asked_and_only_who_views_as_others_sees_rows(site, dora):
    world = memory_world(HARBOUR)
    world.down = True
    told = dora.get(f"design/{NAME}")
    assert told.status_code == 200
    assert "is down" in words(told)
    world.down = False
    dora.send(f"design/{NAME}", dora.form(f"design/{NAME}", "base"), ("do", "again"))
    assert "is down" not in words(dora.get(f"design/{NAME}"))
    dora.edit("connection/office", p__settings__0__value="elsewhere")
    memory_world("elsewhere").tables = {"PLACES": [{"Leaked": "x"}]}
    moved = words(dora.get(f"design/{NAME}?sample=0"))
    assert "Publish the connection Harbour office first" in moved
    assert "Leaked" not in moved
    for name in ("bob", "carol"):
        assert Maker.of(site, name).get(f"design/{NAME}").status_code == 403
