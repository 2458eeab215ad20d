"""How tables of an outside system look, told by itself: what is needed to make entities and table maps of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

KINDS = ("text", "integer", "decimal", "float", "boolean", "date", "datetime", "time", "unique_id", "other")
"""What sorts of values a column may have; `other` is everything that no attribute of ours can hold."""


@dataclass(frozen=True, slots=True)
class OutsideColumn:
    """A column: its kind, its type in the outside's own words, and what the table says of its values.

    `length` is in characters, `digits` and `scale` are those of a decimal. `options` are the only texts that it may have.
    `given` says that the outside gives a value where none is sent for a new row, such as a number or a default; `computed`
    that nobody can write it.
    """

    name: str
    kind: str
    words: str
    nullable: bool = True
    length: int | None = None
    digits: int | None = None
    scale: int | None = None
    zoned: bool = True
    options: tuple[str, ...] = ()
    given: bool = False
    computed: bool = False
    comment: str = ""

    @property
    def needed(self) -> bool:
        """Whether a new row must bring a value."""
        return not self.nullable and not self.given


@dataclass(frozen=True, slots=True)
class OutsideLink:
    """A foreign key: columns, the table that they point at, and its columns in the same order."""

    columns: tuple[str, ...]
    table: str
    targets: tuple[str, ...]
    on_delete: str = "restrict"


@dataclass(frozen=True, slots=True)
class OutsideTable:
    """A table, named as a table map names it. `unique` are the unique keys besides the primary one. `rows` is about how many
    there are, None where nobody knows."""

    name: str
    columns: tuple[OutsideColumn, ...]
    primary_key: tuple[str, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    links: tuple[OutsideLink, ...] = ()
    comment: str = ""
    rows: int | None = None
    is_view: bool = False

    @property
    def by_name(self) -> dict[str, OutsideColumn]:
        """The columns by name."""
        return {column.name: column for column in self.columns}

    @property
    def keys(self) -> tuple[tuple[str, ...], ...]:
        """The primary key, where there is one, and the other keys; each once, whatever the order of its columns."""
        every = (*((self.primary_key,) if self.primary_key else ()), *self.unique)
        return tuple({frozenset(key): key for key in reversed(every)}.values())[::-1]


@runtime_checkable
class Describing(Protocol):
    """An adapter that can tell which tables there are, and how they look."""

    def tables(self, names: Collection[str] | None = None) -> Sequence[OutsideTable]:
        """These tables, or all there are, in the order of their names; what is not there is left out. Raises Fatal and
        Retriable."""
        ...
