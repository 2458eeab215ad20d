"""Statements that PostgreSQL is sent again: the rows of psycopg's own cursor, and nothing lost where they cannot be sent."""

import datetime as dt
from decimal import Decimal

import psycopg
import pytest

from runtime import sending
from runtime.database import make_engine
from runtime.sending import SendingCursor

ALL = "SELECT $1::bigint, $2::text, $3::boolean, $4::numeric, $5::date, $6::timestamptz, $7::text"
VALUES = [
    -5,
    "“é” %s $1",
    True,
    Decimal("-1.50"),
    dt.date(2026, 3, 4),
    dt.datetime(2026, 3, 4, 5, 6, 7, 89, tzinfo=dt.UTC),
    None,
]
PARAMETERS = "SELECT %s::bigint, %s::text, %s::boolean, %s::numeric, %s::date, %s::timestamptz, %s::text"


@pytest.fixture
def cursor(database_url):
    """A cursor on a connection of the engine's own."""
    engine = make_engine(database_url)
    if engine.dialect.name != "postgresql":
        pytest.skip("SQLite has no messages to save")
    with engine.connect().execution_options(foyer_read=True) as connection:
        found = connection.connection.cursor()
        assert isinstance(found, SendingCursor)
        yield found
        connection.invalidate()
    engine.dispose()


def test_what_is_sent_again_gives_the_rows_of_the_drivers_own_cursor(cursor):
    expected = cursor.execute(PARAMETERS, VALUES).fetchall()
    assert [cursor.again(ALL, VALUES) for _ in range(3)] == [expected] * 3 == [[tuple(VALUES)]] * 3
    others = [7, "", False, Decimal("1E+3"), dt.date(1, 1, 1), dt.datetime(1, 1, 2, tzinfo=dt.UTC), "x"]
    assert cursor.again(ALL, others) == cursor.execute(PARAMETERS, others).fetchall()
    assert cursor.again("SELECT 1 WHERE $1", [False]) == []


@pytest.mark.parametrize("odd", ["a\0b", dt.datetime(2026, 3, 4), 1.5, b"x", ["x"]])
def test_values_that_the_driver_knows_better_are_left_to_it(cursor, odd):
    assert cursor.again("SELECT $1", [odd]) is None
    assert cursor.again("SELECT $1::text", ["x"]) == [("x",)]


def test_within_a_transaction_nothing_is_said_that_could_end_it(cursor):
    assert cursor.again("SELECT 1", []) == [(1,)]
    cursor.execute("BEGIN")
    assert cursor.again("SELECT nothing_of_the_kind", []) is None
    assert cursor.again("SELECT 1", []) == [(1,)]
    cursor.execute("COMMIT")


def test_a_statement_whose_columns_changed_is_said_anew(cursor):
    cursor.execute("CREATE TABLE pier (name varchar(4))")
    cursor.execute("INSERT INTO pier VALUES ('east')")
    assert cursor.again("SELECT * FROM pier", []) == [("east",)]
    cursor.execute("ALTER TABLE pier ADD length integer")
    assert cursor.again("SELECT * FROM pier", []) is None
    assert cursor.again("SELECT * FROM pier", []) == [("east", None)]
    cursor.execute("DEALLOCATE ALL")
    assert cursor.again("SELECT * FROM pier", []) is None
    assert cursor.again("SELECT * FROM pier", []) == [("east", None)]


@pytest.mark.parametrize("undo", ["ROLLBACK TO SAVEPOINT here", "ROLLBACK", None])
def test_what_the_driver_had_the_server_forget_is_proved_before_a_transaction_depends_on_it(cursor, undo):
    for _ in range(4):  # as often as psycopg waits before it has the server keep a statement of its own
        cursor.execute("SELECT 2")
    assert cursor.again("SELECT 1", []) == [(1,)]
    cursor.execute("BEGIN")
    cursor.execute("SAVEPOINT here")
    cursor.connection.rollback() if undo is None else cursor.execute(undo)
    assert cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'foyer%'").fetchone() == (0,)
    if not undo or " " not in undo:
        cursor.execute("BEGIN")
    assert cursor.again("SELECT 1", []) is None
    assert cursor.execute("SELECT 1").fetchall() == [(1,)]
    cursor.execute("COMMIT")
    assert cursor.again("SELECT 1", []) is None
    assert cursor.again("SELECT 1", []) == [(1,)]
    cursor.execute("BEGIN")
    assert cursor.again("SELECT 1", []) == [(1,)]
    cursor.execute("COMMIT")


def test_failures_are_those_of_the_driver(cursor):
    with pytest.raises(psycopg.errors.DivisionByZero):
        cursor.again("SELECT 1 / $1::bigint", [0])
    with psycopg.connect(cursor.connection.info.dsn, password=cursor.connection.info.password, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [cursor.connection.info.backend_pid])
    with pytest.raises(psycopg.OperationalError):
        cursor.again("SELECT 1 / $1::bigint", [1])


def test_a_connection_keeps_no_more_than_so_many(cursor, monkeypatch):
    monkeypatch.setattr(sending, "MOST", 3)
    for number in (1, 2, 3, 1, 4, 5):
        assert cursor.again(f"SELECT {number}", []) == [(number,)]
    kept = cursor.execute("SELECT statement FROM pg_prepared_statements WHERE name LIKE 'foyer%' ORDER BY 1").fetchall()
    assert kept == [("SELECT 1",), ("SELECT 4",), ("SELECT 5",)]
