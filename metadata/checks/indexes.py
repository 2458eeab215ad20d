"""Rules on the indexes that an entity declares: of what is stored, short enough for a database to index, and once."""

from __future__ import annotations

from collections.abc import Iterator

from metadata.checks.world import World, repeated
from metadata.errors import Problem
from metadata.model import Attribute, Entity
from metadata.told import Called, told
from metadata.types import TYPES, sql_type

UNFIT = frozenset({"long_text", "choices", "file", "image"})
LONGEST = 500
"""Characters of a text that an index holds: PostgreSQL takes no more than 2,704 bytes, and a character is up to four."""
MOST = 8
"""Attributes of one index, of which PostgreSQL takes 32 and the first few find the rows."""


def declared_indexes(world: World) -> Iterator[Problem]:
    """An index is of attributes that are stored and short, each named once, and is declared once."""
    for entity in world.all(Entity):
        own = {attribute.key: attribute for attribute in entity.attributes}
        for place, index in enumerate(entity.indexes):
            where = f"indexes.{place}.attributes"
            if not 1 <= len(index.attributes) <= MOST:
                message = told(
                    "An index has from one to {most} attributes; this one has {count}.", most=MOST, count=len(index.attributes)
                )
                yield world.problem(entity, where, "index", message)
            for twice in repeated(list(index.attributes)):
                message = told("The attribute {attribute} is there twice; remove one.", attribute=index.attributes[twice])
                yield world.problem(entity, f"{where}.{twice}", "duplicate-key", message)
            for number, name in enumerate(index.attributes):
                fault = fault_in(own[name]) if name in own else ""
                if fault:
                    yield world.problem(entity, f"{where}.{number}", "index", fault)
        for twice in repeated([", ".join(index.attributes) for index in entity.indexes]):
            yield world.problem(entity, f"indexes.{twice}", "duplicate-key", told("The index is there twice; remove one."))


def fault_in(attribute: Attribute) -> str:
    """Why no index can be of an attribute, or ""."""
    if attribute.formula:
        return told(
            "{attribute} is worked out by its formula; an index is of attributes that are stored.", attribute=attribute.key
        )
    if attribute.type in UNFIT:
        return told(
            "{attribute} is of type {type}, whose values no index finds.",
            attribute=attribute.key,
            type=Called(attribute.type, "type"),
        )
    length = getattr(sql_type(attribute.type, attribute.max_length), "length", 0) if attribute.type in TYPES else 0
    if length > LONGEST:
        return told(
            "{attribute} holds texts of up to {length} characters; an index is of those with a max_length of {most} or less.",
            attribute=attribute.key,
            length=length,
            most=LONGEST,
        )
    return ""


RULES = (declared_indexes,)
