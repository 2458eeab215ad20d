"""The engine's own tables, made while somebody else is writing."""

import contextlib
import datetime as dt
import threading

import sqlalchemy as sa

from connectors.conflicts import read_conflicts
from runtime.database import make_engine, writing
from runtime.identity import tables
from runtime.tables import KEPT, complete, create_engine_tables


def test_tables_are_made_although_another_process_keeps_writing(sqlite_url):
    first, second = make_engine(sqlite_url), make_engine(sqlite_url)
    with writing(first).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE busy (n INTEGER)")
    stop = threading.Event()

    def write():
        number = 0
        while not stop.is_set():
            number += 1
            with writing(first).begin() as connection:
                connection.exec_driver_sql("INSERT INTO busy VALUES (?)", (number,))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        create_engine_tables(second)
    finally:
        stop.set()
        writer.join()
    wanted = {name for kept in KEPT for name in kept.tables}
    assert wanted <= set(sa.inspect(second).get_table_names())
    first.dispose()
    second.dispose()


def test_a_start_with_all_tables_there_waits_for_no_writer(sqlite_url):
    first, second = make_engine(sqlite_url), make_engine(sqlite_url)
    create_engine_tables(first)
    done = threading.Event()

    def start():
        create_engine_tables(second)
        done.set()

    with writing(first).begin():
        starter = threading.Thread(target=start)
        starter.start()
        assert done.wait(60)
    starter.join()
    first.dispose()
    second.dispose()


def test_tables_of_an_earlier_version_get_what_is_new_and_keep_their_rows(database_url):
    engine = make_engine(database_url)
    create_engine_tables(engine)
    with writing(engine).begin() as connection:
        connection.exec_driver_sql("DROP TABLE foyer_engine")
        connection.exec_driver_sql("DROP TABLE foyer_login")
        connection.exec_driver_sql(
            "CREATE TABLE foyer_login (contact_id BIGINT PRIMARY KEY, email VARCHAR(320), password_hash TEXT)"
        )
        connection.exec_driver_sql("INSERT INTO foyer_login (contact_id, email, password_hash) VALUES (7, 'a@b.example', 'x')")
        connection.exec_driver_sql("DROP INDEX ix_foyer_audit_row")
    for _ in range(2):
        create_engine_tables(engine)
    with engine.connect() as connection:
        row = connection.execute(sa.select(tables.logins)).one()
        names = {index["name"] for index in sa.inspect(connection).get_indexes("foyer_audit")}
    assert (row.contact_id, row.email, row.failed, row.disabled, row.locked_until) == (7, "a@b.example", 0, False, None)
    assert "ix_foyer_audit_row" in names
    engine.dispose()


def test_every_column_can_be_added_to_a_table_of_an_earlier_version(database_url):
    engine = make_engine(database_url)
    create_engine_tables(engine)
    gone = set()
    with writing(engine).begin() as connection:
        for table in (table for kept in KEPT for table in kept.sorted_tables if table.name != "foyer_engine"):
            for column in table.columns:
                # What a key, a reference or an index needs is not let go.
                with contextlib.suppress(sa.exc.DBAPIError), connection.begin_nested():
                    if not column.primary_key:
                        connection.exec_driver_sql(f'ALTER TABLE {table.name} DROP COLUMN "{column.name}"')
                        gone.add((table.name, column.name))
        connection.exec_driver_sql("DROP TABLE foyer_engine")
    create_engine_tables(engine)
    with engine.connect() as connection:
        there = sa.inspect(connection)
        names = {(table, column["name"]) for table in {table for table, _ in gone} for column in there.get_columns(table)}
    assert len(gone) > 100
    assert gone <= names
    engine.dispose()


def test_a_default_of_the_database_is_the_only_one_of_a_column_that_is_added(database_url):
    engine, kept = make_engine(database_url), sa.MetaData()
    sa.Table("told", kept, sa.Column("id", sa.Integer, primary_key=True))
    with writing(engine).begin() as connection:
        kept.create_all(connection)
        connection.exec_driver_sql("INSERT INTO told (id) VALUES (1)")
        fresh = sa.Column("said", sa.Text, nullable=False, default="no", server_default="yes")
        complete(connection, sa.Table("told", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), fresh))
        assert connection.exec_driver_sql("SELECT said FROM told").scalar() == "yes"
    engine.dispose()


def test_conflicts_of_an_earlier_version_are_told_and_say_nothing_of_a_sum(database_url):
    engine = make_engine(database_url)
    create_engine_tables(engine)
    values = "(1, 'boats', 'boat', 7, 'price', '1', '2', 'portal', 3, '2026-01-02 03:04:05')"
    with writing(engine).begin() as connection:
        connection.exec_driver_sql("DROP TABLE foyer_engine")
        connection.exec_driver_sql("DROP TABLE foyer_sync_conflict")
        connection.exec_driver_sql(
            "CREATE TABLE foyer_sync_conflict (id BIGINT PRIMARY KEY, map VARCHAR(120), entity VARCHAR(60), record_id BIGINT,"
            " attribute VARCHAR(60), ours TEXT, theirs TEXT, winner VARCHAR(20), owed BIGINT, at TIMESTAMP, last_owed BIGINT)"
        )
        names = "(id, map, entity, record_id, attribute, ours, theirs, winner, owed, at)"
        connection.exec_driver_sql(f"INSERT INTO foyer_sync_conflict {names} VALUES {values}")
    create_engine_tables(engine)
    with engine.connect() as connection:
        (found,) = read_conflicts(connection, ["boats"])
    assert (found.ours, found.theirs, found.winner, found.base, found.total) == (1, 2, "portal", None, None)
    engine.dispose()


def test_rows_that_stand_in_the_way_of_a_unique_index_stop_no_start(database_url, caplog):
    engine = make_engine(database_url)
    create_engine_tables(engine)
    with writing(engine).begin() as connection:
        connection.exec_driver_sql("DELETE FROM foyer_engine")
        connection.exec_driver_sql("DROP INDEX uq_foyer_external_login")
        for contact in (1, 2):
            now = dt.datetime.now(dt.UTC)
            values = {"issuer": "i", "subject": "s", "contact_id": contact, "created_at": now, "used_at": now}
            connection.execute(sa.insert(tables.external_logins).values(values))
    create_engine_tables(engine)
    assert "uq_foyer_external_login" in caplog.records[-1].index
    with writing(engine).begin() as connection:
        connection.execute(sa.delete(tables.external_logins).where(tables.external_logins.c.contact_id == 2))
    create_engine_tables(engine)
    assert "uq_foyer_external_login" in {index["name"] for index in sa.inspect(engine).get_indexes("foyer_external_login")}
    engine.dispose()
