"""Auto-numbers: the next number of an attribute, never one twice.

A number is the sum of two counts that only grow: the attribute's row of `foyer_number`, which whoever counts keeps locked until
his transaction ends, and on PostgreSQL its sequence, which lets nobody wait and leaves a gap for each row that was refused.
Either may go on where the other stood. SQLite has one writer at a time and counts in the row.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import Any

from sqlalchemy import (
    CTE,
    Boolean,
    ColumnElement,
    Connection,
    Dialect,
    Insert,
    Select,
    Sequence,
    String,
    bindparam,
    case,
    cast,
    column,
    func,
    literal,
    select,
    table,
)
from sqlalchemy.dialects import postgresql, sqlite

from metadata.snapshot import CompiledAttribute, CompiledEntity
from metadata.tables import sequence_name
from runtime.records.prepared import PerDialect
from runtime.records.tables import NUMBERS

PLAIN = "{number}"
MOST_DIGITS = 15
"""Longer numbers from outside are none that a count could have come to, and would carry it out of its column."""
_ZEROS = re.compile(r"([^{}]*)\{number(?::(?:0([1-9][0-9]?))?d?)?\}([^{}]*)")


def next_number(connection: Connection, entity: CompiledEntity, attribute: CompiledAttribute) -> str:
    """The next number as its format writes it."""
    if _has_sequence(connection.dialect):
        return next_numbers(connection, entity, attribute, 1)[0]
    number = _COUNT.on(connection.dialect).rows(connection, {"a_entity": entity.key, "a_attribute": attribute.key})[0][0]
    return _written(attribute, number)


def next_numbers(connection: Connection, entity: CompiledEntity, attribute: CompiledAttribute, count: int) -> list[str]:
    """The next `count` numbers, at least one, as their format writes them, by one statement."""
    if _has_sequence(connection.dialect) and not attribute.model.gapless:
        series = func.generate_series(1, count).table_valued("place")
        found: Iterable[int] = connection.scalars(select(_from_sequence(entity, attribute)).select_from(series))
    else:
        last = connection.scalars(_counted(connection.dialect, entity, attribute, count)).one()
        found = range(last - count + 1, last + 1)
    return [_written(attribute, number) for number in found]


def count_past(connection: Connection, entity: CompiledEntity, attribute: CompiledAttribute, taken: Iterable[Any]) -> None:
    """Have the count go on behind numbers that rows brought along, from outside, so that none of them is given out again.

    What is not written as the attribute's format writes it is no number of this count.
    """
    found = _ZEROS.fullmatch(attribute.model.format or PLAIN)
    if found is None:
        return
    before, _, after = found.groups()
    form = re.compile(re.escape(before) + f"([0-9]{{1,{MOST_DIGITS}}})" + re.escape(after))
    matches = (form.fullmatch(text) for text in taken if isinstance(text, str))
    highest = max((int(match[1]) for match in matches if match), default=0)
    if not highest:
        return
    behind = highest - connection.execute(_so_far(connection.dialect, entity, attribute)).scalar_one()
    if behind > 0:
        connection.execute(_counted(connection.dialect, entity, attribute, behind))


def _so_far(dialect: Dialect, entity: CompiledEntity, attribute: CompiledAttribute) -> Select[int]:
    """How far the count is, of both places together; nothing is drawn."""
    which = (NUMBERS.c.entity == entity.key, NUMBERS.c.attribute == attribute.key)
    counted = func.coalesce(select(NUMBERS.c.last).where(*which).scalar_subquery(), 0)
    so_far: ColumnElement[int] = counted + _in_sequence(entity, attribute) if _has_sequence(dialect) else counted
    return select(so_far)


def _written(attribute: CompiledAttribute, number: int) -> str:
    return (attribute.model.format or PLAIN).format(number=number)


def counts_within(dialect: Dialect, attribute: CompiledAttribute) -> bool:
    """Whether the statement that saves a row can draw the number itself.

    PostgreSQL alone lets one statement write to two tables, and of formats SQL knows those that fill up with zeros.
    """
    return _has_sequence(dialect) and _ZEROS.fullmatch(attribute.model.format or PLAIN) is not None


def number_within(entity: CompiledEntity, attribute: CompiledAttribute) -> ColumnElement[str]:
    """The next number as its format writes it, drawn by the statement around it. Raises ValueError where that cannot be."""
    found = _ZEROS.fullmatch(attribute.model.format or PLAIN)
    if found is None:
        raise ValueError(attribute.key)
    before, width, after = found.groups()
    drawn = _drawn(entity, attribute)
    text = cast(drawn.c.last, String)
    digits = func.lpad(text, func.greatest(int(width or 0), func.length(text)), "0", type_=String)
    return select(literal(before) + digits + literal(after)).select_from(drawn).scalar_subquery()


def _has_sequence(dialect: Dialect) -> bool:
    return dialect.supports_sequences


def _drawn(entity: CompiledEntity, attribute: CompiledAttribute) -> CTE:
    """The next number, from the sequence and the count of the row beside it."""
    name = f"foyer_number_{attribute.key}"
    if attribute.model.gapless:
        return _beside_sequence(entity, attribute, 1).cte(name)
    return select(_from_sequence(entity, attribute)).cte(name)


def _from_sequence(entity: CompiledEntity, attribute: CompiledAttribute) -> ColumnElement[int]:
    which = (NUMBERS.c.entity == entity.key, NUMBERS.c.attribute == attribute.key)
    counted = select(NUMBERS.c.last).where(*which).scalar_subquery()
    return (Sequence(sequence_name(entity.key, attribute.key)).next_value() + func.coalesce(counted, 0)).label("last")


def _counted(dialect: Dialect, entity: CompiledEntity, attribute: CompiledAttribute, count: int) -> Insert:
    """What moves the count of the row on by so many, and gives back the last of them."""
    if _has_sequence(dialect):
        return _beside_sequence(entity, attribute, count)
    return _count(sqlite, {"entity": entity.key, "attribute": attribute.key}, count)


def _beside_sequence(entity: CompiledEntity, attribute: CompiledAttribute, count: int) -> Insert:
    which = {"entity": entity.key, "attribute": attribute.key}
    return _count(postgresql, which, count, _in_sequence(entity, attribute))


def _in_sequence(entity: CompiledEntity, attribute: CompiledAttribute) -> ColumnElement[int]:
    last, is_called = column("last_value", NUMBERS.c.last.type), column("is_called", Boolean())
    sequence = table(sequence_name(entity.key, attribute.key))
    return select(case((is_called, last), else_=0)).select_from(sequence).scalar_subquery()


def _count(room: ModuleType, which: Mapping[str, Any], count: int, before: ColumnElement[Any] | None = None) -> Insert:
    columns = NUMBERS.c
    number = columns.last if before is None else (columns.last + before).label("last")
    following: Insert = (
        room.insert(NUMBERS)
        .values(**which, last=count)
        .on_conflict_do_update(index_elements=[columns.entity, columns.attribute], set_={"last": columns.last + count})
        .returning(number)
    )
    return following


def _alone(_dialect: Dialect) -> Insert:
    which = {name: bindparam(f"a_{name}", type_=NUMBERS.c[name].type) for name in ("entity", "attribute")}
    return _count(sqlite, which, 1)


_COUNT = PerDialect(_alone)
