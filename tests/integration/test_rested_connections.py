"""Connections of a pool: one that rested and died meanwhile is replaced unseen, one that was just in use is not asked."""

import math

import pytest
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from runtime import rested
from runtime.database import make_engine
from support.statements import note_statements

PING = ";"


@pytest.fixture
def engine(pg_url):
    made = make_engine(pg_url)
    yield made
    made.dispose()


def number(engine):
    with engine.connect() as connection:
        return connection.scalar(sa.text("SELECT pg_backend_pid()"))


def end(pg_url, number):
    with sa.create_engine(pg_url, poolclass=NullPool).connect() as connection:
        connection.execute(sa.text("SELECT pg_terminate_backend(:number, 10000)"), {"number": number})


def test_one_that_died_while_it_rested_is_replaced(engine, pg_url, monkeypatch):
    monkeypatch.setattr(rested, "REST_SECONDS", 0.0)
    first = number(engine)
    end(pg_url, first)
    assert number(engine) != first


def test_one_that_was_just_in_use_is_used_at_once(engine, monkeypatch):
    said = []
    note_statements(engine, said)
    monkeypatch.setattr(rested, "REST_SECONDS", math.inf)
    first = number(engine)
    said.clear()
    assert number(engine) == first
    assert PING not in said
    monkeypatch.setattr(rested, "REST_SECONDS", 0.0)
    assert number(engine) == first
    assert PING in said
