"""Small components for tests of the store and of tables."""

from typing import Any

from metadata.model import AlternateKey, Attribute, Component, Entity, ManyToMany, Snippet
from metadata.text import Text


def attribute(key: str, type: str = "text", **rules: Any) -> Attribute:
    return Attribute(key=key, type=type, **rules)


def entity(key: str, *attributes: Attribute, unique: tuple[str, ...] = (), links: dict[str, str] | None = None) -> Entity:
    return Entity(
        key=key,
        primary_name=attributes[0].key if attributes else "",
        attributes=attributes,
        keys=tuple(AlternateKey(key=name, attributes=(name,)) for name in unique),
        many_to_many=tuple(ManyToMany(key=name, target=target) for name, target in (links or {}).items()),
    )


def snippet(key: str, value: str) -> Component:
    return Snippet(key=key, site="main", value=Text.of(value))
