"""From the arguments of an address to what is asked of a list: what every list knows, filters, and a place."""

from __future__ import annotations

from dataclasses import replace

from metadata.model import ListComponent
from runtime.pages.list_filters import chosen_filters
from runtime.pages.list_places import views_of
from runtime.pages.list_ready import scopes_of
from runtime.pages.part import BlockAsk
from runtime.pages.places import around, wanted_place
from runtime.pages.queries import UnusableArgument
from runtime.records.ask import ListAsk, parse_list_ask
from runtime.records.errors import BadAsk


def parsed(ask: BlockAsk, model: ListComponent) -> ListAsk:
    """The ask in the arguments that every list knows. Raises UnusableArgument, which names the argument."""
    context = ask.context
    try:
        return parse_list_ask(
            context.snapshot,
            context.principal,
            views_of(context, model),
            ask.query.own,
            page_size=model.page_size,
            searchable=model.search,
            mine=scopes_of(context, model),
        )
    except BadAsk as wrong:
        raise UnusableArgument(ask.query.name(wrong.argument)) from wrong


def narrowed(ask: BlockAsk, model: ListComponent, asked: ListAsk) -> ListAsk:
    """The ask with the conditions that the visitor chose. Raises UnusableArgument, which names the argument."""
    chosen = list(chosen_filters(ask, model)) if model.filters else []
    wanted = wanted_place(ask, model.map) if model.map else None
    if not chosen and wanted is None:
        return asked
    asked = replace(
        asked, narrowings=tuple(one for one, _ in chosen), bound=tuple(pair for _, bound in chosen for pair in bound)
    )
    if model.map is None or wanted is None:
        return asked
    if asked.direction:  # rows by distance are counted, not followed
        raise UnusableArgument(ask.query.name(asked.direction))
    narrowing, bound = around(model.map, wanted)
    return replace(asked, narrowings=(*asked.narrowings, narrowing), bound=(*asked.bound, *bound))
