"""Components that do not fit together are reported, each fault with its place and what to do."""

import copy

import pytest
from hypothesis import given

from metadata.checks import RULES, check
from metadata.checks.patterns import fault_in_pattern
from metadata.errors import Position
from metadata.model import component_id
from metadata.schema import load
from support.generated_metadata import component_sets

# A small site in which everything fits. Tests change one thing and look at what is said.
FITTING = {
    "language sv-SE": {},
    "choice state": {"options": [{"value": "open"}, {"value": "done"}]},
    "entity task": {
        "primary_name": "number",
        "attributes": [
            {"key": "number", "type": "text", "max_length": 20},
            {"key": "state", "type": "choice", "choice": "state", "default": "open"},
            {"key": "due", "type": "date", "default": "@today+7d"},
            {"key": "hours", "type": "decimal", "scale": 2, "min": 0},
            {"key": "contact", "type": "lookup", "target": "contact", "default": "@contact"},
            {"key": "account", "type": "lookup", "target": "account"},
            {"key": "about", "type": "lookup", "targets": ["account", "contact"]},
        ],
        "keys": [{"key": "number", "attributes": ["number"]}],
    },
    "entity part": {
        "attributes": [
            {"key": "task", "type": "lookup", "target": "task", "relationship": "parts"},
            {"key": "count", "type": "integer", "default": 1},
        ],
        "many_to_many": [{"key": "helpers", "target": "contact"}],
    },
    "view tasks": {
        "entity": "task",
        "columns": [{"attribute": "number"}, {"attribute": "account.parent_account.name"}],
        "filter": {"all": [{"attribute": "state", "value": "open"}, {"attribute": "contact", "value": "@contact"}]},
        "sort": [{"attribute": "due"}],
    },
    "view parts": {"entity": "part", "columns": [{"attribute": "count"}]},
    "view accounts": {"entity": "account", "columns": [{"attribute": "name"}]},
    "form task": {
        "entity": "task",
        "status": "state",
        "progress": {"attribute": "state", "steps": ["open", "done"], "dates": {"open": "created_at"}},
        "tabs": [
            {
                "sections": [
                    {
                        "fields": [
                            {"attribute": "number"},
                            {"attribute": "account", "view": "accounts", "prepopulate": "@contact.account"},
                            {"attribute": "due", "set_on_save": "@record.account.created_at"},
                        ]
                    },
                    {"related": {"relationship": "parts", "view": "parts"}},
                ]
            }
        ],
    },
    "form part": {"entity": "part"},
    "connection files": {"connector": "files", "settings": {"folder": "/srv/lists"}},
    "table_map tasks": {
        "connection": "files",
        "entity": "task",
        "table": "TASKS",
        "integration_key": ["number"],
        "attributes": [
            {"attribute": "number", "column": "NO"},
            {"attribute": "account", "column": "ACC", "lookup_key": ["number"]},
            {"attribute": "state", "column": "ST", "values": [{"outside": 1, "inside": "open"}]},
        ],
    },
    "site main": {"theme": "base", "time_zone": "Europe/Stockholm", "languages": ["en-US", "sv-SE"], "menu": "main"},
    "web_role user": {"default": "authenticated"},
    "web_role guest": {"default": "anonymous"},
    "page home": {
        "label": "Home",
        "partial_url": "/",
        "blocks": [{"type": "tiles", "tiles": [{"label": "T", "page": "tasks"}]}],
    },
    "page tasks": {"label": "Tasks", "parent": "home", "partial_url": "tasks", "blocks": [{"type": "list", "list": "tasks"}]},
    "page task": {
        "label": "Task",
        "parent": "tasks",
        "record_entity": "task",
        "blocks": [{"type": "form", "form": "task"}],
    },
    "page edit": {
        "label": "Edit",
        "parent": "task",
        "partial_url": "edit",
        "blocks": [{"type": "form", "form": "task", "mode": "edit"}],
    },
    "list tasks": {
        "views": ["tasks"],
        "contact_attribute": "contact",
        "account_attribute": "account",
        "actions": [{"type": "details", "page": "task"}, {"type": "edit", "page": "edit"}, {"type": "delete"}],
        "columns": [{"attribute": "number"}],
    },
    "multistep_form new": {
        "entity": "task",
        "requires": ["account.name"],
        "steps": [
            {"key": "first", "form": "task", "next": "lines"},
            {"key": "lines", "type": "lines", "relationship": "parts", "form": "part", "total": "count * task.hours"},
            {"key": "end", "type": "review"},
        ],
    },
    "web_link_set main": {
        "links": [{"label": "More", "links": [{"page": "tasks"}, {"url": "https://example.com", "label": "Out"}]}]
    },
    "redirect old": {"source": "/old", "page": "tasks"},
    "site_setting identity/session_hours": {"value": "8"},
    "entity_permission own": {
        "entity": "task",
        "scope": "contact",
        "via": "contact",
        "privileges": ["read"],
        "roles": ["user"],
    },
    "entity_permission parts": {
        "entity": "part",
        "scope": "parent",
        "parent": "own",
        "relationship": "task",
        "privileges": ["read", "write"],
        "roles": ["user"],
    },
    "attribute_permission plain": {"entity": "task", "roles": ["user"], "attributes": [{"attribute": "hours", "read": True}]},
    "page_access_rule tasks": {"page": "tasks", "roles": ["user"]},
    "api_entity tasks": {"entity": "task", "name": "tasks", "attributes": ["number", "due"], "relationships": ["parts"]},
    "api_entity parts": {"entity": "part", "attributes": ["task", "count"]},
}
INSTALLATION = ("language", "choice", "entity", "view", "form", "connection", "table_map", "site")


def components(changes):
    """The fitting components with changes: `{"page home": {...}}` merges, a path after # reaches inside, None removes."""
    wanted = copy.deepcopy(FITTING)
    for name, change in changes.items():
        address, _, path = name.partition("#")
        place = wanted
        *above, last = [address, *(int(step) if step.isdigit() else step for step in path.split(".") if step)]
        for step in above:
            place = place[step]
        if change is None:
            del place[last]
        elif path or last not in place:
            place[last] = change
        else:
            place[last] |= change
    return [build(name, data) for name, data in wanted.items()]


def build(name, data):
    kind, key = name.split(" ")
    return load(kind, {"key": key, **({} if kind in INSTALLATION else {"site": "main"}), **data})


def found(changes):
    return check({component_id(item): item for item in components(changes)})


def test_what_fits_has_no_problems():
    assert found({}) == ()


def indexed(*names, **attribute):
    """An index of tasks over some attributes, one of which may be another."""
    more = [{"key": "more", **attribute}] if attribute else []
    attributes = [*copy.deepcopy(FITTING["entity task"]["attributes"]), *more]
    return {"entity task": {"attributes": attributes, "indexes": [{"attributes": list(names)}]}}


def leaving(**more):
    return {"table_map tasks": {"delete": "deactivate", **more}}


def telling(attribute, column="MSG"):
    """A map that writes through and lays the reason of a refusal into this attribute."""
    through = {"key_column": "KEY", "status_column": "ST", "message_column": column, "message_attribute": attribute}
    return {"table_map tasks": {"write_through": through}}


def grouped(connector="sql", first=None, **second):
    """The map of tasks in a group with another one, each with its own properties."""
    tasks = {"tracking": "triggers", "group": "papers", **(first or {})}
    others = {**copy.deepcopy(FITTING["table_map tasks"]), "tracking": "triggers", "group": "papers", **second}
    address = {"settings": {"url": "${SHOP_URL}"}}
    return {
        "connection files": {"connector": connector, **address},
        "connection shop": {"connector": "sql", **address},
        "table_map tasks": tasks,
        "table_map others": others,
    }


def adding(hours=None, connector="sql", **more):
    """A map to whose hours both sides add, with other properties of the attribute map, or of the map."""
    both = {"attribute": "hours", "column": "HRS", "direction": "both", "conflict": "additive", **(hours or {})}
    tasks = {"attributes": [{"attribute": "number", "column": "NO"}, both], "receipt_column": "MARK", **more}
    return {"connection files": {"connector": connector, "settings": {"url": "${SHOP_URL}"}}, "table_map tasks": tasks}


def adding_twice(mark):
    """Two maps of one table to which both sides add, each with its marks."""
    first = adding()
    others = {**copy.deepcopy(FITTING["table_map tasks"]), **first["table_map tasks"], "receipt_column": mark}
    return {**first, "table_map others": others}


def alerting(**more):
    """An alert for tasks."""
    return {"sync_alert late": {"when": "gap", **more}}


def filtered(attribute, **more):
    """The list of tasks with a filter."""
    return {"list tasks": {"filters": [{"key": "one", "attribute": attribute, **more}]}}


def placed(**more):
    """The list of tasks as places."""
    return {"list tasks": {"map": {"latitude": "hours", "longitude": "hours", **more}}}


def bulk(*values, type="set", **more):
    return {"list tasks": {"bulk": [{"key": "do", "type": type, "values": list(values), **more}]}}


def laid_out(**more):
    """The list of tasks with layouts."""
    return {"list tasks": more}


def imported(form="task", **more):
    """The list of tasks with rows from files."""
    return {"list tasks": {"imports": {"form": form, **more}}}


def charted(**more):
    """A chart of the tasks, on a page of the list that it leads to."""
    chart = {"view": "tasks", "group": "state", "page": "tasks", "filter": "state", **more}
    return {"list tasks": {"filters": [{"key": "state", "attribute": "state"}]}, "chart tasks": chart}


def tiled(view):
    """A tile on the first page that counts the rows of a view and leads to the list of the tasks."""
    return {
        "page home": {"blocks": [{"type": "tiles", "tiles": [{"label": "T", "page": "tasks", "view": view}]}]},
        "view others": {"entity": "task", "columns": [{"attribute": "number"}]},
    }


def sourced(**record):
    """A page without a record whose form takes it from somewhere."""
    return {"page tasks#blocks.0": {"type": "form", "form": "task", "mode": "edit", "record": record}}


FAULTS = [
    # references
    ({"site main": {"menu": "mian"}}, "unknown-reference", "menu", "'main'"),
    ({"site main": {"languages": ["en-US", "sv-SV"]}}, "unknown-reference", "languages.1", "'sv-SE'"),
    ({"page tasks": {"parent": "hom"}}, "unknown-reference", "parent", "'home'"),
    ({"page tasks": {"site": "other", "parent": "home"}, "page task": None}, "unknown-reference", "site", ""),
    ({"form task": {"success_page": "tsks"}}, "unknown-reference", "success_page", "'tasks'"),
    ({"view tasks": {"entity": "tsk"}}, "unknown-reference", "entity", "'task'"),
    ({"web_link_set main#links.0.links.0.page": "tsks"}, "unknown-reference", "links.0.links.0.page", "'tasks'"),
    ({"view tasks": {"entity": ""}}, "unknown-reference", "entity", "''"),
    ({"page_access_rule tasks": {"roles": [""]}}, "unknown-reference", "roles.0", "''"),
    # indexes
    (indexed("state", "due"), "", "", ""),
    (indexed("about", "created_at"), "", "", ""),
    (indexed("stat"), "unknown-attribute", "indexes.0.attributes.0", "'state'"),
    (indexed("account.name"), "path", "indexes.0.attributes.0", "of task itself"),
    (indexed(), "index", "indexes.0.attributes", "has 0"),
    (indexed("due", "due"), "duplicate-key", "indexes.0.attributes.1", "remove one"),
    (indexed("more", type="long_text"), "index", "indexes.0.attributes.0", "no index finds"),
    (indexed("more", type="url"), "index", "indexes.0.attributes.0", "up to 2000 characters"),
    (indexed("more", type="text", max_length=501), "index", "indexes.0.attributes.0", "500 or less"),
    (indexed("more", type="integer", formula="1 + 1"), "index", "indexes.0.attributes.0", "worked out by its formula"),
    ({"entity task": {"indexes": [{"attributes": ["due"]}, {"attributes": ["due"]}]}}, "duplicate-key", "indexes.1", "twice"),
    # paths
    ({"view tasks#columns.0.attribute": "nmber"}, "unknown-attribute", "columns.0.attribute", "'number'"),
    ({"view tasks#columns.1.attribute": "account.nam"}, "unknown-attribute", "columns.1.attribute", "'name'"),
    ({"view tasks#columns.1.attribute": "about.name"}, "no-way-through", "columns.1.attribute", "several"),
    ({"view tasks#columns.1.attribute": "state.name"}, "no-way-through", "columns.1.attribute", "no lookup"),
    ({"view tasks#filter.all.0.attribute": "stat"}, "unknown-attribute", "filter.all.0.attribute", "'state'"),
    ({"table_map tasks": {"integration_key": ["account.number"]}}, "path", "integration_key.0", "itself"),
    # languages
    ({"page tasks": {"label": {"any": "T", "sv-FI": "U"}}}, "unknown-language", "label.sv-FI", "'sv-SE'"),
    # attributes
    ({"entity task#attributes.0.type": "txt"}, "unknown-type", "attributes.0.type", "'text'"),
    ({"entity task#attributes.0.scale": 2}, "option", "attributes.0.scale", "decimal"),
    ({"entity task#attributes.5.targets": ["contact"]}, "option", "attributes.5.target", "target"),
    (
        {"entity part#attributes.1": {"key": "n", "type": "file", "accept": ["image/*", "pdf"]}},
        "media-type",
        "attributes.1.accept.1",
        "application/pdf",
    ),
    (
        {"entity part#attributes.1": {"key": "n", "type": "image", "accept": ["application/pdf"]}},
        "media-type",
        "attributes.1.accept.0",
        "type file",
    ),
    (
        {
            "entity task#attributes.1": {"key": "state", "type": "file"},
            "table_map tasks#attributes.2": {"attribute": "state", "column": "ST"},
        },
        "attribute-map",
        "attributes.2.attribute",
        "not synchronised",
    ),
    ({"entity task#attributes.1.choice": ""}, "option", "attributes.1.choice", "choice:"),
    (
        {"entity part#attributes.1": {"key": "n", "type": "auto_number", "format": "N"}},
        "option",
        "attributes.1.format",
        "{number}",
    ),
    (
        {"entity part#attributes.1": {"key": "n", "type": "auto_number", "format": "{number.x}"}},
        "option",
        "attributes.1.format",
        "{number}",
    ),
    (
        {"entity part#attributes.1": {"key": "n", "type": "auto_number", "format": "{number:q}"}},
        "option",
        "attributes.1.format",
        "{number}",
    ),
    ({"entity task#attributes.1.default": "opn"}, "value", "attributes.1.default", "'open'"),
    ({"entity task#attributes.2.default": "@tody"}, "value", "attributes.2.default", "'@today'"),
    ({"entity task#attributes.2.default": "2024-02-30"}, "value", "attributes.2.default", "date"),
    ({"entity task#attributes.0.default": "x" * 21}, "value", "attributes.0.default", "longer"),
    ({"entity task#attributes.0.default": "@contact.nme"}, "value", "attributes.0.default", "no attribute"),
    ({"entity task#attributes.5.default": "@contact"}, "value", "attributes.5.default", "lookup"),
    ({"entity task#attributes.3.min": "low"}, "value", "attributes.3.min", "decimal"),
    ({"entity part#attributes.1.key": "version"}, "reserved-attribute", "attributes.1.key", "another key"),
    ({"entity foyer_login": {"attributes": [{"key": "a", "type": "text"}]}}, "reserved-entity", "key", "engine's own"),
    ({"entity part#attributes.1.key": "task"}, "duplicate-key", "attributes.1.key", "twice"),
    (
        {"choice state": {"options": [{"value": "open"}, {"value": "open"}, {"value": "done"}]}},
        "duplicate-key",
        "options.1.value",
        "",
    ),
    (
        {"entity part#attributes.1": {"key": "other", "type": "lookup", "target": "task", "relationship": "parts"}},
        "duplicate-relationship",
        "attributes.1",
        "part.task",
    ),
    ({"entity part": {"primary_name": "count"}}, "primary-name", "primary_name", "text"),
    ({"entity part": {"primary_name": "cont"}}, "unknown-attribute", "primary_name", "'count'"),
    (
        {"entity part#attributes.1": {"key": "m", "type": "money", "currency": "euro"}},
        "currency",
        "attributes.1.currency",
        "EUR",
    ),
    ({"entity contact": {"attributes": [{"key": "account", "type": "text"}]}}, "system-attribute", "attributes.0", "lookup"),
    ({"entity task#attributes.0.pattern": "(a+)+$"}, "pattern", "attributes.0.pattern", "for ever"),
    ({"entity task#attributes.0.pattern": "["}, "pattern", "attributes.0.pattern", "no regular expression"),
    # conditions
    (
        {"view tasks": {"filter": {"attribute": "due", "all": [{"attribute": "due", "operator": "empty"}]}}},
        "filter",
        "filter",
        "one of",
    ),
    ({"view tasks": {"filter": {"any": [{}]}}}, "filter", "filter.any.0", "empty"),
    ({"view tasks#filter.all.0.operator": "gt"}, "", "", ""),
    ({"view tasks#filter.all.1.operator": "gt"}, "operator", "filter.all.1.operator", "lookup"),
    ({"view tasks#filter.all.0.operator": "contains"}, "operator", "filter.all.0.operator", "choice"),
    ({"view tasks#filter.all.0.value": "opne"}, "value", "filter.all.0.value", "'open'"),
    ({"view tasks#filter.all.0.operator": "between"}, "value", "filter.all.0.value", "2 values"),
    ({"view tasks#filter.all.0.operator": "in"}, "value", "filter.all.0.value", "list"),
    ({"view tasks#filter.all.0.operator": "empty"}, "value", "filter.all.0.value", "no value"),
    ({"view tasks#filter.all.0.value": None}, "value", "filter.all.0.value", "empty"),
    ({"view tasks#sort.0.attribute": "state"}, "", "", ""),
    # lists
    ({"view parts": {"columns": []}}, "no-columns", "columns", ""),
    ({"list tasks": {"views": ["tasks", "parts"]}}, "mixed-views", "views.1", "part"),
    ({"list tasks": {"contact_attribute": "account"}}, "owner-attribute", "contact_attribute", "contact"),
    ({"list tasks#columns.0.attribute": "numbr"}, "unknown-column", "columns.0.attribute", "'number'"),
    ({"list tasks#actions.0.page": ""}, "row-action", "actions.0", "page:"),
    ({"list tasks#actions.0.page": "tasks"}, "row-action", "actions.0", "no record"),
    # forms
    ({"form task": {"status": "due"}}, "choice-needed", "status", "date"),
    ({"form task#progress.steps": ["open", "dne"]}, "unknown-option", "progress.steps.1", "'done'"),
    ({"form task#progress.dates": {"open": "number"}}, "date-needed", "progress.dates.open", "number"),
    ({"form task#tabs.0.sections.0.fields.1.view": "parts"}, "lookup-view", "tabs.0.sections.0.fields.1.view", "part"),
    (
        {"form task#tabs.0.sections.0.fields.2.set_on_save": "@record.x"},
        "value",
        "tabs.0.sections.0.fields.2.set_on_save",
        "'x'",
    ),
    (
        {"form task#tabs.0.sections.0.fields.2.prepopulate": "@record.due"},
        "value",
        "tabs.0.sections.0.fields.2.prepopulate",
        "",
    ),
    (
        {"form task#tabs.0.sections.1.related.relationship": "prts"},
        "unknown-relationship",
        "tabs.0.sections.1.related.relationship",
        "'parts'",
    ),
    ({"form task#tabs.0.sections.1.fields": [{"attribute": "due"}]}, "section", "tabs.0.sections.1", "either"),
    # multistep forms
    ({"multistep_form new#steps.0.next": "lnes"}, "unknown-step", "steps.0.next", "'lines'"),
    ({"multistep_form new#steps.1.relationship": ""}, "step", "steps.1.relationship", "relationship"),
    ({"multistep_form new#steps.1.form": "task"}, "unknown-relationship", "steps.1.relationship", "task"),
    ({"multistep_form new#steps.0.form": "part"}, "step", "steps.0.form", "part"),
    ({"multistep_form new#steps.1.total": "cont * task.hours"}, "total", "steps.1.total", "'count'"),
    ({"multistep_form new#steps.1.total": "task.number"}, "total", "steps.1.total", "number is needed"),
    ({"multistep_form new#steps.1.total_currency": "kronor"}, "value", "steps.1.total_currency", "no currency"),
    ({"multistep_form new#steps.1.total_currency": "@contact.money"}, "unknown-attribute", "steps.1.total_currency", ""),
    ({"multistep_form new": {"requires": ["acount"]}}, "unknown-attribute", "requires.0", "'account'"),
    ({"multistep_form new#steps.2.key": "lines"}, "duplicate-key", "steps.2.key", "twice"),
    # sites
    ({"site main": {"theme": "../x"}}, "theme", "theme", ""),
    ({"site main": {"time_zone": "Europe/Stokholm"}}, "time-zone", "time_zone", "'Europe/Stockholm'"),
    ({"site main": {"hosts": ["https://a"]}}, "host", "hosts.0", "host name"),
    ({"site other": {}}, "host", "hosts", "main"),
    ({"site main": {"languages": ["sv-SE"]}}, "default-language", "default_language", "add it"),
    ({"language sv-SE": {"fallback": "sv-SE"}}, "cycle", "fallback", ""),
    ({"web_role third": {"default": "anonymous"}}, "default-role", "default", "guest"),
    ({"web_link_set main#links.0.links.0": {"label": "x"}}, "link", "links.0.links.0", "nowhere"),
    ({"web_link_set main#links.0.links.0.links": [{"page": "tasks"}]}, "menu-depth", "links.0.links.0.links", ""),
    ({"web_link_set main#links.0.links.1.url": "javascript:x"}, "url", "links.0.links.1.url", "https"),
    ({"web_link_set main#links.0.links.1.url": "//evil"}, "url", "links.0.links.1.url", "https"),
    ({"page home#blocks.0.tiles.0.url": "/x"}, "link", "blocks.0.tiles.0", "either"),
    ({"redirect old": {"url": "/x"}}, "redirect", "page", "exactly one"),
    ({"redirect two": {"source": "/OLD/", "url": "/x"}}, "redirect", "source", "old"),
    ({"site_setting identity/sesion_hours": {"value": "8"}}, "unknown-setting", "key", "session_hours"),
    ({"site_setting identity/session_hours": {"value": "many"}}, "setting-value", "value", "whole number"),
    ({"site_setting identity/second_factor_roles": {"value": "user, gest"}}, "unknown-key", "value", "guest"),
    # pages
    ({"page two": {"label": "R", "partial_url": "/"}}, "second-root", "parent", "home"),
    ({"page home": {"partial_url": "home"}}, "root-segment", "partial_url", "/"),
    ({"page tasks": {"partial_url": "/"}}, "segment", "partial_url", "word"),
    ({"page tasks": {"partial_url": ""}}, "segment", "partial_url", "partial_url"),
    ({"page tasks": {"partial_url": "_static"}}, "segment", "partial_url", "engine"),
    ({"page tasks": {"partial_url": ".."}}, "segment", "partial_url", "dots"),
    ({"page two": {"label": "T", "parent": "home", "partial_url": "Tasks"}}, "same-address", "partial_url", "tasks"),
    ({"page tasks": {"partial_url": "Sessions"}}, "engine-address", "partial_url", "/sessions"),
    ({"page two": {"label": "T", "parent": "tasks", "partial_url": "sessions"}}, "", "", ""),
    ({"page two": {"label": "T", "parent": "tasks", "record_entity": "task"}}, "same-address", "partial_url", "task"),
    ({"page tasks": {"parent": "edit"}}, "cycle", "parent", "itself"),
    ({"page task": {"record_key": "numbr"}}, "record-page", "record_key", "'number'"),
    ({"page task": {"record_key": "due"}}, "record-page", "record_key", "alternate key"),
    ({"page tasks": {"record_key": "number"}}, "record-page", "record_key", "record_entity"),
    ({"page tasks#blocks.0": {"type": "list"}}, "block", "blocks.0.list", "name what it shows"),
    ({"page tasks#blocks.0": {"type": "form", "form": "task"}}, "form-page", "blocks.0.form", "record"),
    (sourced(source="query"), "", "", ""),
    (sourced(source="account"), "record-source", "blocks.0.record.source", "task"),
    (sourced(source="related"), "record-source", "blocks.0.record.path", "needs a path"),
    (sourced(source="related", path="account"), "record-source", "blocks.0.record.path", "no record"),
    (sourced(source="related", path="@contact.acount"), "record-source", "blocks.0.record.path", "'account'"),
    (sourced(source="related", path="@contact.account"), "record-source", "blocks.0.record.path", "task"),
    (sourced(source="query", path="account"), "record-source", "blocks.0.record.path", "related"),
    (sourced(source="query", create=True), "record-source", "blocks.0.record.create", "related"),
    (
        {"page tasks#blocks.0": {"type": "list", "list": "tasks", "record": {"source": "query"}}},
        "record-source",
        "blocks.0.record",
        "",
    ),
    # filters of lists
    (filtered("state"), "", "", ""),
    (filtered("account", view="accounts"), "", "", ""),
    (filtered("account.name"), "", "", ""),
    (filtered("stat"), "list-filter", "filters.0.attribute", "'state'"),
    (filtered("about"), "list-filter", "filters.0.attribute", "lookup"),
    (filtered("account", view="tasks"), "list-filter", "filters.0.view", "task"),
    (filtered("due", view="tasks"), "list-filter", "filters.0.view", "date"),
    ({"list tasks": {"filters": [{"key": "a", "attribute": "due"}] * 2}}, "duplicate-key", "filters.1.key", "another"),
    # actions on many rows
    (bulk({"attribute": "state", "value": "done"}, {"attribute": "due", "value": "@today+7d"}), "", "", ""),
    (bulk(type="delete"), "", "", ""),
    (bulk(), "bulk-action", "bulk.0.values", "values"),
    (bulk({"attribute": "due"}, type="delete"), "bulk-action", "bulk.0.values", "remove"),
    (bulk({"attribute": "due"}, {"attribute": "due"}), "bulk-action", "bulk.0.values", "twice"),
    (bulk({"attribute": "stat", "value": 1}), "bulk-action", "bulk.0.values.0.attribute", "'state'"),
    (bulk({"attribute": "id", "value": 1}), "bulk-action", "bulk.0.values.0.attribute", "people"),
    (bulk({"attribute": "about", "value": 1}), "bulk-action", "bulk.0.values.0.attribute", "several"),
    (bulk({"attribute": "state", "value": "dne"}), "bulk-action", "bulk.0.values.0.value", "'done'"),
    ({"list tasks": {"bulk": [{"key": "do", "type": "delete"}] * 2}}, "duplicate-key", "bulk.1.key", "another"),
    # rows from files
    (imported(attributes=["number", "due"], key="number"), "", "", ""),
    (imported(form="tsk"), "unknown-reference", "imports.form", "'task'"),
    (imported(attributes=["numbr"]), "import", "imports.attributes.0", "'number'"),
    (imported(key="due"), "import", "imports.key", "number"),
    ({**imported(), **telling("number")}, "import", "imports.form", "table map tasks"),
    # places
    (placed(), "", "", ""),
    (placed(latitude="due"), "map", "map.latitude", "decimal"),
    (placed(longitude="east"), "map", "map.longitude", "east"),
    (placed(distances=[]), "map", "map.distances", "one"),
    (placed(distances=[0]), "map", "map.distances", "from 1"),
    (placed(centre="91, 0"), "map", "map.centre", "59.33"),
    (charted(), "", "", ""),
    (charted(type="line", group="due", by="month", filter=""), "", "", ""),
    (charted(type="number", group="", filter="", aggregate="max", attribute="hours"), "", "", ""),
    (charted(type="number", filter=""), "chart", "group", "no groups"),
    (charted(group="", filter=""), "chart", "group", "needs group"),
    (charted(group="sate", filter=""), "chart", "group", "state"),
    (charted(group="hours", filter=""), "chart", "group", "decimal"),
    (charted(group="about", filter=""), "chart", "group", "lookup"),
    (charted(group="due", filter=""), "chart", "by", "month"),
    (charted(by="month"), "chart", "by", "remove"),
    (charted(type="line"), "chart", "type", "bar"),
    (charted(type="pie", aggregate="min", attribute="hours"), "chart", "type", "add up"),
    (charted(attribute="hours"), "chart", "attribute", "counted"),
    (charted(aggregate="sum"), "chart", "attribute", "needs attribute"),
    (charted(aggregate="sum", attribute="number"), "chart", "attribute", "number is needed"),
    (tiled("tasks"), "", "", ""),
    (tiled("others"), "tile-link", "blocks.0.tiles.0.view", "take one of tasks"),
    (charted(page="home"), "chart-link", "page", "no list"),
    (charted(page=""), "chart-link", "filter", "needs page"),
    (charted(filter="stat"), "chart-link", "filter", "state"),
    (charted(group="number"), "chart-link", "filter", "by state"),
    (
        {**charted(), "page home": {"blocks": [{"type": "charts", "charts": ["tasks", "tasks"]}]}},
        "duplicate-key",
        "blocks.0.charts.1",
        "",
    ),
    ({"page home": {"blocks": [{"type": "charts"}]}}, "block", "blocks.0.charts", "charts"),
    (laid_out(calendar={"start": "due"}, board={"attribute": "state", "columns": ["done"]}), "", "", ""),
    (laid_out(layouts=["table", "cards"]), "", "", ""),
    (laid_out(cards={}), "cards", "cards", "picture"),
    (laid_out(layouts=["table", "board"]), "layout", "layouts.1", "board:"),
    (laid_out(layouts=["calender"]), "layout", "layouts.0", "calendar"),
    (laid_out(layouts=["table", "table"]), "duplicate-key", "layouts.1", "twice"),
    (laid_out(layouts=["table"], calendar={"start": "due"}), "layout", "calendar", "not among"),
    (laid_out(map={"latitude": "hours", "longitude": "hours"}, calendar={"start": "due"}), "layout", "calendar", "two lists"),
    (laid_out(calendar={"start": "hours"}), "calendar", "calendar.start", "date or datetime"),
    (laid_out(calendar={"start": "deu"}), "calendar", "calendar.start", "due"),
    (laid_out(calendar={"start": "due", "end": "created_at"}), "calendar", "calendar.end", "date is needed"),
    (laid_out(calendar={"start": "due", "all_day": "state"}), "calendar", "calendar.all_day", "boolean"),
    (laid_out(calendar={"start": "due", "time_zone": "Europe/Stokholm"}), "time-zone", "calendar.time_zone", "mean"),
    (laid_out(board={"attribute": "stat"}), "board", "board.attribute", "state"),
    (laid_out(board={"attribute": "account.name"}), "board", "board.attribute", "no choice"),
    (laid_out(board={"attribute": "state", "columns": ["opne"]}), "board", "board.columns.0", "open"),
    (laid_out(board={"attribute": "state", "columns": ["open", "open"]}), "duplicate-key", "board.columns.1", "twice"),
    (laid_out(cards={"picture": "number"}), "cards", "cards.picture", "image"),
    ({"site_setting map/tiles": {"value": "http://a.example/{z}/{x}/{y}"}}, "setting-value", "value", "https"),
    ({"site_setting map/tiles": {"value": "https://a.example; script-src */{z}/{x}/{y}"}}, "setting-value", "value", "https"),
    ({"site_setting map/tiles": {"value": "https://{s}.a.example/{z}/{x}/{y}.png"}}, "", "", ""),
    ({"site_setting identity/user_name": {"value": "ful_name"}}, "unknown-attribute", "value", "'full_name'"),
    ({"site_setting identity/user_name": {"value": "full_name"}}, "user-name", "value", "key of contacts"),
    ({"site_setting identity/user_name": {"value": ""}}, "", "", ""),
    # permissions
    ({"entity_permission own": {"via": ""}}, "scope", "scope", "contact, about"),
    ({"entity_permission own": {"via": "account"}}, "scope", "via", "contact"),
    ({"entity_permission own": {"scope": "self", "via": ""}}, "scope", "scope", "contact"),
    ({"entity_permission own": {"subsidiaries": True}}, "scope", "subsidiaries", ""),
    ({"entity_permission parts": {"parent": ""}}, "parent", "scope", "parent:"),
    ({"entity_permission parts": {"relationship": "tsk"}}, "unknown-relationship", "relationship", "'task'"),
    ({"entity_permission parts": {"relationship": "helpers"}}, "parent", "relationship", "contact"),
    (
        {"entity_permission own": {"scope": "parent", "via": "", "parent": "parts", "relationship": "parts"}},
        "cycle",
        "parent",
        "",
    ),
    ({"entity_permission own": {"roles": []}}, "parent-roles", "roles.0", "own"),
    ({"entity_permission own": {"roles": ["user", "guest"], "privileges": ["create"]}}, "anonymous-write", "roles.1", "create"),
    ({"page_access_rule tasks": {"roles": []}}, "no-roles", "roles", "nobody"),
    ({"attribute_permission plain#attributes": [{"attribute": "due"}] * 2}, "duplicate-key", "attributes.1.attribute", ""),
    # what programs may reach
    ({"api_entity tasks": {"attributes": []}}, "no-attributes", "attributes", "name those"),
    ({"api_entity tasks": {"attributes": ["nmber"]}}, "unknown-attribute", "attributes.0", "'number'"),
    ({"api_entity tasks": {"attributes": ["account.name"]}}, "path", "attributes.0", "itself"),
    ({"api_entity tasks": {"attributes": ["due", "due"]}}, "duplicate-key", "attributes.1", "twice"),
    ({"api_entity tasks": {"attributes": ["due", "account"]}}, "not-offered", "attributes.1", "account"),
    ({"api_entity tasks": {"relationships": ["prts"]}}, "unknown-relationship", "relationships.0", "'parts'"),
    ({"api_entity tasks": {"relationships": ["parts", "parts"]}}, "duplicate-key", "relationships.1", "twice"),
    ({"api_entity parts": {"active": False}}, "not-offered", "relationships.0", "part"),
    ({"api_entity parts": {"name": "tasks"}}, "duplicate-key", "name", "another"),
    ({"api_entity again": {"entity": "part", "name": "again", "attributes": ["count"]}}, "duplicate-key", "entity", "together"),
    # table maps
    ({"table_map tasks": {"integration_key": ["hours"]}}, "integration-key", "integration_key.0", "not mapped"),
    ({"table_map tasks#attributes.0.attribute": "id"}, "attribute-map", "attributes.0.attribute", "engine"),
    ({"table_map tasks#attributes.2.column": ""}, "attribute-map", "attributes.2", "default"),
    (
        {"table_map tasks#attributes.2.values": [{"outside": 1, "inside": "opn"}]},
        "value",
        "attributes.2.values.0.inside",
        "'open'",
    ),
    ({"table_map tasks#attributes.1.lookup_key": ["numbr"]}, "unknown-attribute", "attributes.1.lookup_key.0", "'number'"),
    ({"table_map tasks#attributes.1.lookup_key": []}, "lookup-key", "attributes.1", "lookup_key"),
    ({"table_map tasks#attributes.1.lookup_key": ["number", "name"]}, "lookup-key", "attributes.1", "lookup_columns"),
    ({"table_map tasks": {"overlap": 5}}, "table-map", "overlap", "change_column"),
    ({"table_map tasks": {"delta": True}}, "table-map", "delta", "connector odata"),
    (
        {"connection files": {"connector": "odata"}, "table_map tasks": {"overlap": 5, "change_column": "n"}},
        "table-map",
        "overlap",
        "connector sql",
    ),
    ({"table_map tasks": {"effective_to": "UNTIL"}}, "table-map", "effective_to", "effective_from"),
    ({"table_map tasks": {"after_reject": "wait"}}, "table-map", "after_reject", "change_column"),
    ({"table_map tasks": {"history": "full"}}, "table-map", "history", "stream"),
    ({"table_map tasks": {"delete": "deactivate"}}, "table-map", "delete", "{active: false}"),
    ({"table_map tasks": {"inactive": {"hours": 1}}}, "table-map", "inactive", "deactivate"),
    (leaving(inactive={"huors": 1}), "unknown-attribute", "inactive.huors", "'hours'"),
    (leaving(inactive={"hours": "many"}), "value", "inactive.hours", "hours"),
    (leaving(inactive={"number": 1}), "table-map", "inactive.number", "not the key"),
    (leaving(inactive={"hours": 0}, filter_exit="keep"), "table-map", "filter_exit", "filter"),
    (leaving(inactive={"hours": 0}, key_change="follow"), "table-map", "key_change", "identity_column"),
    ({"table_map tasks#attributes.0.too_precise": "round"}, "attribute-map", "attributes.0.too_precise", "means nothing"),
    ({"table_map tasks#attributes.0.missing": "pass"}, "attribute-map", "attributes.0.missing", "no values"),
    ({"table_map tasks#attributes.0.too_long": "default"}, "attribute-map", "attributes.0.too_long", "must have a value"),
    (
        {"connection files": {"connector": "nats"}, "table_map tasks": {"write_through": {"key_column": "n"}}},
        "table-map",
        "write_through",
        "no answer",
    ),
    (
        {"connection files": {"connector": "redis"}, "table_map tasks": {"overlap": 5, "change_column": "n"}},
        "table-map",
        "overlap",
        "connector sql",
    ),
    ({"table_map tasks": {"tracking": "triggers"}}, "table-map", "tracking", "connector sql"),
    (
        {"connection files": {"connector": "sql"}, "table_map tasks": {"tracking": "log", "overlap": 5, "change_column": "n"}},
        "table-map",
        "tracking",
        "leave delta and overlap out",
    ),
    (grouped(), "", "", ""),
    (grouped("rest"), "table-map", "group", "connector sql"),
    (grouped(first={"tracking": ""}), "table-map", "group", "has none"),
    (grouped(group=""), "table-map", "group", "the same word"),
    (grouped(connection="shop"), "table-map", "group", "a map of shop"),
    (
        grouped(first={"attributes": [{"attribute": "number", "column": "NO", "direction": "out"}]}),
        "table-map",
        "group",
        "comes in",
    ),
    ({"connection files": {"settings": {"client_secret": "hush"}}}, "secret", "settings.client_secret", "NAME_FILE"),
    ({"connection files": {"settings": {"folder": "x", "fodler": "y"}}}, "connection", "settings.fodler", "'folder'"),
    ({"connection files": {"settings": {"format": "csv"}}}, "connection", "settings.folder", "add it"),
    ({"connection files": {"settings": {"url": "s3://lists"}}}, "", "", ""),
    ({"connection files": {"settings": {"folder": "x", "format": "pdf"}}}, "connection", "settings.format", "csv, jsonl"),
    ({"connection files": {"settings": {"folder": "x", "format": "${FORMAT}"}}}, "", "", ""),
    ({"connection files": {"connector": "sql"}}, "connection", "settings.url", "needs the setting url"),
    ({"connection files": {"connector": "sql", "settings": {}, "active": False}}, "", "", ""),
    ({"connection files": {"settings": {"url": "s3://me:hush@lists"}}}, "secret", "settings.url", "a password in it"),
    ({"connection files": {"settings": {"url": "s3://me:${HUSH}@lists"}}}, "", "", ""),
    ({"connection files": {"settings": {"password": "a${B}"}}}, "secret", "settings.password", "environment variable"),
    ({"connection files": {"settings": {"password": "${FOYER_SECRET_KEY}"}}}, "own-secret", "settings.password", "of its own"),
    ({"connection files": {"settings": {"url": "x?${foyer_database_url_FILE}"}}}, "own-secret", "settings.url", "of its own"),
    (alerting(webhook="${URL}", secret="${AWS_SECRET_ACCESS_KEY}"), "own-secret", "secret", "of its own"),
    (alerting(when="lag"), "alert", "seconds", "seconds"),
    (alerting(when="lag", seconds=100, code="lookup"), "alert", "code", "errors"),
    (alerting(when="lag", seconds=5), "always-late", "seconds", "between any two pulls"),
    (alerting(when="no_success", seconds=5, maps=["tasks"]), "always-late", "seconds", "between any two pulls"),
    (alerting(when="dead_letter", seconds=5), "", "", ""),
    (alerting(maps=["tasks"], connection="other"), "alert", "maps.0", "leave one of the two out"),
    (alerting(roles=["user"]), "alert", "roles.0", "one by one"),
    (alerting(webhook="${URL}"), "alert", "secret", "signed"),
    (alerting(webhook="${URL}", secret="${KEY}"), "", "", ""),
    ({"table_map tasks#attributes.2.conflict": "manual"}, "attribute-map", "attributes.2.conflict", "both"),
    (adding(), "", "", ""),
    (adding({"conflict": ""}, conflict="additive"), "", "", ""),
    (adding({"too_precise": "reject"}, too_precise="round"), "", "", ""),
    (adding_twice("OTHER"), "", "", ""),
    (adding_twice("MARK"), "additive", "receipt_column", "already"),
    (adding({"direction": "in"}), "attribute-map", "attributes.1.conflict", "direction both"),
    (adding({"attribute": "state"}), "additive", "attributes.1.conflict", "only integer, decimal and money"),
    (adding({"attribute": "account"}), "additive", "attributes.1.conflict", "of type lookup"),
    (adding(integration_key=["hours"]), "additive", "attributes.1.conflict", "integration key"),
    (adding({"column": "", "default": 1}), "additive", "attributes.1.column", "no column"),
    (adding({"values": [{"outside": 1, "inside": 2}]}), "additive", "attributes.1.values", "leave values out"),
    (adding({"format": ","}), "additive", "attributes.1.format", "leave format out"),
    (adding({"default": 1}), "additive", "attributes.1.default", "counts as 0"),
    (adding(too_precise="round"), "additive", "attributes.1.too_precise", "write too_precise: reject"),
    (adding({"out_of_range": "clamp"}), "additive", "attributes.1.out_of_range", "write out_of_range: reject"),
    (adding(connector="rest"), "additive", "conflict", "rest cannot write a row only if"),
    (adding(connector="files"), "additive", "conflict", "another policy"),
    (adding(receipt_column=""), "additive", "receipt_column", "32 characters"),
    (adding(receipt_column="HRS"), "additive", "receipt_column", "another use"),
    (adding(change_column="MARK"), "additive", "receipt_column", "another use"),
    (adding(write_through={"key_column": "KEY"}), "additive", "write_through", "one and the same row"),
    (adding(effective_from="FROM"), "additive", "effective_from", "one and the same row"),
    (adding({"conflict": ""}), "additive", "receipt_column", "leave it out"),
    (adding({"direction": "in", "conflict": ""}, conflict="additive"), "additive", "conflict", "none is mapped so"),
    (telling("number", column=""), "write-through", "write_through.message_attribute", "message_column"),
    (telling("hours"), "write-through", "write_through.message_attribute", "decimal"),
    (telling("numbr"), "unknown-attribute", "write_through.message_attribute", "'number'"),
    (telling("account.name"), "path", "write_through.message_attribute", "itself"),
]
WARNINGS = {
    "always-late",
    "unknown-language",
    "unknown-setting",
    "anonymous-write",
    "no-roles",
    "no-privileges",
    "not-offered",
    "engine-address",
    "tile-link",
}


@pytest.mark.parametrize(("changes", "code", "path", "words"), FAULTS, ids=lambda value: str(value)[:70])
def test_a_planted_fault_is_found_at_its_place(changes, code, path, words):
    problems = found(changes)
    if not code:
        assert problems == ()
        return
    hits = [problem for problem in problems if (problem.code, problem.position.path) == (code, path)]
    assert hits, [str(problem) for problem in problems]
    assert any(words in problem.message for problem in hits), [problem.message for problem in hits]
    assert all((problem.severity == "warning") == (code in WARNINGS) for problem in hits)


@given(component_sets(max_size=12))
def test_components_of_any_content_are_checked_without_a_trace(components):
    problems = check({component_id(item): item for item in components})
    assert list(problems) == sorted(problems)


def test_positions_come_from_the_reader():
    item = build("snippet a", {"site": "nowhere"})
    identity = component_id(item)
    [problem] = check({identity: item}, {identity: lambda path: Position("a.yaml", 3, path)})
    assert str(problem.position) == "a.yaml:3 site"


def test_system_entities_and_attributes_are_known_without_being_declared():
    assert found({"view accounts#columns": [{"attribute": "name"}, {"attribute": "created_by.full_name"}]}) == ()


def test_a_reference_of_the_installation_may_name_what_any_site_has():
    assert found({"form task": {"success_page": "tasks"}}) == ()


def test_every_rule_is_one_short_documented_function():
    assert len({rule.__module__ + rule.__name__ for rule in RULES}) == len(RULES)
    assert all(rule.__doc__ for rule in RULES)


@pytest.mark.parametrize("pattern", [r"[A-Z]{2}\d+", r"([a-z]+-)*[a-z]+", r"(\d{3} ?)+", r"^\S+@\S+$", r"(ab|cd)*"])
def test_ordinary_patterns_are_accepted(pattern):
    assert fault_in_pattern(pattern) == ""


@pytest.mark.parametrize(
    "pattern",
    [
        *("(a+)+", "(a*)*b", "(a|b+)+", "(.*,)*x", "((a+))*", "x" * 501, "(", "(?P<a>", "a{99999999999}"),
        *("(a|a)*b", "(a|aa)*b", "(a{1,20}){1,20}b", "([a-z]|[a-m])*0", "(.*?,){11}P"),
    ],
)
def test_patterns_that_may_run_for_ever_are_refused(pattern):
    assert fault_in_pattern(pattern)
