"""One table as it should be against the table as it is: the steps from one to the other."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from sqlalchemy import Column, Connection, Table

import metadata.migrate.existing as counting
from metadata.migrate.conversion import count_lost
from metadata.migrate.existing import Existing
from metadata.migrate.physical import copy_of
from metadata.migrate.search_steps import CreateSearch, DropSearch
from metadata.migrate.shapes import Shape, columns_of, family, shape_of, text_length, type_for
from metadata.migrate.steps import (
    AddColumn,
    AddForeignKey,
    ChangeLength,
    ConvertColumn,
    CreateIndex,
    CreateTable,
    DropColumn,
    DropForeignKey,
    DropIndex,
    DropTable,
    RebuildTable,
    Step,
)
from metadata.searching import SEARCHES
from metadata.told import told


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every comparison needs. With `drop`, what metadata no longer names goes; else it is kept."""

    connection: Connection
    there: Existing
    drop: bool

    @property
    def sqlite(self) -> bool:
        """Whether the database changes no column and no foreign key in place."""
        return self.connection.dialect.name == "sqlite"


@dataclass(frozen=True, slots=True)
class Comparison:
    """What one table needs. `kept` would be dropped if told; `shape` is what the register says afterwards."""

    steps: tuple[Step, ...]
    kept: tuple[Step, ...]
    shape: Shape


@dataclass(frozen=True, slots=True)
class _Parts:
    before: tuple[Step, ...]
    columns: tuple[Step, ...]
    dropped: tuple[Step, ...]
    after: tuple[Step, ...]

    @property
    def added(self) -> set[str]:
        return {step.name for step in self.columns if isinstance(step, AddColumn)}

    @property
    def converted(self) -> bool:
        return any(isinstance(step, ConvertColumn) for step in self.columns)


def compare_new(table: Table, around: Surroundings) -> Comparison:
    """A table that is not there yet."""
    shape = shape_of(table)
    create = CreateTable(table=table.name, target=table)
    keys = () if around.sqlite else _foreign_keys(table.name, shape)
    return Comparison((create, *keys, *search_steps(table, frozenset())), (), shape)


def compare_table(table: Table, around: Surroundings) -> Comparison:
    """A table that is there and is ours."""
    old, new = around.there.shape(table.name), shape_of(table)
    if old == new:
        return Comparison((), (), new)
    if _key_of(table, old) != _key_of(table, new):
        gone = DropTable(table=table.name, lost=counting.count_rows(around.connection, table.name))
        return Comparison((gone, *compare_new(table, around).steps), (), new)
    unused = tuple(_unused(around.connection, table.name, old, new))
    columns = tuple(_columns(table, around, old, new))
    moved = {step.name for step in columns if isinstance(step, ConvertColumn)}
    before, after = _leaving(table.name, old, new, moved), _arriving(table.name, (old, new), moved, around.connection)
    parts = _Parts(before, columns, unused if around.drop else (), after)
    kept = () if around.drop else unused
    shape = replace(new, columns={**new.columns, **{step.name: old.columns[step.name] for step in kept}})
    ordered = _ordered(table, around, shape, parts)
    return Comparison(_with_searches(table, old, new, ordered), kept, shape)


def _key_of(table: Table, shape: Shape) -> set[tuple[str, str | None]]:
    """The primary key: a link table to another entity than before is another table."""
    return {(column.name, shape.columns.get(column.name)) for column in table.primary_key}


def _unused(connection: Connection, table: str, old: Shape, new: Shape) -> Iterator[DropColumn]:
    for name in old.columns:
        if name not in new.columns:
            yield DropColumn(table=table, name=name, lost=counting.count_values(connection, table, name))


def _columns(table: Table, around: Surroundings, old: Shape, new: Shape) -> Iterator[Step]:
    for column in table.columns:
        before, after = old.columns.get(column.name), new.columns[column.name]
        if before is None:
            yield _added(table, column, after, around)
        elif before != after:
            yield _changed(around.connection, (table.name, column.name), before, after)


def _added(table: Table, column: Column[object], word: str, around: Surroundings) -> AddColumn:
    foreign = column.name in around.there.tables[table.name]
    taken = told("a column of this name that is not Foyer's own is in the way; rename one of them") if foreign else ""
    return AddColumn(table=table.name, name=column.name, column=column, word=word, blocked=taken)


def _changed(connection: Connection, place: tuple[str, str], before: str, after: str) -> Step:
    table, name = place
    if family(before)[0] == family(after)[0] == "text":
        narrower = text_length(after) < text_length(before)
        lost = counting.count_longer(connection, table, name, int(text_length(after))) if narrower else 0
        return ChangeLength(table=table, name=name, before=before, after=after, lost=lost)
    lost = count_lost(connection, table, name, (before, after))
    return ConvertColumn(table=table, name=name, before=before, after=after, lost=lost)


def _leaving(table: str, old: Shape, new: Shape, moved: set[str]) -> tuple[Step, ...]:
    """Indexes and foreign keys that are no longer asked for, that have changed, or that stand on a converted column."""
    keys = [
        DropForeignKey(table=table, name=name)
        for name, word in old.foreign_keys.items()
        if new.foreign_keys.get(name) != word or moved & set(columns_of(word))
    ]
    indexes = [
        DropIndex(table=table, name=name)
        for name, word in old.indexes.items()
        if new.indexes.get(name) != word or moved & set(columns_of(word))
    ]
    return (*keys, *indexes)


def _arriving(
    table: str, shapes: tuple[Shape, Shape], moved: set[str], connection: Connection
) -> tuple[CreateIndex | AddForeignKey, ...]:
    old, new = shapes
    indexes = [
        CreateIndex(table=table, name=name, word=word, blocked=_repeated(connection, table, word, old))
        for name, word in new.indexes.items()
        if old.indexes.get(name) != word or moved & set(columns_of(word))
    ]
    keys = [
        AddForeignKey(table=table, name=name, word=word)
        for name, word in new.foreign_keys.items()
        if old.foreign_keys.get(name) != word or moved & set(columns_of(word))
    ]
    return (*indexes, *keys)


def _repeated(connection: Connection, table: str, word: str, old: Shape) -> str:
    """Why a unique index cannot be made, where rows are in the way. A column that is still to come has no values."""
    columns = columns_of(word)
    if not word.startswith("unique ") or any(column not in old.columns for column in columns):
        return ""
    number = counting.count_repeated(connection, table, columns)
    if number == 1:
        return told("one row repeats the values of another; change or delete it first")
    return told("{count} rows repeat the values of others; change or delete them first", count=number) if number else ""


def _ordered(table: Table, around: Surroundings, shape: Shape, parts: _Parts) -> tuple[Step, ...]:
    if not around.sqlite:
        return (*parts.before, *parts.columns, *parts.dropped, *parts.after)
    if not _needs_rebuild(parts):
        after = (step for step in parts.after if isinstance(step, CreateIndex))
        return (*parts.before, *parts.columns, *parts.dropped, *after)
    target = copy_of(table)
    for name, word in shape.columns.items():
        if name not in target.columns:
            target.append_column(Column(name, type_for(word)))
    early = (step for step in parts.before if isinstance(step, DropIndex))
    blocked = (step for step in parts.after if step.blocked)
    rebuild = RebuildTable(table=table.name, target=target)
    return (*early, *parts.columns, *parts.dropped, *blocked, rebuild)


def _with_searches(table: Table, old: Shape, new: Shape, steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The steps between dropping and making search indexes, which are made anew where a step takes hold of their columns."""
    calm = all(isinstance(step, AddColumn | CreateIndex | DropIndex | AddForeignKey | DropForeignKey) for step in steps)
    staying = frozenset(name for name in old.searches if name in new.searches) if calm else frozenset()
    gone = (DropSearch(table=table.name, name=name) for name in old.searches if name not in staying)
    return (*gone, *steps, *search_steps(table, staying))


def search_steps(table: Table, staying: Collection[str]) -> Iterator[CreateSearch]:
    """What makes the search indexes of a table but those that stay."""
    for index in table.info.get(SEARCHES, ()):
        if index.name not in staying:
            yield CreateSearch(table=table.name, name=index.name, index=index)


def _needs_rebuild(parts: _Parts) -> bool:
    """SQLite drops no column with a key, and changes no type and no foreign key; a new column brings its own key."""
    changed = [step for step in (*parts.before, *parts.after) if isinstance(step, AddForeignKey | DropForeignKey)]
    own = [step for step in changed if isinstance(step, AddForeignKey) and columns_of(step.word)[0] in parts.added]
    return bool(parts.dropped) or parts.converted or len(changed) > len(own)


def _foreign_keys(table: str, shape: Shape) -> tuple[AddForeignKey, ...]:
    return tuple(AddForeignKey(table=table, name=name, word=word) for name, word in shape.foreign_keys.items())
