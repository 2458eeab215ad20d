"""The attribute type for a column: what its table says of it, and nothing that is guessed without being told."""

from __future__ import annotations

import re
from dataclasses import dataclass

from connectors.described import OutsideColumn
from metadata.model.base import COMPONENT_KEY
from metadata.types import DECIMAL_SCALE, PRECISION
from runtime.adopting.findings import Reason, why

LONGEST_TEXT = 4000
"""Characters up to which a text is a line rather than a long text."""
LONGEST_KEY = 400
"""Characters of a text in a key whose length nothing tells: more cannot stand in every index."""
LARGEST_SCALE = 10
MOST_DIGITS = 18
"""Digits that a whole number of ours has for certain."""
OPTION = re.compile(COMPONENT_KEY)


@dataclass(frozen=True, slots=True)
class Fitted:
    """How an attribute holds a column. `remark` says what is not quite the same; `one_way` that what it holds must not be
    written back; `rounds` that numbers may be cut. `options` are codes with what stands for them outside."""

    type: str
    max_length: int | None = None
    scale: int | None = None
    options: tuple[tuple[str, str], ...] = ()
    remark: Reason | None = None
    one_way: bool = False
    rounds: bool = False


def fit(column: OutsideColumn, *, named: bool) -> Fitted | Reason:
    """The attribute for a column, or why there is none. `named` says that the column is part of a key or a foreign key."""
    match column.kind:
        case "text":
            return _text(column, named=named)
        case "decimal":
            return _decimal(column)
        case "float":
            said = why("inexact", type=column.words, decimals=DECIMAL_SCALE)
            return Fitted("decimal", scale=DECIMAL_SCALE, remark=said, one_way=True, rounds=True)
        case "integer":
            return _integer(column)
        case "datetime":
            return Fitted("datetime", remark=None if column.zoned else why("no_zone", type=column.words))
        case "time":
            return Fitted("text", max_length=40, remark=why("time", type=column.words), one_way=True)
        case "boolean" | "date" | "unique_id":
            return Fitted(column.kind)
    return why("no_type", type=column.words)


def _text(column: OutsideColumn, *, named: bool) -> Fitted:
    length = column.length
    if named:
        if length is None or length > LONGEST_TEXT:
            said = why("key_length", type=column.words, most=LONGEST_KEY)
            return Fitted("text", max_length=LONGEST_KEY, remark=said)
        return Fitted("text", max_length=max(length, 1))
    codes = _codes(column.options)
    if codes:
        return Fitted("choice", options=codes)
    if length is None or length > LONGEST_TEXT:
        return Fitted("long_text")
    return Fitted("text", max_length=max(length, 1))


def _codes(options: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """A code for each value, which is the value itself where it can be one. An empty text is no value here."""
    found: dict[str, str] = {}
    for value in (option for option in options if option.strip()):
        code = value
        if not OPTION.fullmatch(value):
            code = re.sub(r"[^A-Za-z0-9._-]+", "_", value).strip("._-")[:100] or "value"
        number = 1
        wanted = code
        while wanted in found:
            number += 1
            wanted = f"{code}_{number}"
        found[wanted] = value
    return tuple(found.items())


def _integer(column: OutsideColumn) -> Fitted:
    if re.fullmatch(r"TINYINT\(1\)( UNSIGNED)?", column.words.upper()):
        said = why("yes_or_no", type=column.words)
        return Fitted("integer", remark=said)
    if "BIGINT" in column.words.upper() and "UNSIGNED" in column.words.upper():
        return Fitted("integer", remark=why("too_large", type=column.words))
    return Fitted("integer")


def _decimal(column: OutsideColumn) -> Fitted:
    digits, scale = column.digits, column.scale
    if digits is None:
        said = why("no_decimals", type=column.words, decimals=DECIMAL_SCALE)
        return Fitted("decimal", scale=DECIMAL_SCALE, remark=said)
    scale = scale or 0
    if scale == 0 and digits <= MOST_DIGITS:
        return Fitted("integer")
    if scale < 0 or scale > LARGEST_SCALE:
        kept = min(max(scale, 0), LARGEST_SCALE)
        said = why("other_decimals", type=column.words, decimals=kept)
        return Fitted("decimal", scale=kept, remark=said, one_way=True, rounds=True)
    if digits > PRECISION:
        said = why("too_many_digits", type=column.words, digits=PRECISION - scale)
        return Fitted("decimal", scale=scale, remark=said)
    return Fitted("decimal", scale=scale)
