"""Engines: SQLite transactions that write begin so, and roll back changes of tables too."""

import threading

import pytest
import sqlalchemy as sa

from runtime.database import UnknownDatabase, make_engine, parse_url, writing


def test_a_transaction_that_fails_leaves_no_table(engine):
    with writing(engine).connect() as connection:
        transaction = connection.begin()
        connection.execute(sa.text("CREATE TABLE thing (id INTEGER)"))
        transaction.rollback()
    assert sa.inspect(engine).get_table_names() == []


def test_many_writers_wait_for_each_other(engine):
    with writing(engine).begin() as connection:
        connection.execute(sa.text("CREATE TABLE counter (n INTEGER)"))
        connection.execute(sa.text("INSERT INTO counter VALUES (0)"))

    def count():
        for _ in range(10):
            with writing(engine).begin() as connection:
                lock = "" if engine.dialect.name == "sqlite" else " FOR UPDATE"
                n = connection.execute(sa.text(f"SELECT n FROM counter{lock}")).scalar_one()
                connection.execute(sa.text("UPDATE counter SET n = :n"), {"n": n + 1})

    threads = [threading.Thread(target=count) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT n FROM counter")).scalar_one() == 60


def test_foreign_keys_hold_except_while_tables_change(sqlite_url):
    engine = make_engine(sqlite_url, pool_size=1)
    asked = sa.text("PRAGMA foreign_keys")
    try:
        with engine.execution_options(foyer_schema=True).begin() as connection:
            assert connection.execute(asked).scalar_one() == 0
        with engine.begin() as connection:
            assert connection.execute(asked).scalar_one() == 1
    finally:
        engine.dispose()


@pytest.mark.parametrize("text", ["mysql://x/y", "nonsense", "", "://", "file.db"])
def test_other_databases_are_refused_in_a_sentence(text):
    with pytest.raises(UnknownDatabase):
        parse_url(text)


def test_the_driver_is_chosen_for_the_admin():
    assert parse_url("postgres://h/d").drivername == "postgresql+psycopg"
    assert parse_url("sqlite:///x.db").drivername == "sqlite+pysqlite"
