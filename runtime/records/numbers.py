"""Auto-numbers: the next number of an attribute, without gaps among the rows that were saved."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from sqlalchemy import ColumnElement, Connection, Dialect, Insert, String, bindparam, cast, func, literal, select
from sqlalchemy.dialects import postgresql, sqlite

from metadata.snapshot import CompiledAttribute, CompiledEntity
from runtime.records.prepared import PerDialect
from runtime.records.tables import NUMBERS

PLAIN = "{number}"
_ZEROS = re.compile(r"([^{}]*)\{number(?::(?:0([1-9][0-9]?))?d?)?\}([^{}]*)")


def next_number(connection: Connection, entity: CompiledEntity, attribute: CompiledAttribute) -> str:
    """The next number as its format writes it. The counter stays locked until the caller's transaction ends."""
    values = {"a_entity": entity.key, "a_attribute": attribute.key}
    number = _COUNT.on(connection.dialect).rows(connection, values)[0][0]
    return (attribute.model.format or PLAIN).format(number=number)


def counts_within(dialect: Dialect, attribute: CompiledAttribute) -> bool:
    """Whether the statement that saves a row can draw the number itself.

    PostgreSQL alone lets one statement write to two tables, and of formats SQL knows those that fill up with zeros.
    """
    return dialect.name == "postgresql" and _ZEROS.fullmatch(attribute.model.format or PLAIN) is not None


def number_within(entity: CompiledEntity, attribute: CompiledAttribute) -> ColumnElement[str]:
    """The next number as its format writes it, drawn by the statement around it. Raises ValueError where that cannot be."""
    found = _ZEROS.fullmatch(attribute.model.format or PLAIN)
    if found is None:
        raise ValueError(attribute.key)
    before, width, after = found.groups()
    count = _count(postgresql, {"entity": entity.key, "attribute": attribute.key}).cte(f"foyer_number_{attribute.key}")
    text = cast(count.c.last, String)
    digits = func.lpad(text, func.greatest(int(width or 0), func.length(text)), "0", type_=String)
    return select(literal(before) + digits + literal(after)).select_from(count).scalar_subquery()


def _count(room: ModuleType, which: Mapping[str, Any]) -> Insert:
    columns = NUMBERS.c
    following: Insert = (
        room.insert(NUMBERS)
        .values(**which, last=1)
        .on_conflict_do_update(index_elements=[columns.entity, columns.attribute], set_={"last": columns.last + 1})
        .returning(columns.last)
    )
    return following


def _alone(dialect: Dialect) -> Insert:
    which = {name: bindparam(f"a_{name}", type_=NUMBERS.c[name].type) for name in ("entity", "attribute")}
    return _count(sqlite if dialect.name == "sqlite" else postgresql, which)


_COUNT = PerDialect(_alone)
