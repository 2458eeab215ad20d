"""The catalogue of attribute types: one row per type, the same names everywhere.

Input controls, formats, operators and transforms in other rooms are keyed by these names; a test proves that none is
missing there.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Boolean, Date, DateTime, Dialect, Integer, Numeric, String, Text, TypeDecorator, Uuid
from sqlalchemy.types import TypeEngine

MONEY_SCALE = 4
DECIMAL_SCALE = 6
PRECISION = 19
SHORT_TEXT = 200


class ExactDecimal(TypeDecorator[Decimal]):
    """A decimal that stays exact: NUMERIC where the database has it, a whole number of 10**-scale on SQLite.

    SQLite has no decimal type and would keep a binary float; whole numbers still sort, compare and sum as amounts do.
    """

    impl = Numeric
    cache_ok = True

    def __init__(self, scale: int) -> None:
        super().__init__(PRECISION, scale)
        self.scale = scale
        self._unit = Decimal(1).scaleb(-scale)

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Decimal]:
        """The column type of a dialect."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(BigInteger())  # type: ignore[arg-type]
        return dialect.type_descriptor(Numeric(PRECISION, self.scale))

    def process_bind_param(self, value: Decimal | int | str | None, dialect: Dialect) -> Decimal | int | None:
        """A value on its way to the database."""
        if value is None:
            return None
        exact = Decimal(value).quantize(self._unit)
        return int(exact.scaleb(self.scale)) if dialect.name == "sqlite" else exact

    def process_result_value(self, value: Decimal | int | None, dialect: Dialect) -> Decimal | None:
        """A value on its way back."""
        if value is None:
            return None
        return Decimal(value).scaleb(-self.scale) if dialect.name == "sqlite" else Decimal(value)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Decimal | None] | None:
        """The same, made once for a column: it is asked for every amount of every row."""
        if dialect.name != "sqlite":
            return super().result_processor(dialect, coltype)
        exponent = -self.scale
        return lambda value: None if value is None else Decimal(value).scaleb(exponent)


class UtcDateTime(TypeDecorator[dt.datetime]):
    """A moment, stored in UTC and always returned with its zone."""

    impl = DateTime
    cache_ok = True

    def __init__(self) -> None:
        super().__init__(timezone=True)

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """A value on its way to the database."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its zone")
        utc = value.astimezone(dt.UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        """The same, in one step on SQLite: of the driver's ten microseconds for each moment one is left."""
        return _sqlite_moment if dialect.name == "sqlite" else super().bind_processor(dialect)

    def process_result_value(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """A value on its way back."""
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], dt.datetime | None] | None:
        """The same, in one step on SQLite: to give a moment its zone afterwards costs three times as much as to read it."""
        return _moment_of_sqlite if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


def _moment_of_sqlite(text: str | None) -> dt.datetime | None:
    """A moment as it is stored there: without a zone, or by another program with one."""
    if text is None:
        return None
    try:
        found = dt.datetime.fromisoformat(text + "+00:00")
    except ValueError:
        found = dt.datetime.fromisoformat(text)
    if found.tzinfo is dt.UTC:
        return found
    # A day alone takes what was added for its hour.
    return found.replace(tzinfo=dt.UTC) if found.tzinfo is None else found.astimezone(dt.UTC)


def _sqlite_moment(value: dt.datetime | None) -> str | None:
    """A moment as SQLAlchemy stores it there."""
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError("a moment needs its zone")
    return value.astimezone(dt.UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


class ChoiceSet(TypeDecorator[tuple[str, ...]]):
    """Several option values in one column, written `|a|b|` in the order given, so that one of them can be searched for."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> str | None:
        """A value on its way to the database."""
        return None if value is None else "|" + "".join(f"{item}|" for item in value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...] | None:
        """A value on its way back."""
        return None if value is None else tuple(item for item in value.split("|") if item)


KEY_TYPE: TypeEngine[int] = BigInteger().with_variant(Integer(), "sqlite")


@dataclass(frozen=True, slots=True)
class AttributeType:
    """What the engine knows of a type: its word, its Python type, and how its values behave.

    `textual`: compared with contains and searched; `ordered`: compared with less and greater, may be sorted by;
    `numeric`: right aligned, has a range.
    """

    name: str
    python: type
    textual: bool = False
    ordered: bool = True
    numeric: bool = False

    @property
    def is_file(self) -> bool:
        """Its values point at files."""
        return self.name in ("file", "image")

    @property
    def labelled(self) -> bool:
        """People see a label, and never the number that is stored."""
        return self.name == "lookup" or self.is_file


TYPES: dict[str, AttributeType] = {
    row.name: row
    for row in (
        AttributeType("text", str, textual=True),
        AttributeType("long_text", str, textual=True),
        AttributeType("email", str, textual=True),
        AttributeType("phone", str, textual=True),
        AttributeType("url", str, textual=True),
        AttributeType("auto_number", str, textual=True),
        AttributeType("unique_id", uuid.UUID, ordered=False),
        AttributeType("integer", int, numeric=True),
        AttributeType("decimal", Decimal, numeric=True),
        AttributeType("money", Decimal, numeric=True),
        AttributeType("boolean", bool),
        AttributeType("date", dt.date),
        AttributeType("datetime", dt.datetime),
        AttributeType("choice", str),
        AttributeType("choices", tuple, ordered=False),
        AttributeType("lookup", int),
        AttributeType("file", int, ordered=False),
        AttributeType("image", int, ordered=False),
    )
}


def sql_type(name: str, max_length: int | None = None, scale: int | None = None) -> TypeEngine[Any]:
    """The column type for an attribute type. `max_length` in characters, `scale` in digits after the point."""
    match name:
        case "text" | "email" | "phone" | "auto_number" | "choice":
            return String(max_length or SHORT_TEXT)
        case "url":
            return String(max_length or 2000)
        case "long_text":
            return Text()
        case "unique_id":
            return Uuid()
        case "integer":
            return BigInteger()
        case "decimal":
            return ExactDecimal(DECIMAL_SCALE if scale is None else scale)
        case "money":
            return ExactDecimal(MONEY_SCALE if scale is None else scale)
        case "boolean":
            return Boolean()
        case "date":
            return Date()
        case "datetime":
            return UtcDateTime()
        case "choices":
            return ChoiceSet()
        case "lookup" | "file" | "image":
            return KEY_TYPE
    raise KeyError(name)
