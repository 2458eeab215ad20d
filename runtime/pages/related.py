"""Related lists on a record page: rows of another entity that point at the record. One statement each."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field

from jinja2 import Template

from metadata.model import RelatedList
from metadata.snapshot import PageNode
from metadata.text import in_words
from runtime.context import RequestContext
from runtime.pages.addresses import record_address
from runtime.pages.content import words_of
from runtime.pages.drawing import Drawing, template_of
from runtime.pages.list_rows import RowLinks
from runtime.pages.listing import Listing, Look, currency_extras, listing_of
from runtime.pages.part import BlockAsk
from runtime.pages.related_offers import ROW, Offers, offers_of, related_id, row_attribute
from runtime.pages.row_actions import RowDeed, deed_paths, row_deeds, with_deeds
from runtime.pages.speech import formats_of, text_of
from runtime.pages.timeline import timeline
from runtime.records.ask import ListAsk
from runtime.records.details import Record, fetch_related
from runtime.records.errors import Denied
from runtime.records.lists import ListPage
from runtime.records.plan import ListOptions, ListPlan, Near, plan_list
from runtime.records.statement import CAP
from runtime.render.stencils import Get, Stencils
from runtime.sitemap import readable_pages

TEMPLATE = "blocks/related.html"


@dataclass(frozen=True, slots=True)
class RelatedView:
    """What the theme's template shows around related rows, or says where there are none."""

    id: str
    label: str
    empty: str


@dataclass(frozen=True, slots=True, eq=False)
class RelatedSheet:
    """A related list made ready: what is asked for, where rows lead to, and its frame."""

    view: RelatedView
    plan: ListPlan
    asked: ListAsk
    listing: Listing
    links: Callable[[BlockAsk], RowLinks]
    offers: Offers
    template: Template
    stencils: Stencils = field(default_factory=Stencils)
    timeline: bool = False
    deeds: tuple[RowDeed, ...] = ()

    def show(self, ask: BlockAsk, record: Record) -> str:
        """The rows that belong to a record, in their frame, as HTML."""
        context = ask.context
        page = fetch_related(context.connection, self.plan, context.principal, record, self.asked)
        page = with_deeds(context, self.plan, self.deeds, page)
        values: dict[Hashable, str] = {
            "count": _count(context, page),
            "table": self._rows(ask, page),
            "more": _more(context, page),
        }
        for number, (_, way) in enumerate(self.offers.above):
            values["above", number] = ask.query.link(**{ROW: way})
        return self.stencils.html("", Drawing(self.template, values, self._names))

    def _rows(self, ask: BlockAsk, page: ListPage) -> str:
        if not page.rows:
            return ""
        if self.timeline:
            return timeline(ask.context, self.listing, page, self.links(ask))
        return self.listing.dress(page, self.links(ask))

    def _names(self, get: Get) -> Mapping[str, object]:
        above = [(label, get(("above", number))) for number, (label, _) in enumerate(self.offers.above)]
        names = {"part": self.view, "count": get("count"), "table": get("table"), "more": get("more"), "above": above}
        return {**names, "timeline": self.timeline}


def related_sheet(ask: BlockAsk, entity: str, related: RelatedList, number: str) -> RelatedSheet | None:
    """A related list of an entity's records, by its number on the form; None where the person may read no row of it."""
    context = ask.context
    view = context.snapshot.views[related.view]
    details = _details(ask, related)
    try:
        plan = _plan(ask, entity, related)
    except Denied:
        return None
    offers = _offers(context, entity, related, number, plan)
    return RelatedSheet(
        RelatedView(
            id=related_id(ask, number),
            label=words_of(context, related.label) or words_of(context, view.label) or in_words(view.key),
            empty=words_of(context, related.empty) or text_of(context)("state.empty"),
        ),
        plan,
        ListAsk(view.key, related.page_size),
        listing_of(context, plan, Look("related", linked=details is not None, offers=offers.rows, sortable=False)),
        _links(ask, details, offers),
        offers,
        template_of(context, TEMPLATE),
        timeline=related.layout == "timeline",
        deeds=row_deeds(context, related.actions),
    )


def _offers(context: RequestContext, entity: str, related: RelatedList, number: str, plan: ListPlan) -> Offers:
    return offers_of(context, entity, related, number, plan.relationship) if plan.relationship is not None else Offers()


def _plan(ask: BlockAsk, entity: str, related: RelatedList) -> ListPlan:
    context = ask.context
    view = context.snapshot.views[related.view]
    deeds = row_deeds(context, related.actions)
    options = ListOptions(
        extra=(*currency_extras(context, view.entity, view.columns), *deed_paths(context.snapshot, deeds)),
        key=row_attribute(ask, related),
        near=Near(entity, related.relationship),
    )
    return plan_list(context.snapshot, context.principal, view.key, options)


def _details(ask: BlockAsk, related: RelatedList) -> PageNode | None:
    """The page of one related record, if the person may read it and its address can be told."""
    context = ask.context
    node = context.site.pages.get(related.details_page)
    if node is None or node.page.key not in readable_pages(context.snapshot, context.site, context.principal.roles):
        return None
    return None if record_address(context, node, ask.keys) is None else node


def _links(ask: BlockAsk, details: PageNode | None, offers: Offers) -> Callable[[BlockAsk], RowLinks]:
    """Where rows lead to; the same for every record unless the record's own key stands in their addresses."""
    if offers.rows:
        return lambda ask: RowLinks(
            record_address(ask.context, details, ask.keys) if details else None, offers.rows, offers.addresses(ask)
        )
    if details is not None and record_address(ask.context, details) is None:
        return lambda ask: RowLinks(record_address(ask.context, details, ask.keys))
    fixed = RowLinks(record_address(ask.context, details)) if details else RowLinks()
    return lambda ask: fixed


def _count(context: RequestContext, page: ListPage) -> str:
    number = formats_of(context).number
    return f"{number(CAP)}+" if page.total_capped else number(page.total or 0)


def _more(context: RequestContext, page: ListPage) -> str:
    """Which of the rows are shown; empty where all are."""
    if page.next_after is None:
        return ""
    text = text_of(context)
    if page.total_capped:
        return text("list.range_capped", first=1, last=len(page.rows), total=CAP)
    return text("list.range", first=1, last=len(page.rows), total=page.total or len(page.rows))
