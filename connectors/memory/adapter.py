"""Tables in memory as a source and a target. What every other connector does is described by what this one does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from threading import RLock
from typing import Any

from connectors.errors import ConnectorError, Fatal, Overtaken, RecordRejected, Retriable
from connectors.protocol import Batch, Change, Columns, Cursor, Receipt, Record, Verdict
from connectors.tablemap import CompiledMap, passes

Rows = list[dict[str, Any]]
_WORLDS: dict[str, MemoryWorld] = {}


class MemoryWorld:
    """The tables of one name, shared by all adapters that name it; `down` makes every call fail until it is mended;
    a table takes each value of a `unique` column, as (table, column), once.
    """

    def __init__(self) -> None:
        self.tables: dict[str, Rows] = {}
        self.unique: set[tuple[str, str]] = set()
        self.down = False
        self.lock = RLock()


def memory_world(name: str) -> MemoryWorld:
    """The world of this name, made when it is first asked for."""
    return _WORLDS.setdefault(name, MemoryWorld())


class MemoryAdapter:
    """One world. Setting: `name`, else the connection's key."""

    def __init__(self, name: str, settings: Mapping[str, str]) -> None:
        self._name = name
        self.world = memory_world(settings.get("name", name))

    def pull(self, table_map: CompiledMap, cursor: Cursor | None, limit: int) -> Batch:
        """Rows since the cursor: its place in all rows ordered by change value and key."""
        with self.world.lock:
            rows = self._rows(table_map)
        start = dict(cursor or {})
        if table_map.compares:
            return self._pull_all(table_map, rows, start, limit)
        change = table_map.model.change_column
        rows = [row for row in rows if row[change] is not None]
        rows.sort(key=lambda row: (row[change], self._place(table_map, row)))
        known = {tuple(item) for item in start.get("seen", ())}
        later = [row for row in rows if "change" not in start or row[change] >= start["change"]]
        fresh = [row for row in later if (*self._place(table_map, row), repr(row)) not in known]
        page = fresh[:limit]
        if not page:
            return Batch([], start or {"seen": []}, total=len(rows))
        highest = page[-1][change]
        seen = [[*self._place(table_map, row), repr(row)] for row in page if row[change] == highest]
        if start.get("change") == highest:
            seen += [list(item) for item in known]
        return Batch(self._records(table_map, page), {"change": highest, "seen": seen}, len(fresh) > limit, False, len(rows))

    def _pull_all(self, table_map: CompiledMap, rows: Rows, start: dict[str, Any], limit: int) -> Batch:
        at = start.get("at", 0)
        page = rows[at : at + limit]
        more = at + limit < len(rows)
        return Batch(self._records(table_map, page), {"at": at + limit} if more else {}, more, True, len(rows))

    def describe(self, table_map: CompiledMap) -> Columns:
        """See `connectors.sampling.Described`."""
        with self.world.lock:
            first = next(iter(self._table(table_map)), {})
        return {name: (type(value).__name__, type(value).__name__) for name, value in first.items()}

    def keys(self, table_map: CompiledMap) -> Iterator[tuple[Any, ...]]:
        """The key columns of all rows."""
        with self.world.lock:
            rows = self._rows(table_map)
        return (tuple(row[name] for name in table_map.key_columns) for row in rows)

    def find(self, table_map: CompiledMap, column: str, value: Any) -> Sequence[Record]:
        """The rows whose column has this value."""
        with self.world.lock:
            return [dict(row) for row in self._table(table_map) if row.get(column) == value]

    def find_rows(self, table_map: CompiledMap, keys: Sequence[Mapping[str, Any]]) -> Sequence[Record]:
        """See `connectors.protocol.Batching`."""
        wanted = [set(key.items()) for key in keys]
        with self.world.lock:
            return [dict(row) for row in self._table(table_map) if any(key <= row.items() for key in wanted)]

    def push_many(self, changes: Sequence[Change]) -> Sequence[Verdict]:
        """See `connectors.protocol.Batching`."""
        found: list[Verdict] = []
        for change in changes:
            try:
                found.append(self.push(change, ""))
            except ConnectorError as fault:
                found.append(fault)
        return found

    def push(self, change: Change, idempotency: str) -> Receipt:
        """Apply a change with its children, all or nothing."""
        with self.world.lock:
            before = {name: [dict(row) for row in rows] for name, rows in self.world.tables.items()}
            try:
                for child in change.children:
                    self._write(child)
                return self._write(change)
            except RecordRejected:
                self.world.tables = before
                raise

    def obstacles(self, table_map: CompiledMap) -> list[tuple[str, str, str]]:
        """See `connectors.preflight.going.Probing`; a table in memory takes every row."""
        return []

    def waiting(self, table_map: CompiledMap, cursor: Cursor) -> int | None:
        """See `connectors.protocol.Counting`."""
        if table_map.compares or "change" not in cursor:
            return None
        with self.world.lock:
            return sum(1 for row in self._rows(table_map) if row[table_map.model.change_column] > cursor["change"])

    def close(self) -> None:
        """Nothing is open."""

    def _table(self, table_map: CompiledMap) -> Rows:
        if self.world.down:
            raise Retriable(f"{self._name} is down", after=0.1)
        if table_map.model.table not in self.world.tables:
            raise Fatal(f"map {table_map.key}: there is no table {table_map.model.table}")
        return self.world.tables[table_map.model.table]

    def _rows(self, table_map: CompiledMap) -> Rows:
        rows = [dict(row) for row in self._table(table_map) if passes(row, table_map.model.filter)]
        for row in rows[:1]:
            for name in table_map.columns:
                if name not in row:
                    raise Fatal(f"map {table_map.key}: table {table_map.model.table} has no column {name}")
        return sorted(rows, key=lambda row: self._place(table_map, row))

    def _records(self, table_map: CompiledMap, rows: Rows) -> list[Record]:
        return [{name: row[name] for name in table_map.columns} for row in rows]

    def _place(self, table_map: CompiledMap, row: Mapping[str, Any]) -> tuple[str, ...]:
        return tuple(str(row[name]) for name in table_map.key_columns)

    def _write(self, change: Change) -> Receipt:
        rows = self._table(change.map)
        found = [row for row in rows if all(row.get(name) == value for name, value in change.key.items())]
        if change.operation == "delete":
            for row in found:
                rows.remove(row)
            return Receipt(repeated=not found)
        if change.operation == "update":
            if not found:
                raise RecordRejected(f"{self._name} has no row {dict(change.key)}", "row")
            if any(found[0].get(name) != value for name, value in change.met.items()):
                raise Overtaken(f"{self._name} has a newer version of {dict(change.key)}; it is looked at again")
            found[0].update(change.values)
            return Receipt()
        if found:
            raise RecordRejected(f"{self._name} has a row {dict(change.key)} already", "database")
        row = {**change.key, **change.values}
        for table, column in self.world.unique:
            if table == change.map.model.table and any(there.get(column) == row.get(column) for there in rows):
                raise RecordRejected(f"{self._name} has a row with {column} {row.get(column)!r} already", "database")
        rows.append(row)
        return Receipt()
