"""A plan and the shape of an ask to one select. The text depends on these alone; every value is bound at execution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    Text,
    and_,
    bindparam,
    false,
    func,
    literal_column,
    null,
    or_,
    select,
    true,
)

from metadata.types import KEY_TYPE
from runtime.access import Access
from runtime.access.scopes import person, points_at, subsidiaries
from runtime.records.conditions import condition
from runtime.records.likeness import cheap_first, escaped, like
from runtime.records.narrowing import Narrowing
from runtime.records.plan import ListPlan, PlannedColumn, SortKey
from runtime.records.source import Source

Ordered = tuple[ColumnElement[Any], bool]
CAP = 10_000
DEEP_PAGE = 40


@dataclass(frozen=True, slots=True)
class Shape:
    """What of an ask the text of its statement depends on. `empties` tells which values of a keyset's anchor are empty."""

    sort: tuple[SortKey, ...]
    terms: int = 0
    scope: str = ""
    window: Literal["offset", "deep", "after", "before", "row"] = "offset"
    empties: tuple[bool, ...] = ()
    counted: bool = True
    narrowings: tuple[Narrowing, ...] = ()


@dataclass(frozen=True, slots=True)
class Right:
    """Whether something may be done with each row: the same for all (`constant`), or told by the column at `index`."""

    constant: bool = False
    index: int | None = None


@dataclass(frozen=True, slots=True)
class Places:
    """Where a statement's rows hold what is not in the plan: sort values, rights, and the count."""

    sort: tuple[int, ...]
    write: Right
    delete: Right
    count: int | None


def list_statement(plan: ListPlan, shape: Shape, dialect: str) -> tuple[Select[Any], Places]:
    """The select of a page: id, human key, the plan's columns, then what `Places` tells."""
    source = Source(plan.snapshot, plan.standing, plan.entity.key)
    where = conditions(plan, shape, source)
    columns, order, places = parts(plan, shape, source)
    if shape.counted:
        columns.append(count_statement(plan, shape).scalar_subquery())
        places = replace(places, count=len(columns) - 1)
    labelled = [column.label(f"c{index}") for index, column in enumerate(columns)]
    reverse = shape.window == "before"
    # By the names of the columns: what is calculated is calculated once, for what is shown and for the order.
    ordering = ordered(
        [*((labelled[place], descending) for place, (_, descending) in zip(places.sort, order[:-1], strict=True)), order[-1]],
        reverse=reverse,
    )
    if shape.window in ("after", "before"):
        where.append(beyond(order, shape, dialect, reverse))
    if shape.window == "row":
        where.append(source.rows.c.id == bindparam("a_row", type_=KEY_TYPE))
    if shape.window == "deep":
        inner = select(source.rows.c.id).select_from(source.joined).where(*where)
        inner = inner.order_by(*ordered(order, reverse=reverse))
        page = inner.limit(limit()).offset(_offset()).correlate(None).subquery("page")
        statement = select(*labelled).select_from(source.joined).where(source.rows.c.id.in_(select(page.c.id)))
        statement = statement.order_by(*ordering)
    else:
        statement = select(*labelled).select_from(source.joined).where(*where).order_by(*ordering).limit(limit())
        if shape.window == "offset":
            statement = statement.offset(_offset())
    return statement, places


def parts(plan: ListPlan, shape: Shape, source: Source) -> tuple[list[ColumnElement[Any]], list[Ordered], Places]:
    """What a page selects besides a count, by what it is ordered, and where of its columns things stand."""
    columns = columns_of(plan, source)
    order = order_of(plan, shape, source)
    shown = {
        (wanted.part, wanted.path): place for place, wanted in enumerate(plan.selected, start=len(columns) - len(plan.selected))
    }
    sort_places = []
    for (column, _), path in zip(order[:-1], _sorted_paths(plan, shape, source), strict=True):
        place = shown.get((_sort_part(plan, path), path), len(columns))
        sort_places.append(place)
        if place == len(columns):
            columns.append(column)
    write, columns = _right(plan, plan.write, source, columns)
    delete, columns = _right(plan, plan.delete, source, columns)
    return columns, order, Places(tuple(sort_places), write, delete, None)


def order_of(plan: ListPlan, shape: Shape, source: Source) -> list[Ordered]:
    """By what rows are ordered: what a narrowing ranks by, else the sort; then by id, so that no two rows are alike."""
    ranks = _ranks(shape, source)
    keys = [(rank, False) for rank in ranks] or [(sort_column(plan, source, path), desc) for path, desc in shape.sort]
    return [*keys, (source.rows.c.id, bool(keys) and keys[-1][1])]


def _ranks(shape: Shape, source: Source) -> list[ColumnElement[Any]]:
    return [rank for part in shape.narrowings if (rank := part.rank(source)) is not None]


def _sorted_paths(plan: ListPlan, shape: Shape, source: Source) -> list[str]:
    """The paths of the keys of an order; "" for a rank, which has none."""
    return ["" for _ in _ranks(shape, source)] or [path for path, _ in shape.sort]


def ordered(order: Sequence[Ordered], *, reverse: bool = False) -> list[ColumnElement[Any]]:
    """The columns of an order with their directions."""
    return [column.desc() if descending != reverse else column.asc() for column, descending in order]


def columns_of(plan: ListPlan, source: Source) -> list[ColumnElement[Any]]:
    """What is selected of each row: id, human key, and what the plan has chosen."""
    return [source.rows.c.id, _or_null(source.value(plan.key)), *_selected(plan, source)]


def ordering_of(plan: ListPlan, shape: Shape, source: Source) -> list[ColumnElement[Any]]:
    """The order of the rows, ending in the id, for where there are no pages to turn."""
    keys = [(sort_column(plan, source, path), descending) for path, descending in shape.sort]
    return ordered([*keys, (source.rows.c.id, bool(keys) and keys[-1][1])])


def count_statement(plan: ListPlan, shape: Shape) -> Select[Any]:
    """The number of rows, up to one more than the cap. Joins only what its conditions need."""
    source = Source(plan.snapshot, plan.standing, plan.entity.key)
    where = conditions(plan, shape, source)
    found: Select[Any] = (
        select(literal_column("1").label("one")).select_from(source.joined).where(*where).limit(literal_column(str(CAP + 1)))
    )
    return select(func.count()).select_from(found.correlate(None).subquery("found"))


def conditions(plan: ListPlan, shape: Shape, source: Source, *, tied: bool = False) -> list[ColumnElement[bool]]:
    """Everything that a row must meet, the keyset apart. `tied`: the rows hang on others that the caller names."""
    many = not tied and plan.relationship is None and shape.window != "row"
    where: list[ColumnElement[bool]] = [
        access.predicate(source.rows, many=many) for access in plan.accesses if not access.unrestricted
    ]
    where += [condition(plan.snapshot, plan.standing, source, part) for part in plan.filters]
    where += _near(plan, source)
    where += _switch(plan, shape, source)
    where += [part.condition(source) for part in shape.narrowings]
    where += [_term(plan, source, index) for index in range(shape.terms)]
    return cheap_first(where) or [true()]


def sort_column(plan: ListPlan, source: Source, path: str) -> ColumnElement[Any]:
    """What rows are ordered by for a path: its value, or the label of its lookup."""
    return _or_null(source.label(path) if _sort_part(plan, path) == "label" else source.value(path))


def _sort_part(plan: ListPlan, path: str) -> str:
    return "label" if path and plan.snapshot.resolve(plan.entity.key, path)[-1].targets else "value"


def beyond(order: Sequence[Ordered], shape: Shape, dialect: str, reverse: bool) -> ColumnElement[bool]:
    """The rows after an anchor, in the order given; empty values stand where the database puts them."""
    terms: list[ColumnElement[bool]] = []
    same: list[ColumnElement[bool]] = []
    for index, (column, descending) in enumerate(order):
        empty = index < len(shape.empties) and shape.empties[index]
        anchor = bindparam(f"a_anchor{index}", type_=column.type)
        downwards = descending != reverse
        terms.append(and_(*same, _after(column, anchor, empty, downwards, dialect)))
        same.append(column.is_(None) if empty else column == anchor)
    return or_(false(), *terms)


def _after(column: Any, anchor: Any, empty: bool, downwards: bool, dialect: str) -> ColumnElement[bool]:
    empty_is_largest = dialect != "sqlite"
    empties_last = empty_is_largest != downwards
    if empty:
        return false() if empties_last else column.is_not(None)
    further: ColumnElement[bool] = column < anchor if downwards else column > anchor
    return or_(further, column.is_(None)) if empties_last else further


def _selected(plan: ListPlan, source: Source) -> list[ColumnElement[Any]]:
    parts = {
        "value": source.value,
        "label": source.label,
        "target": source.target,
        "reached": source.followed,
        "entity": source.followed_entity,
    }
    return [_or_null(parts[wanted.part](wanted.path)) for wanted in plan.selected]


def _or_null(column: ColumnElement[Any] | None) -> ColumnElement[Any]:
    return null() if column is None else column


def _right(
    plan: ListPlan, access: Access, source: Source, columns: list[ColumnElement[Any]]
) -> tuple[Right, list[ColumnElement[Any]]]:
    if not access.allowed:
        return Right(False), columns
    if plan.accesses[0].implies(access):
        return Right(True), columns
    return Right(index=len(columns)), [*columns, access.predicate(source.rows)]


def _near(plan: ListPlan, source: Source) -> list[ColumnElement[bool]]:
    relationship, near = plan.relationship, plan.options.near
    if relationship is None or near is None:
        return []
    record = bindparam("a_near", type_=KEY_TYPE)
    if relationship.link is None:
        return [points_at(source.rows, plan.entity.attributes[relationship.attribute], near.entity, record)]
    link = relationship.link.alias("link")
    tied = select(link.c[relationship.far]).where(link.c[relationship.near] == record).correlate(None)
    return [source.rows.c.id.in_(tied)]


def _switch(plan: ListPlan, shape: Shape, source: Source) -> list[ColumnElement[bool]]:
    path, name = {"mine": (plan.options.mine, "p_contact"), "company": (plan.options.company, "p_account")}.get(
        shape.scope, ("", "")
    )
    if not path:
        return []
    column = source.value(path)
    if column is None:
        return [false()]
    if shape.scope == "company" and plan.accesses[0].reaches_below:
        return [column.in_(select(subsidiaries(plan.snapshot).c.id))]
    return [column == person(name)]


def searched(plan: ListPlan) -> list[tuple[str, str]]:
    """The texts that a search looks at, as pairs of path and part: columns, their small print, and labels of lookups."""
    found: list[tuple[str, str]] = []
    for column in plan.columns:
        found += _texts(plan, column)
        found += _texts(plan, column.second) if column.second is not None else []
    return list(dict.fromkeys(found))


def _texts(plan: ListPlan, column: PlannedColumn) -> list[tuple[str, str]]:
    if column.attribute.type.textual:
        return [(column.path, "value")]
    if column.label_index is not None and plan.name_type(column.path).type.textual:
        return [(column.path, "label")]
    return []


def _term(plan: ListPlan, source: Source, index: int) -> ColumnElement[bool]:
    parts = {"value": source.value, "label": source.label}
    pattern = bindparam(f"a_term{index}", type_=Text())
    columns = (parts[part](path) for path, part in searched(plan))
    return or_(false(), *(like(column, pattern) for column in columns if column is not None))


def term_pattern(term: str) -> str:
    """What a word of a search looks for: anywhere in a text, or as its stars say."""
    if "*" not in term:
        return f"%{escaped(term)}%"
    return "%".join(escaped(piece) for piece in term.split("*"))


def limit() -> ColumnElement[int]:
    """How many rows are wanted."""
    return bindparam("a_limit", type_=Integer())


def _offset() -> ColumnElement[int]:
    return bindparam("a_offset", type_=BigInteger())
