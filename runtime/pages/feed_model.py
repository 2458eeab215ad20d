"""A view as OData knows it: an entity set with a name, typed properties, and the description of them. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from metadata.model import View
from metadata.snapshot import Snapshot
from runtime.odata.description import document, entity_set, entity_type
from runtime.odata.values import KEY, TEXT, Write, as_text, type_of, writer
from runtime.records.plan import ListPlan, PlannedColumn


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
    return document(
        "Feed",
        [entity_type(name, [(one.name, one.type) for one in found]) for name, found in sets.items()],
        [entity_set(name, name) for name in sets],
    )


def _property(name: str, column: PlannedColumn) -> Property:
    kind = column.attribute.type.name
    if kind == "lookup":
        index = column.index if column.label_index is None else column.label_index
        write = _nothing if column.label_index is None else as_text
        return Property(name, column.path, TEXT, index, write, column.sortable)
    return Property(name, column.path, type_of(kind), column.index, writer(kind), column.sortable)


def _nothing(value: Any) -> None:
    """A lookup to what has no name that may be read."""
