"""What of a list depends on metadata and roles alone: its columns, cells, template and addresses. Made once per snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from jinja2 import Template
from markupsafe import Markup

from metadata.model import ColumnOverride, ViewColumn
from runtime.context import RequestContext
from runtime.pages.cells import Cells, make_cells
from runtime.pages.columns import Column, Wording, build_columns, currency_path
from runtime.pages.content import words_of
from runtime.pages.list_rows import RowLinks, RowOffer, dressed_rows
from runtime.pages.list_views import Heading
from runtime.pages.speech import formats_of
from runtime.records.lists import ListPage
from runtime.records.plan import ListPlan
from runtime.render import Formats

ROWS_TEMPLATE = "blocks/list_rows.gen.html"


@dataclass(frozen=True, slots=True)
class Look:
    """How a table of rows is to look: which columns are overridden, and what surrounds the cells."""

    key: str
    overrides: tuple[ColumnOverride, ...] = ()
    linked: bool = False
    offers: tuple[RowOffer, ...] = ()
    sortable: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Listing:
    """The columns of a plan in a language, ready to be filled: `cells` turns rows into texts, `template` into HTML."""

    columns: tuple[Column, ...]
    cells: Cells
    template: Template

    def dress(self, page: ListPage, links: RowLinks, headings: Sequence[Heading] = (), region: str = "") -> Markup:
        """The head and body of the table of a page; `headings` say how its columns sort, `region` begins the ids in it."""
        rows = dressed_rows(page, self.cells(page.rows))
        html = self.template.render(rows=rows, ways=links.ways, headings=headings, region=region)
        return Markup(html)  # noqa: S704 - cells are HTML, and the theme's template escapes the rest


def listing_of(context: RequestContext, plan: ListPlan, look: Look) -> Listing:
    """The listing of a plan in the request's language and time zone."""
    formats = formats_of(context)
    key = ("listing", plan, look, context.site.key, formats)
    return context.snapshot.derive(key, lambda: _make(context, plan, look, formats))


def currency_extras(context: RequestContext, entity: str, columns: Sequence[ViewColumn]) -> tuple[str, ...]:
    """The paths that a plan must select besides its columns, because money takes its currency from them."""
    paths = [path for column in columns for path in (column.attribute, column.second) if path]
    found = (currency_path(path, context.snapshot.resolve(entity, path)[-1].model) for path in paths)
    return tuple(dict.fromkeys(path for path in found if path))


def _make(context: RequestContext, plan: ListPlan, look: Look, formats: Formats) -> Listing:
    declared = _declared(context.snapshot.views[plan.view].columns, plan)
    wording = Wording(partial(words_of, context), context.site.model.currency)
    columns = build_columns(context.snapshot, plan.entity.key, declared, look.overrides, wording)
    sortable = frozenset(column.path for column in plan.columns if column.sortable)
    columns = tuple(replace(column, sortable=column.path in sortable) for column in columns)
    template = context.renderer.generated(
        context,
        ROWS_TEMPLATE,
        (plan, look),
        lambda: {"columns": columns, "linked": look.linked, "offers": look.offers, "sortable": look.sortable},
    )
    return Listing(columns, make_cells(plan, columns, formats), template)


def _declared(columns: Sequence[ViewColumn], plan: ListPlan) -> tuple[ViewColumn, ...]:
    """The view's columns that the plan kept, without small print that it did not."""
    planned = list(plan.columns)
    kept: list[ViewColumn] = []
    for column in columns:
        if planned and planned[0].path == column.attribute:
            found = planned.pop(0)
            kept.append(column if found.second is not None else replace(column, second=""))
    return tuple(kept)
