"""A list made ready: what of it follows from metadata, rights and language, decided once for all requests that share them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from metadata.model import ListComponent, View
from runtime.access import access_for
from runtime.context import RequestContext
from runtime.loading import Later
from runtime.pages.addresses import page_url
from runtime.pages.bulk_bar import bulk_bar, row_marks
from runtime.pages.content import words_of
from runtime.pages.export import export_links
from runtime.pages.layouts import TABLE, is_plain, layout_of, layout_paths, layout_tabs, layouts_of
from runtime.pages.list_filters import filter_panel, is_idle
from runtime.pages.list_places import views_of
from runtime.pages.list_rows import RowLinks, record_key, row_links
from runtime.pages.list_states import plural_of
from runtime.pages.list_views import Heading, ListView, Order, Search, headings, scope_switch, view_tabs
from runtime.pages.listing import Listing, Look, currency_extras, listing_of
from runtime.pages.part import BlockAsk
from runtime.pages.places import place_paths, place_search
from runtime.pages.queries import Query
from runtime.pages.row_actions import RowDeed, deed_paths, list_actions, row_deeds
from runtime.pages.speech import formats_of, text_of
from runtime.records.ask import ListAsk, parse_list_ask
from runtime.records.plan import ListOptions, ListPlan, plan_list
from runtime.render import Action
from runtime.sitemap import readable_pages

_import_action = Later("runtime.pages.imports:import_action")


@dataclass(frozen=True, slots=True, eq=False)
class ReadyList:
    """A list block with one of its views.

    `chrome` is what is around the rows, `links` where they lead to and `asked` what is asked for as long as the address has
    no arguments; `deeds` are the actions that may be taken on rows. `kept` says that it is kept on the snapshot: a table
    without filters at work, whose page's address names no record.
    """

    model: ListComponent
    view: View
    plan: ListPlan
    look: Look
    links: RowLinks
    label: str
    create: Action | None
    chrome: ListView
    asked: ListAsk
    kept: bool
    deeds: tuple[RowDeed, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Dress:
    """How the rows of a ready list are dressed: their columns, and how the headings sort as long as nobody sorts."""

    listing: Listing
    headings: tuple[Heading, ...]


def ready_list(ask: BlockAsk, model: ListComponent, view: str) -> ReadyList:
    """The list of a block with a view. Raises Denied where no row may be read."""
    context = ask.context
    varied = bool(ask.keys or model.map or not is_plain(model) or (model.filters and not is_idle(ask, model)))
    kept = not varied and ask.query.path == page_url(context, ask.node)
    if not kept:
        return _make(ask, model, view, kept=False)
    principal = context.principal
    key = ("ready list", ask.node, ask.index, view, principal.standing, context.language, principal.account is None)
    return context.snapshot.derive(key, lambda: _make(ask, model, view, kept=True))


def dress_of(context: RequestContext, ready: ReadyList, query: Query) -> Dress:
    """How the rows of a list are dressed in the request's language and time zone."""
    if not ready.kept:
        return _dress(context, ready, query)
    key = ("dress", ready, formats_of(context))
    return context.snapshot.derive(key, lambda: _dress(context, ready, Query(query.path, {}, query.prefix)))


def chrome_of(ask: BlockAsk, ready: ReadyList, asked: ListAsk) -> ListView:
    """What is around the rows for the arguments of the request."""
    return _chrome(ask, ready.model, ready.view, asked, (ready.label, ready.create))


def scopes_of(context: RequestContext, model: ListComponent) -> tuple[str, str]:
    """The lookups of the switch mine or company; none for somebody of no company, who would see nothing through either."""
    if model.contact_attribute and model.account_attribute and context.principal.account is not None:
        return model.contact_attribute, model.account_attribute
    return "", ""


def entity_of(context: RequestContext, model: ListComponent) -> str:
    """The entity whose rows a list shows."""
    return context.snapshot.views[model.views[0]].entity


def list_id(ask: BlockAsk) -> str:
    """The id of a list's region on its page."""
    return f"list-{ask.index}"


def label_of(ask: BlockAsk, model: ListComponent) -> str:
    """What a list is called."""
    context = ask.context
    return words_of(context, ask.block.label) or words_of(context, model.label) or plural_of(context, entity_of(context, model))


def _make(ask: BlockAsk, model: ListComponent, view_key: str, *, kept: bool) -> ReadyList:
    context = ask.context
    calm = replace(ask, query=Query(ask.query.path, {}, ask.query.prefix))
    view = context.snapshot.views[view_key]
    scopes = scopes_of(context, model)
    asked = parse_list_ask(
        context.snapshot, context.principal, (view_key,), {}, page_size=model.page_size, searchable=model.search, mine=scopes
    )
    deeds = row_deeds(context, list_actions(model))
    links, label, create = row_links(calm, model), label_of(ask, model), _create_action(ask, model)
    return ReadyList(
        model=model,
        view=view,
        plan=_plan(context, model, view, scopes, deeds),
        look=Look(
            model.key,
            model.columns,
            links.details is not None,
            links.offers,
            marks=row_marks(context, model, list_id(ask)),
        ),
        links=links,
        label=label,
        create=create,
        chrome=_chrome(calm, model, view, asked, (label, create)) if kept else ListView(list_id(ask), label),
        asked=asked,
        kept=kept,
        deeds=deeds,
    )


def _plan(
    context: RequestContext, model: ListComponent, view: View, scopes: tuple[str, str], deeds: tuple[RowDeed, ...]
) -> ListPlan:
    paths = (*place_paths(model), *layout_paths(model), *deed_paths(context.snapshot, deeds))
    options = ListOptions(
        extra=(*currency_extras(context, view.entity, view.columns), *paths),
        key=record_key(context, model),
        mine=scopes[0],
        company=scopes[1],
    )
    return plan_list(context.snapshot, context.principal, view.key, options)


def _dress(context: RequestContext, ready: ReadyList, query: Query) -> Dress:
    listing = listing_of(context, ready.plan, ready.look)
    return Dress(listing, headings(listing.columns, Order(*(ready.plan.sort or (("", False),))[0]), query))


def _create_action(ask: BlockAsk, model: ListComponent) -> Action | None:
    """The button for a new row: for those who may create one and read a page that does it."""
    context = ask.context
    readable = readable_pages(context.snapshot, context.site, context.principal.roles)
    key = next((key for key in (model.create_page, *model.create_instead) if key in readable), "")
    node = context.site.pages.get(key)
    if node is None or not access_for(context.snapshot, context.principal, entity_of(context, model), "create").allowed:
        return None
    own = words_of(context, model.create_label) if key == model.create_page else ""
    label = own or words_of(context, node.page.label)
    return Action(label, page_url(context, node, ask.keys), "plus-lg", "primary")


def _chrome(ask: BlockAsk, model: ListComponent, view: View, asked: ListAsk, top: tuple[str, Action | None]) -> ListView:
    context, layout = ask.context, layout_of(ask, model)
    label, create = top
    views = [context.snapshot.views[key] for key in views_of(context, model)]
    return ListView(
        id=list_id(ask),
        label=label,
        heading="" if ask.first and not ask.block.label else label,
        create=None if ask.first else create,
        tabs=view_tabs(views, view, ask.query, lambda text: words_of(context, text)),
        switch=scope_switch(asked.scope, ask.query, text_of(context)) if asked.scope else (),
        search=_search(ask, model, view, (label, asked.q)) if model.search else None,
        filters=filter_panel(ask, model, list_id(ask)),
        exports=export_links(ask, model),
        near=place_search(ask, model.map) if model.map else None,
        bulk=bulk_bar(ask, model, list_id(ask)) if layout == TABLE else None,
        layouts=() if is_plain(model) else layouts_of(model),
        layout_tabs=layout_tabs(model, layout, ask.query, text_of(context)),
        imports=_import_action(ask, model) if model.imports else None,
    )


def _search(ask: BlockAsk, model: ListComponent, view: View, said: tuple[str, str]) -> Search:
    text = text_of(ask.context)
    label, value = said
    return Search(
        url=ask.query.path,
        name=ask.query.name("q"),
        value=value,
        label=text("list.search", name=words_of(ask.context, view.label) or label),
        placeholder=words_of(ask.context, model.search_placeholder) or text("list.search_placeholder"),
        hidden=ask.query.hidden("q", "page", "after", "before"),
    )
