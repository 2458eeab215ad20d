"""The list block: permit, parse, plan, fetch, render."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from markupsafe import Markup

from metadata.model import Block, ListComponent, View
from runtime.access import access_for
from runtime.context import RequestContext
from runtime.pages.addresses import page_url
from runtime.pages.content import words_of
from runtime.pages.export import EXPORT, export_links, exported
from runtime.pages.list_filters import filter_arguments, filter_panel
from runtime.pages.list_narrowing import narrowed
from runtime.pages.list_rows import RowLinks, record_key, row_links
from runtime.pages.list_states import Emptiness, denied_state, empty_state, plural_of
from runtime.pages.list_views import ListView, Order, Search, headings, paging_of, scope_switch, view_tabs
from runtime.pages.listing import Listing, Look, currency_extras, listing_of
from runtime.pages.part import BlockAsk, Head, Part
from runtime.pages.places import countable, map_headers, place_arguments, place_paths, place_search, places_view
from runtime.pages.queries import UnusableArgument
from runtime.pages.removal import REMOVE, show_removal
from runtime.pages.speech import formats_of, text_of
from runtime.records.ask import ListAsk, parse_list_ask
from runtime.records.errors import BadAsk
from runtime.records.lists import ListPage, fetch_list
from runtime.records.plan import ListOptions, ListPlan, plan_list
from runtime.records.statement import CAP
from runtime.render import Action
from runtime.sitemap import readable_pages

ARGUMENTS = frozenset({"view", "q", "sort", "page", "after", "before", "scope"})
TEMPLATE = "blocks/list.html"


@dataclass(frozen=True, slots=True)
class Shown:
    """All that a list is rendered from."""

    ask: BlockAsk
    model: ListComponent
    asked: ListAsk
    plan: ListPlan
    page: ListPage

    @property
    def view(self) -> View:
        """The view that was chosen."""
        return self.ask.context.snapshot.views[self.asked.view]


def list_arguments(context: RequestContext, block: Block) -> frozenset[str]:
    """The arguments that a list takes from the address."""
    deletes = any(action.type == "delete" for action in context.site.lists[block.list].actions)
    taken = ARGUMENTS | place_arguments(context.site.lists[block.list]) | filter_arguments(context, block)
    taken |= {EXPORT} if context.site.lists[block.list].export else frozenset()
    return taken | {REMOVE} if deletes else taken


def show_list(ask: BlockAsk) -> Part:
    """A list as its address asks for it. Raises BadAsk for an argument with a value that cannot be."""
    model = ask.context.site.lists[ask.block.list]
    if ask.query.own.get(REMOVE):
        return show_removal(ask, model, record_key(ask.context, model))
    if not _permit(ask.context, model):
        return _denied(ask, model)
    asked = _parse(ask, model)
    plan = _plan(ask, model, asked)
    if ask.query.own.get(EXPORT):
        return Part(response=exported(ask, model, plan, asked))
    with ask.context.stages.measure("fetch"):
        page = _fetch(ask.context, plan, asked)
    return _render(Shown(ask, model, asked, plan, page))


def _permit(context: RequestContext, model: ListComponent) -> bool:
    return access_for(context.snapshot, context.principal, entity_of(context, model), "read").allowed


def _parse(ask: BlockAsk, model: ListComponent) -> ListAsk:
    context = ask.context
    try:
        asked = parse_list_ask(
            context.snapshot,
            context.principal,
            model.views,
            ask.query.own,
            page_size=model.page_size,
            searchable=model.search,
            mine=_scopes(context, model),
        )
    except BadAsk as wrong:
        raise UnusableArgument(ask.query.name(wrong.argument)) from wrong
    return narrowed(ask, model, asked)


def _plan(ask: BlockAsk, model: ListComponent, asked: ListAsk) -> ListPlan:
    context = ask.context
    view = context.snapshot.views[asked.view]
    mine, company = _scopes(context, model)
    options = ListOptions(
        extra=(*currency_extras(context, view.entity, view.columns), *place_paths(model)),
        key=record_key(context, model),
        mine=mine,
        company=company,
    )
    return plan_list(context.snapshot, context.principal, view.key, options)


def _fetch(context: RequestContext, plan: ListPlan, asked: ListAsk) -> ListPage:
    return fetch_list(context.reader, plan, context.principal, asked)


def _render(shown: Shown) -> Part:
    ask, model, page = shown.ask, shown.model, shown.page
    context = ask.context
    freshness = context.freshness(shown.view.entity)
    create = create_action(ask, model)
    view = _frame(shown, create)
    if page.rows and model.map:
        places = places_view(ask, model.map, shown.plan, page, *_listing(shown))
        ranked = countable(page) if shown.asked.narrowings else page
        view = replace(view, places=places, paging=paging_of(ranked, ask.query, _summary(shown)))
    elif page.rows:
        view = replace(view, table=_table(shown), paging=paging_of(page, ask.query, _summary(shown)))
    else:
        found = Emptiness(model.messages, freshness, create)
        view = replace(view, state=empty_state(context, found, ask.query))
    head = Head(freshness=freshness, actions=(create,) if create and ask.first else ())
    return Part(TEMPLATE, view, head, headers=map_headers(context) if model.map else ())


def _scopes(context: RequestContext, model: ListComponent) -> tuple[str, str]:
    """The lookups of the switch mine or company; none for somebody of no company, who would see nothing through either."""
    if model.contact_attribute and model.account_attribute and context.principal.account is not None:
        return model.contact_attribute, model.account_attribute
    return "", ""


def entity_of(context: RequestContext, model: ListComponent) -> str:
    """The entity whose rows a list shows."""
    return context.snapshot.views[model.views[0]].entity


def create_action(ask: BlockAsk, model: ListComponent) -> Action | None:
    """The button for a new row: for those who may create one and read the page that does it."""
    context = ask.context
    node = context.site.pages.get(model.create_page)
    if node is None or model.create_page not in readable_pages(context.snapshot, context.site, context.principal.roles):
        return None
    if not access_for(context.snapshot, context.principal, entity_of(context, model), "create").allowed:
        return None
    label = words_of(context, model.create_label) or words_of(context, node.page.label)
    return Action(label, page_url(context, node, ask.keys), "plus-lg", "primary")


def list_id(ask: BlockAsk) -> str:
    """The id of a list's region on its page."""
    return f"list-{ask.index}"


def _denied(ask: BlockAsk, model: ListComponent) -> Part:
    state = denied_state(ask.context, model.messages)
    return Part(TEMPLATE, ListView(list_id(ask), _label(ask, model), state=state))


def _label(ask: BlockAsk, model: ListComponent) -> str:
    context = ask.context
    return words_of(context, ask.block.label) or words_of(context, model.label) or plural_of(context, entity_of(context, model))


def _frame(shown: Shown, create: Action | None) -> ListView:
    ask, model = shown.ask, shown.model
    context = ask.context
    views = [context.snapshot.views[key] for key in model.views]
    return ListView(
        id=list_id(ask),
        label=_label(ask, model),
        heading="" if ask.first and not ask.block.label else _label(ask, model),
        create=None if ask.first else create,
        tabs=view_tabs(views, shown.view, ask.query, partial(words_of, context), _count(shown)),
        switch=scope_switch(shown.asked.scope, ask.query, text_of(context)) if shown.asked.scope else (),
        search=_search(shown) if model.search else None,
        filters=filter_panel(ask, model, list_id(ask)),
        exports=export_links(ask, model),
        near=place_search(ask, model.map) if model.map else None,
    )


def _search(shown: Shown) -> Search:
    ask = shown.ask
    text = text_of(ask.context)
    name = words_of(ask.context, shown.view.label) or _label(ask, shown.model)
    return Search(
        url=ask.query.path,
        name=ask.query.name("q"),
        value=shown.asked.q,
        label=text("list.search", name=name),
        placeholder=words_of(ask.context, shown.model.search_placeholder) or text("list.search_placeholder"),
        hidden=ask.query.hidden("q", "page", "after", "before"),
    )


def _count(shown: Shown) -> str:
    page, formats = shown.page, formats_of(shown.ask.context)
    if page.total_capped:
        return f"{formats.number(CAP)}+"
    return "" if page.total is None else formats.number(page.total)


def _summary(shown: Shown) -> str:
    page, text = shown.page, text_of(shown.ask.context)
    first = (page.page - 1) * shown.asked.page_size + 1
    last = first + len(page.rows) - 1
    if page.total_capped:
        return text("list.range_capped", first=first, last=last, total=CAP)
    if page.total is None:
        return text("list.range_open", first=first, last=last)
    return text("list.range", first=first, last=last, total=page.total)


def _listing(shown: Shown) -> tuple[Listing, RowLinks]:
    links = row_links(shown.ask, shown.model)
    look = Look(shown.model.key, shown.model.columns, links.details is not None, links.offers)
    return listing_of(shown.ask.context, shown.plan, look), links


def _table(shown: Shown) -> Markup:
    listing, links = _listing(shown)
    path, descending = (shown.asked.sort or shown.plan.sort or (("", False),))[0]
    order = headings(listing.columns, Order(path, descending), shown.ask.query)
    return listing.dress(shown.page, links, order, list_id(shown.ask))
