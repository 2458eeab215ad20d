"""Every way in which a change outside is told, every policy, both directions: each attribute ends as its policy says.

Where the outside loses, ours is sent to it; so both sides always end alike, and the value that lost is kept.
"""

import contextlib
import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa

from connectors.conflicts import read_conflicts
from connectors.outbox import count_owed
from connectors.sql.adapter import SqlAdapter
from connectors.sql.installing import plan_tracking
from connectors.tablemap import compiled_maps
from metadata.model import AttributeMap
from runtime.access import Principal
from runtime.records.hooks import Listeners
from runtime.records.write import update
from runtime.sync import steering
from runtime.sync.listener import keep_outbox
from support.harbour import boat_row, boats, harbour_row, harbours, make_world
from support.sql_outside import OUTSIDE, OUTSIDE_BOATS

LISTENERS = Listeners((keep_outbox,))
AT_FIRST, BEFORE, AFTER = (dt.datetime(year, 1, 1, tzinfo=dt.UTC) for year in (2019, 2020, 2999))
CASES = {
    1: ("name", "name", "portal", "Ours", "Theirs"),
    2: ("berth", "external_id", "outside", "Ours", "Theirs"),
    3: ("built", "built", "newest", dt.date(2021, 1, 1), dt.date(2022, 2, 2)),
    4: ("harbour", "harbour", "manual", "GOT", "STO"),
    5: ("price", "price", "manual", 1, 2),
}
"""By the number of a boat: attribute and column, policy, and what each side makes of it."""
DECIDED = {4: "portal", 5: "outside"}
MERGED = 6
"""A boat of which each side changes another attribute: nothing of it is in conflict."""
DETECTIONS = {
    "by a version": ("seq", 1, 2, "outside"),
    "by a moment before ours": ("seq", AT_FIRST, BEFORE, "portal"),
    "by a moment after ours": ("seq", AT_FIRST, AFTER, "outside"),
    "by comparing all rows": ("", 1, 1, "outside"),
    "by triggers": ("", 1, 1, "outside"),
    "by the log": ("", 1, 1, "outside"),
}
"""The change column with its values before and after the edit, and who has the newest value by that."""
TRACKED = {"by triggers": "triggers", "by the log": "log"}
"""What tells changes without a change column; such an outside is a database."""
ATTRIBUTES = (
    AttributeMap(attribute="number", column="no"),
    *(
        AttributeMap(attribute=attribute, column=column, direction="both", conflict=policy)
        for attribute, column, policy, _, _ in CASES.values()
    ),
)


def ours(world, no, attribute, value):
    row, version = next(row[:2] for row in world.rows("boat", "id", "version", "number") if row[2] == no)
    with world.now() as connection:
        update(
            connection,
            world.snapshot,
            Principal.system("portal"),
            "boat",
            row,
            version,
            {attribute: value},
            listeners=LISTENERS,
        )


def theirs(world, no, **values):
    if isinstance(world.adapter, SqlAdapter):
        run(world, sa.update(OUTSIDE_BOATS).where(OUTSIDE_BOATS.c.no == no).values(values))
        return
    with world.outside.lock:
        next(row for row in world.outside.tables["boat"] if row["no"] == no).update(values)


def put(world, table, *rows):
    if isinstance(world.adapter, SqlAdapter):
        run(world, sa.insert(OUTSIDE.tables[table]).values([plain(row) for row in rows]))
    else:
        world.put(table, *rows)


def outside_boats(world):
    if not isinstance(world.adapter, SqlAdapter):
        return {row["no"]: row for row in world.outside.tables["boat"]}
    return {row["no"]: row for row in run(world, sa.select(OUTSIDE_BOATS))}


def plain(row):
    return {name: float(value) if isinstance(value, Decimal) else value for name, value in row.items()}


def run(world, statement):
    address = dict(world.snapshot.connections["outside"].settings)["url"]
    engine = sa.create_engine(address)
    try:
        with engine.begin() as connection:
            done = connection.execute(statement)
            return [dict(row) for row in done.mappings()] if done.returns_rows else []
    finally:
        engine.dispose()


@pytest.fixture
def tracked_world(database_url, outside_sqlite, request):
    """Makes the world whose outside is a database that tells its changes; one with a log is PostgreSQL."""
    with contextlib.ExitStack() as stack:

        def make(tracking, *maps):
            name = "log_url" if tracking == "log" else "outside_pg"
            here = tracking == "triggers" and database_url.startswith("sqlite")
            given = {"url": outside_sqlite if here else request.getfixturevalue(name)}
            engine = sa.create_engine(given["url"])
            OUTSIDE.create_all(engine)
            engine.dispose()
            world = make_world(database_url, maps, SqlAdapter("outside", given), connector="sql", settings=given)
            stack.callback(world.engine.dispose)
            stack.callback(world.adapter.close)
            plan_tracking("outside", given, compiled_maps(world.snapshot), run=True)
            return world

        yield make


def deliver(world):
    station = world.station()
    while station.deliver():
        pass
    station.close()


def conflicts(world):
    with world.engine.connect() as connection:
        return read_conflicts(connection, ["boats"])


def settle(world):
    for _ in range(2):
        deliver(world)
        world.pull()


@pytest.mark.parametrize("direction", ["theirs comes to ours", "ours comes to theirs"])
@pytest.mark.parametrize("detection", DETECTIONS)
def test_each_policy_ends_alike_on_both_sides_however_a_change_is_told(world_of, tracked_world, detection, direction):
    column, at_first, later, newest = DETECTIONS[detection]
    if detection in TRACKED:
        how = {"change_column": "", "tracking": TRACKED[detection]}
        world = tracked_world(TRACKED[detection], harbours(**how), boats(attributes=ATTRIBUTES, **how))
    else:
        world = world_of(harbours(), boats(attributes=ATTRIBUTES, change_column=column))
    put(world, "harbour", *(harbour_row(code) for code in ("GOT", "STO", "OLD")))
    put(world, "boat", *(boat_row(no, seq=at_first, harbour="OLD") for no in (*CASES, MERGED)))
    world.pull()
    ids = dict(world.rows("harbour", "code", "id"))
    for no, (attribute, outside, _, mine, others) in CASES.items():
        ours(world, no, attribute, ids.get(mine, mine))
        theirs(world, no, **{outside: others, "seq": later})
    ours(world, MERGED, "name", "Ours")
    theirs(world, MERGED, external_id="Theirs", seq=later)

    world.pull() if direction == "theirs comes to ours" else deliver(world)
    settle(world)
    boat_of = dict(world.rows("boat", "id", "number"))
    for found in conflicts(world):
        if not found.winner:
            steering.resolve(world.home, compiled_maps(world.snapshot), found.id, DECIDED[boat_of[found.record_id]])
    settle(world)

    wins = {1: "portal", 2: "outside", 3: newest, **DECIDED}
    ends = {no: case[3] if wins[no] == "portal" else case[4] for no, case in CASES.items()}
    here = {no: dict(zip([case[0] for case in CASES.values()], row, strict=True)) for no, *row in
            world.rows("boat", "number", *(case[0] for case in CASES.values()))}  # fmt: skip
    outside_rows = outside_boats(world)
    assert {no: here[no][case[0]] for no, case in CASES.items()} == {no: ids.get(end, end) for no, end in ends.items()}
    assert {no: outside_rows[no][case[1]] for no, case in CASES.items()} == ends
    kept = {boat_of[item.record_id]: (item.attribute, item.winner, item.ours, item.theirs) for item in conflicts(world)}
    expected = {no: (case[0], wins[no], ids.get(case[3], case[3]), ids.get(case[4], case[4])) for no, case in CASES.items()}
    assert kept == expected
    merged = outside_rows[MERGED]
    assert (here[MERGED]["name"], here[MERGED]["berth"]) == (merged["name"], merged["external_id"]) == ("Ours", "Theirs")
    with world.engine.connect() as connection:
        assert count_owed(connection) == {}


@pytest.mark.parametrize("direction", ["theirs comes to ours", "ours comes to theirs"])
@pytest.mark.parametrize("detection", DETECTIONS)
def test_what_both_sides_add_counts_however_a_change_is_told(world_of, detection, direction):
    column, at_first, later, _ = DETECTIONS[detection]
    attributes = (
        AttributeMap(attribute="number", column="no"),
        AttributeMap(attribute="price", column="price", direction="both", conflict="additive"),
        AttributeMap(attribute="name", column="name", direction="both", conflict="outside"),
    )
    world = world_of(harbours(), boats(attributes=attributes, change_column=column, receipt_column="external_id"))
    world.put("boat", *(boat_row(no, seq=at_first, price=100) for no in (1, 2)))
    world.pull()
    ours(world, 1, "price", 105)
    ours(world, 1, "name", "Ours")
    theirs(world, 1, price=107, name="Theirs", seq=later)
    ours(world, 2, "price", 90)

    world.pull() if direction == "theirs comes to ours" else deliver(world)
    settle(world)
    here = dict(world.rows("boat", "number", "price"))
    assert here == {row["no"]: row["price"] for row in world.outside.tables["boat"]} == {1: 112, 2: 90}
    kept = {item.attribute: (item.winner, item.base, item.ours, item.theirs, item.total) for item in conflicts(world)}
    assert kept == {"price": ("both", 100, 105, 107, 112), "name": ("outside", None, "Ours", "Theirs", None)}
    with world.engine.connect() as connection:
        assert count_owed(connection) == {}
