"""Lookups of a map: paths to the natural keys of their targets, grouped by the attribute that takes the row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from metadata.model import AttributeMap
from runtime.dualwrite.entities import COMPANY, Table
from runtime.dualwrite.source import MappedField, SourceMap

COMPANY_COLUMN = "dataAreaId"
"""The property that every entity of Finance & Operations has whose rows belong to a company."""
COMPANY_CODE = "code"


class NotFound(Exception):
    """The target of a lookup cannot be found by what the map says. The message says why."""


@dataclass(frozen=True, slots=True)
class Made:
    """An attribute map of a lookup, and what differs from the original, if anything."""

    item: AttributeMap
    remark: str = ""


def lookup_map(tables: Mapping[str, Table], source: SourceMap, fields: Sequence[MappedField], columns: Sequence[str]) -> Made:
    """One attribute map for all mapped fields of one lookup; `columns` are theirs outside. Raises NotFound."""
    held = tables[source.table].columns[fields[0].head]
    remarks = []
    if any(not column for column in columns):
        raise NotFound("a lookup to one fixed row; set the attribute by a default of its entity, or by hand")
    ways = {item.direction for item in fields}
    if len(ways) > 1:
        remarks.append(f"its columns go {' and '.join(sorted(ways))}; it comes in only")
    if any(item.values for item in fields):
        remarks.append("the value map of its key is left out: keys are compared as they are written")
    targets = [tables[name] for name in held.targets]
    keys = [_key(tables, target, item) for item in fields for target in targets[:1]]
    for target in targets[1:]:
        if [_key(tables, target, item) for item in fields] != keys:
            raise NotFound(f"{targets[0].entity} and {target.entity} are found by different attributes; map one of them")
    lookup_key, lookup_columns = list(keys), list(columns)
    if all(target.company and target.entity != COMPANY for target in targets):
        if source.company:
            lookup_key.append(f"{COMPANY}.{COMPANY_CODE}")
            lookup_columns.append(COMPANY_COLUMN)
        else:
            remarks.append(
                f"{targets[0].entity} is kept per company and this map is not: the key must be unique over all of them"
            )
    direction = ways.pop() if len(ways) == 1 else "in"
    if len(lookup_key) == 1:
        item = AttributeMap(attribute=held.key, column=lookup_columns[0], lookup_key=tuple(lookup_key), direction=direction)
    else:
        several = tuple(lookup_columns)
        item = AttributeMap(attribute=held.key, lookup_key=tuple(lookup_key), lookup_columns=several, direction=direction)
    return Made(item, "; ".join(remarks))


def _key(tables: Mapping[str, Table], target: Table, item: MappedField) -> str:
    """The attribute, or path, by which a mapped field finds a row of its target."""
    steps = [hop.key for hop in item.hops if hop.table == target.name][:1] if item.hops else list(item.rest)
    path: list[str] = []
    here = target
    for index, step in enumerate(steps):
        held = here.columns.get(step)
        if held is None:
            raise NotFound(f"no map brings {here.name}.{step}, by which the row would be found")
        path.append(held.key)
        if index + 1 == len(steps):
            return ".".join(path)
        if held.type != "lookup":
            # What it points at is not here, so that its key is kept as a text.
            return ".".join(path)
        here = tables[held.targets[0]]
    raise NotFound(f"the map does not say by which column {target.name} is found")
