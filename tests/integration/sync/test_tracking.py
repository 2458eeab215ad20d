"""Changes that a database tells by triggers or by its log: every one, deletions too, and gaps loudly."""

import contextlib
import threading
from dataclasses import replace

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from connectors.errors import Fatal
from connectors.sql.installing import plan_tracking
from connectors.tablemap import compiled_maps
from metadata.model import Connection
from metadata.store import MetadataStore
from runtime.cli.sync import command
from runtime.database import make_engine
from support.harbour import BOAT, HARBOUR, STATE, column, harbours, snapshot_of
from support.tracked import Tracked


def test_rows_that_are_there_and_every_change_afterwards_come_deletions_and_keys_too(tracked):
    tracked.add(*range(1, 8))
    tracked.install()
    assert len(tracked.pull()) == 7
    tracked.run(
        "UPDATE harbour SET name = 'B' WHERE no = 1",
        "UPDATE harbour SET code = 'K2' WHERE no = 2",
        "DELETE FROM harbour WHERE no = 3",
        "DELETE FROM harbour WHERE no = 4",
        "INSERT INTO harbour VALUES (4, 'H4', 'New', 1)",
        "INSERT INTO harbour VALUES (8, 'H8', 'Gone again', 1)",
        "DELETE FROM harbour WHERE no = 8",
    )
    expected = [("H1", "B"), ("H4", "New"), ("H5", "A"), ("H6", "A"), ("H7", "A"), ("K2", "A")]
    assert tracked.pull() == expected
    tracked.again()
    assert tracked.pull() == expected
    run = tracked.world.pull()["harbours"]
    assert (run.counts.taken, run.counts.deleted) == (0, 0), "nothing is told twice once it is taken"


def test_what_was_taken_and_not_acknowledged_is_told_again_and_harmless(tracked):
    tracked.install()
    tracked.pull()
    tracked.add(1, 2)
    tracked.world.adapter.committed = lambda table_map, cursor: None
    tracked.pull()
    tracked.run("DELETE FROM harbour WHERE no = 2")
    tracked.again()
    assert tracked.pull() == [("H1", "A")]
    assert column(tracked.world.rows("harbour", "version")) == [1]


def test_a_page_that_is_read_ahead_brings_what_comes_after_the_one_that_is_not_committed_yet(tracked):
    tracked.install()
    tracked.pull()
    for no in range(1, 8):
        tracked.add(no)
    table_map, cursor = compiled_maps(tracked.world.snapshot)[0], tracked.world.checkpoint("harbours").cursor
    tracked.again()
    found, more = [], True
    while more:
        batch = tracked.world.adapter.pull(table_map, cursor, 3)
        found += [record["code"] for record in batch.records]
        cursor, more = batch.cursor, batch.more
    assert found == [f"H{no}" for no in range(1, 8)]


def test_a_transaction_that_commits_late_is_not_missed(tracked):
    if tracked.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    tracked.install()
    tracked.pull()
    slow = tracked.engine.connect()
    slow.execute(sa.text("INSERT INTO harbour VALUES (1, 'H1', 'late', 1)"))
    tracked.add(2, 3)
    assert tracked.pull() == [("H2", "A"), ("H3", "A")]
    slow.commit()
    slow.close()
    assert tracked.pull() == [("H1", "late"), ("H2", "A"), ("H3", "A")]


def test_many_writers_beside_the_worker_leave_both_sides_the_same(tracked):
    tracked.install()
    tracked.pull()

    def write(first):
        for at in range(20):
            no = first * 100 + at
            tracked.run(f"INSERT INTO harbour VALUES ({no}, 'H{no}', 'A', 1)", f"UPDATE harbour SET name = 'B' WHERE no = {no}")
            if at % 4 == 0:
                tracked.run(f"DELETE FROM harbour WHERE no = {no}")

    writers = [threading.Thread(target=write, args=(first,)) for first in (1, 2)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        tracked.world.pull()
    with tracked.engine.connect() as connection:
        theirs = [tuple(row) for row in connection.execute(sa.select(tracked.table.c.code, tracked.table.c.name))]
    assert tracked.pull() == sorted(theirs)
    assert len(theirs) == 30


def test_installing_shows_what_it_does_does_it_once_and_takes_all_of_it_out_again(tracked):
    before = sorted(sa.inspect(tracked.engine).get_table_names())
    planned = tracked.install(run=False)
    assert planned
    assert sorted(sa.inspect(tracked.engine).get_table_names()) == before
    assert [step.what for step in tracked.install()] == [step.what for step in planned]
    assert tracked.install() == []
    tracked.pull()
    assert tracked.install(remove=True)
    assert tracked.install(remove=True) == []
    tracked.add(1)
    assert set(sa.inspect(tracked.engine).get_table_names()) <= {*before, "foyer_tracking"}


def test_what_is_shown_can_be_given_to_whoever_runs_that_database(tracked):
    """A script of several maps, run by a client that ends statements at semicolons where the database has no better way."""
    settings, (first,) = {"url": tracked.url}, compiled_maps(tracked.world.snapshot)
    maps = compiled_maps(snapshot_of(first.model, replace(first.model, key="quays"), settings=settings, connector="sql"))
    shown = [step.statement for step in plan_tracking("outside", settings, maps)]
    assert len(shown) == len(set(shown))
    if tracked.engine.dialect.name in ("mysql", "mariadb"):
        assert [statement for statement in shown if ";" in statement] == []
    with tracked.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in shown:
            connection.exec_driver_sql(statement)
    assert plan_tracking("outside", settings, maps) == []
    tracked.add(1)
    assert tracked.pull() == [("H1", "A")]
    tracked.run("UPDATE harbour SET code = 'H2' WHERE no = 1")
    assert tracked.pull() == [("H2", "A")]


def test_nothing_is_read_where_nothing_is_installed(tracked):
    tracked.add(1)
    assert tracked.pull() == []
    assert "install-tracking" in tracked.problem()


def test_where_changes_were_not_told_nothing_is_written_until_the_gap_is_filled(tracked):
    tracked.install()
    tracked.add(1, 2, 3)
    tracked.pull()
    tracked.install(remove=True)
    tracked.run("DELETE FROM harbour WHERE no = 2", "UPDATE harbour SET name = 'B' WHERE no = 1")
    tracked.install()
    tracked.add(4)
    tracked.again()
    assert tracked.pull() == [("H1", "A"), ("H2", "A"), ("H3", "A")]
    assert tracked.problem().startswith("gap: ")
    assert "backfill" in tracked.problem()
    tracked.backfill("no", "1", "1")
    tracked.pull()
    assert ("H1", "B") in tracked.pull(), "the range was read"
    tracked.backfill()
    assert tracked.pull() == [("H1", "B"), ("H3", "A"), ("H4", "A")]
    tracked.add(5)
    assert len(tracked.pull()) == 4
    assert tracked.problem() == ""


def test_what_changes_while_rows_are_read_again_does_not_wait_for_their_end(tracked, monkeypatch):
    if compiled_maps(tracked.world.snapshot)[0].model.tracking == "log":
        pytest.skip("the log is decoded anew at each ask: what changes is told afterwards")
    tracked.add(*range(1, 41))
    tracked.install()
    tracked.pull()
    tracked.backfill()
    real, pulls, seen = tracked.world.adapter.pull, [], []

    def changing(table_map, cursor, limit):
        """At the third page somebody renames the last row and deletes the one before it."""
        pulls.append(cursor)
        if len(pulls) == 3:
            tracked.run("UPDATE harbour SET name = 'B' WHERE no = 40", "DELETE FROM harbour WHERE no = 39")
        names = dict(tracked.world.rows("harbour", "code", "name"))
        seen.append((cursor.get("phase"), names["H40"], "H39" in names))
        return real(table_map, cursor, limit)

    with monkeypatch.context() as patched:
        patched.setattr(tracked.world.adapter, "pull", changing)
        rows = tracked.pull()
    assert ("load", "B", False) in seen
    assert len(rows) == 39
    assert ("H40", "B") in rows
    tracked.run("UPDATE harbour SET name = 'C' WHERE no = 40")
    assert ("H40", "C") in tracked.pull()
    assert tracked.problem() == ""


def test_a_table_that_was_emptied_at_once_is_a_gap(tracked):
    if tracked.engine.dialect.name != "postgresql":
        pytest.skip("TRUNCATE is told by PostgreSQL alone")
    tracked.install()
    tracked.add(1)
    tracked.pull()
    tracked.pull()
    tracked.run("TRUNCATE harbour")
    assert tracked.pull() == [("H1", "A")]
    assert tracked.problem().startswith("gap: ")
    tracked.install()
    tracked.backfill()
    assert tracked.pull() == []


def test_what_leaves_the_filter_is_told(tracked, tmp_path):
    tracked.close()
    with tracked.engine.begin() as connection:
        tracked.table.drop(connection)
    tracking = compiled_maps(tracked.world.snapshot)[0].model.tracking
    filtered = Tracked(tracked.url, tracking, f"sqlite:///{tmp_path / 'filtered.db'}", filter=(("name", "A"),))
    filtered.install()
    filtered.add(1, 2)
    filtered.pull()
    filtered.run("UPDATE harbour SET name = 'closed' WHERE no = 1")
    assert filtered.pull() == [("H2", "A")]
    filtered.close()


@pytest.fixture
def terminal(tmp_path):
    """The command line of a published site whose harbours are tracked in an SQLite file."""
    outside, ours = tmp_path / "outside.db", f"sqlite:///{tmp_path / 'ours.db'}"
    outside.touch()
    engine, store = sa.create_engine(f"sqlite:///{outside}"), MetadataStore(make_engine(ours))
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE harbour (code VARCHAR(10) PRIMARY KEY, name VARCHAR(60), depth NUMERIC)"))
        connection.execute(sa.text("INSERT INTO harbour VALUES ('GOT', 'Gothenburg', 11), ('MMA', 'Malmö', 9)"))
    connection = Connection(key="outside", connector="sql", settings=(("url", f"sqlite:///{outside}"),))
    store.create()
    store.publish("tests", components=(HARBOUR, BOAT, STATE, connection, harbours(change_column="", tracking="triggers")))
    environment = {"FOYER_DATABASE_URL": ours, "FOYER_DATA_DIR": str(tmp_path), "FOYER_SECRET_KEY": "a secret of the tests"}

    def sync(*words):
        done = CliRunner().invoke(command, list(words), env=environment)
        return done.exit_code, done.output

    def run(statement):
        with engine.begin() as open_connection:
            open_connection.execute(sa.text(statement))

    yield sync, run
    engine.dispose()


def test_an_operator_installs_runs_and_closes_a_gap(terminal):
    sync, run = terminal
    assert "install-tracking outside" in sync("run")[1]
    assert "CREATE TRIGGER" in sync("install-tracking", "outside", "--plan")[1]
    assert sync("install-tracking", "outside")[0] == 0
    assert sync("install-tracking", "outside") == (0, "Everything is there.\n")
    assert "2 new" in sync("run")[1]
    run("UPDATE harbour SET name = 'Göteborg' WHERE code = 'GOT'")
    assert "1 changed" in sync("run")[1]
    run("DROP TRIGGER foyer_change_harbours_u")
    run("UPDATE harbour SET name = 'Malmo' WHERE code = 'MMA'")
    code, output = sync("run")
    assert (code, "backfill harbours" in output) == (1, True)
    assert "gap" in sync("status")[1]
    sync("install-tracking", "outside")
    assert sync("run")[0] == 1
    code, output = sync("backfill", "harbours")
    assert (code, "all rows" in output) == (0, True)
    assert "1 changed" in sync("run")[1]
    assert "current" in sync("status")[1]


def test_what_cannot_be_tracked_is_told(terminal):
    sync, _ = terminal
    assert "connections with such maps: outside" in sync("install-tracking", "outsid")[1]
    assert sync("backfill", "harbours", "--from", "1")[0] == 1


def test_a_slot_needs_a_server_whose_log_can_be_decoded(pg_url, tmp_path):
    with contextlib.closing(Tracked(pg_url, "log", f"sqlite:///{tmp_path / 'ours.db'}")) as tracked:
        with tracked.engine.connect() as connection:
            if connection.execute(sa.text("SHOW wal_level")).scalar_one() == "logical":
                pytest.skip("this server's log can be decoded")
        with pytest.raises(Fatal, match="wal_level"):
            tracked.install()


def test_the_log_moves_on_where_other_tables_change(log_url, tmp_path, monkeypatch):
    monkeypatch.setattr("connectors.sql.decoding.IDLE_BYTES", 100_000)
    with contextlib.closing(Tracked(log_url, "log", f"sqlite:///{tmp_path / 'ours.db'}")) as tracked:
        tracked.install()
        tracked.pull()

        def held():
            chosen = sa.text("SELECT confirmed_flush_lsn::text FROM pg_replication_slots WHERE database = current_database()")
            with tracked.engine.connect() as connection:
                return connection.execute(chosen).scalar_one()

        before = held()
        tracked.run("CREATE TABLE other AS SELECT repeat('x', 1000) FROM generate_series(1, 1000)")
        tracked.pull()
        assert held() != before
        tracked.add(1)
        tracked.again()
        assert tracked.pull() == [("H1", "A")]
