"""The detail block: a record page's form in mode read, with its summary, progress, sections and related lists."""

from __future__ import annotations

from metadata.model import Block
from runtime.context import RequestContext
from runtime.errors import PageNotFound
from runtime.pages.addresses import page_url
from runtime.pages.detail_sheet import DetailSheet, detail_sheet
from runtime.pages.linking import key_paths
from runtime.pages.part import BlockAsk, Head, Part
from runtime.pages.sections import form_paths
from runtime.records.details import Record
from runtime.render import Action
from runtime.render.stencils import trusted


def detail_paths(context: RequestContext, block: Block) -> tuple[str, ...]:
    """The attributes of the page's record that the block shows, and the keys of rows that it links to."""

    def find() -> tuple[str, ...]:
        form = context.snapshot.forms[block.form]
        paths = form_paths(context.snapshot, form)
        return (*paths, *key_paths(context, form.entity, paths))

    return context.snapshot.derive(("detail paths", context.site.key, context.principal.roles, block.form), find)


def show_detail(ask: BlockAsk) -> Part:
    """The record of the page. Raises PageNotFound on a page that has none, or one of another entity."""
    record = ask.record
    if record is None or record.entity != ask.context.snapshot.forms[ask.block.form].entity:
        raise PageNotFound
    sheet = detail_sheet(ask, record)
    head = Head(
        status=trusted(sheet.status(record)),
        freshness=ask.context.freshness(record.entity),
        actions=_actions(ask, sheet, record),
    )
    return Part(head=head, html=trusted(sheet.show(ask, record)))


def _actions(ask: BlockAsk, sheet: DetailSheet, record: Record) -> tuple[Action, ...]:
    """Edit, where a page below has the form for it and the person may write this record."""
    edits = sheet.editors if "write" in record.can else ()
    return tuple(Action(label, page_url(ask.context, node, ask.keys), "pencil") for label, node in edits)
