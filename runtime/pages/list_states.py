"""What a list says when it has no rows to show: denied, not yet synced, filtered away, nothing yet."""

from __future__ import annotations

from dataclasses import dataclass

from metadata.model import ListMessages
from metadata.text import Text, in_words
from runtime.context import RequestContext
from runtime.pages.content import words_of
from runtime.pages.denied import denied
from runtime.pages.freshness import Freshness
from runtime.pages.queries import FILTER, Query
from runtime.pages.speech import text_of
from runtime.render import Action, State
from runtime.render.view import StateKind

NARROWING = ("q", "scope", "view", "page", "after", "before", "near", "within")


@dataclass(frozen=True, slots=True)
class Emptiness:
    """What is known of a list without rows: how fresh its entity is, and what would make a
    first row."""

    messages: ListMessages
    freshness: Freshness | None = None
    create: Action | None = None


def denied_state(context: RequestContext, messages: ListMessages, entity: str) -> State:
    """The person may not read any row of an entity, or not what this way of showing them needs."""
    return denied(context, words_of(context, messages.denied), entity=entity)


def empty_state(context: RequestContext, found: Emptiness, query: Query) -> State:
    """There are no rows, for one of three reasons: they have not come yet, none matches, or there are none."""
    if found.freshness is not None and found.freshness.as_of is None:
        return _state(context, "not_synced", found.messages.not_synced)
    own = query.own
    narrowing = (*NARROWING, *(name for name in own if name.startswith(FILTER)))
    if any(own.get(name) for name in narrowing):
        url = query.link(**dict.fromkeys(narrowing))
        clear = Action(text_of(context)("list.clear_search" if own.get("q") else "action.show_all"), url, kind="primary")
        return _state(context, "filtered", found.messages.filtered, primary=clear, q=own.get("q", ""))
    return _state(context, "empty", found.messages.empty, primary=found.create)


def plural_of(context: RequestContext, entity: str) -> str:
    """The name of several rows of an entity."""
    model = context.snapshot.entities[entity].model
    return words_of(context, model.plural) or words_of(context, model.label) or in_words(entity)


def _state(
    context: RequestContext,
    kind: StateKind,
    message: Text,
    *,
    primary: Action | None = None,
    q: str = "",
) -> State:
    text = text_of(context)
    heading = text("state.filtered_for", query=q) if q else text(f"state.{kind}")
    return State(kind, heading, words_of(context, message) or text(f"state.{kind}_text"), primary)
