"""The matrix of web roles and entities: what the permissions on the bench say, right or wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from metadata.model.base import PRIVILEGES
from metadata.model.security import SCOPES
from runtime.studio.bench import Item
from runtime.studio.desk import Desk

KIND = "entity_permission"
LETTERS = {name: {"append_to": "T"}.get(name, name[0].upper()) for name in PRIVILEGES}
"""How a privilege is written where there is no room for the word."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A permission as far as the matrix tells it: `said` is its scope in a word, `shared` are the other roles that have it."""

    item: Item
    scope: str
    said: str
    privileges: tuple[str, ...]
    shared: tuple[str, ...] = ()
    active: bool = True

    @property
    def given(self) -> dict[str, Any]:
        """Its plain data."""
        return dict(self.item.data)


@dataclass(frozen=True, slots=True)
class Cell:
    """What one role may do with the rows of one entity."""

    role: str
    url: str
    grants: tuple[Grant, ...] = ()
    changed: bool = False
    current: bool = False

    @property
    def scopes(self) -> str:
        """The scopes, in words."""
        return " + ".join(dict.fromkeys(grant.said for grant in self.grants if grant.active))

    @property
    def privileges(self) -> tuple[tuple[str, str, bool], ...]:
        """Each privilege with its letter, and whether any of the grants gives it."""
        held = {privilege for grant in self.grants if grant.active for privilege in grant.privileges}
        return tuple((name, LETTERS[name], name in held) for name in LETTERS)


@dataclass(frozen=True, slots=True)
class Line:
    """An entity with a cell for each role."""

    entity: str
    label: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A web role at the head of a column; `default` tells who holds it without being given it."""

    key: str
    label: str
    default: str = ""


def columns(desk: Desk, words: str = "") -> tuple[Column, ...]:
    """The web roles of the site whose name or key holds the words."""
    items = [item for item in desk.bench.by_kind["web_role"] if item.id.site in ("", desk.reach.site)]
    found = (Column(item.id.key, desk.label(item), str(item.data.get("default") or "")) for item in items)
    return tuple(column for column in found if _holds(column.label, column.key, words))


def named_entities(desk: Desk, words: str) -> tuple[tuple[str, str], ...]:
    """The names and keys of the entities whose name or key holds the words, by name."""
    found = sorted(((label, key) for key, label in entity_labels(desk)), key=lambda found: (found[0].casefold(), found[1]))
    return tuple((label, key) for label, key in found if _holds(label, key, words))


def _holds(label: str, key: str, words: str) -> bool:
    return all(word in f"{label} {key}".casefold() for word in words.casefold().split())


def lines(
    desk: Desk,
    entities: Sequence[tuple[str, str]],
    roles: Sequence[Column],
    current: tuple[str, str] = ("", ""),
    given: Mapping[str, str] = MappingProxyType({}),
) -> tuple[Line, ...]:
    """The matrix of entities by name and key, and roles. `current` are the entity and role that are looked at, `given` what
    else stands in the addresses of cells."""
    by_place: dict[tuple[str, str], list[Grant]] = {}
    items = [item for item in desk.bench.all.values() if item.id.kind == KIND and item.id.site in ("", desk.reach.site)]
    shown = {key for _, key in entities}
    for item in items:
        if str(item.data.get("entity") or "") in shown:
            _place(desk, item, by_place)
    changed = _changed(desk, [item for item in items if item.waits])
    kept = {name: value for name, value in given.items() if value}

    def cell(entity: str, role: str) -> Cell:
        place = (entity, role)
        url = f"{desk.url('permissions')}?{urlencode({'entity': entity, 'role': role, **kept})}"
        return Cell(role, url, tuple(by_place.get(place, ())), place in changed, place == current)

    return tuple(Line(key, label, tuple(cell(key, role.key) for role in roles)) for label, key in entities)


def entity_labels(desk: Desk) -> Iterator[tuple[str, str]]:
    """The entities that there are, those of the engine among them, with their names."""
    items = {item.id.key: item for item in desk.bench.by_kind["entity"]}
    for key, facts in desk.bench.entities.items():
        item = items.get(key)
        label = facts.model.label.in_language(desk.context.language, desk.context.site.model.default_language)
        yield key, desk.label(item) if item and item.data.get("label") else label or key.replace("_", " ").capitalize()
    yield from ((key, desk.label(item)) for key, item in items.items() if key not in desk.bench.entities)


def grants_of(desk: Desk, entity: str, role: str) -> tuple[Grant, ...]:
    """The permissions that one role has on one entity."""
    found: dict[tuple[str, str], list[Grant]] = {}
    for item in desk.within(KIND):
        if item.data.get("entity") == entity:
            _place(desk, item, found)
    return tuple(found.get((entity, role), ()))


def _changed(desk: Desk, waiting: Sequence[Item]) -> set[tuple[str, str]]:
    """The places of which a draft says something else than what is served."""
    served = desk.store.data([item.before.id for item in waiting if item.before is not None])
    return {place for data in (*served.values(), *(item.data for item in waiting)) for place in _places(data)}


def _places(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield from ((str(data.get("entity") or ""), role) for role in _words(data.get("roles")))


def _place(desk: Desk, item: Item, by_place: dict[tuple[str, str], list[Grant]]) -> None:
    data = item.data
    if item.head.deleted:
        return
    given, roles = _words(data.get("privileges")), _words(data.get("roles"))
    privileges = tuple(name for name in PRIVILEGES if name in given)
    scope = str(data.get("scope") or "")
    said = desk.say(f"studio.scope_name.{scope}") if scope in SCOPES else scope
    for entity, role in _places(data):
        others = tuple(other for other in roles if other != role)
        grant = Grant(item, scope, said, privileges, others, data.get("active") is not False)
        by_place.setdefault((entity, role), []).append(grant)


def _words(given: Any) -> Sequence[str]:
    return [str(word) for word in given] if isinstance(given, list) else []
