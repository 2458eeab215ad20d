"""Texts compared with patterns whatever the case of their letters, in the way that each database does soonest."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Text, type_coerce
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import visitors
from sqlalchemy.sql.functions import FunctionElement

ESCAPE = "!"


class AnyCase(FunctionElement[str]):
    """A text without the difference of capitals. PostgreSQL folds a pattern once then, where its ILIKE does so for each row."""

    type = Text()
    name = "any_case"
    inherit_cache = True


@compiles(AnyCase)
def _folded(element: AnyCase, compiler: Any, **asked: Any) -> str:
    return f"lower({compiler.process(element.clauses, **asked)})"


@compiles(AnyCase, "sqlite")
def _as_it_is(element: AnyCase, compiler: Any, **asked: Any) -> str:
    # LIKE makes no difference there, of the letters that lower() knows.
    return str(compiler.process(element.clauses, **asked))


def escaped(text: str) -> str:
    """A text in which no character has a meaning to LIKE; the escape character is `ESCAPE`."""
    return text.replace(ESCAPE, ESCAPE * 2).replace("%", ESCAPE + "%").replace("_", ESCAPE + "_")


def like(column: ColumnElement[Any], pattern: Any) -> ColumnElement[bool]:
    """Whether a text matches a pattern, whatever the case of its letters."""
    return AnyCase(type_coerce(column, Text())).like(AnyCase(pattern), escape=ESCAPE)


def cheap_first(conditions: Iterable[ColumnElement[bool]]) -> list[ColumnElement[bool]]:
    """The same with those last that compare patterns: fewer rows come to them, as databases ask in the order written."""
    return sorted(conditions, key=_is_dear)


def _is_dear(condition: ColumnElement[bool]) -> bool:
    return any(isinstance(part, AnyCase) for part in visitors.iterate(condition))
