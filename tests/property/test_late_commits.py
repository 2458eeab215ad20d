"""Rows whose transaction committed late are read all the same, each version once."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from connectors.sql.adapter import SqlAdapter
from connectors.tablemap import compiled_map
from connectors.values import dump_json, load_json
from support.harbour import eventually, harbours, snapshot_of

OVERLAP = 8
MAP = compiled_map(snapshot_of(harbours(overlap=OVERLAP)), "harbours")
OUTSIDE = sa.MetaData()
TABLE = sa.Table(
    "harbour",
    OUTSIDE,
    sa.Column("code", sa.String(10), primary_key=True),
    sa.Column("name", sa.String(60)),
    sa.Column("depth", sa.Float),
    sa.Column("seq", sa.Integer),
)


class Source:
    """An outside table, a clock of its own, and what was pulled from it."""

    def __init__(self, url: str) -> None:
        self.engine = sa.create_engine(url)
        OUTSIDE.create_all(self.engine)
        self.time = 1000.0
        self.counter = 0
        self.adapter = SqlAdapter("outside", {"url": url}, lambda: self.time)
        self.cursor: Any = None
        self.got: list[tuple[str, str]] = []

    def pull(self, limit: int = 3) -> None:
        more = True
        while more:
            batch = self.adapter.pull(MAP, self.cursor, limit)
            self.got += [(record["code"], record["name"]) for record in batch.records]
            self.cursor, more = load_json(dump_json(batch.cursor)), batch.more

    def next(self) -> int:
        self.counter += 1
        return self.counter

    def there(self) -> set[tuple[str, str]]:
        with self.engine.connect() as connection:
            return {(row.code, row.name) for row in connection.execute(sa.select(TABLE))}

    def close(self) -> None:
        self.adapter.close()
        self.engine.dispose()


@pytest.fixture
def source(sqlite_url: str) -> Iterator[Source]:
    made = Source(sqlite_url)
    yield made
    made.close()


STEPS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, OVERLAP), st.sampled_from("PTU")), max_size=40)


@given(STEPS)
def test_whoever_commits_within_the_overlap_is_read_once(tmp_path_factory, steps):
    source = Source(f"sqlite:///{tmp_path_factory.mktemp('late') / 'outside.db'}")
    try:
        waiting: list[tuple[float, int, str]] = []
        source.pull()
        for number, (ticks, delay, what) in enumerate(steps):
            source.time += ticks
            commit_due(source, waiting)
            if what == "P":
                source.pull()
            code = f"C{number % 5}" if what == "U" else f"N{number}"
            if what != "P" and code not in {entry[2] for entry in waiting}:
                waiting.append((source.time + delay, source.next(), code))
        source.time += OVERLAP
        commit_due(source, waiting)
        for _ in range(3):
            source.pull()
            source.time += OVERLAP
        assert source.there() <= set(source.got)
        assert len(source.got) == len(set(source.got))
        cursor = source.cursor
        source.pull()
        assert source.cursor == cursor
    finally:
        source.close()


def commit_due(source: Source, waiting: list[tuple[float, int, str]]) -> None:
    """What began earlier is there from now on, with the change value that it took when it began."""
    for entry in sorted(waiting):
        when, seq, code = entry
        if when <= source.time:
            waiting.remove(entry)
            with source.engine.begin() as connection:
                connection.execute(sa.delete(TABLE).where(TABLE.c.code == code))
                connection.execute(sa.insert(TABLE).values(code=code, name=f"version {seq}", depth=1.0, seq=seq))


def put(connection: sa.Connection, code: str, seq: int) -> None:
    connection.execute(sa.insert(TABLE).values(code=code, name=code, depth=1.0, seq=seq))


def test_a_row_that_commits_late_behind_one_that_was_read_is_not_missed(pg_url):
    source = Source(pg_url)
    source.pull()
    with source.engine.connect() as slow:
        put(slow, "LATE", source.next())
        with source.engine.begin() as quick:
            put(quick, "QUICK", source.next())
        source.pull()
        assert source.got == [("QUICK", "QUICK")]
        slow.commit()
    source.time += 1
    source.pull()
    assert source.got == [("QUICK", "QUICK"), ("LATE", "LATE")]
    source.close()


def test_a_transaction_that_runs_longer_than_the_overlap_is_waited_for_on_postgresql(pg_url):
    source = Source(pg_url)
    with source.engine.begin() as first:
        put(first, "FIRST", source.next())
    source.pull()
    with source.engine.connect() as slow:
        put(slow, "LATE", source.next())
        for code in ("A", "B", "C"):
            with source.engine.begin() as quick:
                put(quick, code, source.next())
            source.pull()
            source.time += 3 * OVERLAP
            source.pull()
        slow.commit()
    source.pull()
    assert {code for code, _ in source.got} == {"A", "B", "C", "FIRST", "LATE"}
    assert eventually(lambda: closed(source), 60)  # transactions of other databases on the server count too
    source.close()


def closed(source: Source) -> bool:
    source.time += OVERLAP
    source.pull()
    return bool(source.cursor["floor"] == source.cursor["change"] == 5)


def test_a_load_begins_when_the_transactions_that_ran_have_ended(pg_url):
    source = Source(pg_url)
    with source.engine.begin() as first:
        put(first, "FIRST", 10)
    with source.engine.connect() as slow:
        put(slow, "AAA", 5)
        ending = threading.Timer(0.3, slow.commit)
        ending.start()
        source.pull(limit=1)
        ending.join()
    assert sorted(code for code, _ in source.got) == ["AAA", "FIRST"]
    source.close()


def test_a_map_that_gets_an_overlap_later_goes_on_where_it_was(source):
    without = compiled_map(snapshot_of(harbours()), "harbours")
    with source.engine.begin() as connection:
        put(connection, "GOT", source.next())
    cursor = None
    for _ in range(2):
        cursor = load_json(dump_json(source.adapter.pull(without, cursor, 10).cursor))
    source.cursor = cursor
    source.pull()
    assert source.got in ([], [("GOT", "GOT")])
    with source.engine.begin() as connection:
        put(connection, "STO", source.next())
    source.pull()
    assert ("STO", "STO") in source.got
    batch = source.adapter.pull(without, source.cursor, 10)
    assert {record["code"] for record in batch.records} <= {"STO"}


def test_more_rows_in_the_window_than_are_remembered_are_read_again_and_not_lost(source, monkeypatch):
    monkeypatch.setattr("connectors.sql.window.SEEN", 4)
    source.pull()
    with source.engine.begin() as connection:
        for number in range(10):
            put(connection, f"C{number}", source.next())
    source.pull()
    source.pull()
    assert {code for code, _ in source.got} == {f"C{number}" for number in range(10)}
