"""A worker that is killed or stopped is followed by another within seconds, and writes nothing when it wakes."""

import os
import signal
import subprocess

import pytest
import sqlalchemy as sa

from runtime.database import hurried, make_engine, writing
from runtime.sync.worker import prepare
from support.harbour import boats, eventually, harbours, snapshot_of
from support.sql_outside import OUTSIDE_BOATS, differences, filled, start

SNAPSHOT = snapshot_of(harbours(), boats())


@pytest.fixture
def outside(tmp_path):
    engine = filled(f"sqlite:///{tmp_path / 'outside.db'}", 200)
    yield engine
    engine.dispose()


@pytest.fixture
def ours(database_url):
    engine = make_engine(database_url)
    with writing(engine).begin() as connection:
        SNAPSHOT.tables.create_all(connection)
    prepare(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def workers(database_url, outside):
    """Starts workers; whatever state they are in, they end with the test."""
    started = []

    def begin():
        started.append(start(database_url, outside, "50", stdout=subprocess.PIPE, stderr=subprocess.PIPE))
        assert started[-1].stdout.readline() == "working\n"
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def stop_between_writes(process, ours):
    """Stop a worker; SQLite's only writer must not be stopped while it is one, since nobody else could be."""
    while True:
        process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, process.pid, os.WSTOPPED)  # its threads run on until the one that took the signal has run
        try:
            with writing(hurried(ours, 200)).begin():
                return
        except sa.exc.OperationalError:
            process.send_signal(signal.SIGCONT)


def same(ours, outside):
    return eventually(lambda: not differences(ours, outside, SNAPSHOT), 60)


def rename(outside, name, seq):
    with outside.begin() as connection:
        connection.execute(sa.update(OUTSIDE_BOATS).where(OUTSIDE_BOATS.c.no == 7).values(name=name, seq=seq))


def holder(ours):
    with ours.connect() as connection:
        return connection.execute(sa.text("SELECT holder FROM foyer_sync_lease")).scalar()


def outlast(ours):
    """Let the lease that is held last for an hour from now."""
    with writing(ours).begin() as connection:
        connection.execute(sa.text("UPDATE foyer_sync_lease SET expires_at = expires_at + 3600"))


def pid(holder):
    return int(holder.partition("@")[0].rpartition(":")[2])


@pytest.mark.timeout(300)
def test_after_a_kill_the_next_worker_on_the_machine_takes_over_before_the_lease_runs_out(ours, outside, workers):
    first = workers()
    assert same(ours, outside)
    second = workers()
    rename(outside, "Second", 1000)
    assert same(ours, outside)
    first.kill()
    outlast(ours)
    assert eventually(lambda: pid(holder(ours)) == second.pid)
    rename(outside, "Third", 1001)
    assert same(ours, outside)


@pytest.mark.timeout(300)
def test_a_worker_that_was_stopped_past_its_lease_writes_nothing_when_it_wakes(ours, outside, workers):
    first = workers()
    assert same(ours, outside)
    stop_between_writes(first, ours)
    second = workers()
    assert eventually(lambda: pid(holder(ours)) == second.pid)
    rename(outside, "While it slept", 1000)
    assert same(ours, outside)
    first.send_signal(signal.SIGCONT)
    assert any("another worker has taken over" in line for line in first.stderr)
    rename(outside, "After it woke", 1001)
    assert same(ours, outside)
    assert pid(holder(ours)) == second.pid
    with ours.connect() as connection:
        table = SNAPSHOT.entities["boat"].table
        assert connection.execute(sa.select(table.c.version).where(table.c.number == 7)).scalar_one() == 4
