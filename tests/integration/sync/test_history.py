"""A map that was paused takes everything afterwards, in order; of rows that changed several times each state or the last one.

FOYER_TEST_PAUSED says how many changes there are meanwhile.
"""

import os
import random

import pytest
import sqlalchemy as sa

from connectors.events.adapter import EventAdapter
from connectors.tablemap import compiled_maps
from connectors.values import load_json
from runtime.sync import steering
from support.brokers import Shelf
from support.harbour import harbours
from support.seeds import seed

CHANGES = int(os.environ.get("FOYER_TEST_PAUSED", "600"))
ROWS = max(10, CHANGES // 20)
MOST_AT_ONCE = 5_000
IMAGES = sa.text("SELECT operation, before FROM foyer_sync_image ORDER BY batch, number")


def stream_world(world_of, **more):
    shelf = Shelf()
    adapter = EventAdapter("outside", {}, "redis", shelf)
    the_map = harbours(**{"change_column": "", "delete": "delete", "interval": 0.0, **more})
    return world_of(the_map, adapter=adapter, connector="redis"), shelf


def tell(shelf, operation, code, name="A"):
    shelf.tell(operation, {"code": code, "name": name, "depth": 4.5} if operation != "deleted" else {"code": code})


def named(world):
    """What the batches tell of each name before it was changed, in order."""
    with world.engine.connect() as connection:
        told = [(operation, load_json(before)) for operation, before in connection.execute(IMAGES)]
    return [before["name"] for operation, before in told if operation == "update"]


@pytest.mark.parametrize(("history", "version", "before"), [("full", 4, ["A", "B", "C"]), ("compact", 2, ["A"])])
def test_states_between_two_pulls_are_all_stored_or_the_last_alone(world_of, history, version, before):
    world, shelf = stream_world(world_of, history=history)
    tell(shelf, "created", "H1", "A")
    world.pull()
    for name in "BCD":
        tell(shelf, "updated", "H1", name)
    tell(shelf, "created", "H2")
    run = world.pull()["harbours"]
    assert world.rows("harbour", "code", "name", "version") == [("H1", "D", version), ("H2", "A", 1)]
    assert named(world) == before
    assert (run.counts.taken, run.counts.inserted, run.counts.updated) == (4, 1, version - 1)


def test_a_row_that_came_back_in_between_is_a_new_one_where_every_state_counts(world_of):
    world, shelf = stream_world(world_of, history="full")
    tell(shelf, "created", "H1", "A")
    world.pull()
    tell(shelf, "deleted", "H1")
    tell(shelf, "created", "H1", "B")
    run = world.pull()["harbours"]
    assert (run.counts.deleted, run.counts.inserted) == (1, 1)
    assert world.rows("harbour", "name", "version") == [("B", 1)]


def test_a_state_that_cannot_be_taken_holds_up_none_of_the_others(world_of):
    world, shelf = stream_world(world_of, history="full")
    tell(shelf, "created", "H1", "A")
    shelf.tell("updated", {"code": "H1", "name": None})
    tell(shelf, "updated", "H1", "C")
    world.pull()
    assert world.rows("harbour", "name", "version") == [("C", 2)]
    assert world.rejects("harbours") == []


def turns(world, until, at_most=10_000):
    station = world.station()
    for _ in range(at_most):
        station.turn()
        if until():
            break
    station.close()


@pytest.mark.parametrize("history", ["full", "compact"])
@pytest.mark.timeout(120 + CHANGES // 50)
def test_what_happens_while_a_map_is_paused_comes_in_order_when_it_is_resumed(world_of, history):
    world, shelf = stream_world(world_of, history=history, batch_size=min(max(50, CHANGES // 10), MOST_AT_ONCE))
    (table_map,) = compiled_maps(world.snapshot)
    for at in range(ROWS):
        tell(shelf, "created", f"H{at}", "0")
    turns(world, lambda: len(world.rows("harbour", "code")) == ROWS)
    steering.pause(world.home, table_map)
    codes = [f"H{at}" for at in range(ROWS)]
    chance, last = random.Random(seed()), dict.fromkeys(codes, 0)
    for number in range(1, CHANGES + 1):
        code = chance.choice(codes)
        tell(shelf, "updated", code, str(number))
        last[code] = number
    turns(world, lambda: False, 5)
    assert set(world.rows("harbour", "name")) == {("0",)}
    steering.resume(world.home, table_map)
    turns(world, lambda: shelf.settled == len(shelf.messages))
    rows = {code: (name, version) for code, name, version in world.rows("harbour", "code", "name", "version")}
    assert {code: int(name) for code, (name, _) in rows.items()} == last
    changed = sum(version - 1 for _, version in rows.values())
    assert changed == CHANGES if history == "full" else changed < CHANGES
    every = named(world)
    assert len(every) == changed
    if history == "full":
        still = set(last.values())
        assert sorted(map(int, every)) == sorted(
            [0] * sum(v > 1 for _, v in rows.values()) + [number for number in range(1, CHANGES + 1) if number not in still]
        )
        assert follows_itself(world)


def follows_itself(world):
    """Whether each record's names, as its batches tell them, only grow."""
    with world.engine.connect() as connection:
        told = connection.execute(
            sa.text("SELECT record_id, before FROM foyer_sync_image WHERE operation = 'update' ORDER BY batch, number")
        )
        by_record = {}
        for record, before in told:
            by_record.setdefault(record, []).append(int(load_json(before)["name"]))
    return all(names == sorted(names) for names in by_record.values())


def test_what_changes_in_a_database_while_its_map_is_paused_is_there_when_it_is_resumed(tracked):
    (table_map,) = compiled_maps(tracked.world.snapshot)
    tracked.install()
    tracked.add(*range(1, 9))
    tracked.pull()
    before = tracked.pull()
    steering.pause(tracked.world.home, table_map)
    for turn in range(10):
        tracked.run(*(f"UPDATE harbour SET name = 'N{turn}' WHERE no = {no}" for no in range(1, 9)))
    tracked.run("DELETE FROM harbour WHERE no = 1")
    tracked.add(9)
    assert tracked.pull() == before
    steering.resume(tracked.world.home, table_map)
    assert tracked.pull() == [*((f"H{no}", "N9") for no in range(2, 9)), ("H9", "A")]
