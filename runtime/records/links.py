"""The two rights that a lookup needs: append on the row that holds it, append_to on the row that it points at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, exists, literal, select

from metadata.snapshot import CompiledEntity, Snapshot
from runtime.access import Principal, access_for
from runtime.records.errors import Denied, Invalid

Pointer = tuple[str, str, int]


def pointers(entity: CompiledEntity, values: Mapping[str, Any]) -> list[Pointer]:
    """The lookups among values that point at a row: attribute, target entity and id."""
    found: list[Pointer] = []
    for key, value in values.items():
        attribute = entity.attributes[key]
        if attribute.type.name != "lookup" or value is None:
            continue
        target, row = value if attribute.target_column is not None else (attribute.targets[0], value)
        found.append((key, target, row))
    return found


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
    if not access_for(snapshot, principal, entity.key, "append").allowed:
        raise Denied(entity.key, attribute=wanted[0][0], side="append")
    checks = []
    for index, (key, target, row) in enumerate(wanted):
        access = access_for(snapshot, principal, target, "append_to")
        if not access.allowed:
            raise Denied(target, attribute=key, side="append_to")
        rows = snapshot.entities[target].table.alias(f"t{index}")
        checks.append(exists(select(literal(1)).where(rows.c.id == row, access.predicate(rows))).label(f"c{index}"))
    answers = connection.execute(select(*checks), dict(principal.binds)).one()
    for (key, target, _), reached in zip(wanted, answers, strict=True):
        if not reached and principal.kind == "system":
            raise Invalid({key: "not_found"})
        if not reached:
            raise Denied(target, attribute=key, side="append_to")
