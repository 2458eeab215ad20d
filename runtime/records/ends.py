"""Where paths over lookups end: the columns by which synchronisation finds a row, and the joins that they need."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, FromClause

from metadata.snapshot import CompiledEntity, Snapshot


class Ends:
    """The ends of attribute paths of one entity. `columns` go with `source`, which is its `table` with joins."""

    def __init__(self, snapshot: Snapshot, entity: str, paths: tuple[str, ...]) -> None:
        self._snapshot = snapshot
        self._joined: dict[str, Any] = {}
        compiled = snapshot.entities[entity]
        self.table = compiled.table
        self.source: FromClause = compiled.table
        self.columns: tuple[ColumnElement[Any], ...] = tuple(self._end(compiled, self.table, "", path) for path in paths)

    def _end(self, entity: CompiledEntity, rows: Any, walked: str, path: str) -> ColumnElement[Any]:
        name, _, rest = path.partition(".")
        attribute = entity.attributes[name]
        column: ColumnElement[Any] = rows.c[attribute.column.name]
        if not rest:
            return column
        target = self._snapshot.entities[attribute.targets[0]]
        step = f"{walked}.{name}"
        if step not in self._joined:
            self._joined[step] = target.table.alias()
            self.source = self.source.outerjoin(self._joined[step], self._joined[step].c.id == column)
        return self._end(target, self._joined[step], step, rest)
