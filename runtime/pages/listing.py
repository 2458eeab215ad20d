"""What of a list depends on metadata and roles alone: its columns, cells, template and addresses. Made once per snapshot."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from markupsafe import Markup, escape

from metadata.model import ColumnOverride, ViewColumn
from metadata.snapshot import Snapshot
from runtime.context import RequestContext
from runtime.pages.bulk_view import Marks
from runtime.pages.cells import Cells, make_cells, may_draw_icons
from runtime.pages.columns import Column, Wording, build_columns, currency_path
from runtime.pages.content import words_of
from runtime.pages.list_rows import RowLinks, RowOffer, dressed_rows
from runtime.pages.list_views import Heading
from runtime.pages.speech import formats_of
from runtime.passing import passing
from runtime.records.lists import ListPage
from runtime.records.plan import ListPlan
from runtime.records.shapes import kept
from runtime.render import Formats
from runtime.render.icons import used
from runtime.render.loops import Parted
from runtime.render.stencils import Get, Pieces, Stencils, Values

ROWS_TEMPLATE = "blocks/list_rows.gen.html"
WIDTH = ":"
"""Stands between the path of a column and the width that a person wants; no path has one."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a table of rows is to look: which columns are overridden, and what surrounds the cells.

    `chosen` are the columns that a person wants, in order and with widths (`widths_of`); all of the plan where there are none.
    There are too many such looks to keep all that is made from them.
    """

    key: str
    overrides: tuple[ColumnOverride, ...] = ()
    linked: bool = False
    offers: tuple[RowOffer, ...] = ()
    sortable: bool = True
    marks: Marks | None = None
    chosen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Listing:
    """The columns of a plan in a language, ready to be filled: `cells` turns rows into texts, `parted` into HTML.

    `draws` says that the rows may have icons, `marked` that they can be marked.
    """

    columns: tuple[Column, ...]
    cells: Cells
    parted: Parted
    draws: bool
    stencils: Stencils
    marked: bool = False

    def dress(self, page: ListPage, links: RowLinks, headings: Sequence[Heading] = (), region: str = "") -> Markup:
        """The head and body of the table of a page; `headings` say how its columns sort, `region` begins the ids in it."""
        return escape(self.table(page, links, headings, region))

    def table(self, page: ListPage, links: RowLinks, headings: Sequence[Heading] = (), region: str = "") -> Pieces | Markup:
        """The same in pieces, for what is put together later."""
        rows = dressed_rows(page, self.cells(page.rows), marked=self.marked)
        if self.parted.loop is None:
            html = self.parted.template.render(rows=rows, ways=links.ways, headings=headings, region=region)
            return Markup(html)  # noqa: S704 - cells are HTML, and the theme's template escapes the rest
        made = self.parted.loop(rows, links.ways)
        # To look for icons where there are none would cost as much as to make the rows.
        body = Pieces(made, used("".join(made)) if self.draws else frozenset())
        key = (self, region, *[heading.sorted for heading in headings])
        return self.stencils.pieces(key, Table(self.parted, region, headings, body))


@passing
class Table:
    """A table whose `body` is there already."""

    parted: Parted
    region: str
    headings: Sequence[Heading]
    body: Pieces

    @property
    def values(self) -> Values:
        """The body and, by number, the addresses of the headings."""
        values: dict[Hashable, str | Pieces] = {number: heading.url for number, heading in enumerate(self.headings)}
        values["body"] = self.body
        return values

    def whole(self) -> str:
        """The table."""
        return self._html(self.headings, escape(self.body))

    def draw(self, get: Get) -> str:
        """The table, drawn of what stands in the place of its values."""
        headings = [Heading(get(number), heading.sorted) for number, heading in enumerate(self.headings)]
        return self._html(headings, escape(get("body")))

    def _html(self, headings: Sequence[Heading], body: Markup) -> str:
        return self.parted.template.render(headings=headings, region=self.region, body=body)


def listing_of(context: RequestContext, plan: ListPlan, look: Look, formats: Formats | None = None) -> Listing:
    """The listing of a plan in the request's language and time zone, or in other formats."""
    formats = formats or formats_of(context)
    key = ("listing", plan, look, context.site.key, formats)
    keep = kept if look.chosen else Snapshot.derive
    return keep(context.snapshot, key, lambda: _make(context, plan, look, formats))


def columns_of(plan: ListPlan, chosen: Sequence[str]) -> ListPlan:
    """The plan as a person wants to see it: with the columns chosen, as far as it has them, in their order.

    What is fetched stays the same, so that what people choose makes no further statements.
    """
    known = {column.path: column for column in reversed(plan.columns)}
    wanted = tuple(known[path] for path in widths_of(chosen) if path in known)
    return replace(plan, columns=wanted) if wanted else plan


def widths_of(chosen: Sequence[str]) -> dict[str, str]:
    """The widths of columns that a person has chosen, by path, in their order; "" where the list's own stays.

    What is kept of a column is its path, with a width behind a colon where the person has chosen one.
    """
    return {path: width for path, _, width in (entry.partition(WIDTH) for entry in dict.fromkeys(chosen))}


def currency_extras(context: RequestContext, entity: str, columns: Sequence[ViewColumn]) -> tuple[str, ...]:
    """The paths that a plan must select besides its columns, because money takes its currency from them."""
    paths = [path for column in columns for path in (column.attribute, column.second) if path]
    found = (currency_path(path, context.snapshot.resolve(entity, path)[-1].model) for path in paths)
    return tuple(dict.fromkeys(path for path in found if path))


def _with_widths(look: Look) -> tuple[ColumnOverride, ...]:
    """The list's overrides of columns, with the widths that the person has chosen."""
    widths = {path: width for path, width in widths_of(look.chosen).items() if width}
    known = {override.attribute: override for override in look.overrides}
    wider = (replace(known.get(path) or ColumnOverride(attribute=path), width=width) for path, width in widths.items())
    return (*(override for override in look.overrides if override.attribute not in widths), *wider)


def _make(context: RequestContext, plan: ListPlan, look: Look, formats: Formats) -> Listing:
    key = (plan, look)
    declared = _declared(context.snapshot.views[plan.view].columns, plan)
    if look.chosen:
        by_path = {column.attribute: column for column in reversed(declared)}
        plan = columns_of(plan, look.chosen)
        declared = tuple(by_path[column.path] for column in plan.columns)
    overrides = _with_widths(look)
    wording = Wording(partial(words_of, context), context.site.model.currency)
    columns = build_columns(context.snapshot, plan.entity.key, declared, overrides, wording)
    sortable = frozenset(column.path for column in plan.columns if column.sortable)
    columns = tuple(replace(column, sortable=column.path in sortable) for column in columns)
    parted = context.renderer.parted(
        context,
        ROWS_TEMPLATE,
        key,
        lambda: {
            "columns": columns,
            "linked": look.linked,
            "offers": look.offers,
            "sortable": look.sortable,
            "marks": look.marks,
        },
        "ways",
        keep=kept if look.chosen else Snapshot.derive,
    )
    draws = parted.draws or may_draw_icons(plan)
    stencils = context.renderer.stencils(context)
    cells = make_cells(plan, columns, formats, linked=look.linked)
    return Listing(columns, cells, parted, draws, stencils, marked=look.marks is not None)


def _declared(columns: Sequence[ViewColumn], plan: ListPlan) -> tuple[ViewColumn, ...]:
    """The view's columns that the plan kept, without small print that it did not."""
    planned = list(plan.columns)
    kept: list[ViewColumn] = []
    for column in columns:
        if planned and planned[0].path == column.attribute:
            found = planned.pop(0)
            kept.append(column if found.second is not None else replace(column, second=""))
    return tuple(kept)
