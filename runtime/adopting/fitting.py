"""The attribute type for a column: what its table says of it, and nothing that is guessed without being told."""

from __future__ import annotations

import re
from dataclasses import dataclass

from connectors.described import OutsideColumn
from metadata.model.base import COMPONENT_KEY
from metadata.types import DECIMAL_SCALE, PRECISION

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
    remark: str = ""
    one_way: bool = False
    rounds: bool = False


def fit(column: OutsideColumn, *, named: bool) -> Fitted | str:
    """The attribute for a column, or why there is none. `named` says that the column is part of a key or a foreign key."""
    match column.kind:
        case "text":
            return _text(column, named=named)
        case "decimal":
            return _decimal(column)
        case "float":
            said = f"{column.words} is inexact: values are rounded to {DECIMAL_SCALE} decimals and only come in"
            return Fitted("decimal", scale=DECIMAL_SCALE, remark=said, one_way=True, rounds=True)
        case "integer":
            return _integer(column)
        case "datetime":
            said = "" if column.zoned else f"{column.words} has no zone: its moments are taken to be in UTC"
            return Fitted("datetime", remark=said)
        case "time":
            return Fitted("text", max_length=40, remark=f"{column.words} is kept as a text and only comes in", one_way=True)
        case "boolean" | "date" | "unique_id":
            return Fitted(column.kind)
    return (
        f"No attribute holds the type {column.words}. Have the outside show it in a column of another type, or leave it there."
    )


def _text(column: OutsideColumn, *, named: bool) -> Fitted:
    length = column.length
    if named:
        if length is None or length > LONGEST_TEXT:
            said = f"{column.words} names no length that a key can have: more than {LONGEST_KEY} characters are refused"
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
        said = f"{column.words} may stand for yes or no, which the table does not say: it is kept as a number"
        return Fitted("integer", remark=said)
    if "BIGINT" in column.words.upper() and "UNSIGNED" in column.words.upper():
        return Fitted("integer", remark=f"{column.words} may hold numbers above 9223372036854775807: such rows are refused")
    return Fitted("integer")


def _decimal(column: OutsideColumn) -> Fitted:
    digits, scale = column.digits, column.scale
    if digits is None:
        said = f"{column.words} names no decimals: {DECIMAL_SCALE} are kept, and rows with more are refused"
        return Fitted("decimal", scale=DECIMAL_SCALE, remark=said)
    scale = scale or 0
    if scale == 0 and digits <= MOST_DIGITS:
        return Fitted("integer")
    if scale < 0 or scale > LARGEST_SCALE:
        kept = min(max(scale, 0), LARGEST_SCALE)
        said = f"{column.words} has other decimals than the {kept} that are kept: values are rounded and only come in"
        return Fitted("decimal", scale=kept, remark=said, one_way=True, rounds=True)
    if digits > PRECISION:
        said = f"{column.words} may hold more than {PRECISION - scale} digits before the point: such rows are refused"
        return Fitted("decimal", scale=scale, remark=said)
    return Fitted("decimal", scale=scale)
