"""The block of a record that is read, with what can be done to its related rows."""

from __future__ import annotations

from dataclasses import replace

from metadata.model import Block
from runtime.context import RequestContext
from runtime.errors import AccessDenied
from runtime.pages.detail import detail_paths, show_detail
from runtime.pages.history import ARGUMENTS as HISTORY
from runtime.pages.history import history_button, show_history
from runtime.pages.part import BlockAsk, BlockHandler, Part
from runtime.pages.record_actions import ACT, action_buttons, action_paths, show_action
from runtime.pages.related_offers import ROW, SEARCH, offers_anything
from runtime.pages.related_rows import show_related_row


def record_arguments(context: RequestContext, block: Block) -> frozenset[str]:
    """The arguments that the block takes from the address: what to do with which related row."""
    form = context.snapshot.forms[block.form]
    rows = frozenset({ROW, SEARCH}) if offers_anything(form) else frozenset()
    return rows | ({ACT} if form.actions else frozenset()) | (HISTORY if form.history else frozenset())


def record_paths(context: RequestContext, block: Block) -> tuple[str, ...]:
    """The attributes of the record that the block shows, or asks to tell what can be done."""
    form = context.snapshot.forms[block.form]
    shown = detail_paths(context, block)
    return tuple(dict.fromkeys((*shown, *action_paths(context.snapshot, form)))) if form.actions else shown


def show_record(ask: BlockAsk) -> Part:
    """The record of the page, or a form for one of its related rows. Raises PageNotFound, AccessDenied for a post to the record
    itself."""
    form = ask.context.snapshot.forms[ask.block.form]
    if ask.record is not None and ask.record.entity == form.entity:
        shown = show_related_row(ask, ask.record, form) or show_action(ask, form, ask.record)
        part = shown or show_history(ask, form, ask.record)
        if part is not None:
            return part
    if ask.posted:
        raise AccessDenied
    part = show_detail(ask)
    if not (form.actions or form.history) or ask.record is None:
        return part
    actions = (*action_buttons(ask, form, ask.record), *part.head.actions, *history_button(ask, form, ask.record))
    return replace(part, head=replace(part.head, actions=actions))


RECORD_BLOCK = BlockHandler(show_record, record_arguments, record_paths, posts=True)
