"""Auto-numbers: the next number of an attribute, without gaps among the rows that were saved."""

from __future__ import annotations

from sqlalchemy import Connection, Dialect, Insert, bindparam
from sqlalchemy.dialects import postgresql, sqlite

from metadata.snapshot import CompiledAttribute, CompiledEntity
from runtime.records.prepared import PerDialect
from runtime.records.tables import NUMBERS


def next_number(connection: Connection, entity: CompiledEntity, attribute: CompiledAttribute) -> str:
    """The next number as its format writes it. The counter stays locked until the caller's transaction ends."""
    values = {"a_entity": entity.key, "a_attribute": attribute.key}
    number = _COUNT.on(connection.dialect).rows(connection, values)[0][0]
    return (attribute.model.format or "{number}").format(number=number)


def _count(dialect: Dialect) -> Insert:
    room = sqlite if dialect.name == "sqlite" else postgresql
    columns = NUMBERS.c
    own = {name: bindparam(f"a_{name}", type_=columns[name].type) for name in ("entity", "attribute")}
    following: Insert = (
        room.insert(NUMBERS)
        .values(**own, last=1)
        .on_conflict_do_update(index_elements=[columns.entity, columns.attribute], set_={"last": columns.last + 1})
        .returning(columns.last)
    )
    return following


_COUNT = PerDialect(_count)
