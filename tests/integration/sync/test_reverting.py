"""Batches are written down with the version of their map, and one of them is undone exactly, or not at all."""

import datetime as dt
from dataclasses import replace

import pytest
import sqlalchemy as sa

from connectors.journal import map_version, read_batches
from connectors.reverting import CannotRevert, revert
from connectors.tablemap import compiled_map
from metadata.text import Text
from support.harbour import boat_row, boats, harbour_row, harbours, snapshot_of

STAMPS = {"version", "changed_at", "changed_by", "changed_from", "created_at", "created_by", "created_from"}


@pytest.fixture
def loaded(world_of):
    world = world_of(harbours(), boats(delete="delete"))
    world.put("harbour", harbour_row("GOT"), harbour_row("STO"))
    world.put("boat", *(boat_row(number, tender_of=5 if number < 3 else None) for number in range(1, 7)))
    world.pull()
    return world


def batches(world):
    with world.engine.connect() as connection:
        return read_batches(connection, ["boats"])


def contents(world):
    found = {}
    for entity in ("harbour", "boat"):
        table = world.snapshot.entities[entity].table
        names = [column.name for column in table.c if column.name not in STAMPS]
        found[entity] = sorted(world.rows(entity, *names))
    return found


def bad_batch(world):
    """New, changed and deleted rows at once; boats 1 and 2 lose the boat that they are tenders of."""
    world.put("boat", boat_row(1, seq=2, name="Ruined", price="0.01", harbour="STO"), boat_row(9, seq=2), boat_row(10, seq=2))
    world.outside.tables["boat"][:] = [row for row in world.outside.tables["boat"] if row["no"] != 5]
    world.pull()


def test_a_map_with_another_label_is_of_the_same_version_and_takes_no_row_anew(world_of):
    world = world_of(harbours(), boats(change_column=""))
    world.put("harbour", harbour_row("GOT"))
    world.put("boat", *(boat_row(number) for number in range(1, 4)))
    world.pull()
    before = contents(world), [item.version for item in batches(world)]
    world.snapshot = snapshot_of(harbours(), boats(change_column="", label=Text.of("Boats of the marina")))
    assert world.pull()["boats"].counts.updated == 0
    assert (contents(world), [item.version for item in batches(world)]) == before
    assert map_version(compiled_map(world.snapshot, "boats")) == before[1][0]
    assert map_version(compiled_map(snapshot_of(boats(interval=9)), "boats")) != before[1][0]


def test_a_batch_is_undone_exactly(loaded):
    before = contents(loaded)
    bad_batch(loaded)
    ruined = contents(loaded)
    assert ruined != before
    leaving, changes = batches(loaded)[:2]
    assert (changes.inserted, changes.updated, leaving.deleted) == (2, 1, 1)
    revert(loaded.home, leaving.id)
    revert(loaded.home, changes.id)
    assert contents(loaded) == before
    with pytest.raises(CannotRevert, match="undone already"):
        revert(loaded.home, changes.id)
    loaded.pull()
    assert contents(loaded) == before
    loaded.put("boat", boat_row(1, seq=3, name="Mended"))
    loaded.pull()
    assert ("Mended",) in loaded.rows("boat", "name")


@pytest.mark.parametrize("what", ["changed", "deleted", "hangs on"])
def test_a_row_that_has_changed_since_stands_in_the_way_and_nothing_is_touched(loaded, what):
    bad_batch(loaded)
    changes = batches(loaded)[1]
    table = loaded.snapshot.entities["boat"].table
    with loaded.now() as connection:
        if what == "changed":
            connection.execute(sa.update(table).where(table.c.number == 9).values(berth="B1", version=table.c.version + 1))
        elif what == "deleted":
            connection.execute(sa.delete(table).where(table.c.number == 9))
        else:
            new = connection.execute(sa.select(table.c.id).where(table.c.number == 9)).scalar()
            connection.execute(sa.update(table).where(table.c.number == 3).values(tender_of=new))
    before = contents(loaded)
    with pytest.raises(CannotRevert) as refused:
        revert(loaded.home, changes.id)
    (obstacle,) = refused.value.obstacles
    assert (obstacle.entity, what in obstacle.reason) == ("boat", True)
    assert contents(loaded) == before


def test_a_load_that_is_done_again_can_be_undone_and_the_first_one_cannot(loaded):
    (first, *_) = reversed(batches(loaded))
    assert (first.mode, first.images) == ("load", False)
    with pytest.raises(CannotRevert, match="first load"):
        revert(loaded.home, first.id)
    before = contents(loaded)
    for row in loaded.outside.tables["boat"]:
        row["name"] = "All the same"
    with loaded.now() as connection:
        connection.execute(sa.text("UPDATE foyer_sync_checkpoint SET loaded = false, cursor = NULL"))
    loaded.pull()
    assert {name for (name,) in loaded.rows("boat", "name")} == {"All the same"}
    revert(loaded.home, batches(loaded)[0].id)
    assert contents(loaded) == before


def test_a_map_may_keep_nothing_and_what_is_kept_goes_in_time(world_of, monkeypatch):
    monkeypatch.setattr("connectors.journal.PRUNED_EVERY", 1)
    world = world_of(boats(revert_days=3, attributes=boats().attributes[:2]))
    for number in (1, 2, 3):
        world.put("boat", boat_row(number, seq=number))
        world.pull()
    assert [item.images for item in batches(world)] == [True, True, False]
    later = replace(world.home, now=lambda: dt.datetime.now(dt.UTC) + dt.timedelta(days=4))
    world.put("boat", boat_row(4, seq=4))
    station = replace(world.station(), home=later)
    station.pull(station.maps)
    station.close()
    assert len(batches(world)) == 1
    with world.engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM foyer_sync_image")).scalar() == 1
    world.snapshot = snapshot_of(boats(revert_days=0, attributes=boats().attributes[:2]))
    world.put("boat", boat_row(5, seq=5))
    world.pull()
    assert next(item.images for item in batches(world)) is False


def test_each_batch_knows_the_version_of_the_map_that_made_it(loaded):
    first = map_version(compiled_map(loaded.snapshot, "boats"))
    changed = boats(delete="delete", attributes=tuple(item for item in boats().attributes if item.attribute != "built"))
    for number, (snapshot, name) in enumerate(
        [(snapshot_of(harbours(), changed), "b"), (snapshot_of(harbours(), boats(delete="delete")), "c")], 2
    ):
        loaded.snapshot = snapshot
        loaded.put("boat", boat_row(1, seq=number, name=name, built=dt.date(2000, 1, number)))
        loaded.pull()
    back, other = batches(loaded)[:2]
    assert (back.version, other.version != first) == (first, True)
    assert loaded.rows("boat", "name", "built")[0] == ("c", dt.date(2000, 1, 3))
