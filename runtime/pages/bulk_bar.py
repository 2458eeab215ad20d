"""What can be done with many rows of a list, as the list offers it: the actions, and which rows have a box to be marked."""

from __future__ import annotations

from metadata.model import BulkAction, ListComponent
from metadata.model.base import Privilege
from metadata.text import in_words
from runtime.access import access_for
from runtime.context import RequestContext
from runtime.pages.bulk_view import BulkBar, BulkButton, Marks
from runtime.pages.content import words_of
from runtime.pages.part import BlockAsk
from runtime.pages.speech import text_of

DO = "_do"
PAGING = ("page", "after", "before")


def bulk_actions(context: RequestContext, model: ListComponent) -> tuple[BulkAction, ...]:
    """The actions that the person could do with a row at all; none for somebody who is not signed in."""
    if not model.bulk or not context.signed_in:
        return ()
    entity = context.snapshot.views[model.views[0]].entity
    return tuple(action for action in model.bulk if _may(context, entity, action))


def bulk_bar(ask: BlockAsk, model: ListComponent, region: str) -> BulkBar | None:
    """The bar of a list with something to do; its form has no token yet, because the bar may be kept."""
    actions = bulk_actions(ask.context, model)
    if not actions:
        return None
    buttons = tuple(
        BulkButton(action.key, action_label(ask.context, action), "danger" if action.type == "delete" else "secondary")
        for action in actions
    )
    return BulkBar(_form_id(region), ask.query.link(**dict.fromkeys(PAGING)), ask.index, buttons)


def row_marks(context: RequestContext, model: ListComponent, region: str) -> Marks | None:
    """Which rows can be marked, and for which form; None where nothing can be done with several."""
    privileges = tuple(sorted({_privilege(action) for action in bulk_actions(context, model)}))
    return Marks(_form_id(region), privileges) if privileges else None


def action_label(context: RequestContext, action: BulkAction) -> str:
    """What an action is called."""
    said = words_of(context, action.label)
    return said or (text_of(context)("action.delete") if action.type == "delete" else in_words(action.key))


def _form_id(region: str) -> str:
    return f"{region}-bulk"


def _privilege(action: BulkAction) -> Privilege:
    return "delete" if action.type == "delete" else "write"


def _may(context: RequestContext, entity: str, action: BulkAction) -> bool:
    access = access_for(context.snapshot, context.principal, entity, _privilege(action))
    return access.allowed and access.attributes.issuperset(given.attribute for given in action.values)
