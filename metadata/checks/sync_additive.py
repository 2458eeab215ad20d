"""Rules on numbers to which both sides add: where a difference can be counted once, and what stands in the way of that."""

from __future__ import annotations

from collections.abc import Iterator

from metadata.checks.sync import Mapped, mapped
from metadata.checks.world import World
from metadata.errors import Problem
from metadata.model import Attribute, Connection, TableMap
from metadata.told import Called, told

ADDITIVE = "additive"
NUMBERS = frozenset({"integer", "decimal", "money"})
CONDITIONAL = frozenset({"sql", "odata", "memory"})
"""Connectors that write a row only if it is still as it was read."""


def adding(world: World) -> Iterator[Mapped]:
    """The attribute maps to which both sides add, by their own policy or by that of their map."""
    for found in mapped(world):
        if found.item.direction == "both" and (found.item.conflict or found.owner.conflict) == ADDITIVE:
            yield found


def numbers(world: World) -> Iterator[Problem]:
    """What is added is a plain number, which is the same on both sides."""
    for found in adding(world):
        attribute = world.attribute(found.owner.entity, found.item.attribute)
        if attribute is None:
            continue
        fault = _no_number(found, attribute) or _converted(found)
        if fault:
            where = f"{found.path}.{fault[0]}" if fault[0] else found.path
            yield world.problem(found.owner, where, "additive", fault[1])


def _no_number(found: Mapped, attribute: Attribute) -> tuple[str, str] | None:
    key = attribute.key
    if attribute.type not in NUMBERS:
        reason = told(
            "{attribute} is of type {type}, and only integer, decimal and money can be added up",
            attribute=key,
            type=Called(attribute.type, "type"),
        )
        return "conflict", told("{reason}; name another policy for it.", reason=reason)
    if attribute.formula:
        return "conflict", told("{attribute} is calculated, and nobody adds to it; name another policy for it.", attribute=key)
    if key in found.owner.integration_key:
        return "conflict", told(
            "{attribute} is in the integration key, by which rows are matched; name another policy for it.", attribute=key
        )
    if not found.item.column:
        return "column", told("{attribute} has no column outside to add to; name one, or another policy.", attribute=key)
    return None


def _converted(found: Mapped) -> tuple[str, str] | None:
    """What makes a number another one on its way, so that a difference here is none there."""
    item, key = found.item, found.item.attribute
    for name in ("values", "format"):
        if getattr(item, name):
            return (
                name,
                told(
                    "Both sides add to {attribute}, which must be the same number there; leave {property} out,"
                    " or name another policy.",
                    attribute=key,
                    property=name,
                ),
            )
    if item.default is not None:
        return (
            "default",
            told(
                "Both sides add to {attribute}, where an empty value counts as 0; leave default out, or name another policy.",
                attribute=key,
            ),
        )
    for name in ("out_of_range", "too_precise"):
        if (getattr(item, name) or getattr(found.owner, name)) != "reject":
            reason = told(
                "Both sides add to {attribute}, and {property} would make another number of it", attribute=key, property=name
            )
            return name, told("{reason}; write {name}: reject for it, or name another policy.", reason=reason, name=name)
    return None


def receipts(world: World) -> Iterator[Problem]:
    """A mark of ours in the outside row tells whether a change whose answer was lost is there."""
    connectors = {connection.key: connection.connector for connection in world.all(Connection)}
    taken: dict[tuple[str, str, str], str] = {}
    owners = {found.owner.key for found in adding(world)}
    for owner in world.all(TableMap):
        if owner.key not in owners:
            if owner.conflict == ADDITIVE:
                message = told(
                    "conflict: additive is for numbers of the direction both, and none is mapped so; name another policy."
                )
                yield world.problem(owner, "conflict", "additive", message)
            if owner.receipt_column:
                message = told("receipt_column is for attributes with conflict: additive, and there are none; leave it out.")
                yield world.problem(owner, "receipt_column", "additive", message)
            continue
        fault = _place(owner, connectors.get(owner.connection, ""))
        if fault:
            yield world.problem(owner, fault[0], "additive", fault[1])
        elif owner.receipt_column:
            first = taken.setdefault((owner.connection, owner.table, owner.receipt_column), owner.key)
            if first != owner.key:
                message = told("The map {map} writes its marks into this column already; name another one.", map=first)
                yield world.problem(owner, "receipt_column", "additive", message)


def _place(owner: TableMap, connector: str) -> tuple[str, str] | None:
    if connector and connector not in CONDITIONAL:
        reason = told(
            "{connector} cannot write a row only if it is still as it was read, so that a sum could undo what was added there",
            connector=connector,
        )
        return "conflict", told("{reason}; name another policy than additive.", reason=reason)
    for name in ("write_through", "effective_from"):
        if getattr(owner, name):
            reason = told(
                "With {property} a row here is not one and the same row outside, so that nothing can be added up", property=name
            )
            return name, told("{reason}; name another policy than additive.", reason=reason)
    if not owner.receipt_column:
        reason = told("conflict: additive needs a column outside for the mark of the last change that was sent")
        return "receipt_column", told("{reason}; add a text of 32 characters there and name it here.", reason=reason)
    if owner.receipt_column in _spoken_for(owner):
        return "receipt_column", told(
            "The map has another use for {receipt_column}; name a column that nobody else writes.",
            receipt_column=owner.receipt_column,
        )
    return None


def _spoken_for(owner: TableMap) -> set[str]:
    columns = {name for item in owner.attributes for name in (item.column, *item.lookup_columns)}
    columns |= {name for name, _ in (*owner.filter, *owner.constants)}
    return columns | {owner.change_column, owner.identity_column}


RULES = (numbers, receipts)
