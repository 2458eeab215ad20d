"""Values of attributes: from text to typed, and whether a typed one may be saved."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from metadata.model import Attribute
from metadata.patterns import matches
from metadata.snapshot import CompiledAttribute, Snapshot
from metadata.types import DECIMAL_SCALE, MONEY_SCALE, SHORT_TEXT

LARGEST = 2**63 - 1
LONGEST_TEXT = 1_000_000


def _boolean(raw: Any) -> bool:
    if isinstance(raw, bool):
        return raw
    return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[str(raw).strip().lower()]


def _integer(raw: Any) -> int:
    number = int(str(raw).strip())
    if abs(number) > LARGEST:
        raise ValueError("too large")
    return number


def _decimal(raw: Any) -> Decimal:
    number = Decimal(str(raw).strip())
    if not number.is_finite() or number.adjusted() > 17:
        raise ValueError("not a number")
    return number


def _date(raw: Any) -> dt.date:
    return raw if type(raw) is dt.date else dt.date.fromisoformat(str(raw).strip())


def _datetime(raw: Any) -> dt.datetime:
    moment = raw if isinstance(raw, dt.datetime) else dt.datetime.fromisoformat(str(raw).strip())
    return (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)


def _uuid(raw: Any) -> uuid.UUID:
    return raw if isinstance(raw, uuid.UUID) else uuid.UUID(str(raw).strip())


def _text(raw: Any) -> str:
    text = str(raw)
    if "\0" in text:
        raise ValueError("not a text")
    text.encode()
    return text


def _choices(raw: Any) -> tuple[str, ...]:
    return tuple(str(item) for item in raw) if isinstance(raw, (list, tuple)) else (str(raw),)


_READERS: dict[str, Callable[[Any], Any]] = {
    "integer": _integer,
    "lookup": _integer,
    "file": _integer,
    "image": _integer,
    "decimal": _decimal,
    "money": _decimal,
    "boolean": _boolean,
    "date": _date,
    "datetime": _datetime,
    "unique_id": _uuid,
    "choices": _choices,
}


def read_value(type_name: str, raw: Any) -> Any:
    """A typed value from a text of an address or a literal of metadata. Raises ValueError where it is none."""
    reader: Callable[[Any], Any] = _READERS.get(type_name, _text)
    try:
        return reader(raw)
    except (KeyError, InvalidOperation, OverflowError, UnicodeEncodeError) as error:
        raise ValueError(f"{raw!r} is no {type_name}") from error


def checked(snapshot: Snapshot, attribute: CompiledAttribute, value: Any) -> tuple[Any, str]:
    """A typed value as it will be stored, and a code that says what is wrong with it, or "".

    Codes: type, too_long, too_small, too_large, pattern, option, scale. An empty text is no value.
    """
    if value is None or value == "" or value == ():
        return None, ""
    match attribute.type.name:
        case "text" | "long_text" | "email" | "phone" | "url" | "auto_number":
            return value, _wrong_text(attribute.model, value)
        case "choice":
            return value, "" if value in options(snapshot, attribute.model.choice) else "option"
        case "choices":
            return _checked_choices(snapshot, attribute.model, value)
        case "decimal" | "money":
            return _checked_decimal(attribute.model, attribute.type.name, value)
        case "integer" | "file" | "image" | "lookup":
            return value, _wrong_integer(attribute.model, value)
        case "datetime":
            right = isinstance(value, dt.datetime) and value.tzinfo is not None
            return value, _out_of_range(attribute.model, "datetime", value) if right else "type"
        case "date":
            return value, _out_of_range(attribute.model, "date", value) if type(value) is dt.date else "type"
    return value, "" if type(value) is attribute.type.python else "type"


def options(snapshot: Snapshot, choice: str) -> frozenset[str]:
    """The values of a choice."""
    return snapshot.derive(
        ("options", choice),
        lambda: frozenset(option.value for option in snapshot.choices[choice].options),
    )


def _wrong_text(model: Attribute, value: Any) -> str:
    if not isinstance(value, str) or "\0" in value or (not value.isprintable() and _unencodable(value)):
        return "type"
    limit = model.max_length or {"long_text": LONGEST_TEXT, "url": 2000}.get(model.type, SHORT_TEXT)
    if len(value) > limit:
        return "too_long"
    return "pattern" if model.pattern and not matches(model.pattern, value) else ""


def _unencodable(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return True
    return False


def _wrong_integer(model: Attribute, value: Any) -> str:
    if type(value) is not int:
        return "type"
    if abs(value) > LARGEST:
        return "too_large" if value > 0 else "too_small"
    return _out_of_range(model, "integer", value) if model.type == "integer" else ""


def _checked_decimal(model: Attribute, type_name: str, value: Any) -> tuple[Any, str]:
    if isinstance(value, bool) or not isinstance(value, (Decimal, int)) or not Decimal(value).is_finite():
        return value, "type"
    number = Decimal(value)
    scale = number_scale(model)
    if number.adjusted() + scale > 18 or abs(number.scaleb(scale)) > LARGEST:
        return number, "too_large" if number > 0 else "too_small"
    exact = number.quantize(Decimal(1).scaleb(-scale))
    if exact != number:
        return number, "scale"
    return exact, _out_of_range(model, "decimal", exact)


def number_scale(model: Attribute) -> int:
    """How many decimals a decimal or money attribute keeps."""
    if model.scale is not None:
        return model.scale
    return MONEY_SCALE if model.type == "money" else DECIMAL_SCALE


def _checked_choices(snapshot: Snapshot, model: Attribute, value: Any) -> tuple[Any, str]:
    if not isinstance(value, tuple):
        return value, "type"
    known = options(snapshot, model.choice)
    return tuple(dict.fromkeys(value)), "" if all(item in known for item in value) else "option"


def _out_of_range(model: Attribute, type_name: str, value: Any) -> str:
    if model.min is not None and value < read_value(type_name, model.min):
        return "too_small"
    if model.max is not None and value > read_value(type_name, model.max):
        return "too_large"
    return ""
