"""Conversion of a whole column at once: what a look at all its types shows to be fine is taken as it is. Pure.

The result is always that of converting each value. Only the common case is quick: values of the type that the attribute holds.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from connectors.converting import Convert
from connectors.transforms import BIGGEST, LONGEST
from metadata.model import Attribute, AttributeMap
from metadata.types import DECIMAL_SCALE, MONEY_SCALE, PRECISION, SHORT_TEXT, TYPES

ConvertAll = Callable[[Sequence[Any]], Sequence[Any]]
Fits = Callable[[Sequence[Any]], bool]
REMEMBERED = 50_000
_NONE = type(None)
_NAMES = frozenset({str, int, _NONE})
_SCALES = {"decimal": DECIMAL_SCALE, "money": MONEY_SCALE}


def each(convert: Convert) -> ConvertAll:
    """The conversion of a column value by value. Raises RecordRejected at the first that cannot be taken."""
    return lambda values: [convert(value) for value in values]


def remembered(convert: Convert) -> ConvertAll:
    """For columns with few different values, such as codes and keys: each is converted once."""
    known: dict[Any, Any] = {}

    def convert_all(values: Sequence[Any]) -> Sequence[Any]:
        nonlocal known
        if not _types(values) <= _NAMES:  # 1, True and 1.0 are one key of a dictionary
            return [convert(value) for value in values]
        here = known
        try:
            return [here[value] for value in values]
        except KeyError:
            fresh = {value: convert(value) for value in set(values) - here.keys()}
        if len(here) > REMEMBERED:
            known = here = {value: here[value] for value in set(values) & here.keys()}
        here.update(fresh)
        return [here[value] for value in values]

    return convert_all


def whole_column(attribute: Attribute, item: AttributeMap, convert: Convert, *, wanted: bool) -> ConvertAll:
    """The conversion of a column for an attribute without a look-up; `convert` is that of one value.

    A column with empty values is taken as it is only where nothing stands in their place and none is `wanted`.
    """
    if item.values or attribute.type == "choice":
        return remembered(convert)
    if attribute.min is not None or attribute.max is not None or item.format:
        return each(convert)
    empty = not wanted and item.default in (None, "")
    match attribute.type:
        case "integer":
            return _as_it_is(int, _small, convert, empty=empty)
        case "decimal" | "money":
            scale = attribute.scale if attribute.scale is not None else _SCALES[attribute.type]
            return _exact(scale, convert, empty=empty)
        case "boolean":
            return _as_it_is(bool, _any, convert, empty=empty)
        case "date":
            return _as_it_is(dt.date, _any, convert, empty=empty)
    if TYPES[attribute.type].python is not str:
        return each(convert)
    return _as_it_is(str, _short(attribute.max_length or LONGEST.get(attribute.type, SHORT_TEXT)), convert, empty=empty)


def _as_it_is(kind: type, fits: Fits, convert: Convert, *, empty: bool) -> ConvertAll:
    allowed = {kind, _NONE} if empty else {kind}

    def convert_all(values: Sequence[Any]) -> Sequence[Any]:
        return values if _types(values) <= allowed and fits(_given(values)) else [convert(value) for value in values]

    return convert_all


def _exact(scale: int, convert: Convert, *, empty: bool) -> ConvertAll:
    unit, most = Decimal(1).scaleb(-scale), Decimal(10) ** (PRECISION - scale)
    allowed = {Decimal, _NONE} if empty else {Decimal}

    def convert_all(values: Sequence[Any]) -> Sequence[Any]:
        if _types(values) <= allowed:
            given = _given(values)
            try:
                if not given or (-most < min(given) and max(given) < most):
                    found = [None if value is None else value.quantize(unit, ROUND_HALF_UP) for value in values]
                    if found == values:
                        return found
            except InvalidOperation:
                pass  # one that is no number; it is found and told below
        return [convert(value) for value in values]

    return convert_all


def _types(values: Iterable[Any]) -> set[type]:
    return set(map(type, values))


def _given(values: Sequence[Any]) -> Sequence[Any]:
    return [value for value in values if value is not None]


def _any(values: Sequence[Any]) -> bool:
    return True


def _small(values: Sequence[int]) -> bool:
    return not values or (min(values) >= -BIGGEST and max(values) < BIGGEST)


def _short(limit: int | None) -> Fits:
    def fits(values: Sequence[str]) -> bool:
        if not values:
            return True
        return "" not in values and (limit is None or max(map(len, values)) <= limit) and "\0" not in "".join(values)

    return fits
