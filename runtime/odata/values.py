"""Values as OData writes and reads them, by attribute type."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson

from runtime.odata.expressions import read_literal

TEXT = "Edm.String"
NUMBER = "Edm.Int64"
TYPES = {
    "integer": NUMBER,
    "decimal": "Edm.Decimal",
    "money": "Edm.Decimal",
    "boolean": "Edm.Boolean",
    "date": "Edm.Date",
    "datetime": "Edm.DateTimeOffset",
    "unique_id": "Edm.Guid",
    "choices": "Collection(Edm.String)",
    "lookup": NUMBER,
    "file": NUMBER,
    "image": NUMBER,
}
"""The types of OData by attribute type; what is not here is text."""
KEY = "id"

Write = Callable[[Any], Any]


def type_of(name: str) -> str:
    """The type of OData for an attribute type."""
    return TYPES.get(name, TEXT)


def writer(name: str) -> Write:
    """What makes of a value of an attribute type something that orjson writes; decimals stay exact."""
    match name:
        case "decimal" | "money":
            return as_decimal
        case "unique_id":
            return as_text
        case "datetime":
            return _moment
        case "choices":
            return _several
    return as_it_is


def as_it_is(value: Any) -> Any:
    """The value."""
    return value


def as_text(value: Any) -> str | None:
    """The value as text."""
    return None if value is None else str(value)


def as_decimal(value: Any) -> orjson.Fragment | None:
    """A number with all its digits."""
    return None if value is None else orjson.Fragment(format(value, "f"))


def _moment(value: dt.datetime | None) -> str | None:
    return None if value is None else value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")


def _several(value: Sequence[str] | None) -> list[str]:
    return list(value or ())


def read_json(name: str, value: Any) -> Any:
    """The value of an attribute type from what JSON gives, numbers with a point being Decimals.

    Raises ValueError with what is needed instead.
    """
    if value is None:
        return () if name == "choices" else None
    match name:
        case "integer":
            return _number(value, "a whole number")
        case "decimal" | "money":
            return _decimal(value)
        case "boolean":
            if not isinstance(value, bool):
                raise ValueError("true or false")
            return value
        case "date":
            return _literal("date", value, dt.date)
        case "datetime":
            return _literal("moment", value, dt.datetime)
        case "unique_id":
            return _literal("guid", value, uuid.UUID)
        case "choices":
            if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
                raise ValueError("a list of texts")
            return tuple(value)
    if not isinstance(value, str):
        raise ValueError("a text")
    return value


def _number(value: Any, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(what)
    return value


def _decimal(value: Any) -> Decimal:
    """Clients that cannot keep all digits of a number send it as a text."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise ValueError("a number")
    try:
        found = Decimal(value)
    except InvalidOperation:
        raise ValueError("a number") from None
    if not found.is_finite():
        raise ValueError("a number")
    return found


def _literal(kind: str, value: Any, of: type) -> Any:
    what = {"date": "a date such as 2026-05-31", "moment": "a moment such as 2026-05-31T12:00:00Z", "guid": "a GUID"}[kind]
    if not isinstance(value, str):
        raise ValueError(what)
    try:
        found = read_literal(kind, value)
    except (ValueError, OverflowError):
        raise ValueError(what) from None
    return found if isinstance(found, of) else None
