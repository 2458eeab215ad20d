"""What a search of the studio finds among rows: records with a page on the site, and people, as the searching person may read.

How many statements that takes depends neither on the number of entities nor on that of rows: the entities of declared searches
come first, then those whose records have a page, so many of each; an entity that the words begin with is looked in alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from metadata.snapshot import PageNode
from runtime.access import access_for
from runtime.context import RequestContext
from runtime.pages.addresses import RecordAddress, record_address
from runtime.pages.linking import record_pages
from runtime.pages.list_states import plural_of
from runtime.pages.search_types import RowType, row_types
from runtime.records.ask import ListAsk, search_terms
from runtime.records.beginning import begins
from runtime.records.errors import BadAsk
from runtime.records.lists import fetch_list
from runtime.records.plan import ListOptions, ListPlan, plan_entity
from runtime.records.roster import Wanted, find_members
from runtime.records.searching import find_rows
from runtime.search.words import words_in
from runtime.studio.desk import Desk
from runtime.studio.rights import PEOPLE

SHORTEST = 2
"""Letters that are looked for among rows."""
SEARCHED = 6
"""Entities of declared searches that are looked in."""
OTHERS = 6
"""Entities besides them, by the beginnings of their rows' names."""
EACH = 5
"""Rows of each that are shown."""
MOST_RECORDS = 20


@dataclass(frozen=True, slots=True)
class Found:
    """A row that was found: what it is called, of what it is one, and where it leads."""

    label: str
    kind: str
    url: str
    icon: str


@dataclass(frozen=True, slots=True)
class _Place:
    """An entity that is looked in: what it is called, and the page of one of its records."""

    entity: str
    label: str
    node: PageNode


def records_of(desk: Desk, words: str) -> list[Found]:
    """The rows that words find, those of declared searches first; none for less than two letters or what no search takes."""
    if len(words) < SHORTEST or not _sought(words):
        return []
    named = _named(desk.context, words)
    if named is not None:
        place, rest = named
        return list(_of_place(desk.context, place, rest))
    searched = _searched(desk.context)
    found = [row for one in searched for row in _of_search(desk.context, one, words)]
    known = {one.key for one in searched}
    others = [place for place in _places(desk.context) if place.entity not in known][:OTHERS]
    found += [row for place in others for row in _of_place(desk.context, place, words)]
    return found[:MOST_RECORDS]


def people_of(desk: Desk, words: str) -> list[Found]:
    """The people that words find, for whoever looks after people."""
    if len(words) < SHORTEST or not desk.reach.has(PEOPLE) or not _sought(words):
        return []
    context = desk.context
    members = find_members(context.connection, context.snapshot, context.principal, Wanted(words, limit=EACH))
    unnamed = desk.say("studio.people_unnamed")
    return [
        Found(one.name or one.email or unnamed, one.account or one.email, desk.url("people", str(one.contact)), "person")
        for one in members
    ]


def _sought(words: str) -> bool:
    try:
        return bool(search_terms(words))
    except BadAsk:
        return False


def _searched(context: RequestContext) -> list[RowType]:
    """The entities of the site's searches of which the person may open rows, each once."""
    found: dict[str, RowType] = {}
    for search in context.site.searches.values():
        for one in row_types(context, search):
            found.setdefault(one.key, one)
            if len(found) == SEARCHED:
                return list(found.values())
    return list(found.values())


def _of_search(context: RequestContext, wanted: RowType, words: str) -> Iterator[Found]:
    found = find_rows(context.reader, context.snapshot, context.principal, wanted.index, words_in(words))
    if found is None:
        return
    ask = ListAsk("", page_size=EACH, narrowings=(found.narrowing,), bound=found.bound, counted=False)
    yield from _rows(context, wanted.plan, ask, wanted.label, wanted.address)


def _places(context: RequestContext) -> tuple[_Place, ...]:
    """The entities whose rows have a name in letters and a page that the person may open, in the order of pages."""

    def make() -> tuple[_Place, ...]:
        found = record_pages(context).items()
        return tuple(_Place(key, plural_of(context, key), node) for key, node in found if _is_found(context, key))

    standing = context.principal.standing
    return context.snapshot.derive(("studio places", context.site.key, standing, context.language), make)


def _is_found(context: RequestContext, entity: str) -> bool:
    read = access_for(context.snapshot, context.principal, entity, "read")
    name = context.snapshot.entities[entity].primary_name
    return read.allowed and name.type.textual


def _named(context: RequestContext, words: str) -> tuple[_Place, str] | None:
    """The entity with whose name the words begin, and the rest of them."""
    for place in _places(context):
        for name in {place.label, context.snapshot.entities[place.entity].key}:
            if words.casefold().startswith(f"{name.casefold()} "):
                return place, words[len(name) :].strip()
    return None


def _of_place(context: RequestContext, place: _Place, words: str) -> Iterator[Found]:
    address = record_address(context, place.node)
    if address is None or not words:
        return
    entity = context.snapshot.entities[place.entity]
    key = place.node.record_attribute
    plan = plan_entity(context.snapshot, context.principal, place.entity, ListOptions(key=key))
    lettered = [path for path in dict.fromkeys((entity.primary_name.key, key)) if entity.attributes[path].type.textual]
    begun = begins(context.reader, context.snapshot, tuple(lettered))
    ask = ListAsk("", page_size=EACH, narrowings=(begun,), bound=begun.binds(words), counted=False)
    yield from _rows(context, plan, ask, place.label, address)


def _rows(context: RequestContext, plan: ListPlan, ask: ListAsk, label: str, address: RecordAddress) -> Iterator[Found]:
    page = fetch_list(context.reader, plan, context.principal, ask)
    for row, key in zip(page.rows, page.keys, strict=True):
        name = row[plan.columns[0].index] if plan.columns else None
        if key not in (None, ""):
            yield Found(str(name or key), label, address.of(key), "file-earmark-text")
