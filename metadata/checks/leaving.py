"""Rules on what a table map does with our rows when the outside ones are gone, or have another key."""

from __future__ import annotations

from collections.abc import Iterator

from metadata.checks.values import fault_in
from metadata.checks.world import World
from metadata.errors import Problem
from metadata.model import TableMap
from metadata.schema.faults import did_you_mean
from metadata.system import RESERVED_KEYS
from metadata.told import told
from metadata.types import TYPES


def deactivations(world: World) -> Iterator[Problem]:
    """A row that is marked as inactive needs marks; without a policy that sets them they mean nothing."""
    for owner in world.all(TableMap):
        named = [name for name in ("delete", "filter_exit", "key_change") if getattr(owner, name) == "deactivate"]
        if named and not owner.inactive:
            message = told("deactivate marks our row; say how as inactive, such as {{active: false}}.")
            yield world.problem(owner, named[0], "table-map", message)
        if owner.inactive and not named:
            message = told("inactive says how deactivate marks our row; make delete, filter_exit or key_change deactivate.")
            yield world.problem(owner, "inactive", "table-map", message)


def marks(world: World) -> Iterator[Problem]:
    """The marks of an inactive row are values of attributes that can be set."""
    for owner in world.all(TableMap):
        entity = world.entities.get(owner.entity)
        for name, value in owner.inactive if entity is not None else ():
            path, attribute = f"inactive.{name}", world.attribute(owner.entity, name)
            if attribute is None:
                hint = did_you_mean(name, entity.attributes if entity is not None else ())
                message = told(
                    "The entity {entity} has no attribute {attribute!r}.{hint}",
                    entity=owner.entity,
                    attribute=name[:80],
                    hint=hint,
                )
                yield world.problem(owner, path, "unknown-attribute", message)
                continue
            kind = TYPES.get(attribute.type)
            if name in RESERVED_KEYS or name in owner.integration_key or attribute.type == "lookup" or (kind and kind.is_file):
                message = told(
                    "{attribute} cannot mark a row as inactive; name an attribute with a plain value that is not the key.",
                    attribute=name,
                )
                yield world.problem(owner, path, "table-map", message)
                continue
            fault = fault_in(world, attribute, value) if value is not None else ""
            if fault:
                yield world.problem(owner, path, "value", fault)


def key_changes(world: World) -> Iterator[Problem]:
    """A change of key is told by something else that stays; what leaves a filter needs one."""
    for owner in world.all(TableMap):
        if owner.key_change and not owner.identity_column:
            message = told("A change of key is told by a column that stays the same; name it as identity_column.")
            yield world.problem(owner, "key_change", "table-map", message)
        if owner.filter_exit and not owner.filter:
            message = told("filter_exit is for rows that leave the filter, and there is none; leave it out.")
            yield world.problem(owner, "filter_exit", "table-map", message)


RULES = (deactivations, marks, key_changes)
