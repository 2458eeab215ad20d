"""How much lies within reach and what a statement would cost, for those who judge metadata: numbers and plans, no values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from sqlalchemy import Connection, Select, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import ClauseElement, Executable

from metadata.snapshot import Snapshot
from runtime.access import Access, Principal
from runtime.records.ask import ListAsk
from runtime.records.lists import shape_of
from runtime.records.plan import ListPlan
from runtime.records.statement import count_statement, list_statement
from runtime.records.words import bind_values

FIRST_PAGE = {"a_limit": 11, "a_offset": 0, "a_near": 1}


class _Explained(Executable, ClauseElement):
    """How the database would run a select."""

    inherit_cache = False

    def __init__(self, statement: Select[Any]) -> None:
        self.statement = statement


@compiles(_Explained, "sqlite")
def _on_sqlite(element: _Explained, compiler: Any, **how: Any) -> str:
    return f"EXPLAIN QUERY PLAN {compiler.process(element.statement, **how)}"


@compiles(_Explained, "postgresql")
def _on_postgresql(element: _Explained, compiler: Any, **how: Any) -> str:
    return f"EXPLAIN (FORMAT JSON) {compiler.process(element.statement, **how)}"


Asked = Literal["page", "count", "offer"]
"""A list's first page, the number of its rows, or the first rows to choose from, which are not counted."""


def explained(connection: Connection, principal: Principal, plan: ListPlan, asked: Asked) -> tuple[list[Any], str]:
    """How the database would read what is asked of a plan: its answer and the statement; nothing is read."""
    dialect = connection.dialect
    shape = shape_of(plan, ListAsk(plan.view, counted=asked != "offer"))
    statement: Any = count_statement(plan, shape) if asked == "count" else list_statement(plan, shape, dialect.name)[0]
    compiled = statement.compile(dialect=dialect)
    names = frozenset(name for name, bind in compiled.binds.items() if bind.required)
    values: Mapping[str, Any] = {**bind_values(principal, names), **FIRST_PAGE}
    rows = connection.execute(_Explained(statement), {name: values[name] for name in names}).all()
    return list(rows), str(compiled)


def how_many(connection: Connection, principal: Principal, plan: ListPlan) -> int:
    """How many rows a plan finds, up to one more than are counted for a page."""
    statement = count_statement(plan, shape_of(plan, ListAsk(plan.view)))
    names = frozenset(name for name, bind in statement.compile().binds.items() if bind.required)
    values: Mapping[str, Any] = {**bind_values(principal, names), **FIRST_PAGE}
    return int(connection.execute(statement, {name: values[name] for name in names}).scalar_one())


def business_tables(snapshot: Snapshot) -> frozenset[str]:
    """The names of the tables that entities and their links have."""
    return frozenset(snapshot.tables.tables)


def table_size(connection: Connection, snapshot: Snapshot, table: str) -> int:
    """How many rows a business table has in all; 0 where it is none."""
    found = snapshot.tables.tables.get(table)
    return 0 if found is None else int(connection.execute(select(func.count()).select_from(found)).scalar_one())


def more_rows_than(connection: Connection, snapshot: Snapshot, entity: str, number: int) -> bool:
    """Whether an entity has more rows than this; no more of them are counted."""
    rows = select(snapshot.entities[entity].table.c.id).limit(number + 1).subquery()
    return int(connection.execute(select(func.count()).select_from(rows)).scalar_one()) > number


def ids_within(connection: Connection, snapshot: Snapshot, principal: Principal, access: Access) -> frozenset[int] | None:
    """The ids of the rows within reach; None where the condition names what the database does not have yet."""
    if not access.allowed:
        return frozenset()
    table = snapshot.entities[access.entity].table
    query = select(table.c.id).where(access.predicate(table, many=True))
    try:
        with connection.begin_nested():
            return frozenset(connection.execute(query, dict(principal.binds)).scalars())
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        return None
