"""What the blocks of a page show: lists in all their layouts, forms, charts, tiles, searches, web templates."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial

from metadata.model import Block, Chart, ListComponent, Search
from metadata.snapshot import CompiledSite, PageNode, Snapshot
from metadata.templates import QuerySpec, read
from runtime.exposure.form_uses import entry_uses, multistep_uses, onwards_uses, read_uses, row_action_uses, shown, view_uses
from runtime.exposure.uses import ROWS, Use, filter_text, within
from runtime.pages.layouts import layout_paths
from runtime.pages.places import place_paths

ENTITIES = re.compile(r"\bentities\b(?:\s*\.\s*([A-Za-z_]\w*)|\s*\[\s*['\"]([^'\"]+)['\"]\s*\])?")


def page_uses(snapshot: Snapshot, site: CompiledSite, node: PageNode) -> Iterator[Use]:
    """What is met on a page, block by block, and of the record that it is about."""
    if node.record_entity:
        name = snapshot.entities[node.record_entity].primary_name.key
        for path in dict.fromkeys((name, node.record_attribute or name)):
            yield Use("record", node.record_entity, path)
    for block in node.page.blocks:
        yield from block_uses(snapshot, site, block)
    template = site.page_templates.get(node.page.template)
    if template is not None and template.web_template:
        yield from template_uses(snapshot, site, template.web_template)


def block_uses(snapshot: Snapshot, site: CompiledSite, block: Block) -> Iterator[Use]:
    """What a block shows and takes."""
    makers: dict[str, Callable[[], Iterator[Use]]] = {
        "list": lambda: list_uses(snapshot, site.lists[block.list]),
        "form": lambda: form_block_uses(snapshot, block),
        "profile": lambda: entry_uses(snapshot, snapshot.forms[block.form], "write"),
        "multistep_form": lambda: multistep_uses(snapshot, site.multistep_forms[block.multistep_form]),
        "search": lambda: search_uses(snapshot, site.searches[block.search]),
        "component": lambda: template_uses(snapshot, site, block.web_template),
        "charts": lambda: (use for key in block.charts for use in chart_uses(snapshot, site.charts[key])),
        "tiles": lambda: tile_uses(snapshot, block),
    }
    if block.type in makers:
        yield from makers[block.type]()


def form_block_uses(snapshot: Snapshot, block: Block) -> Iterator[Use]:
    """What a form of a page shows and takes in its mode; one that is locked is read, so both count where it is changed."""
    form = snapshot.forms[block.form]
    if block.mode == "read":
        yield from read_uses(snapshot, form)
    else:
        yield from entry_uses(snapshot, form, "create" if block.mode == "insert" else "write")
    if block.record is not None and block.record.create:
        yield from entry_uses(snapshot, form, "create")
    if block.removal is not None:
        surface = f"form:{form.key}/delete"
        yield Use(surface, form.entity, ROWS, "delete")
        if block.removal.onwards is not None:
            yield from onwards_uses(snapshot, form.entity, block.removal.onwards, surface, ((form.entity, "delete"),))


def list_uses(snapshot: Snapshot, model: ListComponent) -> Iterator[Use]:
    """What a list shows in its views and layouts, finds, hands out as a file, and does with rows."""
    surface = f"list:{model.key}"
    entity = snapshot.views[model.views[0]].entity
    seen = [use for key in model.views for use in view_uses(snapshot, snapshot.views[key])]
    extra = dict.fromkeys((*place_paths(model), *layout_paths(model)))
    seen += [use for path in extra for use in shown(snapshot, Use("layout", entity, path))]
    yield from within(iter(seen), surface)
    for there, word in ((model.export, "export"), (model.search, "search")):
        if there:
            yield from within(iter(seen), f"{surface}/{word}")
    for item in model.filters:
        paths = [item.attribute] if item.attribute else [path for one in item.conditions for path in one.filter.paths]
        for path in dict.fromkeys(paths):
            yield from shown(snapshot, Use(f"{surface}/filter:{item.key}", entity, path))
    for action in model.actions:
        if action.type == "delete":
            yield Use(f"{surface}/delete", entity, ROWS, "delete")
        if action.type == "action":
            yield from row_action_uses(snapshot, action.form, action.action, surface)
        if action.onwards is not None:
            yield from onwards_uses(snapshot, entity, action.onwards, f"{surface}/delete", ((entity, "delete"),))
    for bulk in model.bulk:
        if bulk.type == "delete":
            yield Use(f"{surface}/bulk:{bulk.key}", entity, ROWS, "delete")
        for value in bulk.values:
            yield Use(f"{surface}/bulk:{bulk.key}", entity, value.attribute, "write")
    if model.board is not None and not model.board.fixed:
        yield Use(f"{surface}/board", entity, model.board.attribute, "write")
    if model.imports is not None:
        form = snapshot.forms[model.imports.form]
        for mode in ("create", "write") if model.imports.key else ("create",):
            found = (use for use in entry_uses(snapshot, form, mode) if use.action == mode)
            yield from within(found, f"{surface}/import")


def feed_uses(snapshot: Snapshot, model: ListComponent) -> Iterator[Use]:
    """What the feed of a list hands out, which needs no page."""
    for key in model.views:
        yield from within(view_uses(snapshot, snapshot.views[key]), f"feed:{model.key}")


def chart_uses(snapshot: Snapshot, chart: Chart) -> Iterator[Use]:
    """What a chart draws."""
    view = snapshot.views[chart.view]
    where = filter_text(view.filter)
    for path in (chart.group, chart.attribute):
        if path:
            yield from shown(snapshot, Use(f"chart:{chart.key}", view.entity, path, where=where))
    yield Use(f"chart:{chart.key}", view.entity, ROWS, where=where)


def tile_uses(snapshot: Snapshot, block: Block) -> Iterator[Use]:
    """The numbers of rows on tiles."""
    for tile in block.tiles:
        view = snapshot.views.get(tile.view)
        if view is not None:
            yield Use(f"tile:{view.key}", view.entity, ROWS, where=filter_text(view.filter))


def search_uses(snapshot: Snapshot, search: Search) -> Iterator[Use]:
    """In which words a search finds rows, what it shows of them, and by what it counts them."""
    for item in search.entities:
        name = snapshot.entities[item.entity].primary_name.key
        for path in dict.fromkeys((name, *(one.attribute for one in item.attributes))):
            yield Use(f"search:{search.key}", item.entity, path)
        for facet in item.facets:
            yield from shown(snapshot, Use(f"search:{search.key}/facet:{facet.attribute}", item.entity, facet.attribute))


def template_uses(snapshot: Snapshot, site: CompiledSite, key: str) -> Iterator[Use]:
    """What a web template asks for, with all that it includes and extends."""
    waiting, known = [key], set()
    while waiting:
        name = waiting.pop()
        template = site.web_templates.get(name)
        if template is None or name in known:
            continue
        known.add(name)
        text = read(template.source)
        waiting += [item.key for item in text.includes] + [above for _, above in text.extends]
        for _, spec in text.queries:
            yield from within(_query_uses(snapshot, spec), f"template:{name}")
        for found in ENTITIES.finditer(template.source):
            yield from _object_uses(snapshot, f"template:{name}", found[1] or found[2] or "")


def _query_uses(snapshot: Snapshot, spec: QuerySpec) -> Iterator[Use]:
    view = snapshot.views.get(spec.view)
    entity = view.entity if view is not None else spec.entity
    conditions = " and ".join(sorted(f"{item.path} {item.operator}" for item in spec.conditions))
    where = " and ".join(part for part in (filter_text(view.filter) if view else "", conditions) if part)
    use = partial(Use, "query", entity, where=where)
    paths = [*spec.columns, *(item.path for item in spec.conditions), *(path for path, _ in spec.order)]
    for path in dict.fromkeys(paths):
        yield from shown(snapshot, use(path=path))
    if view is not None:
        yield from within(view_uses(snapshot, view), "query")


def _object_uses(snapshot: Snapshot, surface: str, entity: str) -> Iterator[Use]:
    """The object of an entity opens all of its readable attributes; one that is named at run time, those of all entities."""
    for key in (entity,) if entity else snapshot.entities:
        for path in snapshot.entities[key].attributes if key in snapshot.entities else ():
            yield Use(f"{surface}/entities", key, path)
