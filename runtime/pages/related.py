"""Related lists on a record page: rows of another entity that point at the record. One statement each."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from metadata.model import RelatedList
from runtime.context import RequestContext
from runtime.pages.addresses import RecordAddress, record_address
from runtime.pages.content import words_of
from runtime.pages.list_rows import RowLinks
from runtime.pages.listing import Look, currency_extras, listing_of
from runtime.pages.part import BlockAsk
from runtime.pages.speech import formats_of, text_of
from runtime.records.ask import ListAsk
from runtime.records.details import Record, fetch_related
from runtime.records.errors import Denied
from runtime.records.lists import ListPage
from runtime.records.plan import ListOptions, ListPlan, Near, plan_list
from runtime.records.statement import CAP
from runtime.sitemap import readable_pages


@dataclass(frozen=True, slots=True)
class RelatedView:
    """The table of related rows, or the sentence that there are none. `more` says how many of them are shown."""

    id: str
    label: str
    count: str
    empty: str
    table: Markup = Markup()
    more: str = ""
    related: bool = True


def related_view(ask: BlockAsk, record: Record, related: RelatedList, name: str) -> RelatedView | None:
    """A related list of a record; None where the person may read no row of it."""
    context = ask.context
    view = context.snapshot.views[related.view]
    owner = _details(ask, related)
    try:
        plan = _plan(context, record, related, owner)
    except Denied:
        return None
    page = fetch_related(context.connection, plan, context.principal, record, ListAsk(view.key, related.page_size))
    shown = RelatedView(
        id=f"related-{name}",
        label=words_of(context, related.label) or words_of(context, view.label) or view.key,
        count=_count(context, page),
        empty=words_of(context, related.empty) or text_of(context)("state.empty"),
    )
    if not page.rows:
        return shown
    return RelatedView(
        shown.id, shown.label, shown.count, shown.empty, _table(context, plan, page, RowLinks(owner)), _more(context, page)
    )


def _plan(context: RequestContext, record: Record, related: RelatedList, owner: RecordAddress | None) -> ListPlan:
    view = context.snapshot.views[related.view]
    node = context.site.pages.get(related.details_page)
    options = ListOptions(
        extra=currency_extras(context, view.entity, view.columns),
        key=node.record_attribute if node and owner else "",
        near=Near(record.entity, related.relationship),
    )
    return plan_list(context.snapshot, context.principal, view.key, options)


def _details(ask: BlockAsk, related: RelatedList) -> RecordAddress | None:
    context = ask.context
    node = context.site.pages.get(related.details_page)
    if node is None or node.page.key not in readable_pages(context.snapshot, context.site, context.principal.roles):
        return None
    return record_address(context, node, ask.keys)


def _table(context: RequestContext, plan: ListPlan, page: ListPage, links: RowLinks) -> Markup:
    listing = listing_of(context, plan, Look("related", linked=links.details is not None, sortable=False))
    return listing.dress(page, links)


def _count(context: RequestContext, page: ListPage) -> str:
    number = formats_of(context).number
    return f"{number(CAP)}+" if page.total_capped else number(page.total or 0)


def _more(context: RequestContext, page: ListPage) -> str:
    if page.next_after is None:
        return ""
    text = text_of(context)
    if page.total_capped:
        return text("list.range_capped", first=1, last=len(page.rows), total=CAP)
    return text("list.range", first=1, last=len(page.rows), total=page.total or len(page.rows))
