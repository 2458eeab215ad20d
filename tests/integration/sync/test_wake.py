"""A worker hears of what is owed as soon as it is committed, and goes on when the line to the database was cut."""

import threading

import pytest
import sqlalchemy as sa

from connectors.history import Run
from connectors.memory.adapter import MemoryAdapter
from connectors.wishes import outcomes, wish_for, wished, withdraw
from metadata.model import AttributeMap
from runtime.access import Principal
from runtime.records.hooks import Listeners
from runtime.records.write import update
from runtime.sync import worker as workers
from runtime.sync.listener import keep_outbox
from runtime.sync.worker import Worker
from support.harbour import boat_row, boats, eventually, harbour_row, harbours, make_world

ATTRIBUTES = (
    AttributeMap(attribute="number", column="no"),
    AttributeMap(attribute="name", column="name", direction="both"),
)
LONG = 600.0
SAME_MACHINE = sa.text("SELECT pid FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()")


def worker_on(world):
    stop = threading.Event()
    thread = threading.Thread(target=Worker(world.engine, lambda: world.snapshot, stop).run)
    thread.start()
    return thread, stop


@pytest.fixture
def world(database_url):
    world = make_world(database_url, (harbours(interval=LONG), boats(interval=LONG, attributes=ATTRIBUTES)))
    world.put("harbour", harbour_row("GOT"))
    world.put("boat", boat_row(1))
    world.pull()
    thread, stop = worker_on(world)
    yield world
    stop.set()
    thread.join()
    world.engine.dispose()


@pytest.fixture
def deaf_world(pg_url, monkeypatch):
    """A worker that never looks by itself: what it does it was woken for."""
    monkeypatch.setattr(workers, "TURN_SECONDS", LONG)
    world = make_world(pg_url, (harbours(interval=LONG), boats(interval=LONG, attributes=ATTRIBUTES)))
    world.put("boat", boat_row(1))
    world.pull()
    thread, stop = worker_on(world)
    assert listening(world)
    yield world
    stop.set()
    thread.join()
    world.engine.dispose()


def listening(world, other_than=None):
    def found():
        with world.engine.connect() as connection:
            return [pid for pid in connection.scalars(SAME_MACHINE) if pid != other_than]

    pids = eventually(found)
    return pids[0] if pids else None


def change(world, name):
    row, version = world.rows("boat", "id", "version")[0]
    with world.now() as connection:
        listeners = Listeners((keep_outbox,))
        principal = Principal.system("portal")
        update(connection, world.snapshot, principal, "boat", row, version, {"name": name}, listeners=listeners)


def arrives(world, name):
    return eventually(lambda: world.outside.tables["boat"][0]["name"] == name)


def test_a_change_goes_out_without_waiting_for_the_next_look(deaf_world):
    for name in ("One", "Two", "Three"):
        change(deaf_world, name)
        assert arrives(deaf_world, name)


def test_a_listener_that_was_cut_off_listens_again_and_catches_up(deaf_world):
    before = listening(deaf_world)
    with deaf_world.engine.connect() as connection:
        connection.execute(sa.text("SELECT pg_terminate_backend(:pid)"), {"pid": before})
    change(deaf_world, "Meanwhile")
    assert arrives(deaf_world, "Meanwhile")
    assert listening(deaf_world, other_than=before)
    change(deaf_world, "After")
    assert arrives(deaf_world, "After")


def test_a_change_that_is_rolled_back_wakes_nobody(deaf_world):
    row, version = deaf_world.rows("boat", "id", "version")[0]
    with deaf_world.engine.connect() as connection:
        listeners = Listeners((keep_outbox,))
        principal = Principal.system("portal")
        update(connection, deaf_world.snapshot, principal, "boat", row, version, {"name": "No"}, listeners=listeners)
        connection.rollback()
    change(deaf_world, "Yes")
    assert arrives(deaf_world, "Yes")


def test_a_wish_makes_the_worker_run_a_map_now_and_tells_what_came_of_it(world):
    fulfilled(world)  # the turn with which a worker begins is over
    world.put("boat", boat_row(2, seq=2))
    found, wish = fulfilled(world)
    assert isinstance(found, Run)
    assert (found.map, found.outcome, found.counts.inserted) == ("boats", "done", 1)
    with world.now() as connection:
        assert wished(connection) == {}
        withdraw(connection, [wish])
        assert outcomes(connection, [wish]) == {}


def test_a_wish_is_told_of_a_fault_too(world):
    world.outside.down = True
    with world.now() as connection:
        wish = wish_for(connection, "boats", world.home.now())
    found = eventually(lambda: told(world, wish))
    assert (found.outcome, found.message) == ("waiting", "outside is down")


def fulfilled(world):
    """What came of a wish for the map of boats, and the wish."""
    with world.now() as connection:
        wish = wish_for(connection, "boats", world.home.now())
    return eventually(lambda: told(world, wish)), wish


def told(world, wish):
    with world.engine.connect() as connection:
        return outcomes(connection, [wish]).get(wish)


def test_many_changes_of_one_record_go_out_in_order_one_after_the_other(world):
    seen = []
    push = MemoryAdapter.push

    def noted(adapter, change, idempotency):
        seen.append(change.values["name"])
        return push(adapter, change, idempotency)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MemoryAdapter, "push", noted)
        for number in range(20):
            change(world, f"Name {number}")
        assert arrives(world, "Name 19")
    assert seen == [f"Name {number}" for number in range(20)]
