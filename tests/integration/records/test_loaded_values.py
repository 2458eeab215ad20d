"""Values of a load are stored as those of single rows are, whatever way the database takes them."""

import datetime as dt
import uuid
from decimal import Decimal

import pytest
import sqlalchemy as sa

from metadata.compiler import compile_snapshot
from metadata.model import AlternateKey, Attribute, Choice, Entity, Option
from runtime.access import Principal
from runtime.database import make_engine, writing
from runtime.records.bulk import SqlRowStore

LAST = dt.datetime.max.replace(tzinfo=dt.UTC)
EAST = dt.timezone(dt.timedelta(hours=14))
VALUES = {
    "number": (1, 2**63 - 1, -(2**63), 0),
    "name": ("plain", "tab\tand\nline\r", "\\N", "é😀|,\"'"),
    "notes": (None, "", "\\.", "x" * 40_000),
    "weight": (Decimal("0.000001"), Decimal("-999999999999.999999"), None, Decimal("1E+3")),
    "price": (Decimal("1.005"), Decimal("-0.0000"), Decimal("12345678901234.5678"), None),
    "held": (True, False, None, True),
    "day": (dt.date(1, 1, 1), dt.date(9999, 12, 31), None, dt.date(2000, 2, 29)),
    "at": (dt.datetime(2026, 1, 1, 3, 4, 5, 678901, dt.UTC), dt.datetime(1, 1, 2, tzinfo=EAST), None, LAST),
    "token": (uuid.UUID(int=0), uuid.UUID(int=2**128 - 1), None, uuid.UUID(int=7)),
    "state": ("a", "b", None, "a"),
    "tags": (("a", "b"), (), None, ("b",)),
}
TYPES = ("integer", "text", "long_text", "decimal", "money", "boolean", "date", "datetime", "unique_id", "choice", "choices")
CHOICE = {"choice": "letter"}
THING = Entity(
    key="thing",
    primary_name="name",
    keys=(AlternateKey(key="number", attributes=("number",)),),
    attributes=tuple(
        Attribute(key=key, type=kind, **(CHOICE if kind.startswith("choice") else {}))
        for key, kind in zip(VALUES, TYPES, strict=True)
    ),
)
ROWS = list(zip(*VALUES.values(), strict=True))


@pytest.fixture
def things(database_url):
    """How a way of storing rows leaves them."""
    snapshot = compile_snapshot((THING, Choice(key="letter", options=(Option(value="a"), Option(value="b")))))
    engine = make_engine(database_url)
    with writing(engine).begin() as connection:
        snapshot.tables.create_all(connection)
    table = snapshot.entities["thing"].table

    def stored(store):
        with writing(engine).connect() as connection:
            store(SqlRowStore(connection, snapshot, Principal.system("sync")))
            return [tuple(row) for row in connection.execute(sa.select(*(table.c[name] for name in VALUES)).order_by("number"))]

    yield stored
    engine.dispose()


def test_values_of_every_type_come_to_the_same_in_a_load_and_one_by_one(things):
    one_by_one = things(lambda rows: rows.upsert("thing", ("number",), [dict(zip(VALUES, row, strict=True)) for row in ROWS]))
    assert len(one_by_one) == len(ROWS)
    assert things(lambda rows: rows.bulk_load("thing", ("number",), tuple(VALUES), ROWS)) == one_by_one


def test_numbers_written_as_texts_are_read_as_those_of_their_columns(things):
    rows = [(7, "seven", "1.5"), (8, "eight", Decimal("2"))]
    found = things(lambda store: store.bulk_load("thing", ("number",), ("number", "name", "price"), rows))
    assert [(row[0], row[1], row[4]) for row in found] == [(7, "seven", Decimal("1.5")), (8, "eight", Decimal(2))]
