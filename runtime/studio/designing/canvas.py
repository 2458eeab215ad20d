"""What a designer shows of a component besides its plain data: names that people read, what can be added, how things relate."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from metadata.checks.world import EntityFacts
from metadata.model import KINDS, Attribute, ComponentId
from metadata.text import in_words
from metadata.types import TYPES
from runtime.studio.about import entity_of
from runtime.studio.bench import Item
from runtime.studio.designing.steps import found_at, is_filter
from runtime.studio.desk import Desk
from runtime.studio.editing import values_of
from runtime.studio.offering import label_of
from runtime.studio.places import STEP, place_of
from runtime.studio.shapes import shapes_of

TYPE_ICONS = {
    "lookup": "link-45deg",
    "choice": "list-check",
    "choices": "list-check",
    "date": "calendar3",
    "datetime": "calendar3",
    "boolean": "check-lg",
    "file": "file-earmark",
    "image": "file-earmark",
}
SHOWS = {
    "list": "list",
    "form": "form",
    "multistep_form": "multistep_form",
    "search": "search",
    "snippet": "snippet",
    "charts": "chart",
    "component": "web_template",
}
"""The kind of component that a block of a page shows, by its type."""
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
    item: Item
    entity: str

    @property
    def data(self) -> Mapping[str, Any]:
        """Its plain data, right or wrong."""
        return self.item.data

    @property
    def facts(self) -> EntityFacts | None:
        """The entity that it is about, drafts included."""
        return self.desk.bench.entities.get(self.entity)

    @property
    def types(self) -> tuple[str, ...]:
        """The types that an attribute may have."""
        return tuple(TYPES)

    def type_label(self, type_name: Any) -> str:
        """What people call a type of attribute; a type that there is not as it is written."""
        return self.desk.type_label(str(type_name or ""))

    def required_label(self, given: Any) -> str:
        """What people call whether a value of an attribute must be given; as it is written where it is no such word."""
        key = f"studio.option.required.{given}"
        return self.desk.say(key) if key in self.desk.say else str(given)

    def text(self, given: Any) -> str:
        """A text of plain data in the person's language; "" for what is none."""
        return self.desk.text(given)

    def value(self, condition: Mapping[str, Any]) -> str:
        """The value of a condition for people to read: choices by their labels."""
        given = condition.get("value")
        known = dict(values_of(self.desk, self.entity, condition))
        words = [one for one in (given if isinstance(given, list) else [given]) if one is not None]
        return ", ".join(self._said(one) if isinstance(one, bool) else known.get(str(one), str(one)) for one in words)

    def _said(self, flag: bool) -> str:
        return self.desk.say("studio.sort.yes" if flag else "studio.sort.no")

    def label(self, path: Any) -> str:
        """What people call an attribute, or a way over lookups to one."""
        facts, words = self.facts, []
        for step in str(path or "").split("."):
            attribute = facts.attributes.get(step) if facts else None
            words.append(self._named(attribute) if attribute else step)
            facts = self.desk.bench.entities.get(attribute.target) if attribute and attribute.target else None
        return BEYOND.join(words)

    def heading(self, path: str, part: Any) -> str:
        """What a chosen part is called: by its attribute, its name or what it shows, else by its place."""
        given = part if isinstance(part, Mapping) else {}
        related = given.get("related")
        named = self.text(given.get("label")) or self.label(given.get("attribute") or given.get("key")) or self.shown(given)
        named = named or (self.related_name(related) if isinstance(related, Mapping) else "")
        if not named and is_filter(KINDS[self.item.id.kind].model, path):
            return self.desk.say("studio.condition")
        return named or STEP.join(
            place_of(KINDS[self.item.id.kind].model, self.data, path, self.desk.property).split(STEP)[-2:]
        )

    def shown(self, part: Mapping[str, Any]) -> str:
        """The component that a part of a page or a menu shows, by its name; "" for a part that shows none."""
        kind = SHOWS.get(str(part.get("type") or ""), "page" if part.get("page") else "")
        name = "web_template" if kind == "web_template" else str(part.get("type") or "page")
        given = part.get(name) if kind else None
        return ", ".join(self.named(kind, one) for one in (given if isinstance(given, list) else [given]) if one)

    def related_name(self, related: Mapping[str, Any]) -> str:
        """What people call a related list: by its own heading, else as its view."""
        return self.text(related.get("label")) or self.named("view", related.get("view"))

    def section_name(self, section: Mapping[str, Any], place: int) -> str:
        """What people call a section of a form: by its heading or the rows that it shows, else by its place."""
        related = section.get("related")
        name = self.text(section.get("label")) or (self.related_name(related) if isinstance(related, Mapping) else "")
        return name or self.desk.say("studio.section", place=place)

    def block_label(self, type_name: str) -> str:
        """What a block of a page with this type is called."""
        key = f"studio.block.{type_name}"
        return self.desk.say(key) if key in self.desk.say else self.desk.kind_label(type_name) if type_name else ""

    def icon(self, path: Any) -> str:
        """The picture of the type of an attribute of the entity itself."""
        attribute = self.facts.attributes.get(str(path)) if self.facts else None
        return _icon(attribute.type if attribute else "")

    @functools.cached_property
    def placed(self) -> frozenset[str]:
        """The attributes that are placed already."""
        return frozenset(_named(self.data, "attribute"))

    @functools.cached_property
    def _told(self) -> Mapping[str, tuple[str, ...]]:
        """What is wrong at each path."""
        found: dict[str, tuple[str, ...]] = {}
        for problem in self.desk.bench.told(self.item.id):
            found[problem.position.path] = (*found.get(problem.position.path, ()), self.desk.finding(problem.message))
        return found

    def wrong(self, path: str) -> tuple[str, ...]:
        """What is wrong with the part at a path, and with what it is made of."""
        return tuple(message for at, told in self._told.items() if at == path or at.startswith(f"{path}.") for message in told)

    def views(self) -> Iterator[tuple[str, str]]:
        """Views of the entity, of any where there is none yet: key and name."""
        for view in self.desk.bench.by_kind["view"]:
            if self.entity in ("", view.data.get("entity")):
                yield view.id.key, self.desk.label(view)

    def forms(self, entity: str = "") -> Iterator[tuple[str, str]]:
        """Forms of an entity, of this one where none is named: key and name."""
        for form in self.desk.bench.by_kind["form"]:
            if form.data.get("entity") == (entity or self.entity):
                yield form.id.key, self.desk.label(form)

    def deeds(self) -> Iterator[tuple[str, str]]:
        """The actions of the forms of the entity: form and key, and what people call them."""
        for form in self.desk.bench.by_kind["form"]:
            given = form.data.get("actions") if form.data.get("entity") == self.entity else None
            for action in given if isinstance(given, list) else ():
                if isinstance(action, Mapping) and action.get("key"):
                    name = self.text(action.get("label")) or in_words(str(action["key"]))
                    yield f"{form.id.key}/{action['key']}", f"{self.desk.label(form)}{BEYOND}{name}"

    def deed(self, part: Mapping[str, Any]) -> str:
        """What the action of a form is called that a part names; its key where there is no such action."""
        return dict(self.deeds()).get(f"{part.get('form')}/{part.get('action')}") or str(part.get("action") or "")

    def columns(self) -> Iterator[tuple[str, str]]:
        """The columns of the first view of a list: path and heading."""
        views = self.data.get("views")
        view = self.desk.bench.find("view", str(views[0]), "") if isinstance(views, list) and views else None
        given = view.data.get("columns") if view else None
        for column in given if isinstance(given, list) else ():
            if isinstance(column, Mapping) and column.get("attribute"):
                path = str(column["attribute"])
                yield path, self.text(column.get("label")) or self.label(path)

    def parts(self, path: str) -> list[Mapping[str, Any]]:
        """The parts of a list at a path of keys; none where something else stands there."""
        given = found_at(self.data, path)
        return [one for one in given if isinstance(one, Mapping)] if isinstance(given, list) else []

    def words(self, path: str) -> list[str]:
        """The words of a list at a path of keys."""
        given = found_at(self.data, path)
        return [str(one) for one in given] if isinstance(given, list) else []

    def choices(self, name: str) -> tuple[str, ...]:
        """The words that a property of the component may be."""
        shape = next((one for one in shapes_of(KINDS[self.item.id.kind].model) if one.name == name), None)
        return tuple(word for word in shape.rules.get("choices", ()) if word) if shape else ()

    def palettes(self, *, beyond: bool) -> Iterator[Palette]:
        """What can be placed: the entity's own attributes, and with `beyond` those of what its lookups lead to."""
        facts, placed = self.facts, self.placed
        if facts is None:
            return
        own = facts.attributes.items()
        yield Palette("", tuple(Offered(key, self._named(one), _icon(one.type), key in placed) for key, one in own))
        for key, attribute in own if beyond else ():
            far = self.desk.bench.entities.get(attribute.target) if attribute.target else None
            if far is not None:
                paths = ((f"{key}.{name}", found) for name, found in far.attributes.items())
                yield Palette(
                    self._named(attribute),
                    tuple(Offered(path, self._named(found), _icon(found.type), path in placed) for path, found in paths),
                )

    def related(self) -> Iterator[tuple[str, str]]:
        """Related lists that can be placed: relationship and view, and what they are called."""
        links = self.facts.links if self.facts else {}
        for name, link in links.items():
            alike = sum(other.entity == link.entity for other in links.values()) > 1
            led = f"{self.named('entity', link.entity)} ({name})" if alike else self.named("entity", link.entity)
            for view in self.desk.bench.by_kind["view"]:
                if view.data.get("entity") == link.entity:
                    yield f"{name}/{view.id.key}", f"{led}{BEYOND}{self.desk.label(view)}"

    def components(self, *kinds: str) -> Iterator[tuple[str, str, str]]:
        """What a page or a menu can name: kind, key and name, of this site."""
        for kind in kinds:
            for item in self.desk.bench.by_kind[kind]:
                if item.id.site in ("", self.desk.reach.site):
                    yield kind, item.id.key, self.desk.label(item)

    def places(self) -> Iterator[tuple[str, str, str]]:
        """The pages that a menu can lead to: those of one record, and what is below them, have an address for each."""
        of_records = {name.key for name, item in self._pages.items() if item.data.get("record_entity")}
        for kind, key, label in self.components("page"):
            above, passed = key, {key}
            while above and above not in of_records:
                found = self._pages.get(ComponentId("page", above, self.desk.reach.site))
                above = str(found.data.get("parent") or "") if found else ""
                above = "" if above in passed else above
                passed.add(above)
            if not above:
                yield kind, key, label

    @functools.cached_property
    def _pages(self) -> Mapping[ComponentId, Item]:
        return {item.id: item for item in self.desk.bench.by_kind["page"] if item.id.site in ("", self.desk.reach.site)}

    def layouts(self) -> tuple[str, ...]:
        """As what the rows of a list are shown."""
        return tuple(self.words("layouts")) or layouts_of(self.data)

    def named(self, kind: str, key: Any) -> str:
        """What people call a component; its key where there is none."""
        item = self.desk.bench.find(kind, str(key or ""), self.desk.reach.site)
        facts = self.desk.bench.entities.get(str(key or "")) if kind == "entity" and item is None else None
        if facts is not None:  # one of the engine's
            return label_of(self.desk, facts.model)
        return self.desk.label(item) if item else str(key or "")

    def _named(self, attribute: Attribute) -> str:
        default = self.desk.context.site.model.default_language
        label = attribute.label.in_language(self.desk.context.language, default) if attribute.label else ""
        return label or attribute.key.replace("_", " ").capitalize()


def layouts_of(data: Mapping[str, Any]) -> tuple[str, ...]:
    """As what the rows of a list are shown that says nothing of it: as what is set up, else as a table."""
    return tuple(name for name in ("calendar", "board", "cards") if data.get(name)) or ("table",)


def canvas_of(desk: Desk, item: Item) -> Canvas:
    """The canvas of a component's draft."""
    return Canvas(desk, item, entity_of(desk.bench, item.id, item.data))


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
