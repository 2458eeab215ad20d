"""The records of an address: of the record page itself, and of the record pages above it, which must hold it."""

from __future__ import annotations

from metadata.snapshot import PageNode, Snapshot
from runtime.context import RequestContext
from runtime.errors import PageNotFound
from runtime.records.details import Record, fetch_record


def record_of(
    context: RequestContext, node: PageNode, record_keys: tuple[str, ...], paths: tuple[str, ...] = ()
) -> Record | None:
    """The record of a record page, or of the nearest record page above; None where there is no such page.

    `paths` are the attributes wanted besides the primary name. Raises PageNotFound for a record that is not there or not
    the person's, and where one further up the address is not, or is not that to which the record belongs: all look alike.
    """
    owners = tuple(above for above in node.lineage if above.record_entity)
    outer: Record | None = None
    for position, (owner, key) in enumerate(zip(owners, record_keys, strict=True), start=1):
        ties = () if outer is None else ties_to(context.snapshot, owner.record_entity, outer.entity)
        wanted = (*(paths if position == len(owners) else ()), *ties)
        outer = _read(context, owner, key, wanted, outer)
    return outer


def ties_to(snapshot: Snapshot, entity: str, outer: str) -> tuple[str, ...]:
    """The lookups by which rows of an entity belong to rows of another one; those that the engine keeps are none."""
    attributes = snapshot.entities[entity].attributes.values()
    return tuple(one.key for one in attributes if outer in one.targets and not one.system)


def _read(context: RequestContext, owner: PageNode, key: str, paths: tuple[str, ...], outer: Record | None) -> Record:
    name = context.snapshot.entities[owner.record_entity].primary_name.key
    found = fetch_record(
        context.connection,
        context.snapshot,
        context.principal,
        owner.record_entity,
        owner.record_attribute,
        key,
        tuple(dict.fromkeys((name, *paths))),
    )
    if found is None or (outer is not None and not _belongs(context.snapshot, found, outer)):
        raise PageNotFound
    return found


def _belongs(snapshot: Snapshot, record: Record, outer: Record) -> bool:
    """Whether one of the lookups that may be read leads to the outer record; where there is none, nothing is implied."""
    ties = [record.values[path] for path in ties_to(snapshot, record.entity, outer.entity) if path in record.values]
    return not ties or any(value in (outer.id, (outer.entity, outer.id)) for value in ties)
