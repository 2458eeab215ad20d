"""The values that rows found by words have in common, counted, and the narrowing of a list to some of them.

All facets of an entity are one statement: the rows are found once, as far as the person may read them, and counted by each
facet in turn. Each facet counts what the choices in the others leave, and not its own, so that a value beside one that is
chosen says how many rows it would add. What may not be read has no value here, and a lookup none where its row has no name.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Dialect,
    Integer,
    Select,
    Text,
    and_,
    bindparam,
    case,
    cast,
    false,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
    union_all,
)

from metadata.snapshot import CompiledAttribute, Snapshot
from runtime.access import Principal, Standing, access_of
from runtime.passing import passing
from runtime.records.calendar_spans import ZONE, span_start
from runtime.records.errors import Denied
from runtime.records.filters import MOST_VALUES, Bound, Chosen, Field, choose, field_for
from runtime.records.likeness import escaped, like
from runtime.records.narrowing import Narrowing
from runtime.records.prepared import Prepared, Row
from runtime.records.proof import Reader
from runtime.records.shapes import kept
from runtime.records.source import Source
from runtime.records.values import read_value
from runtime.records.words import bind_values

MOST_ROWS = 50_000
"""Found rows that are counted; of more of them the numbers are at least those told."""
MOST_SHOWN = 50
"""Values of one facet that are told, besides those that are chosen; of choices all."""
MOST_OPTIONS = 400
"""Options of a facet with several choices in each row that are counted: SQLite puts no more than 500 selects into one."""
SPANS: Mapping[str, int] = {"year": 12, "month": 1}
SPELT: Mapping[str, list[int]] = {"year": [4], "month": [4, 2]}
"""How many digits the parts of a span have in an address."""
END = 10_000 * 12
"""The month after the last one that there is."""
KINDS = frozenset({"choice", "choices", "boolean", "lookup", "text", "date", "datetime"})


@dataclass(frozen=True, slots=True)
class Facet:
    """An attribute that rows are counted by, the span of time that makes a value of dates, and its field."""

    by: str
    field: Field

    @property
    def attribute(self) -> CompiledAttribute:
        """The attribute."""
        return self.field.attribute


@dataclass(frozen=True, slots=True)
class Picked:
    """The values of a facet that are chosen, as `Counted` writes them, their narrowing, and its binds."""

    values: tuple[str, ...]
    narrowing: Narrowing
    bound: Bound


@dataclass(frozen=True, slots=True)
class InSpans:
    """The narrowing to rows whose date lies in one of some spans of time; the binds are the bounds of each in turn."""

    path: str
    name: str
    count: int

    @property
    def ranks(self) -> bool:
        """No."""
        return False

    def condition(self, source: Source) -> ColumnElement[bool]:
        """What the value of a row must meet."""
        column = source.value(self.path)
        if column is None:
            return false()
        bounds = [bindparam(f"{self.name}_{place}", type_=column.type) for place in range(2 * self.count)]
        spans = zip(bounds[::2], bounds[1::2], strict=True)
        return or_(false(), *(and_(column >= low, column < high) for low, high in spans))

    def rank(self, source: Source) -> ColumnElement[Any] | None:
        """The order stays."""
        return None


@passing
class Counted:
    """A value of a facet, as text that an address may have: an option, 1 or 0, an id, a text, a year or a month. `name` is that
    of the row that a lookup leads to."""

    value: str
    name: str
    rows: int


@passing
class FacetCounts:
    """The values of each facet, those of the most rows first and of dates the last ones; `found` rows without any choice,
    of which no more than MOST_ROWS were counted where `capped`."""

    values: list[list[Counted]]
    found: int
    capped: bool


def facet_for(snapshot: Snapshot, standing: Standing, entity: str, attribute: str, by: str, name: str) -> Facet | None:
    """The facet of an attribute, or None where it may not be read; `name` begins its binds."""
    field = field_for(snapshot, standing, entity, attribute, name)
    return None if field is None or field.attribute.type.name not in KINDS else Facet(by, field)


def pick(snapshot: Snapshot, facet: Facet, values: Sequence[str], zone: dt.tzinfo) -> Picked:
    """The narrowing to some values of a facet, from their texts; spans by the clock of a zone. Raises ValueError for none."""
    field, once = facet.field, tuple(dict.fromkeys(values))
    if facet.by:
        return _picked_spans(facet, once, zone)
    if field.kind == "switch":
        typed = list(dict.fromkeys(read_value("boolean", value) for value in once))
        bound = tuple((f"{field.name}_{place}", value) for place, value in enumerate(typed))
        told = tuple(str(int(value)) for value in typed)
        return Picked(told, Chosen(field.path, "set", field.name, count=len(typed)), bound)
    if field.kind == "text":
        return _picked_texts(field, once)
    narrowing, bound = choose(snapshot, field, once)
    if field.kind == "rows":
        once = tuple(dict.fromkeys(str(int(value)) for value in once))
    return Picked(once, narrowing, bound)


def _picked_texts(field: Field, values: tuple[str, ...]) -> Picked:
    """The narrowing to rows with one of some texts, as they are written. Raises ValueError."""
    if not 1 <= len(values) <= MOST_VALUES:
        raise ValueError("too many values")
    typed = [read_value("text", value) for value in values]
    size = _few_sizes(len(typed))
    bound = tuple((f"{field.name}_{place}", value) for place, value in enumerate(typed + typed[-1:] * (size - len(typed))))
    return Picked(values, Chosen(field.path, "set", field.name, count=size), bound)


def _few_sizes(count: int) -> int:
    """The next power of two, so that few statements are kept."""
    return 1 << (count - 1).bit_length()


def span_of(value: str, by: str) -> tuple[dt.date, dt.date]:
    """The first day of a year or a month, such as 2024 or 2024-05, and that of the next. Raises ValueError for neither."""
    parts = value.split("-")
    if [len(part) for part in parts] != SPELT[by] or not all(part.isascii() and part.isdecimal() for part in parts):
        raise ValueError("no span of time")
    first = dt.date(int(parts[0]), int(parts[1]) if parts[1:] else 1, 1)
    months = first.year * 12 + first.month - 1 + SPANS[by]
    return first, dt.date(months // 12, months % 12 + 1, 1) if months < END else dt.date.max


def _picked_spans(facet: Facet, values: tuple[str, ...], zone: dt.tzinfo) -> Picked:
    if not 1 <= len(values) <= MOST_VALUES:
        raise ValueError("too many values")
    days = [day for value in values for day in span_of(value, facet.by)]
    bounds: list[dt.date] = days
    if facet.attribute.type.name == "datetime":
        try:
            bounds = [dt.datetime.combine(day, dt.time(), zone).astimezone(dt.UTC) for day in days]
        except OverflowError as error:
            raise ValueError("no such day") from error
    size = _few_sizes(len(values))
    bounds += bounds[-2:] * (size - len(values))
    name = facet.field.name
    bound = tuple((f"{name}_{place}", value) for place, value in enumerate(bounds))
    return Picked(values, InSpans(facet.field.path, name, size), bound)


@dataclass(frozen=True, slots=True)
class FacetAsk:
    """What is counted: facets with the narrowing by what is chosen of each, None where nothing is, of the rows that meet
    all of `narrowings`."""

    facets: tuple[Facet, ...]
    picked: tuple[Narrowing | None, ...]
    narrowings: tuple[Narrowing, ...]


def fetch_facets(
    reader: Reader, snapshot: Snapshot, principal: Principal, entity: str, wanted: FacetAsk, bound: Bound, zone: str
) -> FacetCounts:
    """The values of facets with the numbers of their rows: one statement. Raises Denied where no row may be read."""
    standing, dialect = principal.standing, reader.dialect
    if not access_of(snapshot, standing, entity, "read").allowed:
        raise Denied(entity)
    key = ("facets", standing, entity, wanted, dialect.name)
    prepared = kept(
        snapshot, key, lambda: Prepared(_Counting(snapshot, standing, entity, wanted, dialect).statement(), dialect)
    )
    values = {**bind_values(principal, prepared.names), **dict(bound), ZONE: zone}
    return _told(wanted, prepared.rows(reader, values))


@dataclass(frozen=True, slots=True)
class _Counting:
    """The making of the statement."""

    snapshot: Snapshot
    standing: Standing
    entity: str
    wanted: FacetAsk
    dialect: Dialect

    def statement(self) -> Select[Any]:
        """How many rows there are without any choice, as facet -1, and then the values of each facet."""
        found = self._found()
        everything = select(
            literal_column("-1", Integer()).label("facet"),
            cast(null(), Text()).label("value"),
            cast(null(), Text()).label("name"),
            func.count().label("rows"),
            literal_column("0", Integer()).label("met"),
        ).select_from(found)
        parts = [everything, *(self._values(found, place) for place in range(len(self.wanted.facets)))]
        counts = union_all(*(select(part.subquery(f"part{place}")) for place, part in enumerate(parts))).subquery("counts")
        return select(counts.c.facet, counts.c.value, counts.c.name, counts.c.rows).order_by(
            counts.c.facet, counts.c.met.desc(), counts.c.rows.desc(), counts.c.name, counts.c.value
        )

    def _found(self) -> CTE:
        """The rows within reach that the words find, with the value of each facet and whether what is chosen of it is met."""
        source = Source(self.snapshot, self.standing, self.entity)
        access = access_of(self.snapshot, self.standing, self.entity, "read")
        where = [] if access.unrestricted else [access.predicate(source.rows, many=True)]
        where += [part.condition(source) for part in self.wanted.narrowings]
        columns: list[ColumnElement[Any]] = []
        for place, (facet, picked) in enumerate(zip(self.wanted.facets, self.wanted.picked, strict=True)):
            value, name = self._value(source, facet)
            met = literal_column("1", Integer()) if picked is None else case((picked.condition(source), 1), else_=0)
            columns += [value.label(f"value{place}"), name.label(f"name{place}"), met.label(f"met{place}")]
        rows = select(*columns).select_from(source.joined).where(*where).limit(literal_column(str(MOST_ROWS + 1)))
        # Counted by each facet: without the word a database may find the rows as often as there are facets.
        return rows.cte("counted").prefix_with("MATERIALIZED")

    def _value(self, source: Source, facet: Facet) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
        """The value of a facet in a row, as text; and the name of the row that a lookup leads to, without which it has none."""
        column, nothing = source.value(facet.field.path), cast(null(), Text())
        if column is None:
            return nothing, nothing
        kind = facet.attribute.type.name
        if kind == "lookup":
            label = source.label(facet.field.path)
            if label is None:
                return nothing, nothing
            name = cast(label, Text())
            return case((name.is_not(None), cast(column, Text())), else_=None), name
        if facet.by:
            return self._day(span_start(column, facet.by, kind == "datetime", self.dialect)), nothing
        if kind == "boolean":
            return case((column.is_(True), "1"), (column.is_(False), "0"), else_=None), nothing
        text = cast(column, Text())
        return (func.nullif(text, literal_column("''")) if kind == "text" else text), nothing

    def _day(self, day: ColumnElement[Any]) -> ColumnElement[Any]:
        """A day as 2024-05-06, however a server is set to write it."""
        if self.dialect.name == "sqlite":
            return cast(day, Text())
        return func.to_char(day, literal_column("'YYYY-MM-DD'"), type_=Text())

    def _values(self, found: CTE, place: int) -> Select[Any]:
        """The values of one facet. Those of no row that the other facets leave are told where they are chosen."""
        facet = self.wanted.facets[place]
        value, name, own = (found.c[f"{part}{place}"] for part in ("value", "name", "met"))
        others = [
            found.c[f"met{other}"] == 1 for other, one in enumerate(self.wanted.picked) if one is not None and other != place
        ]
        left: ColumnElement[Any] = func.sum(case((and_(*others), 1), else_=0)) if others else func.count()
        rows: Any = found
        if facet.attribute.type.name == "choices":
            given = self._options(facet, place)
            rows, value = found.join(given, like(value, given.c.pattern)), given.c.option
        is_picked = self.wanted.picked[place] is not None
        is_chosen: ColumnElement[Any] = func.max(own) if is_picked else literal_column("0", Integer())
        order = [value.desc()] if facet.by else [left.desc(), func.min(name), value]
        order = [is_chosen.desc(), *order] if is_picked else order
        statement = select(
            literal_column(str(place), Integer()).label("facet"),
            value.label("value"),
            func.min(name).label("name"),
            left.label("rows"),
            is_chosen.label("met"),
        )
        statement = statement.select_from(rows).where(value.is_not(None)).group_by(value)
        if facet.field.kind == "set":
            return statement
        return statement.order_by(*order).limit(literal_column(str(MOST_SHOWN + MOST_VALUES)))

    def _options(self, facet: Facet, place: int) -> Any:
        """The options of a choice as rows, to be joined with those that have several of them."""
        known = [option.value for option in self.snapshot.choices[facet.attribute.model.choice].options]
        pairs = [
            select(literal(option, Text()).label("option"), literal(f"%|{escaped(option)}|%", Text()).label("pattern"))
            for option in known[:MOST_OPTIONS]
        ]
        return union_all(*pairs).subquery(f"options{place}")


def _told(wanted: FacetAsk, rows: Sequence[Row]) -> FacetCounts:
    values: list[list[Counted]] = [[] for _ in wanted.facets]
    found = 0
    for place, value, name, number in rows:
        if place < 0:
            found = int(number)
        else:
            by = wanted.facets[place].by
            values[place].append(Counted(_span_text(value, by) if by else value, name or "", int(number or 0)))
    for facet, some in zip(wanted.facets, values, strict=True):
        if facet.by:
            some.sort(key=lambda one: one.value, reverse=True)
    return FacetCounts(values, min(found, MOST_ROWS), found > MOST_ROWS)


def _span_text(day: str, by: str) -> str:
    return day[:4] if by == "year" else day[:7]
