"""A change in a database that tells its changes is here at once, however long the interval of its map is."""

import threading
from dataclasses import replace

import pytest
import sqlalchemy as sa

from connectors import called as called_maps
from connectors.called import Called
from connectors.history import read_runs
from connectors.wishes import outcomes, wish_for
from runtime.sync.worker import Worker
from support.harbour import eventually, snapshot_of
from support.tracked import Tracked

LONG = 600.0
HEARING = sa.text(
    "SELECT pid FROM pg_stat_activity WHERE query LIKE '%foyer_0%' AND datname = current_database() AND pid <> pg_backend_pid()"
)


@pytest.fixture
def heard(tracked: Tracked):
    """The tracked world with an interval that no test waits for, and a worker on it."""
    (table_map,) = tracked.world.snapshot.table_maps.values()
    slow = replace(table_map, interval=LONG)
    tracked.world.snapshot = snapshot_of(slow, settings={"url": tracked.url}, connector="sql")
    tracked.install()
    tracked.add(1)
    stop = threading.Event()
    worker = threading.Thread(target=Worker(tracked.world.engine, lambda: tracked.world.snapshot, stop).run)
    worker.start()
    assert eventually(lambda: names(tracked) == {"H1": "A"})
    yield tracked
    stop.set()
    worker.join()


def names(tracked):
    return dict(tracked.world.rows("harbour", "code", "name"))


def test_changes_come_long_before_the_interval_is_over(heard):
    for at in range(2, 5):
        heard.add(at)
        assert eventually(lambda at=at: f"H{at}" in names(heard))
    heard.run("UPDATE harbour SET name = 'B' WHERE no = 1", "DELETE FROM harbour WHERE no = 2")
    assert eventually(lambda: names(heard) == {"H1": "B", "H3": "A", "H4": "A"})


def test_a_change_that_commits_behind_a_later_one_comes_too(heard):
    if heard.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer")
    with heard.engine.connect() as slow:
        slow.execute(sa.text("INSERT INTO harbour VALUES (2, 'H2', 'A', 1)"))
        heard.add(3)
        assert eventually(lambda: "H3" in names(heard))
        slow.commit()
    assert eventually(lambda: "H2" in names(heard))


def test_who_was_cut_off_hears_again(heard):
    if heard.engine.dialect.name != "postgresql":
        pytest.skip("PostgreSQL ends connections by name")
    (ear,) = eventually(lambda: hearing(heard))
    heard.run(f"SELECT pg_terminate_backend({ear})")
    heard.add(2)
    assert eventually(lambda: set(hearing(heard)) - {ear})
    heard.add(3)
    assert eventually(lambda: {"H2", "H3"} <= names(heard).keys())


def hearing(tracked):
    with tracked.engine.connect() as connection:
        return connection.scalars(HEARING).all()


def test_what_is_pulled_many_times_in_a_row_is_told_as_one_run(heard, monkeypatch):
    monkeypatch.setattr(called_maps, "TOLD_AFTER", LONG)
    for at in range(2, 12):
        heard.add(at)
        assert eventually(lambda at=at: f"H{at}" in names(heard))
    wanted = wish(heard)
    assert eventually(lambda: asked(heard, lambda connection: outcomes(connection, [wanted])))
    runs = [run for run in asked(heard, lambda connection: read_runs(connection, "harbours", 100)) if run.mode == "changes"]
    assert sum(run.counts.inserted for run in runs) == 10
    assert len(runs) <= 3


def asked(tracked, what):
    with tracked.world.engine.connect() as connection:
        return what(connection)


def wish(tracked):
    with tracked.world.now() as connection:
        return wish_for(connection, "harbours", tracked.world.home.now())


def test_a_map_that_is_called_for_nothing_rests_in_proportion_to_what_looking_cost():
    now = [100.0]
    called = Called(clock=lambda: now[0])
    called.call("a")
    assert called.take("a")
    assert not called.take("a")
    begun, now[0] = now[0], 100.5
    called.pulled("a", begun, found=False)
    called.call("a")
    called.call("b")
    assert called.take("b")
    now[0] = 105.0
    assert not called.take("a")
    now[0] = 105.6
    assert called.take("a"), "the call was kept"
    called.pulled("a", 105.6, found=True)
    called.call("a")
    assert called.take("a")
