"""Rows for web templates: query tags and entities to plans of runtime.records, with the principal of the request."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from metadata.model import Filter
from metadata.templates import Condition, QuerySpec
from runtime.context import RequestContext
from runtime.pages.cells import column_cells
from runtime.pages.columns import currency_path
from runtime.pages.speech import formats_of
from runtime.pages.templating.budget import Budget
from runtime.pages.templating.values import Cell, DataView, Sequence
from runtime.records.ask import ListAsk
from runtime.records.compared import compare
from runtime.records.errors import Denied
from runtime.records.explained import effective_query
from runtime.records.lists import fetch_list
from runtime.records.plan import ListOptions, ListPlan, plan_entity, plan_list
from runtime.records.prepared import Row

Write = Callable[[list[Row]], list[str]]


class RowView(DataView):
    """A row: its values by attribute, those behind lookups by path. What may not be read is not there."""

    def __init__(self, plan: ListPlan, row: Row, write: Callable[[str], Write]) -> None:
        self._plan, self._row, self._write = plan, row, write

    def get(self, name: str) -> Any:
        """The value of a path, or the way to longer ones."""
        column = self._plan.column(name)
        if column is not None:
            html = self._write(name)([self._row])[0] if self._row[column.index] is not None else ""
            return Cell(self._row[column.index], html, lambda below: self.get(f"{name}.{below}"))
        known = (*(item.path for item in self._plan.columns), *self._plan.extra)
        if any(path.startswith(f"{name}.") for path in known):
            return Cell(None, "", lambda below: self.get(f"{name}.{below}"))
        raise KeyError(name)


@dataclass(slots=True)
class Asking:
    """Asks for rows; `texts` are the effective queries, for those who may see them."""

    context: RequestContext
    budget: Budget
    explains: bool = False
    texts: list[str] = field(default_factory=list)

    def rows(self, spec: QuerySpec, given: tuple[Any, ...]) -> Sequence:
        """The rows of a query, fetched with one statement when they are first looked at."""
        return Sequence(lambda: self._fetch(spec, given))

    def record(self, entity: str, key: Any) -> DataView | None:
        """The record of an entity whose primary name has this value; None where there is none to be read."""
        compiled = self.context.snapshot.entities[entity]
        name = compiled.primary_name.key
        spec = QuerySpec(entity, "", tuple(compiled.attributes), (Condition(name, "eq", place=0),), (), 1)
        return next(iter(self.rows(spec, (key,))), None)

    def _fetch(self, spec: QuerySpec, given: tuple[Any, ...]) -> tuple[list[Any], Any]:
        self.budget.query()
        context = self.context
        try:
            plan = plan_of(context, spec)
        except Denied:
            return [], 0
        ask = ask_of(context, plan, spec, given)
        if ask is None:
            return [], 0
        if self.explains:
            self.texts.append(effective_query(plan, ask, context.reader.dialect))
        begun = time.monotonic()
        page = fetch_list(context.reader, plan, context.principal, ask)
        self.budget.waited(time.monotonic() - begun)
        write = writer(context, plan)
        return [RowView(plan, row, write) for row in page.rows], page.total


def writer(context: RequestContext, plan: ListPlan) -> Callable[[str], Write]:
    """What writes the values of a path as lists do."""
    formats = formats_of(context)

    def write(path: str) -> Write:
        column = plan.column(path)
        if column is None:
            raise KeyError(path)
        return context.snapshot.derive(("template cell", plan, path, formats), lambda: column_cells(plan, column, formats))

    return write


def plan_of(context: RequestContext, spec: QuerySpec) -> ListPlan:
    """The plan of a query. Raises Denied where no row may be read."""
    snapshot = context.snapshot
    entity = snapshot.views[spec.view].entity if spec.view else spec.entity
    paths = [*spec.columns, *(column.attribute for column in snapshot.views[spec.view].columns)] if spec.view else spec.columns
    currencies = (currency_path(path, snapshot.resolve(entity, path)[-1].model) for path in paths)
    extra = tuple(dict.fromkeys((*spec.columns, *(path for path in currencies if path))))
    conditions = tuple(
        Filter(attribute=item.path, operator=item.operator, value=item.value) for item in spec.conditions if item.place is None
    )
    options = ListOptions(extra=extra, filter=Filter(all=conditions) if conditions else None)
    if spec.view:
        return plan_list(snapshot, context.principal, spec.view, options)
    return plan_entity(snapshot, context.principal, entity, options)


def ask_of(context: RequestContext, plan: ListPlan, spec: QuerySpec, given: tuple[Any, ...]) -> ListAsk | None:
    """What a query asks of its plan; None where a condition has a value that nothing can have."""
    narrowings, bound = [], []
    for number, item in enumerate(spec.conditions):
        if item.place is None:
            continue
        found = compare(
            plan.snapshot, plan.standing, plan.entity.key, item.path, item.operator, f"t_{number}", given[item.place]
        )
        if found is None:
            return None
        narrowings.append(found[0])
        bound.append(found[1])
    columns = [(plan.column(path), path, descending) for path, descending in spec.order]
    sort = tuple((path, descending) for column, path, descending in columns if column is not None and column.sortable)
    return ListAsk(plan.view, spec.limit, sort=sort, narrowings=tuple(narrowings), bound=tuple(bound))
