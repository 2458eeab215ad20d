"""Conditions that a program asks for: what is compared with what, in shapes that can be told apart, with values bound by name.

Every value comes through `Source`: what may not be read is empty, and a condition on what may not be read at all does not
hold. Rows of a relationship are those that the person may read, so that nothing is told of others by counting them.
A condition holds or does not: where a value is missing a comparison does not hold, and its opposite does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    Text,
    and_,
    bindparam,
    cast,
    exists,
    extract,
    false,
    func,
    literal_column,
    not_,
    or_,
    select,
    true,
    type_coerce,
)

from metadata.snapshot import Relationship
from metadata.types import UtcDateTime
from runtime.access import access_of
from runtime.access.scopes import points_at
from runtime.records.likeness import like
from runtime.records.narrowing import Narrowing
from runtime.records.source import Source, trace

Column = ColumnElement[Any]
Scopes = Sequence[Source]
BOUND_TYPES: dict[str, Any] = {"integer": BigInteger(), "text": Text(), "moment": UtcDateTime()}


@dataclass(frozen=True, slots=True)
class Of:
    """The value of a path of the rows around (`scope` 0) or of a relationship's rows within; of a lookup, the id reached."""

    path: str
    scope: int = 0
    reached: bool = False

    def column(self, scopes: Scopes) -> Column | None:
        """The column; None where it may not be read."""
        source = scopes[self.scope]
        return source.followed(self.path) if self.reached else source.value(self.path)


@dataclass(frozen=True, slots=True)
class Given:
    """A value of the request, by the name of its bind. It is of the type of what it is compared with unless `kind` says."""

    name: str
    kind: str = ""

    def column(self, scopes: Scopes) -> Column | None:
        """The bind."""
        return bindparam(self.name, type_=BOUND_TYPES.get(self.kind, Text()))

    def like(self, other: Column) -> Column:
        """The bind, of the type of another column."""
        return bindparam(self.name, type_=BOUND_TYPES.get(self.kind) or other.type)


@dataclass(frozen=True, slots=True)
class Made:
    """A function of other values."""

    function: str
    arguments: tuple[Term, ...]

    def column(self, scopes: Scopes) -> Column | None:
        """The column; None where one of the arguments may not be read."""
        found = [argument.column(scopes) for argument in self.arguments]
        columns = [column for column in found if column is not None]
        return _MADE[self.function](*columns) if len(columns) == len(found) else None


@dataclass(frozen=True, slots=True)
class Many:
    """How many rows of a relationship there are for which a condition holds."""

    relationship: str
    scope: int
    condition: Clause | None = None

    def column(self, scopes: Scopes) -> Column | None:
        """The number; None where no such row may be read."""
        rows = _Related.of(scopes, self.relationship, self.scope)
        return None if rows is None else rows.count(self.condition)


Term = Of | Given | Made | Many


@dataclass(frozen=True, slots=True)
class Compared:
    """One value beside another one, or beside nothing where `right` is None; `operator` is eq, ne, gt, ge, lt or le."""

    operator: str
    left: Term
    right: Term | None

    def sql(self, scopes: Scopes, certain: bool) -> ColumnElement[bool]:
        """What must hold."""
        left = self.left.column(scopes)
        if left is None:
            return false()
        if self.right is None:
            return left.is_(None) if self.operator == "eq" else left.is_not(None)
        right = self.right.like(left) if isinstance(self.right, Given) else self.right.column(scopes)
        if right is None:
            return false()
        if self.operator in ("eq", "ne") and not isinstance(self.right, Given):
            return left.is_not_distinct_from(right) if self.operator == "eq" else left.is_distinct_from(right)
        if self.operator == "ne":
            return or_(left != right, left.is_(None))
        return _sure(_COMPARE[self.operator](left, right), certain)


@dataclass(frozen=True, slots=True)
class Among:
    """A value that is one of those bound, or nothing where `empty` is among them."""

    left: Term
    names: tuple[str, ...]
    empty: bool = False

    def sql(self, scopes: Scopes, certain: bool) -> ColumnElement[bool]:
        """What must hold."""
        left = self.left.column(scopes)
        if left is None:
            return false()
        parts: list[ColumnElement[bool]] = [left.is_(None)] if self.empty else []
        if self.names:
            parts.append(_sure(left.in_([bindparam(name, type_=left.type) for name in self.names]), certain))
        return or_(false(), *parts)


@dataclass(frozen=True, slots=True)
class Matches:
    """A text that is like a pattern which is bound, whatever the case of its letters."""

    left: Term
    name: str

    def sql(self, scopes: Scopes, certain: bool) -> ColumnElement[bool]:
        """What must hold."""
        left = self.left.column(scopes)
        return false() if left is None else _sure(like(left, bindparam(self.name, type_=Text())), certain)


@dataclass(frozen=True, slots=True)
class Joined:
    """Conditions that must all hold (`and`), or of which one must (`or`)."""

    word: Literal["and", "or"]
    parts: tuple[Clause, ...]

    def sql(self, scopes: Scopes, certain: bool) -> ColumnElement[bool]:
        """What must hold."""
        found = [part.sql(scopes, certain) for part in self.parts]
        return and_(true(), *found) if self.word == "and" else or_(false(), *found)


@dataclass(frozen=True, slots=True)
class Opposite:
    """A condition that must not hold."""

    part: Clause

    def sql(self, scopes: Scopes, certain: bool) -> ColumnElement[bool]:
        """What must hold."""
        return not_(self.part.sql(scopes, True))


@dataclass(frozen=True, slots=True)
class Always:
    """What holds for every row, or for none."""

    holds: bool

    def sql(self, scopes: Scopes, certain: bool) -> ColumnElement[bool]:
        """What must hold."""
        return true() if self.holds else false()


@dataclass(frozen=True, slots=True)
class OfRelated:
    """A condition on the rows of a relationship: it holds for `any` of them, or for `all`."""

    relationship: str
    scope: int
    quantifier: Literal["any", "all"]
    condition: Clause | None = None

    def sql(self, scopes: Scopes, certain: bool) -> ColumnElement[bool]:
        """What must hold."""
        rows = _Related.of(scopes, self.relationship, self.scope)
        if rows is None:
            return false()
        if self.quantifier == "any":
            return rows.exist(self.condition)
        return not_(rows.exist(None if self.condition is None else Opposite(self.condition)))


Clause = Compared | Among | Matches | Joined | Opposite | Always | OfRelated


@dataclass(frozen=True, slots=True)
class Narrowed:
    """A condition as a narrowing of a list."""

    clause: Clause

    @property
    def ranks(self) -> bool:
        """No."""
        return False

    def condition(self, source: Source) -> ColumnElement[bool]:
        """What a row must meet."""
        return self.clause.sql((source,), False)

    def rank(self, source: Source) -> ColumnElement[Any] | None:
        """The order stays."""
        return None


@dataclass(frozen=True, slots=True)
class Unranked:
    """Another narrowing without the order that it would put rows into."""

    narrowing: Narrowing

    @property
    def ranks(self) -> bool:
        """No."""
        return False

    def condition(self, source: Source) -> ColumnElement[bool]:
        """What a row must meet."""
        return self.narrowing.condition(source)

    def rank(self, source: Source) -> ColumnElement[Any] | None:
        """The order stays."""
        return None


@dataclass(frozen=True, slots=True)
class _Related:
    """The readable rows of a relationship, for a statement within the one of the rows around."""

    scopes: Scopes
    near: Source
    inner: Source
    relationship: Relationship

    @classmethod
    def of(cls, scopes: Scopes, key: str, scope: int) -> _Related | None:
        """None where the person may read none, or not the lookup by which they are related."""
        near = scopes[scope]
        found = near.entity.relationships[key]
        if not access_of(near.snapshot, near.standing, found.entity, "read").allowed:
            return None
        if found.attribute and trace(near.snapshot, near.standing, found.entity, found.attribute) is None:
            return None
        rows = near.snapshot.entities[found.entity].table.alias(f"r{len(scopes)}")
        inner = Source(near.snapshot, near.standing, found.entity, rows, f"r{len(scopes)}j")
        return cls(scopes, near, inner, found)

    def exist(self, condition: Clause | None) -> ColumnElement[bool]:
        """Whether there is one for which the condition holds."""
        where = self._where(condition)
        one: Select[Any] = select(literal_column("1")).select_from(self.inner.joined).where(*where)
        return exists(one.correlate_except(*self.inner.tables))

    def count(self, condition: Clause | None) -> Column:
        """How many there are for which the condition holds."""
        where = self._where(condition)
        found = select(func.count()).select_from(self.inner.joined).where(*where)
        return found.correlate_except(*self.inner.tables).scalar_subquery()

    def _where(self, condition: Clause | None) -> list[ColumnElement[bool]]:
        inner = self.inner
        access = access_of(inner.snapshot, inner.standing, inner.entity.key, "read")
        where = [self._tie(), *([] if access.unrestricted else [access.predicate(inner.rows)])]
        if condition is not None:
            where.append(condition.sql((*self.scopes, inner), True))
        return where

    def _tie(self) -> ColumnElement[bool]:
        """Whether the row is one of those of the row around; by a lookup only where that one may be read on the row."""
        found, far = self.relationship, self.inner.rows
        if found.link is not None:
            link = found.link.alias()
            tied = and_(link.c[found.near] == self.near.rows.c.id, link.c[found.far] == far.c.id)
            return exists(select(literal_column("1")).select_from(link).where(tied).correlate_except(link))
        lookup = self.inner.entity.attributes[found.attribute]
        access = access_of(self.near.snapshot, self.near.standing, found.entity, "read")
        tie = points_at(far, lookup, self.near.entity.key, self.near.rows.c.id)
        return and_(tie, access.predicate(far, (found.attribute,)))


def _sure(condition: ColumnElement[bool], certain: bool) -> ColumnElement[bool]:
    """A condition that is never unknown, where its opposite may be asked."""
    return func.coalesce(condition, false()) if certain else condition


def _part(name: str) -> Any:
    return lambda column: cast(extract(name, column), Integer())


_COMPARE = {
    "eq": lambda left, right: left == right,
    "gt": lambda left, right: left > right,
    "ge": lambda left, right: left >= right,
    "lt": lambda left, right: left < right,
    "le": lambda left, right: left <= right,
}
_MADE: dict[str, Any] = {
    "length": lambda column: func.length(type_coerce(column, Text()), type_=Integer()),
    "tolower": lambda column: func.lower(type_coerce(column, Text()), type_=Text()),
    "toupper": lambda column: func.upper(type_coerce(column, Text()), type_=Text()),
    "trim": lambda column: func.trim(type_coerce(column, Text()), type_=Text()),
    "concat": lambda left, right: type_coerce(left, Text()) + type_coerce(right, Text()),
    "year": _part("year"),
    "month": _part("month"),
    "day": _part("day"),
}
