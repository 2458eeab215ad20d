"""The records of an address: of the record page itself, and of the record pages above it, which must hold it."""

from __future__ import annotations

from dataclasses import dataclass

from metadata.snapshot import PageNode, Snapshot
from runtime.context import RequestContext
from runtime.errors import OutOfReach, PageNotFound
from runtime.pages.renumbered import lead_on
from runtime.records.details import Record, fetch_record


@dataclass(frozen=True, slots=True)
class Owner:
    """A record page on the way to a page: by what its record is found, what it is called, what ties it to the one above."""

    entity: str
    attribute: str
    name: str
    ties: tuple[str, ...]


def record_of(
    context: RequestContext, node: PageNode, record_keys: tuple[str, ...], paths: tuple[str, ...] = ()
) -> Record | None:
    """The record of a record page, or of the nearest record page above; None where there is no such page.

    `paths` are the attributes wanted besides the primary name. Raises PageNotFound for a record that is not there or not
    the person's, and where one further up the address is not, or is not that to which the record belongs: all look alike.
    Raises Elsewhere for one that its maker knows by the key that it had at first.
    """
    owners = owners_of(context, node)
    outer: Record | None = None
    for position, (owner, key) in enumerate(zip(owners, record_keys, strict=True), start=1):
        try:
            outer = _read(context, owner, key, paths if position == len(owners) else (), outer)
        except PageNotFound:
            lead_on(context, node, record_keys, position - 1, (owner.entity, owner.attribute))
            raise
    return outer


def owners_of(context: RequestContext, node: PageNode) -> tuple[Owner, ...]:
    """The record pages on the way to a page, from the root; the last one has the page's record."""
    snapshot = context.snapshot

    def find() -> tuple[Owner, ...]:
        found: list[Owner] = []
        for above in node.lineage:
            if entity := above.record_entity:
                ties = ties_to(snapshot, entity, found[-1].entity) if found else ()
                found.append(Owner(entity, above.record_attribute, snapshot.entities[entity].primary_name.key, ties))
        return tuple(found)

    return snapshot.derive(("owners", context.site.key, node.page.key), find)


def ties_to(snapshot: Snapshot, entity: str, outer: str) -> tuple[str, ...]:
    """The lookups by which rows of an entity belong to rows of another one; those that the engine keeps are none."""
    attributes = snapshot.entities[entity].attributes.values()
    return tuple(one.key for one in attributes if outer in one.targets and not one.system)


def _read(context: RequestContext, owner: Owner, key: str, paths: tuple[str, ...], outer: Record | None) -> Record:
    wanted = tuple(dict.fromkeys((owner.name, *paths, *owner.ties)))
    found = fetch_record(context.reader, context.snapshot, context.principal, owner.entity, owner.attribute, key, wanted)
    if found is None or (outer is not None and not _belongs(found, owner, outer)):
        raise OutOfReach
    return found


def _belongs(record: Record, owner: Owner, outer: Record) -> bool:
    """Whether one of the lookups that may be read leads to the outer record; where there is none, nothing is implied."""
    ties = [record.values[path] for path in owner.ties if path in record.values]
    return not ties or any(value in (outer.id, (outer.entity, outer.id)) for value in ties)
