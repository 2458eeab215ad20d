"""A view, list or form by itself, on a page that nobody has made: what it shows before any page does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import quote

from flask import Response, make_response, redirect

from metadata.model import Block, ListComponent, Page
from metadata.snapshot import CompiledSite, PageNode, frozen
from metadata.text import Text
from runtime.access import access_for
from runtime.context import PageView, RequestContext
from runtime.errors import NoRecordToShow, NothingToShow, PageNotFound
from runtime.pages.addresses import page_url
from runtime.records.ask import ListAsk
from runtime.records.errors import Denied
from runtime.records.lists import fetch_list
from runtime.records.plan import ListOptions, plan_entity
from runtime.render.site_sheet import SiteSheet

SAMPLE = "/_sample/"
KEY = "_sample"
KINDS = ("view", "list", "form", "chart", "snippet", "search", "multistep_form")


def sample_path(kind: str, key: str) -> str:
    """The path below a guise at which a component is shown by itself."""
    return f"{SAMPLE}{kind}/{quote(key, safe='')}"


def show_sample(context: RequestContext, path: str, show: PageView) -> Response:
    """The component of a path by itself, or a sheet of the site's. Raises PageNotFound for none,
    NothingToShow and NoRecordToShow where there is none yet, and what its block raises."""
    kind, _, key = path.removeprefix(SAMPLE).partition("/")
    renderer = context.services.renderer
    if kind == "tokens":
        return _sheet(renderer.tokens(context.snapshot, context.site.key))
    if kind == "own":
        return _sheet(renderer.own_sheet(context.snapshot, context.site.key))
    if kind == "page":
        return make_response(redirect(_address(context, key), 302))
    site, blocks = context.site, _blocks(context, kind, key)
    if not blocks:
        raise NothingToShow if kind in KINDS else PageNotFound
    lists = (
        {**site.lists, _alone(key): ListComponent(key=_alone(key), site=site.key, views=(key,))}
        if kind == "view"
        else site.lists
    )
    page = Page(key=f"{KEY}/{kind}/{key}", site=site.key, label=Text.of(_label(context, kind, key)), blocks=blocks)
    node = PageNode(page, path, site.root, frozen({}), frozen({}))
    keys: tuple[str, ...] = ()
    if blocks[0].type == "form" and blocks[0].mode == "read":
        entity = context.snapshot.entities[context.snapshot.forms[key].entity]
        node = replace(node, record_entity=entity.key, record_attribute=entity.primary_name.key)
        keys = (_first(context, node),)
    return show(replace(context, site=_with(site, lists, node)), node, keys)


def _sheet(sheet: SiteSheet | None) -> Response:
    """A stylesheet of the site, drafts included. Raises PageNotFound."""
    if sheet is None:
        raise PageNotFound
    headers = {"Content-Type": "text/css; charset=utf-8", "Cache-Control": "private, max-age=300"}
    return make_response(sheet.text, headers)


def _address(context: RequestContext, key: str) -> str:
    """Where a page is, of a record the first one that the person may read. Raises NothingToShow for a page that
    there is not, NoRecordToShow for want of a record."""
    node = context.site.pages.get(key)
    if node is None:
        raise NothingToShow
    keys = tuple(_first(context, above) for above in node.lineage if above.record_entity)
    return page_url(context, node, keys)


def _first(context: RequestContext, node: PageNode) -> str:
    """What stands in the address for the first record of a page that the person may read. Raises NoRecordToShow."""
    try:
        plan = plan_entity(context.snapshot, context.principal, node.record_entity, ListOptions(key=node.record_attribute))
    except Denied:
        raise NoRecordToShow from None
    rows = fetch_list(context.reader, plan, context.principal, ListAsk("", page_size=1)).rows
    if not rows:
        raise NoRecordToShow
    return str(rows[0][1])


def _with(site: CompiledSite, lists: Any, node: PageNode) -> CompiledSite:
    return replace(site, lists=frozen(lists), pages=frozen({**site.pages, node.page.key: node}))


def _alone(view: str) -> str:
    """The key of the list that shows nothing but a view."""
    return f"{KEY}/{view}"


def _blocks(context: RequestContext, kind: str, key: str) -> tuple[Block, ...]:
    site, snapshot = context.site, context.snapshot
    match kind:
        case "view" if key in snapshot.views:
            return (Block(type="list", list=_alone(key)),)
        case "list" if key in site.lists:
            return (Block(type="list", list=key),)
        case "form" if key in snapshot.forms:
            may = access_for(snapshot, context.principal, snapshot.forms[key].entity, "create").allowed
            return (Block(type="form", form=key, mode="insert" if may else "read"),)
        case "multistep_form" if key in site.multistep_forms:
            return (Block(type="multistep_form", multistep_form=key),)
        case "chart" if key in site.charts:
            return (Block(type="charts", charts=(key,)),)
        case "search" if key in site.searches:
            return (Block(type="search", search=key),)
        case "snippet" if key in site.snippets:
            return (Block(type="snippet", snippet=key),)
    return ()


def _label(context: RequestContext, kind: str, key: str) -> str:
    site, snapshot = context.site, context.snapshot
    known: dict[str, Any] = {"view": snapshot.views, "list": site.lists, "form": snapshot.forms}
    label = getattr(known.get(kind, {}).get(key), "label", None)
    return (label.in_language(context.language, site.model.default_language) if label else "") or key
