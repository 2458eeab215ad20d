"""Rows that go: many changes in one transaction, and where it does not come through, fewer, down to the one at fault.

Rows that are to be changed are locked before they are written. One that somebody outside has changed since it was met is left
to him, and one that he has locked is not waited for by its neighbours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Column, Connection, Engine, Integer, Numeric, String, Table, bindparam, delete, insert, update

from connectors.errors import ConnectorError, Fatal, Overtaken, RecordRejected, Retriable, is_silence
from connectors.protocol import Change, Receipt, Record, Verdict, texts
from connectors.sql.engines import sorted_errors
from connectors.sql.pulls import Pulls
from connectors.sql.shape import Shape
from connectors.tablemap import CompiledMap

Shapes = Callable[[Connection, CompiledMap], tuple[Shape, Pulls]]
Named = tuple[CompiledMap, tuple[str, ...]]
"""A map, and the columns by which its rows are named."""
Place = tuple[CompiledMap, tuple[str, ...]]
GONE: Record = {}
"""In place of a row that is not there."""
GIVEN, KEPT = "foyer__given__", "foyer__named__"
"""Before the names of parameters, since none may be that of a column: what is written, and by what rows are found."""


class Going:
    """Changes on their way to one database."""

    def __init__(self, name: str, engine: Engine, shapes: Shapes) -> None:
        self._name = name
        self._engine = engine
        self._shape = shapes

    def one(self, change: Change) -> Receipt:
        """See `Target.push`: children first, so that who sees the row sees them."""
        if change.children:
            with sorted_errors(self._name), self._engine.begin() as connection:
                for part in (*change.children, change):
                    self._write(connection, [part])
            return Receipt()
        verdict = self._judged([change])[0]
        if isinstance(verdict, ConnectorError):
            raise verdict
        return verdict

    def many(self, changes: Sequence[Change]) -> list[Verdict]:
        """See `Batching.push_many`."""
        found: list[Verdict] = []
        while len(found) < len(changes):
            found += self._judged(changes[len(found) :])
            if is_silence(found[-1]):
                break
        return found

    def rows(self, connection: Connection, named: Named, keys: Iterable[Record], *, locked: bool = False) -> list[Record]:
        """The rows with these keys, with every column; `locked` until the transaction ends, without those that others write."""
        table_map, names = named
        shape, pulls = self._shape(connection, table_map)
        fitted = [tuple(_fitted(shape.table, key)[name] for name in names) for key in keys]
        chosen = pulls.having_keys(names, fitted)
        chosen = chosen.with_for_update(skip_locked=True, key_share=True) if locked else chosen
        return [dict(row) for row in connection.execute(chosen).mappings()]

    def _judged(self, changes: Sequence[Change]) -> Sequence[Verdict]:
        """What became of the first of these changes, and of as many after it as one transaction took."""
        many = changes
        while True:
            alone = len(many) == 1
            try:
                with sorted_errors(self._name), self._engine.begin() as connection:
                    found = self._together(connection, many, alone=alone)
            except ConnectorError as fault:
                if alone:
                    return [fault]
                # Who is silent is asked once more, and not once for each half.
                many = many[: 1 if isinstance(fault, Retriable) else len(many) // 2]
            else:
                if found:
                    return found
                many = many[:1]

    def _together(self, connection: Connection, changes: Sequence[Change], *, alone: bool) -> list[Verdict]:
        """Write changes up to the first one that must be alone: its row is not found, or written here already."""
        there = self._there(connection, changes, alone=alone)
        verdicts: list[Verdict] = []
        going: list[Change] = []
        seen: set[tuple[str, tuple[str, ...]]] = set()
        for change in changes:
            place = _place(change)
            same = (change.map.model.table, place[1])
            if same in seen or (place not in there and change.operation != "insert" and not alone):
                break
            seen.add(same)
            verdict = self._verdict(change, there.get(place, GONE))
            if isinstance(verdict, Receipt) and not verdict.repeated:
                going.append(change)
            verdicts.append(verdict)
        for _, run in groupby(going, lambda change: (change.map, change.operation, tuple(change.key), tuple(change.values))):
            self._write(connection, list(run))
        return verdicts

    def _there(self, connection: Connection, changes: Sequence[Change], *, alone: bool) -> dict[Place, Record | None]:
        """The rows of the changes as they are; None for one that somebody else has locked.

        Those that are to be changed stay so until the transaction ends. A row that the database finds by a key that is written
        otherwise, as with another case, is only told to one alone.
        """
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        asked: dict[tuple[Named, bool], list[Record]] = {}
        for change in changes:
            if not change.key:
                raise Fatal(f"map {change.map.key}: a change without a key cannot be sent")
            named = (change.map, tuple(change.key))
            asked.setdefault((named, change.operation != "insert"), []).append(change.key)
        found: dict[Place, Record | None] = {}
        for ((table_map, names), locked), keys in asked.items():
            rows = self.rows(connection, (table_map, names), keys, locked=locked)
            if locked and len(rows) < len(keys):
                for row in self.rows(connection, (table_map, names), keys):
                    found[table_map, texts(names, keys[0] if alone else row)] = None
            for row in rows:
                found[table_map, texts(names, keys[0] if alone else row)] = row
        return found

    def _verdict(self, change: Change, row: Record | None) -> Verdict:
        """What is to become of a change whose row is this one."""
        table = change.map.model.table
        if change.operation == "insert":
            there = f"{self._name} has a row {dict(change.key)} in {table} already"
            return Receipt() if row is GONE else RecordRejected(there, "database")
        if row is None:
            return Overtaken(f"somebody is writing {dict(change.key)} in {self._name}; it is looked at again")
        if change.operation == "delete":
            return Receipt(repeated=row is GONE)
        if row is GONE:
            return RecordRejected(f"{self._name} has no row {dict(change.key)} in {table}", "row")
        if any(name in row and not _same(row[name], value) for name, value in change.met.items()):
            return Overtaken(f"{self._name} has a newer version of {dict(change.key)}; it is looked at again")
        return Receipt()

    def _write(self, connection: Connection, changes: Sequence[Change]) -> None:
        """Write changes of one kind with the same columns."""
        first = changes[0]
        shape, pulls = self._shape(connection, first.map)
        table = shape.table
        if first.operation == "insert":
            connection.execute(insert(table), [_fitted(table, {**change.key, **change.values}) for change in changes])
            return
        found = [table.c[name] == bindparam(KEPT + name, type_=table.c[name].type) for name in first.key]
        found += pulls.within(table)
        if first.operation == "delete":
            connection.execute(delete(table).where(*found), [_named(KEPT, table, change.key) for change in changes])
            return
        given = [_named(KEPT, table, change.key) | _named(GIVEN, table, change.values) for change in changes]
        written = {name: bindparam(GIVEN + name, type_=table.c[name].type) for name in first.values}
        connection.execute(update(table).where(*found).values(written), given)


def _place(change: Change) -> Place:
    return change.map, texts(change.key, change.key)


def _same(there: Any, met: Any) -> bool:
    return bool(there == met) or repr(there) == repr(met)


def _named(before: str, table: Table, values: Mapping[str, Any]) -> dict[str, Any]:
    return {before + name: value for name, value in _fitted(table, values).items()}


def _fitted(table: Table, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as the outside's columns take them."""
    return {name: _fit(table.c[name], value) for name, value in values.items()}


def _fit(column: Column[Any], value: Any) -> Any:
    """A value as a column takes it: numbers of ours may be texts there, and yes may be 1."""
    if value is not None and not isinstance(value, str) and isinstance(column.type, String):
        return str(value)
    if isinstance(value, bool) and isinstance(column.type, (Integer, Numeric)):
        return int(value)
    return value
