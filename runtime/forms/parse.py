"""Typed text to values, one function per attribute type. Pure; the catalogue is PARSERS."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import parse_date

from metadata.model import Attribute
from metadata.types import PRECISION
from runtime.forms.faults import Unparsable, unparsable
from runtime.forms.numbers import decimals, parse_number
from runtime.records.values import number_scale

BIGGEST_WHOLE = 2**63 - 1
LONGEST_TEXT = 100_000
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_EMAIL = re.compile(r"[^\s@<>\"(),:;]+@[^\s@<>\"(),:;.]+(\.[^\s@<>\"(),:;.]+)+")
_PHONE = re.compile(r"\+?[0-9][0-9 ()/.\-]{3,}(\s*(x|ext\.?)\s*[0-9]+)?", re.IGNORECASE)
_URL = re.compile(r"https?://[^\s/?#@\\]+([/?#][^\s\\]*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Manner:
    """How a person writes: language and time zone."""

    language: str = "en"
    zone: str = "UTC"


NEUTRAL = Manner()
Parser = Callable[[str, Attribute, Manner], Any]


def _line(text: str, attribute: Attribute, manner: Manner) -> str:
    return " ".join(_long(text, attribute, manner).split("\n")).strip()


def _long(text: str, attribute: Attribute, manner: Manner) -> str:
    if len(text) > LONGEST_TEXT:
        raise unparsable("form.too_long", count=attribute.max_length or LONGEST_TEXT)
    if _CONTROL.search(text):
        raise unparsable("form.not_text")
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _email(text: str, attribute: Attribute, manner: Manner) -> str:
    line = _line(text, attribute, manner)
    if not _EMAIL.fullmatch(line):
        raise unparsable("form.not_email")
    return line


def _phone(text: str, attribute: Attribute, manner: Manner) -> str:
    line = _line(text, attribute, manner)
    if not _PHONE.fullmatch(line):
        raise unparsable("form.not_phone")
    return line


def _url(text: str, attribute: Attribute, manner: Manner) -> str:
    line = _line(text, attribute, manner)
    if not _URL.fullmatch(line):
        raise unparsable("form.not_url")
    return line


def _integer(text: str, attribute: Attribute, manner: Manner) -> int:
    try:
        number = parse_number(text, manner.language)
    except Unparsable:
        raise unparsable("form.not_integer", example=12) from None
    if decimals(number):
        raise unparsable("form.not_integer", example=12)
    if abs(number) > BIGGEST_WHOLE:
        raise unparsable("form.too_big")
    return int(number)


def _decimal(text: str, attribute: Attribute, manner: Manner) -> Decimal:
    number = parse_number(text, manner.language)
    scale = number_scale(attribute)
    if decimals(number) > scale:
        raise unparsable("form.too_many_decimals", count=scale) if scale else unparsable("form.not_integer", example=12)
    if abs(number) >= Decimal(10) ** (PRECISION - scale):
        raise unparsable("form.too_big")
    return number


def _boolean(text: str, attribute: Attribute, manner: Manner) -> bool:
    return text.strip().lower() in ("1", "on", "true", "yes", "y")


def _date(text: str, attribute: Attribute, manner: Manner) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        pass
    try:
        found = parse_date(text[:40], locale=manner.language.replace("-", "_"))
    except (ValueError, IndexError, LookupError):
        raise unparsable("form.not_date", example="2026-11-20") from None
    if found.year < 1000:
        raise unparsable("form.not_date", example="2026-11-20")
    return found


def _datetime(text: str, attribute: Attribute, manner: Manner) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise unparsable("form.not_datetime", example="2026-11-20T10:30") from None
    try:
        if moment.tzinfo is not None:
            return moment.astimezone(dt.UTC)
        local = moment.replace(tzinfo=ZoneInfo(manner.zone))
        utc = local.astimezone(dt.UTC)
        if utc.astimezone(local.tzinfo).replace(tzinfo=None) != moment:
            raise unparsable("form.no_such_time")
    except OverflowError:
        raise unparsable("form.not_datetime", example="2026-11-20T10:30") from None
    return utc


def _row_id(text: str, attribute: Attribute, manner: Manner) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 18:
        raise unparsable("form.unknown_record")
    return int(text)


def _unique_id(text: str, attribute: Attribute, manner: Manner) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise unparsable("form.not_unique_id") from None


def _choice(text: str, attribute: Attribute, manner: Manner) -> str:
    return text


def _choices(text: str, attribute: Attribute, manner: Manner) -> tuple[str, ...]:
    return tuple(part for part in text.split("|") if part)


PARSERS: Mapping[str, Parser] = {
    "text": _line,
    "long_text": _long,
    "email": _email,
    "phone": _phone,
    "url": _url,
    "auto_number": _line,
    "unique_id": _unique_id,
    "integer": _integer,
    "decimal": _decimal,
    "money": _decimal,
    "boolean": _boolean,
    "date": _date,
    "datetime": _datetime,
    "choice": _choice,
    "choices": _choices,
    "lookup": _row_id,
    "file": _row_id,
    "image": _row_id,
}


def parse_value(text: str, attribute: Attribute, manner: Manner = NEUTRAL) -> Any:
    """The value of a text, None for an empty one. Raises Unparsable with the fault to show."""
    trimmed = text.strip()
    return PARSERS[attribute.type](trimmed, attribute, manner) if trimmed else None


def coerce(value: Any, attribute: Attribute) -> Any:
    """A value from metadata or from an address in the attribute's own type, None where it cannot be one."""
    if value is None or value == "":
        return None
    if isinstance(value, list | tuple):
        return tuple(str(item) for item in value) if attribute.type == "choices" else None
    if isinstance(value, dt.datetime) and attribute.type == "date":
        return value.date()
    text = value.isoformat() if isinstance(value, dt.date) else str(value)
    try:
        return parse_value(text, attribute)
    except ValueError:
        return None
