"""The list block: permit, parse, plan, fetch, render."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flask import request
from markupsafe import Markup

from metadata.model import Block, ListComponent
from runtime.access import access_for
from runtime.context import RequestContext
from runtime.loading import Later
from runtime.pages.bulk import BULK, choose, show_bulk
from runtime.pages.bulk_bar import DO
from runtime.pages.cards import cards_view
from runtime.pages.column_choice import CHOOSER, chooser_action, show_columns, with_columns
from runtime.pages.export import EXPORT, READY, exported
from runtime.pages.import_names import ERRORS, IMPORT
from runtime.pages.layouts import BOARD, CALENDAR, CARDS, layout_arguments, layout_of
from runtime.pages.list_filters import filter_arguments
from runtime.pages.list_frame import TEMPLATE, emptiness_of, head_of
from runtime.pages.list_narrowing import narrowed, parsed
from runtime.pages.list_places import views_of
from runtime.pages.list_ready import ReadyList, chrome_of, dress_of, entity_of, label_of, list_id, ready_list
from runtime.pages.list_rows import record_key, row_links
from runtime.pages.list_sketch import ListSketch
from runtime.pages.list_states import denied_state
from runtime.pages.list_views import ListView, Order, headings, paging_of
from runtime.pages.listing import columns_of
from runtime.pages.part import BlockAsk, Part
from runtime.pages.places import countable, map_headers, place_arguments, places_view
from runtime.pages.removal import REMOVE, show_removal
from runtime.pages.row_actions import ACT, list_actions, show_row_action, with_deeds
from runtime.pages.saved_lists import KEEP, OPEN, SAVED, opening, personal_of, saved_menu, show_saved
from runtime.pages.speech import formats_of, text_of
from runtime.records.ask import ListAsk
from runtime.records.lists import ListPage, fetch_list
from runtime.records.saved import Saved
from runtime.records.statement import CAP
from runtime.render.stencils import Pieces

_show_import = Later("runtime.pages.imports:show_import")

PAGING = ("page", "after", "before")
ARGUMENTS = frozenset({"view", "q", "sort", "scope", *PAGING})
LOOKS = {CALENDAR: Later("runtime.pages.calendar:show_calendar"), BOARD: Later("runtime.pages.board:show_board")}
"""The layouts that fetch rows in ways of their own."""


@dataclass(frozen=True, slots=True)
class Shown:
    """All that a list is rendered from. `calm` says that nothing is asked for but a page, and nothing of the person's own
    is there."""

    ask: BlockAsk
    ready: ReadyList
    asked: ListAsk
    page: ListPage
    calm: bool


def list_arguments(context: RequestContext, block: Block) -> frozenset[str]:
    """The arguments that a list takes from the address."""
    deletes = any(action.type == "delete" for action in context.site.lists[block.list].actions)
    taken = ARGUMENTS | place_arguments(context.site.lists[block.list]) | filter_arguments(context, block)
    taken |= layout_arguments(context.site.lists[block.list])
    taken |= {EXPORT, READY} if context.site.lists[block.list].export else frozenset()
    taken |= {IMPORT, ERRORS} if context.site.lists[block.list].imports else frozenset()
    taken |= {BULK} if context.site.lists[block.list].bulk else frozenset()
    taken |= {SAVED, OPEN, KEEP} if context.site.lists[block.list].saved else frozenset()
    taken |= {CHOOSER} if context.site.lists[block.list].choose_columns else frozenset()
    taken |= {ACT} if list_actions(context.site.lists[block.list]) else frozenset()
    return taken | {REMOVE} if deletes else taken


def show_list(ask: BlockAsk) -> Part:
    """A list as its address asks for it. Raises BadAsk for an argument with a value that cannot be."""
    context = ask.context
    model = context.site.lists[ask.block.list]
    own = ask.query.own
    if own.get(REMOVE):
        return show_removal(ask, model, record_key(context, model))
    if own.get(ACT):
        return show_row_action(ask, model, entity_of(context, model), record_key(context, model))
    if own.get(IMPORT):
        imported: Part = _show_import(ask, model)
        return imported
    if own.get(BULK):
        return show_bulk(ask, model)
    if not access_for(context.snapshot, context.principal, entity_of(context, model), "read").allowed:
        return _denied(ask, model)
    if own.get(KEEP):
        return show_saved(ask, model)
    saved = personal_of(ask, model)
    led = opening(ask, model, saved) if saved is not None and not ask.posted else None
    if led is not None:
        return Part(response=led)
    views = views_of(context, model)
    view = own.get("view") or views[0]
    ready = ready_list(ask, model, view if view in views else views[0])
    if own.get(CHOOSER):
        return show_columns(ask, ready, saved)
    ready = with_columns(ask, ready, saved)
    asked = narrowed(ask, model, parsed(ask, model) if own else ready.asked)
    if own.get(EXPORT):
        return Part(response=exported(ask, model, columns_of(ready.plan, ready.look.chosen), asked))
    if ask.posted and DO in request.form:
        return Part(response=choose(ask, model, ready.plan, asked))
    layout = layout_of(ask, model)
    if layout in LOOKS:
        return _personal(ask, model, LOOKS[layout](ask, ready, asked), saved)
    with context.stages.measure("fetch"):
        page = with_deeds(context, ready.plan, ready.deeds, fetch_list(context.reader, ready.plan, context.principal, asked))
    calm = ready.kept and saved is None and ask.query.has_only(*PAGING)
    return _personal(ask, model, _render(Shown(ask, ready, asked, page, calm)), saved)


def _personal(ask: BlockAsk, model: ListComponent, part: Part, saved: Saved | None) -> Part:
    """The list with what the person keeps of it."""
    if saved is None or not isinstance(part.view, ListView):
        return part
    columns = chooser_action(ask, model)
    return replace(part, view=replace(part.view, saved=saved_menu(ask, model, saved), columns=columns))


def _render(shown: Shown) -> Part:
    ask, ready, page = shown.ask, shown.ready, shown.page
    head = head_of(ask, ready)
    count = _count(shown)
    if page.rows and shown.calm:
        csrf = ask.context.csrf if ready.chrome.bulk else ""
        sketch = ListSketch(ready, _table(shown), count, paging_of(page, ask.query, _summary(shown)), csrf)
        return Part(TEMPLATE, head=head, sketch=sketch)
    view = (ready.chrome if shown.calm else chrome_of(ask, ready, shown.asked)).counted(count)
    if page.rows and ready.model.map:
        places = places_view(
            ask, ready.model.map, ready.plan, page, dress_of(ask.context, ready, ask.query).listing, ready.links
        )
        ranked = countable(page) if shown.asked.narrowings else page
        view = replace(view, places=places, paging=paging_of(ranked, ask.query, _summary(shown)))
    elif page.rows and layout_of(ask, ready.model) == CARDS:
        view = replace(view, cards=cards_view(ask, ready, page), paging=paging_of(page, ask.query, _summary(shown)))
    elif page.rows:
        view = replace(view, table=_table(shown), paging=paging_of(page, ask.query, _summary(shown)))
        view = view.signed(ask.context.csrf)
    else:
        view = replace(view, state=emptiness_of(ask, ready))
    return Part(TEMPLATE, view, head, headers=map_headers(ask.context) if ready.model.map else ())


def _denied(ask: BlockAsk, model: ListComponent) -> Part:
    state = denied_state(ask.context, model.messages, entity_of(ask.context, model))
    return Part(TEMPLATE, ListView(list_id(ask), label_of(ask, model), state=state))


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


def _table(shown: Shown) -> Markup | Pieces:
    ask, ready = shown.ask, shown.ready
    dress = dress_of(ask.context, ready, ask.query)
    if shown.calm:
        # The question before something is done with a record leads back to the same page of the list.
        asks = not {REMOVE, ACT}.isdisjoint(list_arguments(ask.context, ask.block))
        links = row_links(ask, ready.model) if ask.query.arguments and asks else ready.links
        return dress.listing.table(shown.page, links, dress.headings, list_id(ask))
    path, descending = (shown.asked.sort or ready.plan.sort or (("", False),))[0]
    order = headings(dress.listing.columns, Order(path, descending), ask.query)
    return dress.listing.table(shown.page, row_links(ask, ready.model), order, list_id(ask))
