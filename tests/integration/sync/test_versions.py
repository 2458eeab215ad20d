"""A map that is changed takes effect between batches while rows come, and so does going back: each row has one version."""

import threading
from dataclasses import replace

import pytest
import sqlalchemy as sa

from connectors.journal import map_version
from connectors.tablemap import compiled_map, compiled_maps
from metadata.model import AttributeMap
from runtime.sync import worker as workers
from support.harbour import boat_row, boats, eventually, snapshot_of

ROWS = 240


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
