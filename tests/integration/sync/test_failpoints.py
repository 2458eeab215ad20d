"""A process that ends at a named point of its work, in every mode: whoever goes on comes to the same end, each effect once."""

import datetime as dt
import json
from collections import Counter

import pytest
import sqlalchemy as sa

from connectors import failpoints
from connectors.adapters import open_adapter
from connectors.events.message import Message
from connectors.failpoints import POINTS
from connectors.outbox import count_owed
from connectors.webhook.inbox import keep_message
from metadata.model import AttributeMap, WriteThrough
from runtime.access import Principal
from runtime.records.hooks import Listeners
from runtime.records.write import update
from runtime.sync.listener import keep_outbox
from runtime.sync.pool import Adapters
from runtime.sync.submission import OutsideSubmission
from runtime.tables import create_engine_tables
from support.crashing import KILLED, begin, ended, submission, submit, turn
from support.harbour import boats, harbours, make_world
from support.sql_outside import OUTSIDE_BOATS, differences, effects, filled, note_effects

BOATS = 120
EACH = 6
pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def outside(tmp_path):
    engine = filled(f"sqlite:///{tmp_path / 'outside.db'}", BOATS)
    yield engine
    engine.dispose()


@pytest.fixture
def scene(database_url, outside):
    """Makes a world over the outside's tables: the world, and what a process of its own needs to work on it."""
    made = []

    def make(*maps, connector="sql"):
        settings = {"url": outside.url.render_as_string(hide_password=False)} if connector == "sql" else {}
        world = make_world(database_url, maps, connector=connector, settings=settings, adapter=object())
        (connection,) = [item for item in world.snapshot.components.values() if getattr(item, "connector", "") == connector]
        world.adapter = open_adapter(connection)
        create_engine_tables(world.engine)
        made.append(world)
        return world, (database_url, (connector, settings, maps))

    yield make
    for world in made:
        world.adapter.close()
        world.engine.dispose()


def small(**more):
    return {"batch_size": 4, "interval": 0.01, **more}


def crash(there, point, times=1):
    assert ended(begin(turn, *there, point, times)) == KILLED, point


def finish(world):
    station = world.station()
    try:
        while station.deliver():
            pass
        return station.pull(station.maps)
    finally:
        station.close()


def ledger(world, *kinds):
    """How many rows the transactions of the maps say that they inserted, updated or deleted."""
    figures = ", ".join(f"COALESCE(sum({kind}), 0)" for kind in kinds)
    with world.engine.connect() as connection:
        return tuple(connection.execute(sa.text(f"SELECT {figures} FROM foyer_sync_batch")).one())


def test_a_load_goes_on_at_the_chunk_that_was_not_committed(scene, outside):
    world, there = scene(harbours(**small()), boats(**small()))
    for point in (*POINTS, *POINTS):
        crash(there, point, 2)
        rows = len(world.rows("harbour", "id")) + len(world.rows("boat", "id"))
        first = [world.checkpoint(name).rows_done for name in ("harbours", "boats")]
        assert rows == sum(first), f"rows and place are of one transaction, after {point}"
    finish(world)
    assert differences(world.engine, outside, world.snapshot) == 0
    assert ledger(world, "inserted", "updated") == (BOATS + 40, BOATS)
    assert {version for (version,) in world.rows("boat", "version")} == {2}  # made by the first pass, tied by the second


def test_changes_that_are_pulled_count_once(scene, outside):
    world, there = scene(harbours(**small()), boats(**small()))
    finish(world)
    with outside.begin() as connection:
        for no in range(1, 61):
            changed = {"name": f"New {no}", "seq": BOATS + no}
            connection.execute(sa.update(OUTSIDE_BOATS).where(OUTSIDE_BOATS.c.no == no).values(changed))
    before = ledger(world, "updated")[0]
    for point in POINTS:
        crash(there, point, 2)
    finish(world)
    assert differences(world.engine, outside, world.snapshot) == 0
    assert ledger(world, "inserted", "updated") == (BOATS + 40, before + 60)
    assert Counter(version for (version,) in world.rows("boat", "version")) == {2: BOATS - 60, 3: 60}


def test_events_count_once_and_are_forgotten_when_they_are_taken(scene):
    world, there = scene(harbours(**small(change_column="")), connector="webhook")
    told = 0

    def tell(code, name):
        nonlocal told
        told += 1
        row = {"code": code, "name": name, "depth": 1}
        body = {"type": "harbour.updated" if told > 10 else "harbour.created", "timestamp": "2026-01-01T00:00:00Z", "data": row}
        with world.now() as connection:
            message = Message(json.dumps(body).encode(), {"webhook-id": f"m{told}"}, "")
            assert keep_message(connection, "harbours", f"m{told}", message, dt.datetime.now(dt.UTC))

    for at in range(10):
        tell(f"H{at}", "first")
    for at in range(20):
        tell(f"H{at % 10}", f"change {at}")
    for point in POINTS:
        crash(there, point)
    finish(world)
    assert sorted(world.rows("harbour", "code", "name")) == [(f"H{at}", f"change {at + 10}") for at in range(10)]
    assert ledger(world, "inserted")[0] == 10
    with world.engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM foyer_sync_event")).scalar_one() == 30
        assert connection.execute(sa.text("SELECT count(*) FROM foyer_sync_inbox")).scalar_one() == 0


def test_a_change_that_is_owed_is_written_outside_once(scene, outside):
    attributes = tuple(
        AttributeMap(attribute=name, column=column, direction="both" if name == "name" else "in")
        for name, column in (("number", "no"), ("name", "name"), ("price", "price"))
    )
    world, there = scene(harbours(**small()), boats(**small(attributes=attributes)))
    finish(world)
    note_effects(outside, "name")
    for row, number, version in world.rows("boat", "id", "number", "version")[: 2 * len(POINTS)]:
        with world.now() as connection:
            values, system = {"name": f"Ours {number}"}, Principal.system("portal")
            listeners = Listeners((keep_outbox,))
            update(connection, world.snapshot, system, "boat", row, version, values, listeners=listeners)
    for point in POINTS:
        crash(there, point)  # with all that is owed in one parcel
    finish(world)
    with outside.connect() as connection:
        names = dict(connection.execute(sa.select(OUTSIDE_BOATS.c.no, OUTSIDE_BOATS.c.name)).all())
    assert [names[no] for no in range(1, 2 * len(POINTS) + 1)] == [f"Ours {no}" for no in range(1, 2 * len(POINTS) + 1)]
    assert effects(outside) == dict.fromkeys(range(1, 2 * len(POINTS) + 1), 1)
    with world.engine.connect() as connection:
        assert count_owed(connection) == {}


def test_a_record_that_is_asked_about_is_there_once_on_both_sides(scene, outside):
    asking = boats(
        **small(),
        write_through=WriteThrough(key_column="external_id", timeout=2),
        attributes=(
            AttributeMap(attribute="number", column="no", direction="both"),
            AttributeMap(attribute="name", column="name", direction="both"),
        ),
    )
    world, there = scene(asking)
    with outside.begin() as connection:
        connection.execute(sa.delete(OUTSIDE_BOATS))
        connection.execute(sa.text("CREATE UNIQUE INDEX key_of_ours ON boat (external_id)"))
    finish(world)
    keys = [f"{at:032x}" for at in range(1, len(POINTS) + 1)]
    for key, point in zip(keys, POINTS, strict=True):
        assert ended(begin(submit, *there, key, point)) == KILLED, point
        submission(world.engine, world.snapshot, OutsideSubmission(Adapters()), key)  # the person sends the form again
    finish(world)
    wanted = sorted(key[-20:] for key in keys)
    with outside.connect() as connection:
        assert sorted(connection.scalars(sa.select(OUTSIDE_BOATS.c.name))) == wanted
    assert sorted(name for (name,) in world.rows("boat", "name")) == wanted
    with world.engine.connect() as connection:
        assert count_owed(connection) == {}
        assert connection.execute(sa.text("SELECT count(*) FROM foyer_sync_intent")).scalar_one() == 0


def test_no_point_is_armed_by_itself_and_unknown_ones_are_refused():
    for point in POINTS:
        failpoints.reached(point)
    with pytest.raises(KeyError):
        failpoints.arm("nowhere")
    done = []
    failpoints.arm("read", 2, lambda: done.append("read"))
    try:
        for point in ("read", "commit", "read", "read"):
            failpoints.reached(point)
    finally:
        failpoints.disarm()
    assert done == ["read"]
