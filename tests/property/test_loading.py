"""A load by columns comes to what taking record by record comes to, whatever is in the records and whatever is there."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from connectors import setwise
from connectors.home import Work
from connectors.inbound import apply_records, bulk, upsert
from connectors.initial import plan_load
from connectors.mapping import Lookups
from connectors.recordset import RecordSet
from connectors.rejects import read_rejects
from connectors.setwise import Converted, takes_columns
from connectors.tablemap import compiled_maps
from runtime.database import writing
from support.harbour import boat_row, boats, harbours, make_world

pytestmark = pytest.mark.timeout(600)
SHARED = settings(suppress_health_check=list(HealthCheck))
NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
ODD = {
    "no": st.sampled_from([None, "", " 3", "3", "three", 3, 2.0, 1.5, True, 2**63]),
    "name": st.sampled_from([None, "", "x" * 200, "tab\tand\nline", "\\N", "\\", "a\0b", "a\ud800", 7]),
    "built": st.sampled_from([None, "2026-01-02", "soon", dt.datetime(2026, 1, 2, 3)]),
    "price": st.sampled_from([None, "1.5", 3, Decimal("1.00005"), Decimal("NaN"), Decimal("1E30")]),
    "state": st.sampled_from([None, "L", "Z"]),
    "harbour": st.sampled_from([None, "", "STO", "nowhere", 7]),
}
SPOILED = st.sampled_from(sorted(ODD)).flatmap(lambda name: st.tuples(st.integers(0, 39), st.just(name), ODD[name]))


@pytest.fixture
def world(database_url, monkeypatch):
    monkeypatch.setattr(setwise, "PART", 10)  # so that a few records are several parts, and a bad one spoils one of them
    world = make_world(database_url, (harbours(), boats()))
    with world.now() as connection:
        world.home.rows(connection).bulk_load(
            "harbour", ("code",), ("code", "name"), [("GOT", "Göteborg"), ("STO", "Stockholm")]
        )
    yield world
    world.engine.dispose()


def first_pass(world):
    """The map of boats as a load begins with it: without the look-up that points at boats."""
    return next(step.first_pass for step in plan_load(compiled_maps(world.snapshot)) if step.table_map.key == "boats")


def came_to(world, known, store, records):
    """What taking records comes to: counts, rows and rejects. Nothing of it stays."""
    boat = world.snapshot.entities["boat"].table
    columns = [boat.c[name] for name in ("number", "name", "built", "price", "state", "harbour", "version")]
    with writing(world.engine).connect() as connection:
        work = Work(connection, world.home.rows(connection), first_pass(world), NOW)
        if known:
            work.rows.upsert("boat", ("number",), [{"number": no, "name": f"Boat {no}"} for no in known])
        counts = apply_records(work, records, Lookups(), store)
        rows = connection.execute(select(*columns).order_by(boat.c.number)).all()
        refused = sorted((item.key, item.code, item.reason, repr(item.record)) for item in read_rejects(connection, "boats"))
        connection.rollback()
    return counts, [tuple(row) for row in rows], refused


@SHARED
@given(st.integers(8, 40), st.lists(SPOILED, max_size=4), st.sets(st.integers(1, 45), max_size=3))
def test_a_load_comes_to_the_same_by_columns_and_record_by_record(world, number, spoiled, known):
    records = [boat_row(no) for no in range(1, number + 1)]
    for at, name, value in spoiled:
        if at < number:
            records[at][name] = value
    names = tuple(records[0])
    table_map = first_pass(world)
    assert takes_columns(table_map)
    as_rows = RecordSet(names, [tuple(record.values()) for record in records])
    one_by_one = came_to(world, known, upsert, records)
    assert came_to(world, known, bulk, Converted(table_map, as_rows)) == one_by_one
    assert came_to(world, known, bulk, Converted(table_map, records)) == one_by_one


def test_of_many_records_only_the_part_with_a_bad_one_goes_record_by_record(world):
    records = [boat_row(no) for no in range(1, 41)]
    records[25]["state"] = "Z"
    parts = Converted(first_pass(world), records).parts
    assert [part.columns is None for part in parts] == [False, False, True, False]
