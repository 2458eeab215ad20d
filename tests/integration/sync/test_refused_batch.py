"""What the database refuses in a load by columns: the rows at fault become rejects by name, their neighbours are stored."""

import pytest
import sqlalchemy as sa

from connectors.home import Work
from connectors.inbound import apply_records, bulk
from connectors.mapping import Lookups
from connectors.rejects import read_rejects
from connectors.setwise import Converted, takes_columns
from connectors.tablemap import compiled_maps
from support.harbour import boat_row, boats, harbour_row, harbours

NUMBER = 40
PLAIN = tuple(item for item in boats().attributes if item.attribute != "tender_of")


@pytest.fixture
def world(world_of):
    world = world_of(harbours(), boats(attributes=PLAIN))
    world.put("harbour", harbour_row("GOT"), harbour_row("STO"))
    return world


def refused(rejects):
    return {item.key: item.code for item in rejects}


def test_rows_that_a_rule_of_the_database_refuses_are_named_and_the_others_stored(world):
    with world.now() as connection:
        connection.execute(sa.text("CREATE UNIQUE INDEX one_name ON boat (name)"))
    numbers = range(101, 101 + NUMBER)
    world.put("boat", *(boat_row(no, name="Twin" if no in (107, 123, 131) else f"Boat {no}") for no in numbers))
    counts = world.pull()["boats"].counts
    assert (counts.taken, counts.inserted, counts.rejected) == (NUMBER, NUMBER - 2, 2)
    assert refused(world.rejects()) == {"123": "database", "131": "database"}
    assert all("name" in item.reason for item in world.rejects())
    assert sorted(no for (no,) in world.rows("boat", "number")) == [no for no in numbers if no not in (123, 131)]
    assert world.checkpoint().loaded

    world.put("boat", boat_row(123, seq=2, name="Not a twin"))
    assert world.pull()["boats"].counts.inserted == 1
    assert refused(world.rejects()) == {"131": "database"}


def test_rows_whose_target_has_gone_since_it_was_looked_up_are_named_and_the_others_stored(world):
    (table_map,) = (item for item in compiled_maps(world.snapshot) if item.key == "boats")
    assert takes_columns(table_map)
    with world.now() as connection:
        rows = world.home.rows(connection)
        rows.upsert("harbour", ("code",), [{"code": code, "name": code} for code in ("GOT", "STO")])
        lookups = Lookups(rows)
        work = Work(connection, rows, table_map, world.home.now())
        first = [boat_row(no, harbour="STO" if no % 2 else "GOT") for no in range(1, NUMBER + 1)]
        assert apply_records(work, Converted(table_map, first[:20]), lookups, bulk).inserted == 20
        connection.execute(sa.text("DELETE FROM boat"))
        connection.execute(sa.text("DELETE FROM harbour WHERE code = 'GOT'"))
        counts = apply_records(work, Converted(table_map, first), lookups, bulk)
        rejects = read_rejects(connection, "boats")
    assert (counts.taken, counts.inserted, counts.rejected) == (NUMBER, NUMBER // 2, NUMBER // 2)
    assert refused(rejects) == {str(no): "database" for no in range(2, NUMBER + 1, 2)}
    assert [no for (no,) in world.rows("boat", "number")] == list(range(1, NUMBER + 1, 2))
