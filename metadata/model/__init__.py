"""The kinds of components: a frozen dataclass for each, and what is common to all of them."""

from __future__ import annotations

from dataclasses import dataclass

from metadata.model.actions import ActionCall, ActionMail, ActionTask, Argument, GivenValue, Onwards
from metadata.model.api import ApiEntity
from metadata.model.base import ComponentId, Filter, Sort
from metadata.model.charts import Chart
from metadata.model.content import (
    Block,
    Joining,
    LayoutBlock,
    Page,
    PageTemplate,
    PublishingState,
    RecordSource,
    Redirect,
    Removal,
    Site,
    SiteMarker,
    SiteSetting,
    Snippet,
    Terms,
    Tile,
    TransitionRule,
    WebLink,
    WebLinkSet,
)
from metadata.model.data import (
    AlternateKey,
    Attribute,
    Choice,
    Entity,
    EntityIndex,
    FurtherAccounts,
    Language,
    ManyToMany,
    Option,
)
from metadata.model.forms import (
    Form,
    FormDefault,
    FormField,
    FormRule,
    MultistepForm,
    Progress,
    RecordAction,
    RelatedAction,
    RelatedList,
    Section,
    Step,
    Tab,
)
from metadata.model.history import RecordHistory
from metadata.model.identity import ClaimMap, IdentityProvider
from metadata.model.lists import (
    BulkAction,
    ColumnOverride,
    FilterCondition,
    ListBoard,
    ListCalendar,
    ListCards,
    ListComponent,
    ListFilter,
    ListImport,
    ListMap,
    ListMessages,
    RowAction,
    SetValue,
    View,
    ViewColumn,
)
from metadata.model.search import Search, SearchedAttribute, SearchedEntity, SearchFacet
from metadata.model.security import (
    AttributePermission,
    AttributeRight,
    EntityPermission,
    Expectation,
    ExposureLock,
    PageAccessRule,
    PermissionTest,
    SharedAction,
    WebRole,
)
from metadata.model.style_sheets import StyleSheet
from metadata.model.sync import (
    AttributeMap,
    Command,
    Connection,
    Resource,
    ResourceRequest,
    SyncAlert,
    TableMap,
    ValueMap,
    WriteThrough,
)
from metadata.model.web_files import LARGEST_CONTENT, Content, WebFile
from metadata.model.web_templates import TemplateParameter, WebTemplate
from metadata.model.webhooks import Webhook
from metadata.text import Text

Component = (
    Site
    | Entity
    | Choice
    | View
    | ListComponent
    | Search
    | Form
    | Chart
    | MultistepForm
    | Page
    | PageTemplate
    | WebTemplate
    | StyleSheet
    | PublishingState
    | TransitionRule
    | Snippet
    | SiteMarker
    | WebLinkSet
    | Redirect
    | SiteSetting
    | WebRole
    | IdentityProvider
    | SyncAlert
    | EntityPermission
    | AttributePermission
    | PageAccessRule
    | ExposureLock
    | PermissionTest
    | ApiEntity
    | Webhook
    | Language
    | Connection
    | TableMap
    | WebFile
)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of component: its word in files, its folder in an export, its model, and whether a site owns it."""

    name: str
    folder: str
    model: type
    of_site: bool


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("language", "languages", Language, False),
        Kind("choice", "choices", Choice, False),
        Kind("entity", "entities", Entity, False),
        Kind("view", "views", View, False),
        Kind("form", "forms", Form, False),
        Kind("connection", "connections", Connection, False),
        Kind("table_map", "table-maps", TableMap, False),
        Kind("site", "sites", Site, False),
        Kind("web_role", "web-roles", WebRole, True),
        Kind("list", "lists", ListComponent, True),
        Kind("search", "searches", Search, True),
        Kind("chart", "charts", Chart, True),
        Kind("multistep_form", "multistep-forms", MultistepForm, True),
        Kind("web_template", "web-templates", WebTemplate, True),
        Kind("style_sheet", "style-sheets", StyleSheet, True),
        Kind("page_template", "page-templates", PageTemplate, True),
        Kind("publishing_state", "publishing-states", PublishingState, True),
        Kind("transition_rule", "transition-rules", TransitionRule, True),
        Kind("page", "pages", Page, True),
        Kind("web_file", "web-files", WebFile, True),
        Kind("site_marker", "site-markers", SiteMarker, True),
        Kind("snippet", "snippets", Snippet, True),
        Kind("web_link_set", "web-link-sets", WebLinkSet, True),
        Kind("redirect", "redirects", Redirect, True),
        Kind("site_setting", "site-settings", SiteSetting, True),
        Kind("entity_permission", "entity-permissions", EntityPermission, True),
        Kind("attribute_permission", "attribute-permissions", AttributePermission, True),
        Kind("page_access_rule", "page-access-rules", PageAccessRule, True),
        Kind("exposure_lock", "exposure-locks", ExposureLock, True),
        Kind("permission_test", "permission-tests", PermissionTest, True),
        Kind("api_entity", "api-entities", ApiEntity, True),
        Kind("webhook", "webhooks", Webhook, True),
        Kind("identity_provider", "identity-providers", IdentityProvider, True),
        Kind("sync_alert", "sync-alerts", SyncAlert, True),
    )
}

KIND_OF_MODEL: dict[type, Kind] = {kind.model: kind for kind in KINDS.values()}


def component_id(component: Component) -> ComponentId:
    """The address of a component."""
    kind = KIND_OF_MODEL[type(component)]
    return ComponentId(kind.name, component.key, getattr(component, "site", "") if kind.of_site else "")


__all__ = [
    "KINDS",
    "KIND_OF_MODEL",
    "LARGEST_CONTENT",
    "ActionCall",
    "ActionMail",
    "ActionTask",
    "AlternateKey",
    "ApiEntity",
    "Argument",
    "Attribute",
    "AttributeMap",
    "AttributePermission",
    "AttributeRight",
    "Block",
    "BulkAction",
    "Chart",
    "Choice",
    "ClaimMap",
    "ColumnOverride",
    "Command",
    "Component",
    "ComponentId",
    "Connection",
    "Content",
    "Entity",
    "EntityIndex",
    "EntityPermission",
    "Expectation",
    "ExposureLock",
    "Filter",
    "FilterCondition",
    "Form",
    "FormDefault",
    "FormField",
    "FormRule",
    "FurtherAccounts",
    "GivenValue",
    "IdentityProvider",
    "Joining",
    "Kind",
    "Language",
    "LayoutBlock",
    "ListBoard",
    "ListCalendar",
    "ListCards",
    "ListComponent",
    "ListFilter",
    "ListImport",
    "ListMap",
    "ListMessages",
    "ManyToMany",
    "MultistepForm",
    "Onwards",
    "Option",
    "Page",
    "PageAccessRule",
    "PageTemplate",
    "PermissionTest",
    "Progress",
    "PublishingState",
    "RecordAction",
    "RecordHistory",
    "RecordSource",
    "Redirect",
    "RelatedAction",
    "RelatedList",
    "Removal",
    "Resource",
    "ResourceRequest",
    "RowAction",
    "Search",
    "SearchFacet",
    "SearchedAttribute",
    "SearchedEntity",
    "Section",
    "SetValue",
    "SharedAction",
    "Site",
    "SiteMarker",
    "SiteSetting",
    "Snippet",
    "Sort",
    "Step",
    "StyleSheet",
    "SyncAlert",
    "Tab",
    "TableMap",
    "TemplateParameter",
    "Terms",
    "Text",
    "Tile",
    "TransitionRule",
    "ValueMap",
    "View",
    "ViewColumn",
    "WebFile",
    "WebLink",
    "WebLinkSet",
    "WebRole",
    "WebTemplate",
    "Webhook",
    "WriteThrough",
    "component_id",
]
