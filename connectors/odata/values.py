"""Values of OData's types: as literals of an address, as JSON, and as what the rest of the room works with. Pure.

A kind is the full name of a type: Edm.String, Edm.Int32, ..., Collection(...), or an enumeration's own name.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
import re
import uuid
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.errors import RecordRejected

WHOLE = frozenset({"Edm.Byte", "Edm.SByte", "Edm.Int16", "Edm.Int32", "Edm.Int64"})
NUMBERS = WHOLE | {"Edm.Decimal", "Edm.Double", "Edm.Single"}
_FRACTION = re.compile(r"(\.\d{6})\d+")


def literal(kind: str, value: Any) -> str:
    """A value as it stands in a filter or a key. Raises RecordRejected for one that the type has not."""
    if value is None:
        return "null"
    text = _text(kind, value)
    if kind == "Edm.String":
        return "'" + text.replace("'", "''") + "'"
    if kind.startswith("Edm."):
        return text
    return f"{kind}'{text}'"


def written(kind: str, value: Any) -> str:
    """A value as JSON text; numbers keep every digit. Raises RecordRejected for one that the type has not."""
    if value is None:
        return "null"
    text = _text(kind, value)
    return text if kind in NUMBERS or kind == "Edm.Boolean" else json.dumps(text, ensure_ascii=False)


def read(kind: str, value: Any) -> Any:
    """What a JSON value stands for. One that is not of its type stays as it is: that is the record's fault, told later."""
    convert = _READ.get(kind)
    if value is None or convert is None:
        return value
    try:
        return convert(value)
    except (ValueError, TypeError, InvalidOperation, binascii.Error):
        return value


def _text(kind: str, value: Any) -> str:
    try:
        return _WRITE[kind](value) if kind in _WRITE else _plain(value)
    except (ValueError, TypeError, InvalidOperation):
        raise RecordRejected(f"{str(value)[:60]!r} is not of type {kind}", "type") from None


def _plain(value: Any) -> str:
    if isinstance(value, (tuple, list)):
        return ",".join(_plain(part) for part in value)
    if isinstance(value, dt.datetime):
        return _moment(value)
    return value.isoformat() if isinstance(value, (dt.date, dt.time)) else str(value)


def _number(value: Any) -> str:
    number = Decimal(repr(value) if isinstance(value, float) else str(int(value) if isinstance(value, bool) else value).strip())
    if not number.is_finite():
        raise ValueError(value)
    return format(number, "f")


def _whole(value: Any) -> str:
    number = Decimal(_number(value))
    if number != number.to_integral_value():
        raise ValueError(value)
    return str(int(number))


def _boolean(value: Any) -> str:
    words = {"true": "true", "1": "true", "false": "false", "0": "false"}
    if str(value).lower() not in words:
        raise ValueError(value)
    return words[str(value).lower()]


def _moment(value: Any) -> str:
    """In UTC, with a Z; a date is its midnight, and a moment without a zone is in UTC."""
    if isinstance(value, str):
        value = _read_moment(value)
    if not isinstance(value, dt.datetime):
        value = dt.datetime.combine(value, dt.time())
    utc = value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)
    return str(utc.replace(tzinfo=None).isoformat()) + "Z"


def _day(value: Any) -> str:
    if isinstance(value, dt.datetime):
        value = value.date()
    return (dt.date.fromisoformat(value) if isinstance(value, str) else value).isoformat()


def _read_moment(text: str) -> dt.datetime:
    """A moment; what is finer than a microsecond is cut off, so that a change read from it on is never missed."""
    return dt.datetime.fromisoformat(_FRACTION.sub(r"\1", text))


def _bytes(value: Any) -> str:
    return base64.urlsafe_b64encode(value if isinstance(value, bytes) else str(value).encode()).decode()


def _read_bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _read_number(value: Any) -> Decimal:
    if isinstance(value, bool):
        raise ValueError(value)
    return Decimal(value)


def _read_whole(value: Any) -> int:
    if isinstance(value, bool):
        raise ValueError(value)
    return int(value)


_WRITE: dict[str, Callable[[Any], str]] = {
    **dict.fromkeys(NUMBERS, _number),
    **dict.fromkeys(WHOLE, _whole),
    "Edm.Boolean": _boolean,
    "Edm.DateTimeOffset": _moment,
    "Edm.Date": _day,
    "Edm.Guid": lambda value: str(value if isinstance(value, uuid.UUID) else uuid.UUID(str(value))),
    "Edm.Binary": _bytes,
}
_READ: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(NUMBERS, _read_number),
    **dict.fromkeys(WHOLE, _read_whole),
    "Edm.DateTimeOffset": _read_moment,
    "Edm.Date": dt.date.fromisoformat,
    "Edm.TimeOfDay": dt.time.fromisoformat,
    "Edm.Binary": _read_bytes,
}
