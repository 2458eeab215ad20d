"""Components to a snapshot: resolve every reference, order, inherit, freeze."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from metadata.model import (
    KIND_OF_MODEL,
    ApiEntity,
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
    SiteMarker,
    SiteSetting,
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
    component_id,
)
from metadata.offering import Offering, offered_by_name
from metadata.pagetree import page_tree
from metadata.searching import search_indexes
from metadata.snapshot import CompiledSite, Snapshot, frozen
from metadata.system import complete
from metadata.tables import build_tables, build_tables_like
from metadata.text import Text

Model = TypeVar("Model")

DEFAULT_LANGUAGE = Language(key="en-US", label=Text.of("English"))


def assign_site(components: Iterable[Component]) -> tuple[Component, ...]:
    """Components of a site that name none belong to the only site there is; where there are several they stay as they are."""
    given = tuple(components)
    sites = [component.key for component in given if isinstance(component, Site)]
    if len(sites) != 1:
        return given
    changes: dict[str, Any] = {"site": sites[0]}
    return tuple(
        replace(component, **changes)
        if KIND_OF_MODEL[type(component)].of_site and not getattr(component, "site", "")
        else component
        for component in given
    )


class _Components:
    """The components of one release by model and site."""

    def __init__(self, components: Iterable[Component]) -> None:
        self.by_id: dict[ComponentId, Component] = {component_id(item): item for item in components}
        self._by_model: dict[type, list[tuple[ComponentId, Any]]] = {}
        for identity, component in self.by_id.items():
            self._by_model.setdefault(type(component), []).append((identity, component))

    def of(self, model: type[Model], site: str | None = None) -> dict[str, Model]:
        return {
            identity.key: component
            for identity, component in self._by_model.get(model, ())
            if site is None or identity.site == site
        }

    def all(self, model: type[Model]) -> tuple[Model, ...]:
        return tuple(component for _, component in self._by_model.get(model, ()))


def _in_order(sheets: Iterable[StyleSheet]) -> tuple[StyleSheet, ...]:
    return tuple(sorted((sheet for sheet in sheets if sheet.active), key=lambda sheet: (sheet.order, sheet.key)))


def _compiled_site(site: Site, components: _Components, entities: Mapping[str, Any]) -> CompiledSite:
    key = site.key
    pages, root = page_tree(components.of(Page, key).values(), entities)
    return CompiledSite(
        model=site,
        roles=frozen(components.of(WebRole, key)),
        permissions=frozen(components.of(EntityPermission, key)),
        attribute_permissions=tuple(components.of(AttributePermission, key).values()),
        pages=pages,
        root=root,
        access_rules=tuple(components.of(PageAccessRule, key).values()),
        states=frozen(components.of(PublishingState, key)),
        transitions=tuple(components.of(TransitionRule, key).values()),
        lists=frozen(components.of(ListComponent, key)),
        searches=frozen(components.of(Search, key)),
        charts=frozen(components.of(Chart, key)),
        multistep_forms=frozen(components.of(MultistepForm, key)),
        page_templates=frozen(components.of(PageTemplate, key)),
        web_templates=frozen(components.of(WebTemplate, key)),
        style_sheets=_in_order(components.of(StyleSheet, key).values()),
        snippets=frozen(components.of(Snippet, key)),
        markers=frozen({marker.key: marker.page for marker in components.of(SiteMarker, key).values()}),
        menus=frozen(components.of(WebLinkSet, key)),
        redirects=frozen({redirect.source.rstrip("/") or "/": redirect for redirect in components.of(Redirect, key).values()}),
        api_entities=frozen(components.of(ApiEntity, key)),
        settings=frozen({setting.key: setting.value for setting in components.of(SiteSetting, key).values()}),
        web_files=frozen(components.of(WebFile, key)),
        webhooks=frozen(components.of(Webhook, key)),
        identity_providers=frozen(components.of(IdentityProvider, key)),
        sync_alerts=frozen(components.of(SyncAlert, key)),
        locks=frozen(components.of(ExposureLock, key)),
        tests=frozen(components.of(PermissionTest, key)),
    )


def compile_snapshot(components: Iterable[Component], release: int = 0, like: Snapshot | None = None) -> Snapshot:
    """The snapshot of checked components; `release` is its number, 0 for a draft.

    The components are those of the files or of the store: system entities are completed here. What is only looked at, and
    from which no tables are planned, may take from another snapshot, `like`, the tables of what is the same in both.
    """
    found = _Components(complete(assign_site(components)))
    views = found.of(View)
    described = (
        found.all(Entity),
        views.values(),
        found.all(EntityPermission),
        search_indexes(found.all(Search), found.of(Site), found.of(Entity)),
        offered_by_name(_offering(found)),
    )
    tables, entities = build_tables(*described) if like is None else build_tables_like(like, *described)
    languages = found.of(Language) or {DEFAULT_LANGUAGE.key: DEFAULT_LANGUAGE}
    return Snapshot(
        release=release,
        components=frozen(found.by_id),
        tables=tables,
        entities=entities,
        choices=frozen(found.of(Choice)),
        languages=frozen(languages),
        views=frozen(views),
        forms=frozen(found.of(Form)),
        connections=frozen(found.of(Connection)),
        table_maps=frozen(found.of(TableMap)),
        sites=frozen({key: _compiled_site(site, found, entities) for key, site in found.of(Site).items()}),
    )


def _offering(found: _Components) -> Offering:
    return Offering(
        found.all(Entity), found.all(Form), found.all(ListComponent), found.all(View), found.all(Page), found.all(MultistepForm)
    )
