"""The search block: rows of several entities and pages of the site, by words, each with the rights of the person.

One statement per entity finds, counts and reads its rows, one more counts the facets of the type that is shown alone; where
nothing is found, words written much alike are looked for in the same way. How many statements there are depends on the
metadata alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup, escape

from metadata.model import Block, Search
from metadata.searching import language_of
from runtime.context import RequestContext
from runtime.pages.addresses import page_url
from runtime.pages.cells import column_cells
from runtime.pages.content import words_of
from runtime.pages.denied import denied
from runtime.pages.freshness import oldest
from runtime.pages.list_views import Search as SearchBox
from runtime.pages.list_views import Tab, paging_of
from runtime.pages.part import BlockAsk, Head, Part
from runtime.pages.places import countable
from runtime.pages.queries import FILTER, UnusableArgument
from runtime.pages.search_facets import PANEL, ChosenFacets, chosen_facets, count_facets, facet_panel
from runtime.pages.search_pages import find_pages
from runtime.pages.search_types import RowType, row_types
from runtime.pages.search_view import Excerpt, FacetPanel, Hit, HitGroup, SearchView
from runtime.pages.speech import formats_of, text_of
from runtime.records.ask import ListAsk, search_terms
from runtime.records.errors import BadAsk
from runtime.records.facets import FacetCounts
from runtime.records.lists import ListPage, fetch_list
from runtime.records.searching import find_rows
from runtime.records.statement import CAP
from runtime.render import Action, State
from runtime.search.excerpts import Marker
from runtime.search.words import Words, words_in

TEMPLATE = "blocks/search.html"
ARGUMENTS = frozenset({"q", "type", "page", PANEL})
PAGES = "_pages"
"""The type of pages among those of rows, which are called as their entities."""
FEW = 5
"""How many of each type are shown as long as all types are."""
MOST_EXCERPTS = 2
DEEPEST = 40


@dataclass(frozen=True, slots=True)
class Sought:
    """What is asked of a search: the words, the type alone that is wanted, which page of it, and what of its facets."""

    words: Words
    type: str = ""
    page: int = 1
    facets: ChosenFacets = ChosenFacets()
    similar: bool = False


@dataclass(frozen=True, slots=True)
class Hits:
    """What was found of a type: a page of it, and the hits on that page."""

    key: str
    label: str
    page: ListPage
    hits: tuple[Hit, ...]
    counts: FacetCounts | None = None


def search_arguments(context: RequestContext, block: Block) -> frozenset[str]:
    """The arguments that a search takes from the address: its own, and the facets that the person may use."""
    types = row_types(context, context.site.searches[block.search])
    return ARGUMENTS | {facet.name for one in types for facet in one.facets}


def show_search(ask: BlockAsk) -> Part:
    """What a search finds. Raises UnusableArgument for words, a type or a page that cannot be."""
    model = ask.context.site.searches[ask.block.search]
    typed = ask.query.own.get("q", "").strip()
    types = row_types(ask.context, model)
    sought = _sought(ask, model, typed, types)
    if not types and not model.pages:
        return Part(TEMPLATE, _view(ask, model, typed, state=denied(ask.context)))
    if not typed:
        return Part(TEMPLATE, _view(ask, model, typed))
    with ask.context.stages.measure("fetch"):
        found = _find(ask, model, types, sought)
        if sought.words and not any(map(_is_there, found)):
            sought = replace(sought, similar=True)
            found = _find(ask, model, types, sought)
    if not any(map(_is_there, found)):
        return Part(TEMPLATE, _view(ask, model, typed, state=_nothing(ask, typed)))
    shown = [hits.key for hits in found if hits.hits and hits.key != PAGES]
    age = oldest(map(ask.context.freshness, shown))
    return Part(TEMPLATE, _found(ask, model, typed, sought, found), Head(freshness=age))


def _sought(ask: BlockAsk, model: Search, typed: str, types: tuple[RowType, ...]) -> Sought:
    own = ask.query.own
    try:
        search_terms(typed)
    except BadAsk as wrong:
        raise UnusableArgument(ask.query.name("q")) from wrong
    wanted, number = own.get("type") or _sole(model, types), own.get("page") or "1"
    known = {one.key for one in types} | ({PAGES} if model.pages else set())
    if wanted and wanted not in known:
        raise UnusableArgument(ask.query.name("type"))
    if not (number.isascii() and number.isdigit() and len(number) < 4 and 1 <= int(number) <= DEEPEST):
        raise UnusableArgument(ask.query.name("page"))
    chosen = chosen_facets(ask, next((one.facets for one in types if one.key == wanted), ()))
    return Sought(words_in(typed), wanted, int(number) if wanted else 1, chosen)


def _sole(model: Search, types: tuple[RowType, ...]) -> str:
    """The type of all that may be found, where there is but one: it is shown as if it had been chosen."""
    return types[0].key if len(types) == 1 and not model.pages else ""


def _find(ask: BlockAsk, model: Search, types: tuple[RowType, ...], sought: Sought) -> list[Hits]:
    found = [_find_rows(ask, one, sought, _size(model, sought, one.key)) for one in types]
    if model.pages:
        found.append(_find_pages(ask, sought, _size(model, sought, PAGES)))
    return found


def _size(model: Search, sought: Sought, key: str) -> int:
    return model.page_size if sought.type == key else min(FEW, model.page_size)


def _find_rows(ask: BlockAsk, wanted: RowType, sought: Sought, size: int) -> Hits:
    context = ask.context
    found = find_rows(context.reader, context.snapshot, context.principal, wanted.index, sought.words, similar=sought.similar)
    if found is None:
        return Hits(wanted.key, wanted.label, _listed([], 0, 1, size), ())
    is_alone = sought.type == wanted.key
    chosen = sought.facets if is_alone else ChosenFacets()
    narrowings, bound = (found.narrowing, *chosen.narrowings), (*found.bound, *chosen.bound)
    asked = ListAsk("", page_size=size, page=sought.page if is_alone else 1, narrowings=narrowings, bound=bound)
    page = fetch_list(context.reader, wanted.plan, context.principal, asked)
    counts = count_facets(ask, wanted.key, wanted.facets, chosen, found) if is_alone and wanted.facets else None
    marker = Marker(sought.words, wanted.index.language, sought.similar)
    titles = _titles(context, wanted, page, marker)
    urls = ["" if key in (None, "") else wanted.address.of(key) for key in page.keys]
    hits = (Hit(title, url, _excerpts(wanted, row, marker)) for title, url, row in zip(titles, urls, page.rows, strict=True))
    return Hits(wanted.key, wanted.label, countable(page), tuple(hits), counts)


def _titles(context: RequestContext, wanted: RowType, page: ListPage, marker: Marker) -> list[Markup]:
    """What each row is called: its name with the words marked where it is a text, else its key."""
    keys = [escape(text_of(context)("value.untitled") if key is None else str(key)) for key in page.keys]
    if not wanted.plan.columns:
        return keys
    name = wanted.plan.columns[0]
    if name.attribute.type.textual:
        names = [marker.whole(row[name.index] or "") for row in page.rows]
    else:
        names = [Markup(cell) for cell in column_cells(wanted.plan, name, formats_of(context))(page.rows)]  # noqa: S704 - HTML
    return [own or key for own, key in zip(names, keys, strict=True)]


def _excerpts(wanted: RowType, row: Any, marker: Marker) -> tuple[Excerpt, ...]:
    """The parts of a row's texts, besides its name, in which words were found."""
    plan = wanted.plan
    found: list[Excerpt] = []
    for key, label in wanted.labels:
        planned = plan.extra.get(key)
        if planned is None or key == plan.entity.primary_name.key:
            continue
        text = marker.excerpt(str(row[planned.index] or ""))
        if text is not None:
            found.append(Excerpt(text, label))
    return tuple(found[:MOST_EXCERPTS])


def _find_pages(ask: BlockAsk, sought: Sought, size: int) -> Hits:
    context = ask.context
    found = find_pages(context, ask.node, sought.words, similar=sought.similar) if sought.words else []
    number = sought.page if sought.type == PAGES else 1
    marker = Marker(sought.words, language_of(context.language), sought.similar)
    hits = []
    for page in found[(number - 1) * size : number * size]:
        text = marker.excerpt(page.text)
        excerpts = () if text is None else (Excerpt(text),)
        hits.append(Hit(marker.whole(page.title), page_url(context, page.node), excerpts))
    return Hits(PAGES, text_of(context)("search.pages"), _listed(hits, len(found), number, size), tuple(hits))


def _listed(rows: list[Any], total: int, number: int, size: int) -> ListPage:
    """A page of what needs no database, as a page of a list is told."""
    pages = min(DEEPEST, max(1, -(-total // size)))
    after, before = "" if number < pages else None, "" if number > 1 else None
    return ListPage(rows, [], [], total, False, number, pages, after, before, [])


def _found(ask: BlockAsk, model: Search, typed: str, sought: Sought, found: list[Hits]) -> SearchView:
    text = text_of(ask.context)
    there = [one for one in found if _total(one) or one.key == sought.type]
    tabs: list[Tab] = []
    if len(found) > 1:
        numbers = [_without_facets(one) for one in there]
        every = _number(ask, sum(numbers), capped=any(number > CAP for number in numbers))
        tabs.append(Tab(text("search.all"), _link(ask, None), not sought.type, every))
        for one, number in zip(there, numbers, strict=True):
            shown = _number(ask, number, capped=number > CAP)
            tabs.append(Tab(one.label, _link(ask, one.key), one.key == sought.type, shown))
    listed = [one for one in there if one.key == sought.type] if sought.type else there
    counts = listed[0].counts if sought.type else None
    groups = tuple(_group(ask, one, alone=bool(sought.type)) for one in listed)
    panel = None if counts is None else facet_panel(ask, sought.facets, counts)
    state = None if any(group.hits for group in groups) else _nothing(ask, typed, panel)
    note = text("search.similar", query=typed) if sought.similar else ""
    return _view(ask, model, typed, tabs=tuple(tabs), note=note, facets=panel, groups=() if state else groups, state=state)


def _group(ask: BlockAsk, found: Hits, *, alone: bool) -> HitGroup:
    text, count = text_of(ask.context), _count(ask, found)
    more = None
    if not alone and (_total(found) or 0) > len(found.hits):
        more = Action(text("search.more", name=found.label, count=count), _link(ask, found.key))
    paging = paging_of(found.page, ask.query, _summary(ask, found)) if alone else None
    return HitGroup(f"search-{ask.index}-{found.key}", found.label, count, found.hits, more, paging)


def _summary(ask: BlockAsk, found: Hits) -> str:
    text, page = text_of(ask.context), found.page
    size = len(found.hits)
    first = 1 if page.page == 1 else (page.page - 1) * (ask.context.site.searches[ask.block.search].page_size) + 1
    if page.total is None:
        return text("list.range_capped", first=first, last=first + size - 1, total=CAP)
    return text("list.range", first=first, last=first + size - 1, total=page.total)


def _total(found: Hits) -> int:
    return CAP + 1 if found.page.total_capped else found.page.total or 0


def _count(ask: BlockAsk, found: Hits) -> str:
    return _number(ask, _total(found), capped=found.page.total_capped)


def _without_facets(found: Hits) -> int:
    """How many there are of a type to whoever goes there, where nothing of its facets is chosen."""
    return _total(found) if found.counts is None else min(found.counts.found, CAP + 1)


def _number(ask: BlockAsk, number: int, *, capped: bool) -> str:
    return f"{formats_of(ask.context).number(CAP if capped else number)}{'+' if capped else ''}"


def _is_there(found: Hits) -> bool:
    """Whether the words are anywhere, also where no row with them has what is chosen of the facets."""
    return _total(found) > 0 or (found.counts is not None and found.counts.found > 0)


def _link(ask: BlockAsk, key: str | None) -> str:
    """The address of a type; what is chosen of another one's facets says nothing of it."""
    gone = [PANEL, *(name for name in ask.query.own if name.startswith(FILTER))]
    return ask.query.link(type=key, page=None, **dict.fromkeys(gone))


def _nothing(ask: BlockAsk, typed: str, panel: FacetPanel | None = None) -> State:
    text = text_of(ask.context)
    if panel is not None and panel.chips:
        return State("filtered", text("state.filtered"), text("search.nothing_chosen"))
    return State("filtered", text("state.filtered_for", query=typed), text("search.nothing_text"))


def _view(ask: BlockAsk, model: Search, typed: str, **more: Any) -> SearchView:
    context = ask.context
    label = words_of(context, ask.block.label) or words_of(context, model.label) or text_of(context)("action.search")
    return SearchView(
        id=f"search-{ask.index}",
        label=label,
        heading="" if ask.first and not ask.block.label else label,
        search=SearchBox(
            url=ask.query.path,
            name=ask.query.name("q"),
            value=typed,
            label=label,
            placeholder=words_of(context, model.placeholder) or text_of(context)("list.search_placeholder"),
            hidden=ask.query.hidden("q", "page", PANEL),  # other words are looked for where the last ones were
        ),
        **more,
    )
