"""The statement that a list asks, to be read by people: with the conditions of permissions, and names for its values."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Dialect

from runtime.records.ask import ListAsk
from runtime.records.lists import shape_of
from runtime.records.plan import ListPlan
from runtime.records.statement import list_statement


def effective_query(plan: ListPlan, ask: ListAsk, dialect: Dialect) -> str:
    """The text of the statement; values stand in it as :name, never as they are."""
    named: Any = type(dialect)
    statement, _ = list_statement(plan, shape_of(plan, ask), dialect.name)
    return str(statement.compile(dialect=named(paramstyle="named")))
