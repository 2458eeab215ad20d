"""A map that is changed takes effect between batches while rows come, and so does going back: each row has one version.

FOYER_TEST_RATE says how many changes a second there are meanwhile, FOYER_TEST_RATE_SECONDS for how long.
"""

import os
import threading
import time
from dataclasses import replace

import pytest
import sqlalchemy as sa

from connectors.journal import map_version
from connectors.sql.installing import plan_tracking
from connectors.tablemap import compiled_map, compiled_maps
from metadata.model import AttributeMap
from runtime.sync import worker as workers
from support.harbour import boat_row, boats, eventually, make_world, snapshot_of
from support.sql_outside import OUTSIDE_BOATS, filled

ROWS = 240
DEMANDED = "FOYER_TEST_RATE" in os.environ
RATE = int(os.environ.get("FOYER_TEST_RATE", "200"))
SECONDS = float(os.environ.get("FOYER_TEST_RATE_SECONDS", "2"))
FLEET, TOGETHER = 500, 10


def marking(word, **more):
    """A map that marks each row with its version."""
    attributes = (*boats().attributes[:2], AttributeMap(attribute="berth", default=word))
    return boats(attributes=attributes, interval=0, batch_size=5, **more)


@pytest.fixture
def fast(monkeypatch):
    monkeypatch.setattr(workers, "RELEASE_SECONDS", 0.02)
    monkeypatch.setattr(workers, "TURN_SECONDS", 0.005)


def count(world):
    return len(world.rows("boat", "id"))


def test_a_change_and_its_withdrawal_while_rows_come_leave_no_row_between_versions(world_of, fast):
    world = world_of(marking("first"))
    releases = {word: snapshot_of(marking(word)) for word in ("first", "second")}
    now = ["first"]
    world.put("boat", boat_row(0))
    world.pull()
    stop = threading.Event()
    working = threading.Thread(target=workers.Worker(world.engine, lambda: releases[now[0]], stop).run)
    working.start()
    try:
        for number in range(1, ROWS + 1):
            with world.outside.lock:
                world.outside.tables["boat"].append(boat_row(number, seq=number + 1))
            if number % 80 == 0:
                assert eventually(lambda number=number: count(world) == number + 1)
                now[0] = "second" if now[0] == "first" else "first"
        assert eventually(lambda: count(world) == ROWS + 1)
    finally:
        stop.set()
        working.join()
    versions = {map_version(compiled_map(release, "boats")): word for word, release in releases.items()}
    made = sa.text("SELECT i.record_id, b.version FROM foyer_sync_image i JOIN foyer_sync_batch b ON b.id = i.batch")
    with world.engine.connect() as connection:
        recorded = {record: versions[version] for record, version in connection.execute(made)}
    marks = dict(world.rows("boat", "id", "berth"))
    assert len(recorded) == ROWS
    assert {record: marks[record] for record in recorded} == recorded
    assert set(recorded.values()) == {"first", "second"}


def test_a_load_that_is_interrupted_ends_with_its_batch_and_the_next_version_goes_on(world_of):
    world = world_of(marking("first"))
    world.put("boat", *(boat_row(number) for number in range(100)))
    told = []
    station = replace(world.station(), progress=lambda *_: told.append(1), interrupted=lambda: len(told) >= 2)
    station.pull(station.maps)
    station.close()
    assert (count(world), world.checkpoint().loaded) == (40, False)
    world.snapshot = snapshot_of(marking("second"))
    assert [item.key for item in compiled_maps(world.snapshot)] == ["boats"]
    world.pull()
    marks = [berth for (berth,) in world.rows("boat", "berth")]
    assert (marks.count("first"), marks.count("second")) == (40, 60)


@pytest.mark.timeout(180 + 10 * int(SECONDS))
def test_a_version_is_activated_and_rolled_back_under_a_stream_of_changes_and_nothing_is_lost(pg_url, outside_pg, fast):
    """Each boat is renamed over and over by transactions outside, while another version is activated every so often."""
    tracked = {"change_column": "", "tracking": "triggers"}
    outside, given = filled(outside_pg, FLEET), {"url": outside_pg}
    releases = [snapshot_of(marking(word, **tracked), settings=given, connector="sql") for word in ("first", "second")]
    plan_tracking("outside", given, compiled_maps(releases[0]), run=True)
    named = [map_version(compiled_map(release, "boats")) for release in releases]
    world = make_world(pg_url, [marking("first", **tracked)], connector="sql", settings=given)
    at, stop, told = [0], threading.Event(), []
    working = threading.Thread(target=workers.Worker(world.engine, lambda: releases[at[0]], stop).run)
    working.start()
    try:
        assert eventually(lambda: count(world) == FLEET)
        writing = threading.Thread(target=lambda: told.append(rename(outside)))
        writing.start()
        switched = 0
        while writing.is_alive():
            at[0], switched = 1 - at[0], switched + 1
            assert eventually(lambda: batches(world)[-1][1] == named[at[0]] or not writing.is_alive())
        writing.join()
        names = sa.select(OUTSIDE_BOATS.c.no, OUTSIDE_BOATS.c.name)
        with outside.connect() as connection:
            wanted = {row.no: row.name for row in connection.execute(names)}
        assert eventually(lambda: dict(world.rows("boat", "number", "name")) == wanted)
    finally:
        stop.set()
        working.join()
        outside.dispose()
    changes, seconds = told[0]
    assert changes == int(RATE * SECONDS)
    assert switched > 2
    versions = dict(zip(named, ("first", "second"), strict=True))
    made = "SELECT i.record_id, b.version FROM foyer_sync_image i JOIN foyer_sync_batch b ON b.id = i.batch ORDER BY i.batch"
    with world.engine.connect() as connection:
        last = {record: versions[version] for record, version in connection.execute(sa.text(made))}
    marks = dict(world.rows("boat", "id", "berth"))
    assert {record: marks[record] for record in last} == last
    assert {version for _, version in batches(world)} == set(named)
    assert not DEMANDED or changes / seconds > 0.8 * RATE, f"{changes / seconds:.0f} changes/s were made, {RATE} were wanted"
    world.adapter.close()
    world.engine.dispose()


def batches(world):
    """The batches by now, each with its version."""
    with world.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text("SELECT id, version FROM foyer_sync_batch ORDER BY id"))]


def rename(outside):
    """Rename boats at an even pace, ten in a transaction; how many, and in how long."""
    begun, boat = time.monotonic(), OUTSIDE_BOATS.c
    for turn in range(int(RATE * SECONDS) // TOGETHER):
        time.sleep(max(0.0, begun + turn * TOGETHER / RATE - time.monotonic()))
        first = turn * TOGETHER % FLEET + 1
        chosen = sa.update(OUTSIDE_BOATS).where(boat.no.between(first, first + TOGETHER - 1))
        with outside.begin() as connection:
            connection.execute(chosen.values(name=sa.func.concat(f"N{turn} ", boat.no)))
    return int(RATE * SECONDS) // TOGETHER * TOGETHER, time.monotonic() - begun
