"""Plain data to components and back: one marshmallow schema per kind, built from the dataclass and its rules.

What enters is data as YAML or JSON gives it; what leaves is a frozen component that is right by itself. Whether it fits
the other components is for `metadata.checks`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, cast

from marshmallow import ValidationError

from metadata.errors import MetadataError, Position, Problem
from metadata.model import KINDS, Component, ComponentId
from metadata.schema.build import UNKNOWN, ModelSchema, hints, schema_for
from metadata.schema.faults import Fault, did_you_mean, flatten, shown, suggested
from metadata.schema.guard import check_shape
from metadata.told import told

Where = Callable[[str], Position]


def nowhere(path: str) -> Position:
    """The place of a value that was not read from a file."""
    return Position(path=path)


def load(kind: Any, data: Any, where: Where = nowhere) -> Component:
    """The component that plain data describes. Raises MetadataError with every problem found.

    `where` gives the position of a path of keys such as `attributes.3.type`.
    """
    if not isinstance(kind, str) or kind not in KINDS:
        message = told("There is no kind {kind}.{hint}", kind=shown(kind), hint=did_you_mean(str(kind), KINDS))
        raise MetadataError([Problem(where("kind"), "", "unknown-kind", message)])
    faults: Iterable[tuple[tuple[str, ...], Any]] = check_shape(data)
    if not faults:
        try:
            return cast(Component, schema_for(KINDS[kind].model).load(data))
        except ValidationError as error:
            faults = flatten(error.messages)
    name = component_name(kind, data)
    found = [(path, fault) for path, fault in faults]
    lacking = lacking_ones(found)
    raise MetadataError([problem(kind, name, path, fault, where, lacking.get(path[:-1], ())) for path, fault in found])


def lacking_ones(faults: Iterable[tuple[tuple[str, ...], Any]]) -> dict[tuple[str, ...], tuple[str, ...]]:
    """The properties that are required and not there, by the part that lacks them."""
    found: dict[tuple[str, ...], tuple[str, ...]] = {}
    for path, fault in faults:
        if isinstance(fault, Fault) and fault.code == "missing" and path:
            found[path[:-1]] = (*found.get(path[:-1], ()), path[-1])
    return found


def dump(component: Component) -> dict[str, Any]:
    """The plain data of a component: what differs from the defaults, in the order in which it is declared."""
    return schema_for(type(component)).dump(component)


def component_name(kind: str, data: Any) -> str:
    """How a component that may be wrong is called in messages."""
    key = data.get("key", "") if isinstance(data, Mapping) else ""
    site = data.get("site", "") if KINDS[kind].of_site and isinstance(data, Mapping) else ""
    return str(ComponentId(kind, str(key)[:120], str(site)[:120])).strip()


def problem(kind: str, name: str, path: tuple[str, ...], fault: Any, where: Where, lacking: Sequence[str] = ()) -> Problem:
    """A fault with its place. An unknown property may be meant for the only one that is `lacking` beside it."""
    found = fault if isinstance(fault, Fault) else Fault("invalid", str(fault))
    message = found.message
    if found.code == UNKNOWN:
        known = properties(KINDS[kind].model, path[:-1])
        meant = did_you_mean(path[-1], known) or (suggested(lacking[0]) if len(lacking) == 1 else "")
        message = told("There is no property {property!r} here.{hint}", property=path[-1][:60], hint=meant)
    return Problem(where(".".join(path)), name, found.code, message)


def properties(model: type, path: tuple[str, ...]) -> tuple[str, ...]:
    """The names of the properties that the part at a path may have."""
    current: Any = model
    for step in path:
        if not step.isdigit():
            current = part_of(hints(current)[step])
    return tuple(field.name for field in dataclasses.fields(current))


def part_of(hint: Any) -> Any:
    """The dataclass inside an annotation such as `tuple[Part, ...]` or `Part | None`, or None."""
    if dataclasses.is_dataclass(hint):
        return hint
    return next((found for arm in getattr(hint, "__args__", ()) if (found := part_of(arm))), None)


__all__ = ["ModelSchema", "Where", "dump", "load", "nowhere", "part_of", "schema_for"]
