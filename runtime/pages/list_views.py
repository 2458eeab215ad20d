"""What the frame of a list shows around its rows: view tabs, the mine or company switch, headings, paging. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from metadata.model import View
from metadata.text import Text, in_words
from runtime.pages.board_view import BoardView
from runtime.pages.bulk_view import BulkBar
from runtime.pages.calendar_view import CalendarView
from runtime.pages.card_view import CardsView
from runtime.pages.columns import Column
from runtime.pages.export_view import ExportLink
from runtime.pages.filter_view import FilterPanel
from runtime.pages.place_view import PlaceSearch, PlacesView
from runtime.pages.queries import Query
from runtime.pages.saved_view import SavedMenu
from runtime.pages.windows import page_window
from runtime.records.lists import ListPage
from runtime.render import Action, State
from runtime.render.stencils import Pieces

SCOPES = ("mine", "company")
DEEP = 40


@dataclass(frozen=True, slots=True)
class Tab:
    """A link that chooses between ways to look at a list. `count` is a formatted number, empty where it is not known."""

    label: str
    url: str
    current: bool
    count: str = ""


@dataclass(frozen=True, slots=True)
class Heading:
    """How a column's heading sorts: by following `url`, and `sorted` says how it does now (an `aria-sort` value or empty)."""

    url: str = ""
    sorted: str = ""


@dataclass(frozen=True, slots=True)
class PageLink:
    """A page number; no number is a gap."""

    number: str
    url: str = ""
    current: bool = False


@dataclass(frozen=True, slots=True)
class Paging:
    """Where in the rows the page is, and the ways to others. Empty addresses are ways that do not exist."""

    summary: str = ""
    previous: str = ""
    next: str = ""
    links: tuple[PageLink, ...] = ()


@dataclass(frozen=True, slots=True)
class Search:
    """The search box; `hidden` are the other arguments that its form must keep."""

    url: str
    name: str
    value: str
    label: str
    placeholder: str
    hidden: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ListView:
    """A list: the rows in one of its layouts, mostly a `table` with `paging`, or the `state` that says why there are none.

    `layouts` are the names of those that it can have besides a table.
    """

    id: str
    label: str
    heading: str = ""
    create: Action | None = None
    tabs: tuple[Tab, ...] = ()
    switch: tuple[Tab, ...] = ()
    search: Search | None = None
    table: Markup | Pieces = Markup()
    paging: Paging = Paging()
    state: State | None = None
    filters: FilterPanel | None = None
    exports: tuple[ExportLink, ...] = ()
    near: PlaceSearch | None = None
    places: PlacesView | None = None
    bulk: BulkBar | None = None
    layouts: tuple[str, ...] = ()
    layout_tabs: tuple[Tab, ...] = ()
    calendar: CalendarView | None = None
    board: BoardView | None = None
    cards: CardsView | None = None
    imports: Action | None = None
    saved: SavedMenu | None = None
    columns: Action | None = None

    def counted(self, count: str) -> ListView:
        """The same with the number of rows at the current tab; others are not counted, which would cost a statement each."""
        return replace(self, tabs=tuple(replace(tab, count=count) if tab.current else tab for tab in self.tabs))

    def signed(self, csrf: str) -> ListView:
        """The same with the token of the form for many rows."""
        return replace(self, bulk=replace(self.bulk, csrf=csrf)) if self.bulk is not None else self


@dataclass(frozen=True, slots=True)
class Order:
    """By which column the rows are ordered."""

    path: str = ""
    descending: bool = False


def view_tabs(views: Sequence[View], current: View, query: Query, say: Callable[[Text], str]) -> tuple[Tab, ...]:
    """A tab per view, none where there is one view. Search and scope are kept; sort and page belong to the view left."""
    if len(views) < 2:
        return ()
    return tuple(
        Tab(
            say(view.label) or in_words(view.key),
            query.link(view="" if position == 0 else view.key, sort=None, page=None, after=None, before=None),
            view.key == current.key,
        )
        for position, view in enumerate(views)
    )


def scope_switch(current: str, query: Query, say: Callable[[str], str]) -> tuple[Tab, ...]:
    """The switch between one's own rows and the company's."""
    return tuple(
        Tab(say(f"list.{scope}"), query.link(scope=scope, page=None, after=None, before=None), scope == current)
        for scope in SCOPES
    )


def headings(columns: Sequence[Column], order: Order, query: Query) -> tuple[Heading, ...]:
    """How each column sorts: first ascending, then descending."""
    return tuple(_heading(column, order, query) for column in columns)


def _heading(column: Column, order: Order, query: Query) -> Heading:
    if not column.sortable:
        return Heading()
    mine = order.path == column.path
    turned = f"-{column.path}" if mine and not order.descending else column.path
    state = ("descending" if order.descending else "ascending") if mine else ""
    return Heading(query.link(sort=turned, page=None, after=None, before=None), state)


def paging_of(page: ListPage, query: Query, summary: str) -> Paging:
    """The ways to other pages: by number where the number of pages is known, else, and from deep pages, by the rows at
    the ends of this one, which costs the same however deep it is."""
    by_rows = page.pages is None or page.page > DEEP
    first = query.link(page=None, after=None, before=None)
    numbered = f"{first}{'?' if first == query.path else '&'}{query.name('page')}="

    def to(number: int) -> str:
        return f"{numbered}{number}" if number > 1 else first

    return Paging(
        summary,
        previous=_previous(page, query, by_rows, to),
        next=_next(page, query, by_rows, to),
        links=_numbers(page, to),
    )


def _previous(page: ListPage, query: Query, by_rows: bool, to: Callable[[int], str]) -> str:
    if page.previous_before is None:
        return ""
    before = page.page - 1
    if before > 1 and by_rows:
        return query.link(page=str(before), after=None, before=page.previous_before)
    return to(before)


def _next(page: ListPage, query: Query, by_rows: bool, to: Callable[[int], str]) -> str:
    if page.next_after is None:
        return ""
    if by_rows:
        return query.link(page=str(page.page + 1), before=None, after=page.next_after)
    return to(page.page + 1)


def _numbers(page: ListPage, to: Callable[[int], str]) -> tuple[PageLink, ...]:
    if page.pages is None or page.pages < 2:
        return ()
    window = page_window(page.page, page.pages)
    return tuple(
        [PageLink("") if number is None else PageLink(str(number), to(number), number == page.page) for number in window]
    )
