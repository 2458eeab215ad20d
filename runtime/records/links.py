"""The two rights that a lookup needs: append on the row that holds it, append_to on the row that it points at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, exists, literal_column, select

from metadata.model.base import Privilege
from metadata.snapshot import CompiledEntity, Snapshot
from metadata.types import KEY_TYPE
from runtime.access import Principal, Standing, access_for, access_of
from runtime.records.errors import Denied, Invalid

Pointer = tuple[str, str, int]


def pointers(entity: CompiledEntity, values: Mapping[str, Any]) -> tuple[Pointer, ...]:
    """The lookups among values that point at a row: attribute, target entity and id."""
    found: list[Pointer] = []
    for key, value in values.items():
        attribute = entity.attributes[key]
        if attribute.type.name != "lookup" or value is None:
            continue
        target, row = value if attribute.target_column is not None else (attribute.targets[0], value)
        found.append((key, target, row))
    return tuple(found)


def permit_pointers(snapshot: Snapshot, principal: Principal, entity: CompiledEntity, found: Iterable[Pointer]) -> None:
    """Refuse lookups that may not be set whatever row they point at.

    Raises Denied, which names the attribute and the missing side.
    """
    wanted = tuple(found)
    may_hold = not wanted or access_for(snapshot, principal, entity.key, "append").allowed
    for key, target, _ in wanted:
        if not may_hold:
            raise Denied(entity.key, attribute=key, side="append")
        if not access_for(snapshot, principal, target, "append_to").allowed:
            raise Denied(target, attribute=key, side="append_to")


def pointer_conditions(snapshot: Snapshot, standing: Standing, targets: Iterable[str]) -> list[ColumnElement[bool]]:
    """What must hold for lookups that point at rows of these entities; the rows are the binds of `pointer_values`."""
    return [_reached(snapshot, standing, target, place, "append_to") for place, target in enumerate(targets)]


def pointer_values(found: Iterable[Pointer]) -> dict[str, int]:
    """The rows that lookups point at, as binds."""
    return {f"a_target{place}": row for place, (_, _, row) in enumerate(found)}


def check_pointers(
    connection: Connection, snapshot: Snapshot, principal: Principal, entity: CompiledEntity, found: Iterable[Pointer]
) -> None:
    """Refuse lookups that may not be set. Whether the target is out of reach or not there at all looks alike.

    Raises Denied, which names the attribute and the missing side. That the holding row itself is within reach of append is
    checked with the row, after it was written.
    """
    wanted = list(found)
    if not wanted:
        return
    permit_pointers(snapshot, principal, entity, wanted)
    for (key, target, _), there in zip(wanted, reached(connection, snapshot, principal, wanted, "append_to"), strict=True):
        if not there and principal.kind == "system":
            raise Invalid({key: "not_found"})
        if not there:
            raise Denied(target, attribute=key, side="append_to")


def reached(
    connection: Connection, snapshot: Snapshot, principal: Principal, found: Sequence[Pointer], privilege: Privilege
) -> Sequence[bool]:
    """Whether each row that a lookup points at is there and within reach of a privilege: one statement for all."""
    checks = (_reached(snapshot, principal.standing, target, place, privilege) for place, (_, target, _) in enumerate(found))
    asked = select(*(check.label(f"c{place}") for place, check in enumerate(checks)))
    return connection.execute(asked, {**principal.binds, **pointer_values(found)}).one()


def _reached(snapshot: Snapshot, standing: Standing, target: str, place: int, privilege: Privilege) -> ColumnElement[bool]:
    rows = snapshot.entities[target].table.alias(f"t{place}")
    within = access_of(snapshot, standing, target, privilege).predicate(rows)
    row = bindparam(f"a_target{place}", type_=KEY_TYPE)
    return exists(select(literal_column("1")).select_from(rows).where(rows.c.id == row, within))
