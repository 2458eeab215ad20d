"""What a site offers to programs: entity sets with the names of their properties and of the ways between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from metadata.model import ApiEntity
from metadata.snapshot import CompiledAttribute, CompiledEntity, CompiledSite, Relationship, Snapshot
from runtime.access import Standing, access_of
from runtime.api.faults import NO_ATTRIBUTES, ApiFault, denied, missing, not_enabled, unknown
from runtime.odata.description import NavigationElement, document, entity_set, entity_type
from runtime.odata.values import KEY, NUMBER, TEXT, Write, as_it_is, type_of, writer
from runtime.records.plan import Selected

Part = Literal["value", "reached", "entity"]


@dataclass(frozen=True, slots=True)
class Property:
    """A name of an entity set's rows. Of a lookup it is the id that is reached, or (`entity`) the entity that it is of."""

    name: str
    attribute: CompiledAttribute
    part: Part = "value"

    @property
    def selected(self) -> Selected:
        """What is selected for it."""
        return Selected(self.attribute.key, self.part)

    @property
    def type(self) -> str:
        """Its type in OData."""
        return TEXT if self.part == "entity" else NUMBER if self.name == KEY else type_of(self.attribute.type.name)

    @property
    def write(self) -> Write:
        """What makes of its value something for JSON."""
        return as_it_is if self.part != "value" else writer(self.attribute.type.name)


@dataclass(frozen=True, slots=True)
class Navigation:
    """A way from rows of an entity to those of `entity`: by the lookup `attribute`, or by a relationship to many."""

    name: str
    entity: str
    attribute: str = ""
    relationship: Relationship | None = None

    @property
    def many(self) -> bool:
        """Whether it leads to any number of rows."""
        return self.relationship is not None


@dataclass(frozen=True, slots=True, eq=False)
class EntitySet:
    """An entity as a site offers it. What the caller may do with it is asked of access each time."""

    name: str
    entity: CompiledEntity
    properties: Mapping[str, Property]
    navigations: Mapping[str, Navigation]
    model: ApiEntity

    def property(self, name: str, standing: Standing, snapshot: Snapshot) -> Property:
        """A property that the caller may read. Raises ApiFault: unknown, or not enabled."""
        found = self.properties.get(name)
        if found is None:
            raise self.no_property(name)
        if found.attribute.key not in access_of(snapshot, standing, self.entity.key, "read").attributes:
            raise not_enabled(name, self.name)
        return found

    def navigation(self, name: str) -> Navigation:
        """A way to other rows. Raises ApiFault: unknown, or not enabled."""
        found = self.navigations.get(name)
        if found is None:
            raise self.no_property(name)
        return found

    def no_property(self, name: str) -> ApiFault:
        """The fault for a name that is not offered: the entity may have it for others than programs."""
        bare = name.removeprefix("_").removesuffix("_value").removesuffix("_entity")
        if {name, bare} & (self.entity.attributes.keys() | self.entity.relationships.keys()):
            return not_enabled(name, self.name)
        return unknown(name, self.name)

    def readable(self, snapshot: Snapshot, standing: Standing) -> tuple[Property, ...]:
        """The properties that the caller may read. Raises ApiFault where no row may be read, or nothing of them."""

        def make() -> tuple[Property, ...]:
            attributes = access_of(snapshot, standing, self.entity.key, "read").attributes
            return tuple(one for one in self.properties.values() if one.attribute.key in attributes)

        if not access_of(snapshot, standing, self.entity.key, "read").allowed:
            raise denied("read", self.name)
        found = snapshot.derive(("api properties", standing, self), make)
        if len(found) <= 1:
            raise ApiFault(403, NO_ATTRIBUTES, f"No properties of {self.name} are enabled for the caller.")
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Offer:
    """All entity sets of a site, by name and by entity."""

    sets: Mapping[str, EntitySet]
    by_entity: Mapping[str, EntitySet]

    def set(self, name: str) -> EntitySet:
        """An entity set by name. Raises ApiFault."""
        found = self.sets.get(name)
        if found is None:
            raise missing(f"There is no entity set {name[:80]!r}.")
        return found


def offer_of(snapshot: Snapshot, site: CompiledSite) -> Offer:
    """What a site offers; made once per snapshot."""

    def make() -> Offer:
        models = [item for item in site.api_entities.values() if item.active and item.entity in snapshot.entities]
        offered = frozenset(item.entity for item in models)
        found = [_entity_set(snapshot, item, offered) for item in models]
        return Offer({one.name: one for one in found}, {one.entity.key: one for one in found})

    return snapshot.derive(("api offer", site.key), make)


def _entity_set(snapshot: Snapshot, model: ApiEntity, offered: frozenset[str]) -> EntitySet:
    entity = snapshot.entities[model.entity]
    properties = {KEY: Property(KEY, entity.attributes[KEY])}
    navigations: dict[str, Navigation] = {}
    for key in model.attributes:
        attribute = entity.attributes[key]
        if not attribute.targets:
            properties[key] = Property(key, attribute)
            continue
        properties[f"_{key}_value"] = Property(f"_{key}_value", attribute, "reached")
        if attribute.polymorphic:
            properties[f"_{key}_entity"] = Property(f"_{key}_entity", attribute, "entity")
        for target in attribute.targets:
            name = key if len(attribute.targets) == 1 else f"{key}_{target}"
            if target in offered:
                navigations[name] = Navigation(name, target, attribute=key)
    for key in model.relationships:
        relationship = entity.relationships[key]
        if relationship.entity in offered:
            navigations[key] = Navigation(key, relationship.entity, relationship=relationship)
    return EntitySet(model.set_name, entity, properties, navigations, model)


def visible(snapshot: Snapshot, standing: Standing, offer: Offer) -> tuple[EntitySet, ...]:
    """The entity sets of which the caller may read rows, and something of them."""

    def make() -> tuple[EntitySet, ...]:
        found = []
        for one in offer.sets.values():
            try:
                one.readable(snapshot, standing)
            except ApiFault:
                continue
            found.append(one)
        return tuple(found)

    return snapshot.derive(("api visible", standing, offer), make)


def service_description(snapshot: Snapshot, standing: Standing, offer: Offer) -> str:
    """$metadata: what the caller may reach and nothing else."""

    def make() -> str:
        sets = visible(snapshot, standing, offer)
        entities = frozenset(one.entity.key for one in sets)
        types, elements = [], []
        for one in sets:
            readable = {item.attribute.key for item in one.readable(snapshot, standing)}
            ways = [
                way for way in one.navigations.values() if way.entity in entities and (way.many or way.attribute in readable)
            ]
            properties = [(item.name, item.type) for item in one.readable(snapshot, standing) if item.name != KEY]
            navigations = [NavigationElement(way.name, offer.by_entity[way.entity].name, way.many) for way in ways]
            types.append(entity_type(one.name, properties, navigations))
            elements.append(entity_set(one.name, one.name, [(way.name, offer.by_entity[way.entity].name) for way in ways]))
        return document("Api", types, elements)

    return snapshot.derive(("api description", standing, offer), make)
