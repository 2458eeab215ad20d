"""Auto-numbers: the next number of an attribute, without gaps among the rows that were saved."""

from __future__ import annotations

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from metadata.snapshot import CompiledAttribute, CompiledEntity
from runtime.records.tables import NUMBERS


def next_number(connection: Connection, entity: CompiledEntity, attribute: CompiledAttribute) -> str:
    """The next number as its format writes it. The counter stays locked until the caller's transaction ends."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    first = dialect.insert(NUMBERS).values(entity=entity.key, attribute=attribute.key, last=1)
    following = first.on_conflict_do_update(
        index_elements=[NUMBERS.c.entity, NUMBERS.c.attribute], set_={"last": NUMBERS.c.last + 1}
    )
    number = connection.execute(following.returning(NUMBERS.c.last)).scalar_one()
    return (attribute.model.format or "{number}").format(number=number)
