"""Which rows go out, what they carry besides, and look-ups that are found by paths over other look-ups."""

import pytest

from metadata.checks import check
from metadata.model import AttributeMap, Filter, component_id
from runtime.access import Principal
from runtime.records.hooks import Listeners
from runtime.records.remove import delete
from runtime.records.write import create, update
from runtime.sync.listener import keep_outbox
from support.harbour import BOAT, HARBOUR, STATE, STATES, boat_row, boats, harbour_row, harbours

LISTENERS = Listeners((keep_outbox,))
OUT = (
    AttributeMap(attribute="number", column="no"),
    AttributeMap(attribute="name", column="name", direction="both"),
    AttributeMap(attribute="state", column="state", values=STATES, direction="both"),
)
BY_PATH = (
    *OUT,
    AttributeMap(attribute="harbour", column="harbour", lookup_key=("code",)),
    AttributeMap(
        attribute="tender_of",
        lookup_key=("harbour.code", "name"),
        lookup_columns=("mother_harbour", "mother_name"),
        direction="both",
    ),
)
AFLOAT = Filter(any=(Filter(attribute="state", value="afloat"), Filter(attribute="number", operator="in", value=[7, 8])))


@pytest.fixture
def afloat(world_of):
    return world_of(harbours(), boats(attributes=OUT, outgoing=AFLOAT, constants=(("fleet", "Ours"),), delete="delete"))


def row_of(world, number):
    return next((r, v) for r, n, v in world.rows("boat", "id", "number", "version") if n == number)


def put(world, **values):
    with world.now() as connection:
        create(connection, world.snapshot, Principal.system("portal"), "boat", {"name": "A", **values}, listeners=LISTENERS)


def change(world, number, **values):
    row, version = row_of(world, number)
    with world.now() as connection:
        update(connection, world.snapshot, Principal.system("portal"), "boat", row, version, values, listeners=LISTENERS)


def outside(world):
    station = world.station()
    try:
        station.deliver()
    finally:
        station.close()
    return {row["no"]: (row["name"], row.get("fleet")) for row in world.outside.tables["boat"]}


def test_only_rows_that_hold_go_out_and_carry_the_constants(afloat):
    put(afloat, number=1, state="afloat")
    put(afloat, number=2, state="ashore")
    put(afloat, number=7, state="ashore")
    assert outside(afloat) == {1: ("A", "Ours"), 7: ("A", "Ours")}


def test_a_row_that_begins_to_hold_goes_out_whole_and_one_that_ends_is_deleted_there(afloat):
    put(afloat, number=2, state="ashore")
    change(afloat, 2, name="B")
    assert outside(afloat) == {}
    change(afloat, 2, state="afloat")
    assert outside(afloat) == {2: ("B", "Ours")}
    change(afloat, 2, name="C")
    assert outside(afloat) == {2: ("C", "Ours")}
    change(afloat, 2, state="ashore")
    assert outside(afloat) == {}
    row, version = row_of(afloat, 2)
    with afloat.now() as connection:
        delete(connection, afloat.snapshot, Principal.system("portal"), "boat", row, version, listeners=LISTENERS)
    assert outside(afloat) == {}


def test_a_row_that_ends_to_hold_stays_outside_where_the_map_keeps(world_of):
    world = world_of(harbours(), boats(attributes=OUT, outgoing=AFLOAT))
    put(world, number=1, state="afloat")
    assert outside(world) == {1: ("A", None)}
    change(world, 1, state="ashore")
    assert outside(world) == {1: ("A", None)}


def test_a_look_up_is_found_and_written_by_a_path_over_another(world_of):
    world = world_of(harbours(), boats(attributes=BY_PATH))
    world.put("harbour", harbour_row("GOT"), harbour_row("STO"))
    nobody = {"mother_harbour": None, "mother_name": None}
    world.put("boat", boat_row(1, name="Ann", **nobody), boat_row(2, name="Ann", harbour="STO", **nobody))
    world.pull()
    world.put("boat", boat_row(3, seq=2, mother_harbour="STO", mother_name="Ann"))
    world.pull()
    assert dict(world.rows("boat", "number", "tender_of"))[3] == row_of(world, 2)[0]
    change(world, 3, tender_of=row_of(world, 1)[0])
    outside(world)
    sent = next(row for row in world.outside.tables["boat"] if row["no"] == 3)
    assert (sent["mother_harbour"], sent["mother_name"]) == ("GOT", "Ann")


@pytest.mark.parametrize(
    ("more", "path", "told"),
    [
        ({"outgoing": Filter(attribute="harbour.code", value="GOT")}, "outgoing.attribute", "is a path"),
        (
            {"outgoing": Filter(all=(Filter(attribute="name", operator="contains", value="a"),))},
            "outgoing.all.0.operator",
            "lists",
        ),
        ({"outgoing": Filter(attribute="built", value="@today")}, "outgoing.value", "nobody asks"),
        ({"outgoing": Filter(attribute="sail", value="a")}, "outgoing.attribute", "no attribute 'sail'"),
        ({"constants": (("name", "x"),)}, "constants.name", "name takes the value of an attribute"),
        (
            {"attributes": (*OUT, AttributeMap(attribute="tender_of", column="t", lookup_key=("harbour.cod",)))},
            "attributes.3.lookup_key.0",
            "no attribute 'cod'",
        ),
    ],
)
def test_what_cannot_be_told_of_a_row_is_refused_with_its_place(more, path, told):
    components = (HARBOUR, BOAT, STATE, boats(**{"attributes": OUT, **more}))
    found = [
        item for item in check({component_id(item): item for item in components}) if item.component.startswith("table_map")
    ]
    assert any(item.position.path == path and told in item.message for item in found), found
