"""The shape of a table in words: what the register keeps, and what two states of a table are compared by."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Date, Integer, String, Table, Text, Uuid
from sqlalchemy.types import TypeEngine

from metadata.searching import SEARCHES
from metadata.types import KEY_TYPE, ChoiceSet, ExactDecimal, UtcDateTime

LONGEST_WORD = 1000
"""What the register has room for; the name of a search index tells two long ones apart."""
_PARTS = re.compile(r"^(\w+)(?:\((\w+)\))?$")


@dataclass(frozen=True, slots=True)
class Shape:
    """A table: its columns by type, its indexes by `unique`, columns; its foreign keys by column, target and rule; its search
    indexes by language and columns.

    Each value is a word that reads well and that differs when the thing differs.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    indexes: Mapping[str, str] = field(default_factory=dict)
    foreign_keys: Mapping[str, str] = field(default_factory=dict)
    searches: Mapping[str, str] = field(default_factory=dict)


def shape_of(table: Table) -> Shape:
    """The shape that a table should have."""
    indexes = {str(index.name): _index_word(index.unique, (column.name for column in index.columns)) for index in table.indexes}
    foreign_keys = {
        str(key.name): f"{key.column_keys[0]} -> {key.elements[0].target_fullname} ON DELETE {key.ondelete or 'NO ACTION'}"
        for key in table.foreign_key_constraints
    }
    searches = {index.name: index.word[:LONGEST_WORD] for index in table.info.get(SEARCHES, ())}
    return Shape({str(column.name): type_word(column) for column in table.columns}, indexes, foreign_keys, searches)


def type_word(column: Column[Any]) -> str:
    """The word for a column's type, such as text(200), decimal(4) or lookup(account)."""
    for key in column.foreign_keys:
        return f"lookup({key.target_fullname.partition('.')[0]})"
    kind = column.type
    match kind:
        case ExactDecimal():
            return f"decimal({kind.scale})"
        case UtcDateTime():
            return "datetime"
        case ChoiceSet():
            return "choices"
        case Text():
            return "text"
        case String():
            return f"text({kind.length})" if kind.length else "text"
        case Uuid():
            return "uuid"
        case Boolean():
            return "boolean"
        case Date():
            return "date"
        case BigInteger() | Integer():
            return "integer"
    raise TypeError(f"no word for the type {kind!r} of column {column}")


def family(word: str) -> tuple[str, str]:
    """A type word in two parts: `text(200)` is `text` and `200`."""
    found = _PARTS.match(word)
    if not found:
        raise ValueError(f"{word!r} is no type word")
    return found[1], found[2] or ""


def type_for(word: str) -> TypeEngine[Any]:
    """The column type that a word stands for: the inverse of `type_word`, without the foreign key."""
    kind, rule = family(word)
    if kind == "decimal":
        return ExactDecimal(int(rule))
    if kind == "text" and rule:
        return String(int(rule))
    if kind == "lookup":
        return KEY_TYPE
    simple: dict[str, TypeEngine[Any]] = {
        "text": Text(),
        "datetime": UtcDateTime(),
        "choices": ChoiceSet(),
        "uuid": Uuid(),
        "boolean": Boolean(),
        "date": Date(),
        "integer": BigInteger(),
    }
    return simple[kind]


def text_length(word: str) -> float:
    """How many characters a text type holds."""
    _, rule = family(word)
    return int(rule) if rule else float("inf")


def columns_of(word: str) -> tuple[str, ...]:
    """The columns of an index or a foreign key, from its word."""
    return tuple(word.removeprefix("unique ").partition(" -> ")[0].split(", "))


def way_of(word: str) -> str:
    """From where to where a foreign key leads, without its rule."""
    return word.split(" ON DELETE ")[0]


def _index_word(unique: bool, columns: Any) -> str:
    return ("unique " if unique else "") + ", ".join(str(column) for column in columns)
