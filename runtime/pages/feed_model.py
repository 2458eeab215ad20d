"""A view as OData knows it: an entity set with a name, typed properties, and the description of them. Pure."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import quoteattr

import orjson

from metadata.model import View
from metadata.snapshot import CompiledAttribute, Snapshot
from runtime.records.plan import ListPlan, PlannedColumn

TEXT = "Edm.String"
TYPES = {
    "integer": "Edm.Int64",
    "decimal": "Edm.Decimal",
    "money": "Edm.Decimal",
    "boolean": "Edm.Boolean",
    "date": "Edm.Date",
    "datetime": "Edm.DateTimeOffset",
    "unique_id": "Edm.Guid",
    "choices": "Collection(Edm.String)",
    "file": "Edm.Int64",
    "image": "Edm.Int64",
}
"""The types of OData by attribute type; what is not here is text, a lookup by the name of what it points at."""
KEY = "id"
NAMESPACE = "Foyer"

Write = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Property:
    """A readable column: its name in the feed, where its value stands in a row, and how it is written."""

    name: str
    path: str
    type: str
    index: int
    write: Write
    sortable: bool


def set_name(view: str) -> str:
    """The name of a view's entity set: its key, in the letters that OData allows."""
    name = re.sub(r"[^A-Za-z0-9_]", "_", view)
    return f"_{name}" if name[0].isdigit() else name


def property_names(view: View) -> dict[str, str]:
    """The names of a view's columns by path, whoever may read them. A number keeps apart what would be called alike."""
    names: dict[str, str] = {}
    taken = {KEY}
    for path in (path for column in view.columns for path in (column.attribute, column.second) if path):
        if path in names or path == KEY:
            continue
        plain = name = path.replace(".", "_")
        number = 1
        while name in taken:
            number += 1
            name = f"{plain}_{number}"
        names[path] = name
        taken.add(name)
    return names


def properties(snapshot: Snapshot, plan: ListPlan) -> tuple[Property, ...]:
    """The properties of a plan: its columns, the small print among them."""

    def make() -> tuple[Property, ...]:
        names = property_names(snapshot.views[plan.view])
        planned = [part for column in plan.columns for part in (column, column.second) if part is not None]
        found = {column.path: column for column in planned if column.path in names}
        return tuple(_property(names[path], column) for path, column in found.items())

    return snapshot.derive(("feed properties", plan), make)


def rows_of(found: Sequence[Property], rows: Sequence[tuple[Any, ...]]) -> list[dict[str, Any]]:
    """Rows of a plan as objects that orjson writes; decimals stay exact."""
    return [{KEY: row[0], **{one.name: one.write(row[one.index]) for one in found}} for row in rows]


def description(sets: Mapping[str, Sequence[Property]]) -> str:
    """The CSDL document of entity sets and their properties."""
    types = "".join(_entity_type(name, found) for name, found in sets.items())
    names = "".join(f'<EntitySet Name="{name}" EntityType="{NAMESPACE}.{name}"/>' for name in sets)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<edmx:Edmx xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx" Version="4.0"><edmx:DataServices>'
        f'<Schema xmlns="http://docs.oasis-open.org/odata/ns/edm" Namespace="{NAMESPACE}">{types}'
        f'<EntityContainer Name="Feed">{names}</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>'
    )


def _entity_type(name: str, found: Sequence[Property]) -> str:
    columns = "".join(f"<Property Name={quoteattr(one.name)} Type={quoteattr(one.type)}{_scale(one)}/>" for one in found)
    key = f'<Key><PropertyRef Name="{KEY}"/></Key><Property Name="{KEY}" Type="Edm.Int64" Nullable="false"/>'
    return f'<EntityType Name="{name}">{key}{columns}</EntityType>'


def _scale(one: Property) -> str:
    return ' Scale="variable"' if one.type == "Edm.Decimal" else ""


def _property(name: str, column: PlannedColumn) -> Property:
    kind = column.attribute.type.name
    if kind == "lookup":
        index = column.index if column.label_index is None else column.label_index
        write = _nothing if column.label_index is None else _text
        return Property(name, column.path, TEXT, index, write, column.sortable)
    return Property(name, column.path, TYPES.get(kind, TEXT), column.index, _writer(column.attribute), column.sortable)


def _writer(attribute: CompiledAttribute) -> Write:
    match attribute.type.name:
        case "decimal" | "money":
            return _decimal
        case "unique_id":
            return _text
        case "datetime":
            return _moment
        case "choices":
            return _several
    return _plain


def _plain(value: Any) -> Any:
    return value


def _nothing(value: Any) -> None:
    """A lookup to what has no name that may be read."""


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _decimal(value: Any) -> orjson.Fragment | None:
    return None if value is None else orjson.Fragment(format(value, "f"))


def _moment(value: dt.datetime | None) -> str | None:
    return None if value is None else value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")


def _several(value: Sequence[str] | None) -> list[str]:
    return list(value or ())
