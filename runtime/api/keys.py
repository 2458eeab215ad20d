"""Which row an address means: by its id, or by the values of an alternate key."""

from __future__ import annotations

from typing import Any

from runtime.api.bodies import Bound
from runtime.api.calls import Caller
from runtime.api.conditions import Conditions, kind_of
from runtime.api.faults import bad, missing
from runtime.api.model import EntitySet
from runtime.api.reading import plan_for
from runtime.odata.addresses import Segment
from runtime.odata.tree import Both, Comparison, Path
from runtime.odata.values import KEY
from runtime.records.ask import ListAsk
from runtime.records.clauses import Narrowed
from runtime.records.lists import fetch_list
from runtime.records.values import LARGEST


def row_of(caller: Caller, bound: Bound) -> int:
    """The id of a row; by an alternate key of one that may be read. Raises ApiFault."""
    found = find_row(caller, *bound)
    if found is None:
        raise missing("There is no such row.")
    return found


def find_row(caller: Caller, entity_set: EntitySet, segment: Segment) -> int | None:
    """The id in a key, or that of the row with the values of an alternate key; None where there is none to be read.

    Raises ApiFault for what is no key.
    """
    lone = id_of(entity_set, segment)
    if lone is not None:
        return lone
    names = alternate_key(entity_set, segment)
    standing = caller.principal.standing
    for name in names:
        entity_set.property(name, standing, caller.snapshot)
    conditions = Conditions(caller, entity_set)
    parts = tuple(Comparison("eq", Path((name,)), value) for name, value in segment.key)
    clause = conditions.clause(Both("and", parts))
    plan = plan_for(caller, entity_set, ())
    ask = ListAsk("", page_size=1, narrowings=(Narrowed(clause),), bound=tuple(conditions.bound.items()), counted=False)
    page = fetch_list(caller.reader, plan, caller.principal, ask)
    return page.ids[0] if page.ids else None


def id_of(entity_set: EntitySet, segment: Segment) -> int | None:
    """The id in a key; None where it names an alternate key. Raises ApiFault."""
    if [name for name, _ in segment.key] not in ([""], [KEY]):
        return None
    value = segment.key[0][1]
    if value.kind != "integer" or not 0 <= value.value <= LARGEST:
        raise bad(f"The key of {entity_set.name} is a whole number, such as {entity_set.name}(1).")
    return int(value.value)


def alternate_key(entity_set: EntitySet, segment: Segment) -> tuple[str, ...]:
    """The attributes of the alternate key that a key names. Raises ApiFault where there is no such key."""
    names = {name for name, _ in segment.key}
    for key in entity_set.entity.model.keys:
        if set(key.attributes) == names and names <= entity_set.properties.keys():
            return key.attributes
    known = [key.attributes for key in entity_set.entity.model.keys if set(key.attributes) <= entity_set.properties.keys()]
    there = "; ".join(["id", *(", ".join(key) for key in known)])
    raise bad(f"({', '.join(sorted(names))[:80]}) is no key of {entity_set.name}; these are: {there}.")


def key_values(entity_set: EntitySet, segment: Segment) -> dict[str, Any]:
    """The values of an alternate key by attribute. Raises ApiFault."""
    found: dict[str, Any] = {}
    for name, value in segment.key:
        attribute = entity_set.properties[name].attribute
        if value.kind != kind_of(attribute) and not (kind_of(attribute) == "number" and value.kind in ("integer", "decimal")):
            raise bad(f"{name} of the key is of another type.", name)
        found[attribute.key] = value.value
    return found
