"""$apply: which rows count, by what they are grouped, and the numbers over each group."""

from __future__ import annotations

from typing import Any

from runtime.api.calls import Caller
from runtime.api.conditions import Conditions
from runtime.api.faults import bad, not_offered, told
from runtime.api.model import EntitySet, Property
from runtime.odata.aggregation import Aggregate, Filtered, Grouped
from runtime.odata.options import Options
from runtime.odata.tree import Path
from runtime.odata.values import as_decimal, as_it_is
from runtime.records.clauses import Narrowed, Of
from runtime.records.groups import Groups, Number, fetch_groups

WITH_APPLY = frozenset({"$apply", "$filter", "$format"})
NUMERIC = ("integer", "decimal", "money")


def groups(caller: Caller, entity_set: EntitySet, options: Options) -> dict[str, Any]:
    """The groups as objects. Raises ApiFault."""
    entity_set.readable(caller.snapshot, caller.principal.standing)
    others = {name for name, _ in options.texts if not name.startswith("@")} - WITH_APPLY
    if others:
        raise not_offered(f"{', '.join(sorted(others))} together with $apply", "$apply")
    grouped = options.apply[-1]
    if not isinstance(grouped, Grouped):
        raise not_offered("$apply without groupby or aggregate; use $filter", "$apply")
    if options.filter is not None:
        raise not_offered("$filter together with $apply; use $apply=filter(...)/...", "$apply")
    conditions = Conditions(caller, entity_set)
    kept = [Narrowed(conditions.clause(one.condition)) for one in options.apply if isinstance(one, Filtered)]
    by = [_value(conditions, path) for path in grouped.paths]
    numbers = [_number(conditions, one) for one in grouped.aggregates]
    taken = {path.names[0] for path in grouped.paths}
    for one in grouped.aggregates:
        if one.name in taken:
            raise bad(f"{one.name} is grouped by; give the number another name.", "$apply")
    wanted = Groups(tuple(of for _, of in by), tuple(number for number, _ in numbers), tuple(kept))
    with told("read", entity_set.name):
        found = fetch_groups(caller.reader, caller.snapshot, caller.principal, entity_set.entity.key, wanted, conditions.bound)
    value = []
    for row in found:
        entity: dict[str, Any] = {}
        for path, (named, _), cell in zip(grouped.paths, by, row, strict=False):
            _put(entity, path, named.write(cell))
        for one, (_, write), cell in zip(grouped.aggregates, numbers, row[len(by) :], strict=True):
            entity[one.name] = write(cell)
        value.append(entity)
    names = [*("/".join(path.names) for path in grouped.paths), *(one.name for one in grouped.aggregates)]
    return {"@odata.context": f"{caller.root}/$metadata#{entity_set.name}({','.join(names)})", "value": value}


def _value(conditions: Conditions, path: Path) -> tuple[Property, Of]:
    found, keys, scope = conditions.path(path)
    if found.part == "entity" or found.attribute.type.name in ("choices", "file", "image"):
        raise not_offered(f"grouping by {found.name}", "$apply")
    return found, Of(keys, scope, found.part == "reached")


def _number(conditions: Conditions, wanted: Aggregate) -> tuple[Number, Any]:
    if wanted.path is None:
        return Number("count"), as_it_is
    found, of = _value(conditions, wanted.path)
    kind = found.attribute.type
    numeric = kind.name in NUMERIC and found.part == "value"
    if wanted.method in ("sum", "average") and not numeric:
        raise bad(f"{wanted.method} takes numbers, and {found.name} is none.", "$apply")
    if wanted.method in ("min", "max") and (not kind.ordered or kind.name in ("boolean", "lookup")):
        raise bad(f"{wanted.method} takes what has an order, and {found.name} has none.", "$apply")
    if wanted.method == "countdistinct":
        return Number(wanted.method, of), as_it_is
    return Number(wanted.method, of), as_decimal if wanted.method == "average" else found.write


def _put(entity: dict[str, Any], path: Path, value: Any) -> None:
    """A value at its place: below the objects of its path."""
    for name in path.names[:-1]:
        entity = entity.setdefault(name, {})
    entity[path.names[-1]] = value
