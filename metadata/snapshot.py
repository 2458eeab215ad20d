"""The compiled, immutable form of a release: what every request and every batch works with."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, TypeVar

from sqlalchemy import Column, MetaData, Table

from metadata.model import (
    ApiEntity,
    Attribute,
    AttributePermission,
    Chart,
    Choice,
    Component,
    ComponentId,
    Connection,
    Entity,
    EntityPermission,
    ExposureLock,
    Form,
    IdentityProvider,
    Language,
    ListComponent,
    MultistepForm,
    Page,
    PageAccessRule,
    PageTemplate,
    PermissionTest,
    PublishingState,
    Redirect,
    Search,
    Site,
    Snippet,
    StyleSheet,
    SyncAlert,
    TableMap,
    TransitionRule,
    View,
    WebFile,
    Webhook,
    WebLinkSet,
    WebRole,
    WebTemplate,
)
from metadata.schedule import Dated, appears, disappears
from metadata.types import TYPES, AttributeType

Derived = TypeVar("Derived")


@dataclass(frozen=True, slots=True)
class CompiledAttribute:
    """An attribute with its column. `system` marks those that the engine keeps (id, version, created_at, ...) or works out.

    `target_column` is the column beside a polymorphic lookup that holds the key of the entity pointed at. The column of a
    calculated attribute stands in no table of the database; it has the type of the values.
    """

    key: str
    model: Attribute
    type: AttributeType
    column: Column[Any]
    system: bool = False
    target_column: Column[Any] | None = None

    @property
    def calculated(self) -> bool:
        """Its value is worked out by a formula, not stored."""
        return bool(self.model.formula)

    @property
    def polymorphic(self) -> bool:
        """It is a lookup that may point at rows of several entities."""
        return self.target_column is not None

    @property
    def targets(self) -> tuple[str, ...]:
        """The entities that a lookup may point at; empty for other types."""
        return self.model.targets or ((self.model.target,) if self.model.target else ())


@dataclass(frozen=True, slots=True)
class Relationship:
    """A named link seen from one entity.

    1:N: `attribute` is the lookup on `entity` (the far side) that points back here. N:N: `link` is the link table, with
    columns `near` and `far` holding the ids of this side and of the far side.
    """

    key: str
    entity: str
    attribute: str = ""
    link: Table | None = None
    near: str = ""
    far: str = ""


@dataclass(frozen=True, slots=True)
class CompiledEntity:
    """An entity with its table. `attributes` holds declared attributes in order, then the system ones."""

    key: str
    model: Entity
    table: Table
    attributes: Mapping[str, CompiledAttribute]
    relationships: Mapping[str, Relationship]

    def leading(self, relationship: str, far: str) -> Relationship:
        """A relationship by its key; without one, the only one that leads to an entity. Raises KeyError."""
        if relationship:
            return self.relationships[relationship]
        found = [item for item in self.relationships.values() if item.entity == far]
        if len(found) != 1:
            raise KeyError(far)
        return found[0]

    @property
    def primary_name(self) -> CompiledAttribute:
        """The attribute that names a row to people."""
        return self.attributes[self.model.primary_name or "id"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PageNode:
    """A page in the tree.

    `path` is its address with `{attribute}` for the part of a record page; `children` holds the pages below by their part
    of the address in lower case. `record_entity` and `record_attribute` are those of a record page itself.
    """

    page: Page
    path: str
    parent: PageNode | None
    children: Mapping[str, PageNode]
    _record: Mapping[str, PageNode]
    record_entity: str = ""
    record_attribute: str = ""

    @property
    def record(self) -> PageNode | None:
        """The page below that shows one record, if there is one."""
        return self._record.get("")

    @property
    def lineage(self) -> tuple[PageNode, ...]:
        """The pages from the root to this one."""
        return (*(self.parent.lineage if self.parent else ()), self)


@dataclass(frozen=True, slots=True)
class CompiledSite:
    """A site with everything that it owns, looked up by key.

    `base` stands before all of its addresses where it is looked at through somebody else's eyes, and is empty else.
    """

    model: Site
    roles: Mapping[str, WebRole]
    permissions: Mapping[str, EntityPermission]
    attribute_permissions: tuple[AttributePermission, ...]
    pages: Mapping[str, PageNode]
    root: PageNode | None
    access_rules: tuple[PageAccessRule, ...]
    states: Mapping[str, PublishingState]
    transitions: tuple[TransitionRule, ...]
    lists: Mapping[str, ListComponent]
    searches: Mapping[str, Search]
    charts: Mapping[str, Chart]
    multistep_forms: Mapping[str, MultistepForm]
    page_templates: Mapping[str, PageTemplate]
    web_templates: Mapping[str, WebTemplate]
    snippets: Mapping[str, Snippet]
    markers: Mapping[str, str]
    menus: Mapping[str, WebLinkSet]
    redirects: Mapping[str, Redirect]
    settings: Mapping[str, str]
    style_sheets: tuple[StyleSheet, ...] = ()
    web_files: Mapping[str, WebFile] = field(default_factory=dict)
    api_entities: Mapping[str, ApiEntity] = field(default_factory=dict)
    webhooks: Mapping[str, Webhook] = field(default_factory=dict)
    identity_providers: Mapping[str, IdentityProvider] = field(default_factory=dict)
    sync_alerts: Mapping[str, SyncAlert] = field(default_factory=dict)
    base: str = ""
    locks: Mapping[str, ExposureLock] = field(default_factory=dict)
    tests: Mapping[str, PermissionTest] = field(default_factory=dict)
    key: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", self.model.key)  # a page asks for it fifteen times

    @property
    def dated(self) -> Iterator[Dated]:
        """What comes and goes by its dates."""
        yield from (node.page for node in self.pages.values())
        yield from self.web_files.values()


@dataclass(frozen=True, slots=True, eq=False)
class GatheredTables:
    """Tables by name that are looked at together, of several makings; `info` is what is remembered of them."""

    tables: Mapping[str, Table]
    info: dict[Any, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """Everything that depends on metadata alone. Compared by identity; what is derived from it lives and dies with it.

    Pages and web files come and go by their dates: `at` is the moment at which they are judged, and `until` the one at which
    that is over.
    """

    release: int
    components: Mapping[ComponentId, Component]
    tables: MetaData | GatheredTables
    entities: Mapping[str, CompiledEntity]
    choices: Mapping[str, Choice]
    languages: Mapping[str, Language]
    views: Mapping[str, View]
    forms: Mapping[str, Form]
    connections: Mapping[str, Connection]
    table_maps: Mapping[str, TableMap]
    sites: Mapping[str, CompiledSite]
    at: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))
    _derived: dict[Hashable, Any] = field(default_factory=dict, repr=False)
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def derive(self, key: Hashable, make: Callable[[], Derived]) -> Derived:
        """The value made once for this key on this snapshot: a grant set, a statement, a generated template, a form class."""
        found: Derived
        try:
            found = self._derived[key]
        except KeyError:
            with self._lock:
                if key not in self._derived:
                    self._derived[key] = make()
                found = self._derived[key]
        return found

    @property
    def until(self) -> dt.datetime | None:
        """The next moment at which a page or a web file of a site comes or goes; None where none will."""
        return self.derive("until", self._next_turn)

    def later(self, at: dt.datetime) -> Snapshot:
        """The same release at a later moment, with nothing derived yet."""
        return replace(self, at=at, _derived={}, _lock=threading.RLock())

    def below(self, base: str) -> Snapshot:
        """The same with all addresses below another one, with nothing derived yet."""
        sites = {key: replace(site, base=base) for key, site in self.sites.items()}
        return replace(self, sites=frozen(sites), _derived={}, _lock=threading.RLock())

    def _next_turn(self) -> dt.datetime | None:
        turns = (
            turn(dated, site.model.time_zone)
            for site in self.sites.values()
            for dated in site.dated
            for turn in (appears, disappears)
        )
        return min((moment for moment in turns if moment is not None and moment > self.at), default=None)

    def site_for(self, host: str) -> CompiledSite | None:
        """The site that answers to a host name (without port): by name first, else the one without hosts."""
        name = host.lower()
        fallback = None
        for site in self.sites.values():
            if name in site.model.hosts:
                return site
            if not site.model.hosts and fallback is None:
                fallback = site
        return fallback

    def resolve(self, entity: str, path: str) -> tuple[CompiledAttribute, ...]:
        """The attributes along a dotted path over lookups. Raises KeyError with the part that does not exist.

        `customer.name` gives the lookup and the attribute of its target. Polymorphic lookups cannot be passed through.
        """
        found: list[CompiledAttribute] = []
        current = self.entities[entity]
        parts = path.split(".")
        for position, part in enumerate(parts):
            attribute = current.attributes[part]
            found.append(attribute)
            if position + 1 < len(parts):
                if len(attribute.targets) != 1:
                    raise KeyError(part)
                current = self.entities[attribute.targets[0]]
        return tuple(found)


def frozen(mapping: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """A read-only view of a mapping that nobody else holds."""
    return MappingProxyType(dict(mapping))


__all__ = [
    "TYPES",
    "CompiledAttribute",
    "CompiledEntity",
    "CompiledSite",
    "GatheredTables",
    "PageNode",
    "Relationship",
    "Snapshot",
    "frozen",
]
