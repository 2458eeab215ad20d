"""What the rules look at: all components together, each with its place, and entities completed by the engine's own."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from metadata.errors import Position, Problem
from metadata.model import KIND_OF_MODEL, Attribute, Choice, Component, ComponentId, Entity, component_id
from metadata.schema.faults import did_you_mean
from metadata.system import RESERVED_ATTRIBUTES, complete
from metadata.text import Text
from metadata.told import Called, told

Model = TypeVar("Model")
Where = Callable[[str], Position]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value that a rule of `prop()` speaks of, with the path of keys to it and the part that holds it."""

    component: Component
    path: str
    value: Any
    rules: Mapping[str, Any]
    owner: Any


@dataclass(frozen=True, slots=True)
class Link:
    """A relationship seen from one entity: the entity it leads to, and whether that is a lookup, 1:N or N:N."""

    entity: str
    form: str


@dataclass(frozen=True, slots=True)
class EntityFacts:
    """An entity as the engine will have it: all its attributes, its own 1:N and N:N relationships."""

    key: str
    model: Entity
    attributes: Mapping[str, Attribute]
    links: Mapping[str, Link]


class PathError(Exception):
    """A path of attributes leads nowhere; the message says where it ends."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        self.message = message
        super().__init__(message)


@dataclass(frozen=True, eq=False)
class World:
    """All components of a check. Everything derived is made once."""

    components: Mapping[ComponentId, Component]
    positions: Mapping[ComponentId, Where] = field(default_factory=dict)

    @functools.cached_property
    def entities(self) -> Mapping[str, EntityFacts]:
        """Entities by key, the system ones included."""
        models = {item.key: item for item in complete(self.components.values()) if isinstance(item, Entity)}
        links = links_of(models)
        return {key: facts(model, links[key]) for key, model in models.items()}

    @functools.cached_property
    def keys(self) -> Mapping[tuple[str, str], frozenset[str]]:
        """The keys of a kind in a site; of all sites together under the site `*`."""
        found: dict[tuple[str, str], set[str]] = {}
        for identity in self.components:
            found.setdefault((identity.kind, identity.site), set()).add(identity.key)
            found.setdefault((identity.kind, "*"), set()).add(identity.key)
        found[("entity", "")] = set(self.entities)
        return {place: frozenset(keys) for place, keys in found.items()}

    @functools.cached_property
    def leaves(self) -> tuple[Leaf, ...]:
        """Every value of every component that names something."""
        return tuple(leaf for item in self.components.values() for leaf in leaves(item))

    @functools.cached_property
    def by_model(self) -> Mapping[type, tuple[Any, ...]]:
        """The components of each kind."""
        found: dict[type, list[Any]] = {}
        for item in self.components.values():
            found.setdefault(type(item), []).append(item)
        return {model: tuple(items) for model, items in found.items()}

    @functools.cached_property
    def anywhere(self) -> Mapping[tuple[str, str], Component]:
        """A component of each kind and key, of whatever site."""
        return {(identity.kind, identity.key): item for identity, item in self.components.items()}

    def all(self, model: type[Model]) -> tuple[Model, ...]:
        """The components of one kind."""
        return self.by_model.get(model, ())

    def find(self, kind: str, key: str, site: str = "") -> Any:
        """A component, or None; of a kind that sites own it is looked for in `site`, or anywhere where that is empty."""
        if site:
            return self.components.get(ComponentId(kind, key, site))
        return self.anywhere.get((kind, key))

    def options(self, attribute: Attribute) -> tuple[str, ...] | None:
        """The values that a choice attribute may have; None where its choice is not known."""
        choice = self.components.get(ComponentId("choice", attribute.choice))
        return tuple(option.value for option in choice.options) if isinstance(choice, Choice) else None

    def resolve(self, entity: str, path: str) -> Attribute:
        """The attribute at the end of a path. Raises PathError; KeyError never, an unknown entity is for another rule."""
        current = self.entities.get(entity)
        *lookups, last = path.split(".")
        for part in lookups:
            attribute = attribute_of(current, part)
            targets = targets_of(attribute)
            if len(targets) != 1:
                reason = (
                    told("points at several entities")
                    if targets
                    else told("is no lookup but {type}", type=Called(attribute.type, "type"))
                )
                raise PathError(
                    "no-way-through",
                    told("The path {path!r} ends at {attribute!r}, which {reason}.", path=path, attribute=part, reason=reason),
                )
            current = self.entities.get(targets[0])
        return attribute_of(current, last)

    def attribute(self, entity: str, path: str) -> Attribute | None:
        """Like `resolve`, with None where the path leads nowhere, which the rule on paths reports."""
        try:
            return self.resolve(entity, path)
        except PathError:
            return None

    def problem(self, component: Component, path: str, code: str, message: str, *, severity: str = "error") -> Problem:
        """A finding at a place of a component."""
        identity = component_id(component)
        where = self.positions.get(identity)
        position = where(path) if where else Position(path=path)
        return Problem(position, str(identity), code, message, severity)

    def warning(self, component: Component, path: str, code: str, message: str) -> Problem:
        """A finding that does not stop a release."""
        return self.problem(component, path, code, message, severity="warning")


def attribute_of(entity: EntityFacts | None, key: str) -> Attribute:
    """An attribute by key. Raises PathError."""
    if entity is None:
        raise PathError("unknown-entity", told("The entity is not known."))
    if key not in entity.attributes:
        hint = did_you_mean(key, entity.attributes)
        raise PathError(
            "unknown-attribute",
            told("The entity {entity} has no attribute {attribute!r}.{hint}", entity=entity.key, attribute=key[:80], hint=hint),
        )
    return entity.attributes[key]


def targets_of(attribute: Attribute) -> tuple[str, ...]:
    """The entities that a lookup may point at."""
    return attribute.targets or ((attribute.target,) if attribute.target else ())


def facts(model: Entity, links: Mapping[str, Link]) -> EntityFacts:
    """An entity with the attributes that the engine keeps; declared ones of those names are for another rule."""
    attributes = {attribute.key: attribute for attribute in (*model.attributes, *RESERVED_ATTRIBUTES)}
    return EntityFacts(model.key, model, attributes, links)


def relationship_name(entity: Entity, attribute: Attribute) -> str:
    """What the 1:N relationship of a lookup is called on its target."""
    return attribute.relationship or f"{entity.key}_{attribute.key}"


def links_of(models: Mapping[str, Entity]) -> dict[str, dict[str, Link]]:
    """The 1:N and N:N relationships of every entity, as seen from it."""
    found: dict[str, dict[str, Link]] = {key: {} for key in models}
    for entity in models.values():
        for attribute in entity.attributes:
            for target in targets_of(attribute):
                found.get(target, {})[relationship_name(entity, attribute)] = Link(entity.key, "1:N")
        for link in entity.many_to_many:
            found[entity.key][link.key] = Link(link.target, "N:N")
            found.get(link.target, {})[f"{entity.key}_{link.key}"] = Link(entity.key, "N:N")
    return found


def leaves(component: Component) -> Iterator[Leaf]:
    """The words and texts of a component at any depth, without those that may be empty and are."""
    yield from _leaves(component, component, "")


def _leaves(component: Component, owner: Any, above: str) -> Iterator[Leaf]:
    model: Any = type(owner)
    for name, rules, needed in properties(model):
        value = getattr(owner, name)
        if not value and not (needed and isinstance(value, str)):
            continue
        path = f"{above}{name}"
        items = enumerate(value) if isinstance(value, tuple) else ()
        if isinstance(value, str | Text):
            yield Leaf(component, path, value, rules, owner)
        elif dataclasses.is_dataclass(value):
            yield from _leaves(component, value, f"{path}.")
        for index, item in items:
            if isinstance(item, str):
                yield Leaf(component, f"{path}.{index}", item, rules, owner)
            elif dataclasses.is_dataclass(item):
                yield from _leaves(component, item, f"{path}.{index}.")


@functools.cache
def properties(model: Any) -> tuple[tuple[str, Mapping[str, Any], bool], ...]:
    """The names and rules of a model's properties, and whether each must be given."""
    return tuple((item.name, item.metadata, item.default is dataclasses.MISSING) for item in dataclasses.fields(model))


def site_of(component: Component) -> str:
    """The site in which a component's references are looked up; "" for a component of the installation."""
    kind = KIND_OF_MODEL[type(component)]
    return component.key if kind.name == "site" else getattr(component, "site", "") if kind.of_site else ""


def repeated(keys: list[str]) -> Iterator[int]:
    """The places of values that were there before."""
    seen: set[str] = set()
    for index, key in enumerate(keys):
        if key in seen:
            yield index
        seen.add(key)
