"""One expression, one answer: in Python, on SQLite and on PostgreSQL."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, insert, select

from metadata.expressions import Node, evaluate
from metadata.expressions.data import from_data, to_data
from metadata.expressions.numbers import fitted
from metadata.expressions.sql import condition_sql, value_sql
from metadata.expressions.tree import aggregates
from runtime.database import make_engine
from support.expressions import KINDS, PARTS, SCALAR, THINGS, PlainRow, TableColumns, rows, tables, trees

pytestmark = pytest.mark.timeout(900)  # many databases, on a machine that may be busy
SCALE = 4
anything = st.sampled_from(SCALAR).flatmap(lambda kind: trees(kind, 2))


@pytest.fixture
def database(database_url: str) -> Any:
    engine = make_engine(database_url)
    tables.create_all(engine)
    yield engine
    engine.dispose()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(tree=anything, thing=rows, parts=st.lists(rows, max_size=3))
def test_python_and_the_database_give_the_same_answer(
    database: Engine, tree: Node, thing: dict[str, Any], parts: list[dict[str, Any]]
) -> None:
    answer = evaluate(tree, PlainRow(thing, parts))
    expected = fitted(answer, SCALE) if isinstance(answer, Decimal) else answer
    dialect = database.dialect.name
    with database.connect() as connection:
        connection.execute(insert(THINGS).values(id=1, **thing))
        for part in parts:
            connection.execute(insert(PARTS).values(thing=1, **part))
        columns = TableColumns(THINGS)
        found = connection.execute(select(value_sql(tree, columns, dialect, SCALE)).select_from(THINGS)).scalar_one()
        if tree.kind == "boolean":
            holds = connection.execute(select(THINGS.c.id).where(condition_sql(tree, columns, dialect))).all()
            assert bool(holds) is (answer is True)
            assert bool(found) is (answer is True)
        else:
            assert found == expected
        connection.rollback()


@given(tree=anything, thing=rows)
def test_an_expression_survives_as_data(tree: Node, thing: dict[str, Any]) -> None:
    if aggregates(tree):
        with pytest.raises(ValueError, match="known to the database only"):
            to_data(tree)
    else:
        again = from_data(to_data(tree))
        assert evaluate(again, PlainRow(thing)) == evaluate(tree, PlainRow(thing))


def test_every_kind_of_column_is_tried() -> None:
    assert set(KINDS.values()) >= set(SCALAR)
