"""A typed expression as SQL, with the answer that the Python evaluator gives.

PostgreSQL has exact decimals, so everything becomes SQL of its own there. SQLite keeps decimals as whole numbers: what
compares or combines is SQL, and what computes is a call of the Python evaluator, once a row, through functions that
`metadata.expressions.sqlite.install` adds to a connection.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Integer, cast
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from metadata.expressions import postgresql, sqlite
from metadata.expressions.columns import Columns
from metadata.expressions.tree import Node


def condition_sql(node: Node, columns: Columns, dialect: str) -> ColumnElement[bool]:
    """A boolean expression as a condition that is true or false, never unknown, so that it may be negated."""
    return _compiler(columns, dialect).condition(node)


def value_sql(node: Node, columns: Columns, dialect: str, scale: int = 0) -> ColumnElement[Any]:
    """The value of an expression as a column of its kind; a number is kept to `scale` digits after the point, as whole
    numbers of the smallest unit on SQLite, and empty where it is too large for a column."""
    return _compiler(columns, dialect).value(node, scale)


class Calculation(ColumnElement[Any]):
    """An expression as a column of a statement, which is written out when the statement is, for its database."""

    inherit_cache = False
    __visit_name__ = "foyer_calculation"

    def __init__(self, node: Node, columns: Columns, type_: TypeEngine[Any], scale: int) -> None:
        self.node = node
        self.columns = columns
        self.type = type_
        self.scale = scale


@compiles(Calculation)
def _write_calculation(element: Calculation, compiler: SQLCompiler, **options: Any) -> str:
    found = value_sql(element.node, element.columns, compiler.dialect.name, element.scale)
    if isinstance(element.type, Integer) and compiler.dialect.name != "sqlite":
        # A numeric comes back as a Decimal, which a whole number is not wherever it is written out, JSON above all.
        found = cast(found, element.type)
    return f"({compiler.process(found, **options)})"


def _compiler(columns: Columns, dialect: str) -> postgresql.Compiler | sqlite.Compiler:
    return sqlite.Compiler(columns) if dialect == "sqlite" else postgresql.Compiler(columns)
