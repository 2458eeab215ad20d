"""The block of a record that is read, with what can be done to its related rows."""

from __future__ import annotations

from metadata.model import Block
from runtime.context import RequestContext
from runtime.errors import AccessDenied
from runtime.pages.detail import detail_paths, show_detail
from runtime.pages.part import BlockAsk, BlockHandler, Part
from runtime.pages.related_offers import ROW, SEARCH, offers_anything
from runtime.pages.related_rows import show_related_row


def record_arguments(context: RequestContext, block: Block) -> frozenset[str]:
    """The arguments that the block takes from the address: what to do with which related row."""
    form = context.snapshot.forms[block.form]
    return frozenset({ROW, SEARCH}) if offers_anything(form) else frozenset()


def show_record(ask: BlockAsk) -> Part:
    """The record of the page, or a form for one of its related rows. Raises PageNotFound, AccessDenied for a post to the record
    itself."""
    form = ask.context.snapshot.forms[ask.block.form]
    if ask.record is not None and ask.record.entity == form.entity:
        part = show_related_row(ask, ask.record, form)
        if part is not None:
            return part
    if ask.posted:
        raise AccessDenied
    return show_detail(ask)


RECORD_BLOCK = BlockHandler(show_record, record_arguments, detail_paths, posts=True)
