"""The form block whose record comes from elsewhere than the page: found, read or edited, or made where it is missing."""

from __future__ import annotations

from dataclasses import replace

from metadata.model import Block, Form, RecordSource
from runtime.context import RequestContext
from runtime.errors import AccessDenied, ChangedMeanwhile
from runtime.forms.opening import query_names
from runtime.pages.detail import detail_paths, show_detail
from runtime.pages.form import edit_or_read, form_record_paths
from runtime.pages.form_insert import insert
from runtime.pages.form_sending import Belongs
from runtime.pages.over_sign_in import CONTINUE
from runtime.pages.part import BlockAsk, BlockHandler, Part
from runtime.pages.record_source import Gap, find
from runtime.pages.removal import REMOVE
from runtime.records.errors import Conflict

ATTEMPTS = 3


def sourced_arguments(context: RequestContext, block: Block) -> frozenset[str]:
    """The arguments that the form takes: the record's id if it comes from there, and those that its words name."""
    source, form = _declared(context, block)
    names = query_names(context.snapshot, form) | {CONTINUE}
    names |= frozenset({REMOVE}) if block.removal else frozenset()
    return names | {source.argument} if source.source == "query" else names


def show_sourced(ask: BlockAsk) -> Part:
    """The form over its record, or over a new one. Raises PageNotFound where there is none, AccessDenied for a bad post."""
    source, form = _declared(ask.context, ask.block)
    wanted = (*form_record_paths(ask.context, form), *detail_paths(ask.context, ask.block))
    for _ in range(ATTEMPTS):
        found = find(ask, source, form.entity, tuple(dict.fromkeys(wanted)))
        if not isinstance(found, Gap):
            return _over(replace(ask, record=found), form)
        try:
            return insert(ask, form, Belongs(saving=found.fill))
        except Conflict:  # somebody was quicker: look again at what is there now
            continue
    raise ChangedMeanwhile


def _declared(context: RequestContext, block: Block) -> tuple[RecordSource, Form]:
    if block.record is None:
        raise KeyError(block.form)
    return block.record, context.snapshot.forms[block.form]


def _over(ask: BlockAsk, form: Form) -> Part:
    if ask.record is not None and ask.block.mode == "edit":
        return edit_or_read(ask, form, ask.record)
    if ask.posted:
        raise AccessDenied
    return show_detail(ask)


SOURCED_BLOCK = BlockHandler(show_sourced, sourced_arguments, posts=True)
