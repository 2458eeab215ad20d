"""Writers on one SQLite file take turns: first come, first served, and a turn ends however its transaction ends."""

import sqlite3
import threading
import time

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, OperationalError

from runtime.database import hurried, make_engine, writing
from runtime.turns import Turns, turns_of

SOON_MS = 60
LONG_S = 30


@pytest.fixture
def engine(sqlite_url):
    made = make_engine(sqlite_url)
    with writing(made).begin() as connection:
        connection.execute(sa.text("CREATE TABLE up (id INTEGER PRIMARY KEY)"))
        connection.execute(sa.text("CREATE TABLE noted (who TEXT, up INTEGER REFERENCES up DEFERRABLE INITIALLY DEFERRED)"))
    yield made
    made.dispose()


@pytest.fixture
def turns(engine):
    return turns_of(engine.url.database)


def note(connection, who, up=None):
    connection.execute(sa.text("INSERT INTO noted VALUES (:who, :up)"), {"who": who, "up": up})


def noted(engine):
    with engine.connect() as connection:
        return list(connection.execute(sa.text("SELECT who FROM noted ORDER BY rowid")).scalars())


def started(work, *arguments):
    thread = threading.Thread(target=work, args=arguments)
    thread.start()
    return thread


def until_waiting(turns, number):
    late = time.monotonic() + LONG_S
    while turns.waiting != number:
        assert time.monotonic() < late, "nobody came to wait"


def write(engine, who):
    with writing(engine).begin() as connection:
        note(connection, who)


def in_another_thread(engine):
    thread = started(write, hurried(engine, SOON_MS), "next")
    thread.join()
    return noted(engine)[-1:] == ["next"]


def test_first_come_is_first_served(engine, turns):
    with writing(engine).begin() as connection:
        threads = []
        for number in range(5):
            threads.append(started(write, engine, str(number)))
            until_waiting(turns, number + 1)
        note(connection, "first")
    for thread in threads:
        thread.join()
    assert noted(engine) == ["first", "0", "1", "2", "3", "4"]


def test_two_engines_and_changes_of_tables_stand_in_one_line(engine, turns):
    other = make_engine(engine.url)
    try:
        with writing(engine).begin():
            threads = [started(write, other, "other")]
            until_waiting(turns, 1)
            threads.append(started(write, other.execution_options(foyer_schema=True), "schema"))
            until_waiting(turns, 2)
        for thread in threads:
            thread.join()
    finally:
        other.dispose()
    assert noted(engine) == ["other", "schema"]


def test_who_is_in_a_hurry_gives_up_and_leaves_the_line(engine, turns):
    refused = []

    def give_up():
        with pytest.raises(OperationalError, match="locked") as error, hurried(writing(engine), SOON_MS).begin():
            pass
        refused.append(error.value)

    with writing(engine).begin() as connection:
        started(give_up).join()
        assert turns.waiting == 0
        note(connection, "kept")
    assert len(refused) == 1
    assert in_another_thread(engine)


def test_a_failed_transaction_ends_its_turn(engine):
    with pytest.raises(RuntimeError), writing(engine).begin():
        raise RuntimeError
    assert in_another_thread(engine)


def test_a_commit_that_is_refused_ends_its_turn_with_the_rollback(engine):
    with pytest.raises(IntegrityError), writing(engine).begin() as connection:
        note(connection, "dangling", up=7)
    assert in_another_thread(engine)


def test_a_connection_thrown_away_ends_its_turn(engine):
    with writing(engine).connect() as connection:
        connection.begin()
        connection.invalidate()
        assert in_another_thread(engine)


def test_a_turn_ends_with_the_commit_and_not_with_the_connection(engine):
    with writing(engine).connect() as connection:
        with connection.begin():
            note(connection, "one")
        assert in_another_thread(engine)
        with connection.begin():
            note(connection, "two")
    assert noted(engine) == ["one", "next", "two"]


def test_a_writer_of_another_process_is_waited_for_and_refused_as_ever(engine):
    outside = sqlite3.connect(engine.url.database, isolation_level=None)
    outside.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(OperationalError, match="locked"), hurried(writing(engine), SOON_MS).begin():
            pass
    finally:
        outside.execute("ROLLBACK")
        outside.close()
    assert in_another_thread(engine)


def test_a_thread_does_not_wait_in_line_for_itself(engine):
    with writing(engine).begin() as connection:
        with pytest.raises(OperationalError, match="locked"), hurried(writing(engine), SOON_MS).begin():
            pass
        note(connection, "outer")
    assert noted(engine) == ["outer"]
    assert in_another_thread(engine)


def test_many_writers_all_come_through(engine):
    ready = threading.Barrier(8)

    def work(who):
        ready.wait()
        for _ in range(20):
            write(engine, who)

    threads = [started(work, str(who)) for who in range(8)]
    for thread in threads:
        thread.join()
    assert len(noted(engine)) == 160


def test_a_turn_given_while_its_wait_ran_out_is_not_lost():
    turns = Turns()
    for _ in range(300):
        assert turns.take(1)
        got = []
        thread = started(lambda found: found.append(turns.take(0.0005)), got)
        until = time.monotonic() + 0.0005
        while time.monotonic() < until:
            pass
        turns.give()
        thread.join()
        if got == [True]:
            turns.give()
    assert turns.take(0)
