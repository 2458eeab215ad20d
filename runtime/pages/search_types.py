"""The types of what a search finds for a person: entities whose rows and whose record page they may open, and pages."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from metadata.model import Search, SearchedEntity
from metadata.searching import SearchIndex, index_of
from metadata.snapshot import PageNode
from runtime.access import access_for
from runtime.context import RequestContext
from runtime.pages.addresses import RecordAddress, record_address
from runtime.pages.columns import heading_of
from runtime.pages.content import words_of
from runtime.pages.linking import record_pages
from runtime.pages.list_states import plural_of
from runtime.pages.search_facets import DeclaredFacet, facets_of
from runtime.records.plan import ListOptions, ListPlan, plan_entity
from runtime.sitemap import readable_pages


@dataclass(frozen=True, slots=True, eq=False)
class RowType:
    """An entity that is searched: how its rows are found and read, where they lead to, what its attributes are called."""

    key: str
    label: str
    index: SearchIndex
    plan: ListPlan
    address: RecordAddress
    labels: tuple[tuple[str, str], ...]
    facets: tuple[DeclaredFacet, ...] = ()


def row_types(context: RequestContext, search: Search) -> tuple[RowType, ...]:
    """The entities of a search of which the person may open rows, in order."""

    def make() -> tuple[RowType, ...]:
        found = (_row_type(context, search, searched) for searched in search.entities)
        return tuple(one for one in found if one is not None)

    key = ("search types", context.site.key, search.key, context.principal.standing, context.language)
    return context.snapshot.derive(key, make)


def _row_type(context: RequestContext, search: Search, searched: SearchedEntity) -> RowType | None:
    snapshot, entity = context.snapshot, context.snapshot.entities[searched.entity]
    node = _page(context, searched)
    address = None if node is None else record_address(context, node)
    if node is None or address is None or not access_for(snapshot, context.principal, entity.key, "read").allowed:
        return None
    index, say = index_of(context.site.model, search, searched, entity.model), partial(words_of, context)
    return RowType(
        key=entity.key,
        label=say(searched.label) or plural_of(context, entity.key),
        index=index,
        plan=plan_entity(snapshot, context.principal, entity.key, ListOptions(extra=index.keys, key=node.record_attribute)),
        address=address,
        labels=tuple((key, heading_of(entity.attributes[key].model, say)) for key in index.keys),
        facets=facets_of(context, searched),
    )


def _page(context: RequestContext, searched: SearchedEntity) -> PageNode | None:
    """The page of one row, if the person may open it."""
    if not searched.page:
        return record_pages(context).get(searched.entity)
    readable = readable_pages(context.snapshot, context.site, context.principal.roles)
    return context.site.pages[searched.page] if searched.page in readable else None
