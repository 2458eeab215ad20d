"""From the arguments of an address to what narrows a list beyond its view: a place."""

from __future__ import annotations

from dataclasses import replace

from metadata.model import ListComponent
from runtime.pages.part import BlockAsk
from runtime.pages.places import around, wanted_place
from runtime.pages.queries import UnusableArgument
from runtime.records.ask import ListAsk


def narrowed(ask: BlockAsk, model: ListComponent, asked: ListAsk) -> ListAsk:
    """The ask with the conditions that the visitor chose. Raises UnusableArgument, which names the argument."""
    wanted = wanted_place(ask, model.map) if model.map else None
    if model.map is None or wanted is None:
        return asked
    if asked.direction:  # rows by distance are counted, not followed
        raise UnusableArgument(ask.query.name(asked.direction))
    narrowing, bound = around(model.map, wanted)
    return replace(asked, narrowings=(*asked.narrowings, narrowing), bound=(*asked.bound, *bound))
