"""What is written is what is read back, whatever the value, in every type, in both databases."""

import datetime as dt
import json
from contextlib import contextmanager
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from metadata.compiler import compile_snapshot
from metadata.model import Attribute, Choice, Entity, Option, Site
from runtime.access import Principal
from runtime.database import writing
from runtime.records import create, fetch_record, update
from runtime.records.tables import AUDIT

pytestmark = pytest.mark.timeout(600)
SHARED = settings(suppress_health_check=list(HealthCheck))
OPTIONS = ("a", "b_2", "c-3")
SYSTEM = Principal.system("system")
TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=60)
HOSTILE = st.sampled_from(
    ["'; DROP TABLE thing; --", "%(v_line)s", ":v_line", "?", "%s %%", "{number}", '"', "\\", "\ufeff", "NULL"]
)
ATTRIBUTES = {
    "line": (Attribute(key="line", type="text"), TEXT | HOSTILE),
    "select": (Attribute(key="select", type="long_text"), TEXT | HOSTILE),
    "whole": (Attribute(key="whole", type="integer"), st.integers(-(2**63) + 1, 2**63 - 1)),
    "share": (
        Attribute(key="share", type="decimal", scale=3),
        st.integers(-(10**17), 10**17).map(lambda number: Decimal(number).scaleb(-3)),
    ),
    "price": (Attribute(key="price", type="money"), st.integers(-(10**17), 10**17).map(lambda n: Decimal(n).scaleb(-4))),
    "yes": (Attribute(key="yes", type="boolean"), st.booleans()),
    "day": (Attribute(key="day", type="date"), st.dates()),
    "moment": (
        Attribute(key="moment", type="datetime"),
        st.datetimes(dt.datetime(2, 1, 1), dt.datetime(9998, 1, 1)).map(lambda moment: moment.replace(tzinfo=dt.UTC)),
    ),
    "one": (Attribute(key="one", type="choice", choice="some"), st.sampled_from(OPTIONS)),
    "many": (
        Attribute(key="many", type="choices", choice="some"),
        st.lists(st.sampled_from(OPTIONS), min_size=1, unique=True).map(tuple),
    ),
    "key": (Attribute(key="key", type="unique_id"), st.uuids()),
}
COMPONENTS = (
    Site(key="s"),
    Choice(key="some", options=tuple(Option(value=value) for value in OPTIONS)),
    Entity(key="thing", primary_name="line", attributes=tuple(attribute for attribute, _ in ATTRIBUTES.values())),
)
VALUES = st.fixed_dictionaries({}, optional={key: st.none() | values for key, (_, values) in ATTRIBUTES.items()})
SNAPSHOT = compile_snapshot(COMPONENTS)


@contextmanager
def things(engine):
    with writing(engine).connect() as connection:
        SNAPSHOT.tables.create_all(connection)
        try:
            yield connection
        finally:
            connection.rollback()


@SHARED
@given(first=VALUES, second=VALUES)
def test_what_is_written_is_read_back(engine, first, second):
    everything = dict.fromkeys(ATTRIBUTES)
    with things(engine) as connection:
        made = create(connection, SNAPSHOT, SYSTEM, "thing", first)
        assert stored(connection, made.id) == {**everything, **first}
        update(connection, SNAPSHOT, SYSTEM, "thing", made.id, 1, second)
        assert stored(connection, made.id) == {**everything, **first, **second}
        changes = connection.scalars(select(AUDIT.c.changes).where(AUDIT.c.privilege == "create")).one()
        assert set(json.loads(changes)) == {key for key, value in first.items() if value is not None}


def stored(connection, row):
    return fetch_record(connection, SNAPSHOT, SYSTEM, "thing", "id", row, tuple(ATTRIBUTES)).values
