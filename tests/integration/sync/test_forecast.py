"""What a run would do is told before it is done, with rows before and after, and nothing is written."""

import pytest
import sqlalchemy as sa

from connectors.forecast import Forecaster
from connectors.initial import plan_load
from connectors.tablemap import compiled_maps
from support.harbour import boat_row, boats, harbour_row, harbours


def look(world, **more):
    steps = plan_load(compiled_maps(world.snapshot))
    return {item.map: item for item in Forecaster(world.home, world.adapter, **more).look(steps)}


def everything(world):
    """All rows of all tables on our side."""
    with world.engine.connect() as connection:
        tables = sa.MetaData()
        tables.reflect(connection)
        return {name: connection.execute(sa.select(table)).all() for name, table in tables.tables.items()}


@pytest.fixture
def watched(world_of):
    return world_of(harbours(), boats(delete="delete", filter=(("state", ["A"]),)))


def test_a_first_load_is_told_with_rows_that_point_at_rows_to_come(watched):
    watched.put("harbour", harbour_row("GOT"))
    watched.put("boat", boat_row(1, tender_of=2), boat_row(2), boat_row(3, price="dear"), boat_row(4, harbour="NIX"))
    before = everything(watched)
    told = look(watched)
    assert (told["harbours"].counts, told["boats"].counts) == ({"insert": 1}, {"insert": 2, "reject": 2})
    assert [(item.kind, item.key) for item in told["boats"].samples] == [
        ("reject", "3"), ("reject", "4"), ("insert", "1"), ("insert", "2")
    ]  # fmt: skip
    assert everything(watched) == before
    watched.pull()
    assert (len(watched.rejects()), len(watched.rows("boat", "id"))) == (2, 2)


@pytest.mark.parametrize("change_column", ["seq", ""])
def test_what_has_changed_since_is_told_and_then_done(world_of, change_column):
    world = world_of(harbours(), boats(delete="delete", filter=(("state", ["A"]),), change_column=change_column))
    world.put("harbour", harbour_row("GOT"), harbour_row("STO"))
    world.put("boat", *(boat_row(number) for number in range(1, 8)))
    world.pull()
    world.put("boat", boat_row(1, seq=2, name="New name"), boat_row(2, seq=2, state="L"), boat_row(8, seq=2))
    world.outside.tables["boat"][:] = [row for row in world.outside.tables["boat"] if row["no"] != 3]
    before = everything(world)
    told = look(world)["boats"]
    assert {kind: number for kind, number in told.counts.items() if kind != "unchanged"} == {
        "insert": 1,
        "update": 1,
        "leave": 2,
    }
    assert [dict(item.values) for item in told.samples if item.kind == "update"] == [{"name": ("Boat 1", "New name")}]
    assert everything(world) == before
    counts = world.pull()["boats"].counts
    assert (counts.inserted, counts.updated, counts.deleted) == (1, 1, 2)
    assert {kind for kind, number in look(world)["boats"].counts.items() if number} <= {"unchanged"}


def test_loading_everything_again_is_told_too_and_a_fault_stands_with_its_map(watched):
    watched.put("harbour", harbour_row("GOT"))
    watched.put("boat", boat_row(1), boat_row(2))
    watched.pull()
    table = watched.snapshot.entities["boat"].table
    with watched.now() as connection:
        connection.execute(sa.update(table).where(table.c.number == 2).values(name="Changed here"))
    assert look(watched)["boats"].counts == {}
    assert look(watched, initial=True)["boats"].counts == {"unchanged": 1, "update": 1}
    assert look(watched, initial=True, samples=0)["boats"].samples == ()
    del watched.outside.tables["boat"]
    told = look(watched)
    assert (told["harbours"].problem, "no table boat" in told["boats"].problem) == ("", True)
