"""What there is already: tables that were adopted or mapped before, and the names that are taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from metadata.checks.world import relationship_name, targets_of
from metadata.model import Attribute, AttributeMap, Component, ComponentId, Entity, Site, TableMap
from metadata.system import complete

Components = Mapping[ComponentId, Component]


@dataclass(frozen=True, slots=True)
class Known:
    """A table that has a map: the map, its entity, and the path from the entity to each column that is mapped."""

    table_map: TableMap
    entity: Entity
    places: Mapping[str, str]

    @property
    def columns(self) -> frozenset[str]:
        """The columns that the map names."""
        return frozenset(name for item in self.table_map.attributes for name in columns_of(item))

    def points(self, columns: tuple[str, ...]) -> bool:
        """Whether a lookup stands for these columns already."""
        return any(columns_of(item) == columns and item.lookup_key for item in self.table_map.attributes)


class World:
    """The components that there are, by what adopting asks of them. Every name that is given here is taken from then on."""

    def __init__(self, components: Components) -> None:
        self.components = components
        self.entities = {item.key: item for item in complete(components.values()) if isinstance(item, Entity)}
        self._taken: dict[tuple[str, str], set[str]] = {("entity", ""): set(self.entities)}
        for name in components:
            self.taken(name.kind, name.site).add(name.key)
        self._relationships: set[tuple[str, str]] = set()
        for entity in self.entities.values():
            for attribute in entity.attributes:
                self._relationships |= {(target, relationship_name(entity, attribute)) for target in targets_of(attribute)}
            for link in entity.many_to_many:
                self._relationships |= {(entity.key, link.key), (link.target, f"{entity.key}_{link.key}")}

    def taken(self, kind: str, site: str = "") -> set[str]:
        """The keys of a kind that are taken."""
        return self._taken.setdefault((kind, site), set())

    def relationship(self, target: str, name: str) -> str:
        """A name for a relationship that its target has not yet."""
        wanted, number = name, 1
        while (target, wanted) in self._relationships:
            number += 1
            wanted = f"{name}_{number}"
        self._relationships.add((target, wanted))
        return wanted

    def site(self, key: str) -> Site | None:
        """A site by its key."""
        found = self.components.get(ComponentId("site", key))
        return found if isinstance(found, Site) else None

    def known(self, connection: str) -> dict[str, Known]:
        """The tables of a connection that have a map, by name; of several maps of one table the one that brings its rows."""
        found: dict[str, Known] = {}
        maps = [item for item in self.components.values() if isinstance(item, TableMap) and item.connection == connection]
        for item in sorted(maps, key=lambda item: (-len(item.attributes), item.key)):
            entity = self.entities.get(item.entity)
            if entity is not None and item.table not in found:
                found[item.table] = Known(item, entity, _places(item, entity))
        return found


def columns_of(item: AttributeMap) -> tuple[str, ...]:
    """The outside columns of an attribute map."""
    return item.lookup_columns or ((item.column,) if item.column else ())


def _places(table_map: TableMap, entity: Entity) -> dict[str, str]:
    """The path to each column that comes in as it is; an attribute of its own goes before the end of a lookup."""
    attributes: dict[str, Attribute] = {item.key: item for item in entity.attributes}
    found: dict[str, str] = {}
    for item in sorted(table_map.attributes, key=lambda item: bool(item.lookup_key)):
        held = attributes.get(item.attribute)
        if held is None or item.direction == "out" or item.values or item.too_precise or held.targets:
            continue
        if held.type != "lookup":
            found.setdefault(item.column, item.attribute) if item.column else None
        for column, key in zip(columns_of(item), item.lookup_key, strict=False):
            found.setdefault(column, f"{item.attribute}.{key}")
    return found
