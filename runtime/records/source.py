"""The rows of an entity joined with what paths over lookups lead to, as far as a standing may read them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, case, func

from metadata.snapshot import CompiledAttribute, CompiledEntity, Snapshot
from runtime.access import Access, Standing, access_of
from runtime.files.register import label_column
from runtime.records.calculated import calculated


@dataclass(frozen=True, slots=True)
class Leaf:
    """The end of a path: the attribute and the entity that has it."""

    entity: CompiledEntity
    attribute: CompiledAttribute


def trace(snapshot: Snapshot, standing: Standing, entity: str, path: str) -> tuple[Leaf, ...] | None:
    """The attributes along a path, or None where one is not there or may not be read: the two look alike."""
    leaves: list[Leaf] = []
    current = snapshot.entities.get(entity)
    for part in path.split("."):
        if leaves:
            targets = leaves[-1].attribute.targets
            current = snapshot.entities.get(targets[0]) if len(targets) == 1 else None
        if current is None or part not in current.attributes:
            return None
        if part not in access_of(snapshot, standing, current.key, "read").attributes:
            return None
        leaves.append(Leaf(current, current.attributes[part]))
    return tuple(leaves)


def name_paths(snapshot: Snapshot, standing: Standing, entity: str, path: str) -> dict[str, CompiledAttribute]:
    """For a path to a lookup: the naming attribute of each target entity that may be read, by the target's key."""
    leaves = trace(snapshot, standing, entity, path)
    if leaves is None:
        return {}
    found = {}
    for target in leaves[-1].attribute.targets:
        name = snapshot.entities[target].primary_name
        if name.key in access_of(snapshot, standing, target, "read").attributes:
            found[target] = name
    return found


class Source:
    """A growing FROM: asking for a column of a path joins the tables on its way, each with its own read predicate.

    A row that may not be read is therefore not there for the join, and all its columns are empty. `rows` is the entity's
    table unless it is an alias of it, for a statement within another one; `prefix` begins the names of what is joined.
    """

    def __init__(
        self, snapshot: Snapshot, standing: Standing, entity: str, rows: FromClause | None = None, prefix: str = "j"
    ) -> None:
        self.entity = snapshot.entities[entity]
        self.snapshot = snapshot
        self.standing = standing
        self.rows: FromClause = self.entity.table if rows is None else rows
        self.joined: FromClause = self.rows
        self._prefix = prefix
        self._aliases: dict[tuple[str, str], FromClause] = {}
        self._beside: dict[Hashable, FromClause] = {}

    def value(self, path: str) -> ColumnElement[Any] | None:
        """The column at the end of a path, or None where it may not be read."""
        found = self._end(path)
        if found is None:
            return None
        rows, leaf = found
        return self._column(rows, leaf, leaf.attribute.column.name)

    def target(self, path: str) -> ColumnElement[Any] | None:
        """The column that holds the entity's key of a polymorphic lookup, or None."""
        found = self._end(path)
        if found is None or found[1].attribute.target_column is None:
            return None
        rows, leaf = found
        return self._column(rows, leaf, found[1].attribute.target_column.name)

    def followed(self, path: str) -> ColumnElement[Any] | None:
        """The id of the row that a lookup leads to, empty where that row may not be read. None for what is no lookup."""
        found = self._end(path)
        if found is None or not found[1].attribute.targets:
            return None
        leaf = found[1]
        targets = [target for target in leaf.attribute.targets if self._access(target).allowed]
        if not targets:
            return None
        if leaf.attribute.target_column is None and self._access(targets[0]).reaches_all:
            return self._column(*found, leaf.attribute.column.name)
        columns = [self._join(path, target, *found).c.id for target in targets]
        return columns[0] if len(columns) == 1 else func.coalesce(*columns)

    def followed_entity(self, path: str) -> ColumnElement[Any] | None:
        """The entity of the row that a polymorphic lookup leads to, empty where that row may not be read."""
        row, entity = self.followed(path), self.target(path)
        return None if row is None or entity is None else case((row.is_not(None), entity), else_=None)

    @property
    def tables(self) -> tuple[FromClause, ...]:
        """The rows and everything that was joined to them."""
        return (self.rows, *self._aliases.values())

    def label(self, path: str) -> ColumnElement[Any] | None:
        """What people see of a value: the name of the row that a lookup leads to, the label of a file.

        None where no name may be read.
        """
        names = name_paths(self.snapshot, self.standing, self.entity.key, path)
        found = self._end(path)
        if found is not None and found[1].attribute.type.is_file:
            return self._file_label(*found)
        if found is None or not names:
            return None
        columns = []
        for target, name in names.items():
            rows = self._join(path, target, *found)
            columns.append((rows, self._column(rows, Leaf(self.snapshot.entities[target], name), name.column.name)))
        if len(columns) == 1:
            return columns[0][1]
        return case(*((rows.c.id.is_not(None), column) for rows, column in columns), else_=None)

    def beside(self, name: Hashable, make: Callable[[], FromClause], *, needed: bool) -> FromClause:
        """What was found elsewhere of the rows, by their `id`, joined once; with `needed` no other rows are left."""
        if name not in self._beside:
            found = self._beside[name] = make()
            self.joined = self.joined.join(found, found.c.id == self.rows.c.id, isouter=not needed)
        return self._beside[name]

    def reached(self, attributes: Iterable[str]) -> ColumnElement[bool]:
        """Whether a row may be read with all of these attributes."""
        return self._access(self.entity.key).predicate(self.rows, attributes)

    def _file_label(self, rows: FromClause, leaf: Leaf) -> ColumnElement[Any]:
        file = self._column(rows, leaf, leaf.attribute.column.name)
        return label_column(leaf.entity.key, leaf.attribute.key, rows, rows.c.id, file)

    def _end(self, path: str) -> tuple[FromClause, Leaf] | None:
        leaves = trace(self.snapshot, self.standing, self.entity.key, path)
        if leaves is None:
            return None
        rows = self.rows
        parts = path.split(".")
        for position, leaf in enumerate(leaves[:-1]):
            rows = self._join(".".join(parts[: position + 1]), leaf.attribute.targets[0], rows, leaf)
        return rows, leaves[-1]

    def _join(self, path: str, target: str, rows: FromClause, leaf: Leaf) -> FromClause:
        known = self._aliases.get((path, target))
        if known is not None:
            return known
        alias = self.snapshot.entities[target].table.alias(f"{self._prefix}{len(self._aliases) + 1}")
        self._aliases[path, target] = alias
        tie = alias.c.id == self._column(rows, leaf, leaf.attribute.column.name)
        if leaf.attribute.target_column is not None:
            tie = and_(tie, self._column(rows, leaf, leaf.attribute.target_column.name) == target)
        read = self._access(target)
        if not read.unrestricted:
            tie = and_(tie, read.predicate(alias))
        self.joined = self.joined.outerjoin(alias, tie)
        return alias

    def _column(self, rows: FromClause, leaf: Leaf, column: str) -> ColumnElement[Any]:
        access = self._access(leaf.entity.key)
        if leaf.attribute.calculated:
            value = calculated(self.snapshot, self.standing, leaf.entity, leaf.attribute, rows)
            return access.masked(rows, leaf.attribute.key, value)
        return access.column(rows, leaf.attribute.key, column)

    def _access(self, entity: str) -> Access:
        return access_of(self.snapshot, self.standing, entity, "read")
