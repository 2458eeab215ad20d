"""What every layout of a list has around its rows: the head of its page, and what stands in the place of rows."""

from __future__ import annotations

from runtime.pages.list_ready import ReadyList
from runtime.pages.list_states import Emptiness, empty_state
from runtime.pages.part import BlockAsk, Head
from runtime.render import State

TEMPLATE = "blocks/list.html"


def head_of(ask: BlockAsk, ready: ReadyList) -> Head:
    """What a list adds to the head of its page."""
    freshness = ask.context.freshness(ready.view.entity)
    return Head(freshness=freshness, actions=(ready.create,) if ready.create and ask.first else ())


def emptiness_of(ask: BlockAsk, ready: ReadyList) -> State:
    """Why there are no rows."""
    freshness = ask.context.freshness(ready.view.entity)
    return empty_state(ask.context, Emptiness(ready.model.messages, freshness, ready.create), ask.query)
