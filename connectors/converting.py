"""How an attribute map turns outside values into ours: value map, default, conversion. Pure."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

from connectors.errors import RecordRejected
from connectors.transforms import shown
from metadata.model import AttributeMap

Convert = Callable[[Any], Any]
KEEP = object()
"""The value that stands for: leave what is stored."""


def empty(value: Any) -> bool:
    """Whether an outside value is none."""
    return value is None or value == ""


def _forward(item: AttributeMap, missing: str, *, all_here: bool = False) -> Convert:
    """The value map of an attribute map: outside to inside, by value and by how the value is written.

    What it does not know is refused, for a policy to mend, save what is emptied or kept; with `all_here` every policy is
    followed at once.
    """
    there = {"empty": None, "keep": KEEP} | ({"default": item.default, "pass": None} if all_here else {})
    exact = {hashable(pair.outside): pair.inside for pair in item.values}
    written = {str(pair.outside): pair.inside for pair in item.values}

    def convert(value: Any) -> Any:
        key = hashable(value)
        if key in exact:
            return exact[key]
        if str(value) in written:
            return written[str(value)]
        if missing not in there:
            raise RecordRejected(f"{shown(value)} is not in the value map", "value_map")
        return there[missing] if missing != "pass" else value

    return convert


def single_value(convert: Convert, item: AttributeMap, missing: str) -> Convert:
    """The conversion of one outside value: through the value map, where there is one, and the default where it is empty."""
    default = None if empty(item.default) else convert(item.default)

    def plain(value: Any) -> Any:
        return default if value is None or value == "" else convert(value)

    if not item.values:
        return plain
    forward = _forward(item, missing)
    maps_empty = any(empty(pair.outside) for pair in item.values)

    def through_map(value: Any) -> Any:
        if empty(value) and not maps_empty:
            return default
        found = forward(value)
        return KEEP if found is KEEP else plain(found)

    return through_map


def lookup_value(converts: Sequence[Convert], item: AttributeMap, missing: str) -> Convert:
    """The conversion of a look-up: outside values to its natural key, or None."""
    forward = _forward(item, missing, all_here=True) if item.values else None
    default = item.default
    only = converts[0] if len(converts) == 1 else None

    def part(value: Any) -> Any:
        if empty(value):
            return default
        return value if forward is None else forward(value)

    def one(value: Any) -> Any:
        found = part(value)
        if found is KEEP or only is None:
            return KEEP
        return None if empty(found) else (only(found),)

    def several(values: tuple[Any, ...]) -> Any:
        found = [part(value) for value in values]
        if any(value is KEEP for value in found):
            return KEEP
        if any(empty(value) for value in found):
            return None
        return tuple(convert(value) for convert, value in zip(converts, found, strict=True))

    return several if only is None else one


def needed(convert: Convert, attribute: str) -> Convert:
    """A conversion that refuses to come to nothing."""

    def value_of(value: Any) -> Any:
        found = convert(value)
        if found is None:
            raise RecordRejected(f"{attribute} must have a value", "required")
        return found

    return value_of


def hashable(value: Any) -> Hashable:
    """A value as a key of a value map; 1 and True are different values, as are lists and tuples not."""
    if isinstance(value, list):
        value = tuple(value)
    return (isinstance(value, bool), value)
