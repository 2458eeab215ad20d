"""Moments as SQLite keeps them, which may have been written by another program."""

import datetime as dt

import pytest
import sqlalchemy as sa

from metadata.types import UtcDateTime

NOON = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("stored", "moment"),
    [
        ("2026-11-22 12:00:00.000000", NOON),
        ("2026-11-22 12:00:00.000123", NOON.replace(microsecond=123)),
        ("2026-11-22T12:00", NOON),
        ("2026-11-22 14:00:00+02:00", NOON),
        ("2026-11-22 12:00:00Z", NOON),
        ("2026-11-22", NOON.replace(hour=0)),
        (None, None),
    ],
)
def test_a_moment_is_read_in_utc_however_it_is_written(stored, moment):
    clock = sa.table("clock", sa.column("at", UtcDateTime()))
    with sa.create_engine("sqlite://").connect() as connection:
        connection.exec_driver_sql("CREATE TABLE clock (at TEXT)")
        connection.exec_driver_sql("INSERT INTO clock VALUES (?)", (stored,))
        found = connection.execute(sa.select(clock)).scalar_one()
    assert found == moment
    assert found is None or found.tzinfo is dt.UTC


def test_what_is_no_moment_is_refused():
    clock = sa.table("clock", sa.column("at", UtcDateTime()))
    with sa.create_engine("sqlite://").connect() as connection:
        connection.exec_driver_sql("CREATE TABLE clock (at TEXT)")
        connection.exec_driver_sql("INSERT INTO clock VALUES ('noon')")
        with pytest.raises(ValueError, match="noon"):
            connection.execute(sa.select(clock)).scalar_one()


def test_a_moment_comes_back_as_it_went():
    clock = sa.Table("clock", sa.MetaData(), sa.Column("at", UtcDateTime()))
    at = dt.datetime(2026, 11, 22, 14, 5, 6, 789, tzinfo=dt.timezone(dt.timedelta(hours=2)))
    with sa.create_engine("sqlite://").connect() as connection:
        clock.create(connection)
        connection.execute(sa.insert(clock).values(at=at))
        assert connection.execute(sa.select(clock)).scalar_one() == at
