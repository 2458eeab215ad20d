"""Value conversions: an outside value to the type of one of our attributes. Pure; a bad value explains itself."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from connectors.errors import RecordRejected
from metadata.model import Attribute
from metadata.types import DECIMAL_SCALE, MONEY_SCALE, PRECISION, SHORT_TEXT

Convert = Callable[[Any], Any]
TRUE = frozenset({"1", "true", "t", "yes", "y", "-1"})
FALSE = frozenset({"0", "false", "f", "no", "n"})
LONGEST = {"url": 2000, "long_text": None}
SHOWN = 60
BIGGEST = 2**63


def converter(attribute: Attribute, format: str = "", choices: frozenset[str] | None = None) -> Convert:
    """The conversion for an attribute. `format` is how texts are read; `choices` are the allowed values of a choice.

    The result takes any outside value but None and empty texts, and raises RecordRejected with a reason.
    """
    match attribute.type:
        case "integer":
            return _ranged(_integer, attribute)
        case "decimal" | "money":
            scale = attribute.scale if attribute.scale is not None else _SCALES[attribute.type]
            return _ranged(_decimal(scale, format), attribute)
        case "boolean":
            return _boolean
        case "date":
            return _ranged(_date(format), attribute)
        case "datetime":
            return _moment(format)
        case "choice":
            return _choice(choices)
        case "choices":
            return _choices(choices)
        case "unique_id":
            return _unique_id
        case "lookup" | "file" | "image":
            return _integer
    limit = attribute.max_length or LONGEST.get(attribute.type, SHORT_TEXT)
    return _text(limit)


_SCALES = {"decimal": DECIMAL_SCALE, "money": MONEY_SCALE}


def shown(value: Any) -> str:
    """A value as a message may quote it: short, in quotes."""
    text = str(value)
    return repr(text if len(text) <= SHOWN else text[: SHOWN - 1] + "…")


def _bad(value: Any, wanted: str, code: str = "type") -> RecordRejected:
    return RecordRejected(f"{shown(value)} is not {wanted}", code)


def _text(limit: int | None) -> Convert:
    def convert(value: Any) -> str:
        text = value if type(value) is str else _as_text(value)
        if limit is not None and len(text) > limit:
            raise RecordRejected(f"{shown(text)} has {len(text)} characters, {limit} are allowed", "length", text[:limit])
        if "\0" in text:
            raise _bad(text.replace("\0", "␀"), "a text: it holds a null character")
        return text

    return convert


def _as_text(value: Any) -> str:
    if isinstance(value, bytes):
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            raise _bad(value, "a text in UTF-8") from None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.isoformat() if isinstance(value, (dt.date, dt.datetime)) else str(value)


def _integer(value: Any) -> int:
    if type(value) is int:
        number = value
    else:
        exact = _number(value)
        number = int(exact.to_integral_value(ROUND_HALF_UP))
        if exact != number:
            raise RecordRejected(f"{shown(value)} is not a whole number", "scale", number)
    if not -BIGGEST <= number < BIGGEST:
        nearest = BIGGEST - 1 if number > 0 else -BIGGEST
        raise RecordRejected(f"{shown(value)} is not a number that fits", "range", nearest)
    return number


def _number(value: Any) -> Decimal:
    """The exact number; a float is the shortest decimal that names it."""
    text = repr(value) if isinstance(value, float) else str(value).strip()
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise _bad(value, "a number") from None
    if not number.is_finite():
        raise _bad(value, "a number")
    return number


def _decimal(scale: int, format: str) -> Convert:
    """`format` is the decimal separator where it is not a point: `,`; other separators are thousands and dropped."""
    unit = Decimal(1).scaleb(-scale)
    most = Decimal(10) ** (PRECISION - scale)

    def convert(value: Any) -> Decimal:
        if format and isinstance(value, str):
            value = _plain(value, format)
        number = value if type(value) is Decimal and value.is_finite() else _number(value)
        if not -most < number < most:
            nearest = (most - unit).copy_sign(number)
            raise RecordRejected(f"{shown(value)} is not a number that fits", "range", nearest)
        exact = number.quantize(unit, ROUND_HALF_UP)
        if exact != number:
            raise RecordRejected(f"{shown(value)} has more than {scale} decimals", "scale", exact)
        return exact

    return convert


def writer(format: str) -> Convert:
    """How values go out where `format` says how texts are read: the same way back. Values of other types stay as they are."""

    def write(value: Any) -> Any:
        if isinstance(value, (dt.date, dt.datetime)):
            return value.strftime(format.replace("%Y", f"{value.year:04d}"))
        if isinstance(value, Decimal):
            return f"{value:f}".replace(".", format)
        return value

    return write


def _plain(text: str, separator: str) -> str:
    whole, _, rest = text.strip().partition(separator)
    whole = "".join(letter for letter in whole if letter not in " .,'\u00a0\u202f")
    return f"{whole}.{rest}" if rest else whole


def _boolean(value: Any) -> bool:
    if value is True or value is False:
        return bool(value)
    word = str(value).strip().lower()
    if word in TRUE:
        return True
    if word in FALSE:
        return False
    raise _bad(value, "yes or no")


def _date(format: str) -> Convert:
    def convert(value: Any) -> dt.date:
        if isinstance(value, dt.datetime):
            return value.date()
        if isinstance(value, dt.date):
            return value
        try:
            if format:
                return dt.datetime.strptime(str(value).strip(), format).date()
            return dt.datetime.fromisoformat(str(value).strip()).date()
        except ValueError:
            raise _bad(value, f"a date{_like(format)}") from None

    return convert


def _moment(format: str) -> Convert:
    """A moment without a zone is in UTC."""

    def convert(value: Any) -> dt.datetime:
        if isinstance(value, dt.datetime):
            moment = value
        elif isinstance(value, dt.date):
            moment = dt.datetime.combine(value, dt.time())
        else:
            moment = _read_moment(value, format)
        try:
            return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)
        except OverflowError:
            raise _bad(value, "a moment that fits", "range") from None

    return convert


def _read_moment(value: Any, format: str) -> dt.datetime:
    text = str(value).strip()
    try:
        return dt.datetime.strptime(text, format) if format else dt.datetime.fromisoformat(text)
    except ValueError:
        raise _bad(value, f"a date with time{_like(format)}") from None


def _like(format: str) -> str:
    return f" such as {format}" if format else ""


def _choice(choices: frozenset[str] | None) -> Convert:
    def convert(value: Any) -> str:
        word = value if type(value) is str else _as_text(value)
        if choices is not None and word not in choices:
            raise _bad(value, f"one of {', '.join(sorted(choices))}", "choice")
        return word

    return convert


def _choices(choices: frozenset[str] | None) -> Convert:
    one = _choice(choices)

    def convert(value: Any) -> tuple[str, ...]:
        parts = value if isinstance(value, (list, tuple)) else str(value).replace("|", ";").replace(",", ";").split(";")
        return tuple(one(part.strip() if isinstance(part, str) else part) for part in parts if part not in ("", None))

    return convert


def _unique_id(value: Any) -> uuid.UUID:
    if isinstance(value, uuid.UUID):
        return value
    try:
        return uuid.UUID(bytes=value) if isinstance(value, bytes) else uuid.UUID(str(value).strip())
    except ValueError:
        raise _bad(value, "a unique id") from None


def _ranged(convert: Convert, attribute: Attribute) -> Convert:
    """The conversion with the attribute's smallest and largest value; bounds that are words (@today) are for forms."""
    low, high = (_bound(convert, bound) for bound in (attribute.min, attribute.max))
    if low is None and high is None:
        return convert

    def checked(value: Any) -> Any:
        found = convert(value)
        if (low is not None and found < low) or (high is not None and found > high):
            nearest = low if low is not None and found < low else high
            raise RecordRejected(f"{shown(value)} is outside {attribute.min} to {attribute.max}", "range", nearest)
        return found

    return checked


def _bound(convert: Convert, bound: Any) -> Any:
    if bound is None or (isinstance(bound, str) and bound.startswith("@")):
        return None
    return convert(bound)
