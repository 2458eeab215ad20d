"""What a designer shows of a component besides its plain data: names that people read, what can be added, how things relate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from metadata.checks.world import EntityFacts
from metadata.model import Attribute
from metadata.types import TYPES
from runtime.studio.bench import Item
from runtime.studio.desk import Desk

TYPE_ICONS = {
    "lookup": "link-45deg",
    "choice": "list-check",
    "choices": "list-check",
    "date": "calendar3",
    "datetime": "calendar3",
    "boolean": "toggle-on",
    "file": "file-earmark",
    "image": "file-earmark",
}
BEYOND = " \u203a "
"""Between the names on a way over lookups."""


@dataclass(frozen=True, slots=True)
class Offered:
    """An attribute, or a way over a lookup to one, that can be placed; and whether it already is."""

    path: str
    label: str
    icon: str
    placed: bool = False


@dataclass(frozen=True, slots=True)
class Palette:
    """What can be placed: of the entity itself, or beyond one of its lookups."""

    label: str
    offered: tuple[Offered, ...]


@dataclass(frozen=True)
class Canvas:
    """A component at a designer."""

    desk: Desk
    entity: str
    data: Mapping[str, Any]

    @property
    def facts(self) -> EntityFacts | None:
        """The entity that it is about, drafts included."""
        return self.desk.bench.world.entities.get(self.entity)

    @property
    def types(self) -> tuple[str, ...]:
        """The types that an attribute may have."""
        return tuple(TYPES)

    def text(self, given: Any) -> str:
        """A text of plain data in the person's language; "" for what is none."""
        if isinstance(given, Mapping):
            language = self.desk.context.language
            for tag in (language, language.partition("-")[0], "any", "en"):
                if isinstance(given.get(tag), str):
                    return str(given[tag])
            return next((str(text) for text in given.values() if isinstance(text, str)), "")
        return given if isinstance(given, str) else ""

    def label(self, path: Any) -> str:
        """What people call an attribute, or a way over lookups to one."""
        facts, words = self.facts, []
        for step in str(path or "").split("."):
            attribute = facts.attributes.get(step) if facts else None
            words.append(self._named(attribute) if attribute else step)
            facts = self.desk.bench.world.entities.get(attribute.target) if attribute and attribute.target else None
        return BEYOND.join(words)

    def icon(self, path: Any) -> str:
        """The picture of the type of an attribute of the entity itself."""
        attribute = self.facts.attributes.get(str(path)) if self.facts else None
        return _icon(attribute.type if attribute else "")

    def palettes(self, *, beyond: bool) -> Iterator[Palette]:
        """What can be placed: the entity's own attributes, and with `beyond` those of what its lookups lead to."""
        facts, placed = self.facts, set(_named(self.data, "attribute"))
        if facts is None:
            return
        own = facts.attributes.items()
        yield Palette("", tuple(Offered(key, self._named(one), _icon(one.type), key in placed) for key, one in own))
        for key, attribute in own if beyond else ():
            far = self.desk.bench.world.entities.get(attribute.target) if attribute.target else None
            if far is not None:
                paths = ((f"{key}.{name}", found) for name, found in far.attributes.items())
                yield Palette(
                    self._named(attribute),
                    tuple(Offered(path, self._named(found), _icon(found.type), path in placed) for path, found in paths),
                )

    def related(self) -> Iterator[tuple[str, str]]:
        """Related lists that can be placed: relationship and view, and what they are called."""
        for name, link in (self.facts.links if self.facts else {}).items():
            for view in self.desk.bench.by_kind["view"]:
                if view.data.get("entity") == link.entity:
                    yield f"{name}/{view.id.key}", f"{name.replace('_', ' ')}{BEYOND}{self.desk.label(view)}"

    def components(self, *kinds: str) -> Iterator[tuple[str, str, str]]:
        """What a page or a menu can name: kind, key and name, of this site."""
        for kind in kinds:
            for item in self.desk.bench.by_kind[kind]:
                if item.id.site in ("", self.desk.reach.site):
                    yield kind, item.id.key, self.desk.label(item)

    def named(self, kind: str, key: Any) -> str:
        """What people call a component; its key where there is none."""
        item = self.desk.bench.find(kind, str(key or ""), self.desk.reach.site)
        return self.desk.label(item) if item else str(key or "")

    def _named(self, attribute: Attribute) -> str:
        default = self.desk.context.site.model.default_language
        label = attribute.label.in_language(self.desk.context.language, default) if attribute.label else ""
        return label or attribute.key.replace("_", " ").capitalize()


def canvas_of(desk: Desk, item: Item) -> Canvas:
    """The canvas of a component's draft."""
    entity = item.id.key if item.id.kind == "entity" else str(item.data.get("entity") or "")
    return Canvas(desk, entity, item.data)


def _named(data: Any, name: str) -> Iterator[str]:
    """Every word that stands under a name in lists of columns and fields."""
    if isinstance(data, Mapping):
        for key, value in data.items():
            if key == name and isinstance(value, str):
                yield value
            elif key not in ("filter", "sort"):
                yield from _named(value, name)
    elif isinstance(data, list):
        for value in data:
            yield from _named(value, name)


def _icon(type_name: str) -> str:
    known = TYPES.get(type_name)
    if type_name in TYPE_ICONS:
        return TYPE_ICONS[type_name]
    return "hash" if known is not None and known.numeric else "input-cursor-text"
