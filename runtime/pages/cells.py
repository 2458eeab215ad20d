"""Rows to texts, column by column: each value through the formatter that was compiled for its attribute."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter

from metadata.snapshot import CompiledAttribute
from runtime.pages.columns import Column, currency_path
from runtime.records.plan import ListPlan, PlannedColumn
from runtime.records.prepared import Row
from runtime.render import Formats
from runtime.render.column_texts import column_writer, may_draw

Cell = Callable[[Row], str]
Cells = Callable[[Sequence[Row]], list[list[str]]]


def make_cells(plan: ListPlan, columns: Sequence[Column], formats: Formats, *, linked: bool = False) -> Cells:
    """The function that turns rows of a plan into cells, as HTML: a list per column, and one for small print after it.

    `linked` says that the first column becomes a link.
    """
    makers: list[Callable[[Sequence[Row]], list[str]]] = []
    for place, (column, planned) in enumerate(zip(columns, plan.columns, strict=True)):
        makers.append(column_cells(plan, planned, formats, column.thumbnail, linked=not linked or place > 0))
        if column.second and planned.second is not None:
            makers.append(column_cells(plan, planned.second, formats))

    def cells(rows: Sequence[Row]) -> list[list[str]]:
        return [make(rows) for make in makers]

    return cells


def may_draw_icons(plan: ListPlan) -> bool:
    """Whether a cell of the plan's rows may have an icon in it."""
    planned = [one for column in plan.columns for one in (column, column.second) if one is not None]
    return any(may_draw(_shown(plan, one)[1]) for one in planned)


def column_cells(
    plan: ListPlan, planned: PlannedColumn, formats: Formats, thumbnail: int = 0, *, linked: bool = True
) -> Callable[[Sequence[Row]], list[str]]:
    """The function that turns rows into the cells of one column, as HTML; pictures with the width of a
    `thumbnail`, and no link in it where it is not `linked`, since it stands in one."""
    currency = plan.extra.get(currency_path(planned.path, planned.attribute.model))
    if currency is not None:
        amount, code = itemgetter(planned.index), itemgetter(currency.index)
        return lambda rows: [formats.money(amount(row), code(row)) for row in rows]
    index, attribute = _shown(plan, planned)
    if index is None:
        return lambda rows: [""] * len(rows)
    write, value = column_writer(formats, attribute, plan.snapshot, thumbnail, linked), itemgetter(index)
    return lambda rows: write(list(map(value, rows)))


def _shown(plan: ListPlan, planned: PlannedColumn) -> tuple[int | None, CompiledAttribute]:
    """Where what people see stands, and the attribute that it is of: the name of a lookup or file, never its number."""
    if not planned.attribute.type.labelled:
        return planned.index, planned.attribute
    return planned.label_index, plan.name_type(planned.path)
