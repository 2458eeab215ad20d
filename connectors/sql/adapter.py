"""Tables of an outside database as a source and a target."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection

from connectors.described import OutsideTable
from connectors.protocol import MOST_WAITING, Batch, Change, Changed, Columns, Cursor, Receipt, Record, Verdict
from connectors.recordset import RecordSet
from connectors.sql.changelog import Changelog
from connectors.sql.decoding import Decoding
from connectors.sql.describing import described
from connectors.sql.engines import open_engine, reading, sorted_errors
from connectors.sql.going import Going
from connectors.sql.moment import stand_still
from connectors.sql.probing import Obstacle, obstacles
from connectors.sql.pulls import Pulls
from connectors.sql.shape import Shape, columns_of, reflect
from connectors.sql.stirring import watch
from connectors.sql.tracked import FILL, Tracking, pull_tracked, within
from connectors.sql.window import opened, pull_window, wait_for_running
from connectors.tablemap import CompiledMap
from connectors.values import digest

TIES = 500
"""How many rows of the latest change value are remembered, to see which of them are new at the next pull."""
KEYS_AT_ONCE = 10_000


class SqlAdapter:
    """One outside database. A table's shape is read once; a fault of shape or statement reads it anew next time."""

    def __init__(self, name: str, settings: Mapping[str, str], clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._name = name
        self._schema = settings.get("schema") or None
        self._engine = open_engine(name, settings)
        self._reading = reading(self._engine)
        self._changelog, self._decoding = Changelog(self._schema), Decoding()
        self._going = Going(name, self._engine, self._shape)
        self._shapes: dict[CompiledMap, tuple[Shape, Pulls]] = {}
        self._columns: dict[str, Columns] = {}

    def pull(self, table_map: CompiledMap, cursor: Cursor | None, limit: int) -> Batch:
        """Rows since the cursor. First all rows by key, then those whose change column is past the highest seen."""
        engine = self._engine if table_map.model.tracking == "log" else self._reading
        with sorted_errors(self._name), engine.connect() as connection:
            shape, pulls = self._shape(connection, table_map)
            if table_map.model.tracking:
                return pull_tracked(self._tracking(table_map), connection, table_map, (shape, pulls), cursor, limit)
            if cursor is None or "by" in cursor or cursor.get("phase") == FILL:  # none, or that of a connector of another kind
                between = (cursor or {}).get("range")
                cursor = {**self._start(connection, table_map, pulls), **({"range": between, "total": None} if between else {})}
            if table_map.compares or cursor.get("phase") == "load":
                return self._pull_all(connection, table_map, cursor, limit)
            if table_map.model.overlap:
                return pull_window(connection, pulls, table_map, cursor, limit, self._clock)
            return self._pull_changes(connection, pulls, table_map, cursor, limit)

    def committed(self, table_map: CompiledMap, cursor: Cursor) -> None:
        """Let what tells changes forget what was taken."""
        place = cursor["place"] if cursor.get("rows_are_next") else cursor if cursor.get("phase") == "tracked" else None
        if table_map.model.tracking and place is not None:
            engine = self._engine if table_map.model.tracking == "log" else self._reading
            with sorted_errors(self._name), engine.connect() as connection:
                self._tracking(table_map).settle(connection, table_map, place)

    def keys(self, table_map: CompiledMap) -> Iterator[tuple[Any, ...]]:
        """The key columns of all rows, read as a stream."""
        with sorted_errors(self._name), self._engine.connect() as connection:
            _, pulls = self._shape(connection, table_map)
            streamed = connection.execution_options(yield_per=KEYS_AT_ONCE)
            for row in streamed.execute(pulls.keys(table_map.key_columns)):
                yield tuple(row)

    def find(self, table_map: CompiledMap, column: str, value: Any) -> Sequence[Record]:
        """The rows whose column has this value."""
        with sorted_errors(self._name), self._reading.connect() as connection:
            _, pulls = self._shape(connection, table_map)
            return [dict(row) for row in connection.execute(pulls.having(column, value)).mappings()]

    def push(self, change: Change, idempotency: str) -> Receipt:
        """Write one change with its children in one transaction."""
        return self._going.one(change)

    def push_many(self, changes: Sequence[Change]) -> Sequence[Verdict]:
        """See `Batching.push_many`."""
        return self._going.many(changes)

    def find_rows(self, table_map: CompiledMap, keys: Sequence[Mapping[str, Any]]) -> Sequence[Record]:
        """See `Batching.find_rows`."""
        with sorted_errors(self._name), self._reading.connect() as connection:
            return self._going.rows(connection, (table_map, tuple(keys[0])), keys)

    def obstacles(self, table_map: CompiledMap) -> list[Obstacle]:
        """See `connectors.preflight.going.Probing`."""
        with sorted_errors(self._name), self._engine.connect() as connection:
            table = self._shape(connection, table_map)[0].table
            connection.rollback()
            return list(obstacles(connection, table, table_map))

    def shape(self, table_map: CompiledMap) -> Columns:
        """See `Shaped.shape`. What is remembered of the table is forgotten where it has changed."""
        with sorted_errors(self._name), self._reading.connect() as connection:
            columns = columns_of(connection, table_map, self._schema)
        if self._columns.get(table_map.key, columns) != columns:
            self._shapes.clear()
        self._columns[table_map.key] = columns
        return columns

    def tables(self, names: Collection[str] | None = None) -> Sequence[OutsideTable]:
        """See `Describing.tables`."""
        with sorted_errors(self._name), self._engine.connect() as connection:
            return described(connection, self._schema, names)

    def waiting(self, table_map: CompiledMap, cursor: Cursor) -> int | None:
        """See `Counting.waiting`: rows past the change value that was reached, or changes that triggers have written down."""
        with sorted_errors(self._name), self._reading.connect() as connection:
            if table_map.model.tracking:
                counted = self._tracking(table_map).waiting(table_map) if cursor.get("phase") == "tracked" else None
            elif table_map.compares or cursor.get("phase") != "changes" or cursor.get("change") is None:
                counted = None
            else:
                _, pulls = self._shape(connection, table_map)
                counted = pulls.past(cursor["change"], MOST_WAITING)
            return None if counted is None else int(connection.execute(counted).scalar_one())

    def tells(self, table_map: CompiledMap, cursor: Cursor | None) -> bool:
        """See `Momentary.tells`."""
        return cursor is not None and cursor.get("phase") == "tracked"

    @contextmanager
    def at_one_moment(self, maps: Sequence[CompiledMap]) -> Iterator[Changed]:
        """See `Momentary.at_one_moment`: maps with tracking."""
        with sorted_errors(self._name):
            connection = self._engine.connect()
        try:
            with sorted_errors(self._name):
                shapes = {item: self._shape(connection, item) for item in maps}
                connection.rollback()
                stand_still(connection)
                if any(item.model.tracking == "log" for item in maps):
                    self._decoding.stand_still(connection)

            def changed(table_map: CompiledMap, cursor: Cursor) -> Iterator[Batch]:
                with sorted_errors(self._name):
                    limit = table_map.model.batch_size
                    yield from self._tracking(table_map).all_changed(connection, table_map, shapes[table_map], cursor, limit)

            yield changed
        finally:
            connection.close()

    def watch(self, maps: Sequence[CompiledMap], wake: Callable[[str], None], over: threading.Event) -> None:
        """See `Watching.watch`: maps with tracking."""
        tracked = [item for item in maps if item.model.tracking]
        if tracked:
            with sorted_errors(self._name), self._engine.connect() as connection:
                watch(connection.execution_options(isolation_level="AUTOCOMMIT"), self._changelog, tracked, wake, over)

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def _tracking(self, table_map: CompiledMap) -> Tracking:
        return self._changelog if table_map.model.tracking == "triggers" else self._decoding

    def _shape(self, connection: Connection, table_map: CompiledMap) -> tuple[Shape, Pulls]:
        if table_map not in self._shapes:
            shape = reflect(connection, table_map, self._schema)
            self._shapes[table_map] = (shape, Pulls(table_map, shape))
        return self._shapes[table_map]

    def _start(self, connection: Connection, table_map: CompiledMap, pulls: Pulls) -> dict[str, Any]:
        highest, total = connection.execute(pulls.highest_and_count()).one()
        change = highest if table_map.model.change_column else None
        if change is not None and table_map.model.overlap:
            connection.rollback()  # what is read from here on is not what was to be seen then
            wait_for_running(connection, table_map.model.overlap)
        return {"phase": "load", "after": None, "change": change, "total": total}

    def _pull_all(self, connection: Connection, table_map: CompiledMap, cursor: Cursor, limit: int) -> Batch:
        """A page of all rows. The highest change value is that of the start, so that changes meanwhile come again."""
        pulls = self._shapes[table_map][1]
        statement = pulls.by_key(cursor.get("after"), limit)
        if cursor.get("range"):
            statement = statement.where(*within(connection, self._shapes[table_map], cursor["range"]))
        records = RecordSet(pulls.names, connection.execute(statement).all())
        more = len(records) == limit
        following: dict[str, Any]
        if more:
            following = {**cursor, "phase": "load", "after": pulls.position(records[-1])}
        else:
            following = {"phase": "changes", "change": cursor.get("change"), "after": None, "ties": []}
            if table_map.model.overlap:
                following = opened(cursor.get("change"), self._clock())
        return Batch(records, following, more, table_map.compares, cursor.get("total"))

    def _pull_changes(self, connection: Connection, pulls: Pulls, table_map: CompiledMap, cursor: Cursor, limit: int) -> Batch:
        change, after, ties = cursor["change"], cursor.get("after"), list(cursor.get("ties") or ())
        if after is not None:
            statement, most = pulls.changed_after(change, after, limit), limit
        else:
            statement, most = pulls.changed_from(change, limit + len(ties)), limit + len(ties)
        records = [pulls.record(row) for row in connection.execute(statement)]
        more = len(records) == most
        fresh = records if after is not None else [record for record in records if digest(record.values()) not in ties]
        if len(fresh) > limit:
            records, fresh, more = fresh[:limit], fresh[:limit], True
        change_column = table_map.model.change_column
        following = _next_cursor(records, pulls, change_column, more, cursor) if records else _at_end(cursor)
        return Batch(fresh, following, more)


def _next_cursor(records: Sequence[Record], pulls: Pulls, change_column: str, more: bool, cursor: Cursor) -> dict[str, Any]:
    """After a page: its last change value, and which rows that have it were seen; None where they are too many."""
    last = records[-1]
    change = last[change_column]
    ties: list[str] | None = [digest(record.values()) for record in records if record[change_column] == change]
    if cursor["change"] == change and ties is not None:
        known = cursor.get("ties", [])
        ties = None if known is None else list(dict.fromkeys((*known, *ties)))
    if ties is not None and len(ties) > TIES:
        ties = None
    place = {"phase": "changes", "change": change, "after": pulls.position(last), "ties": ties}
    return place if more else _at_end(place)


def _at_end(cursor: Cursor) -> dict[str, Any]:
    """Where nothing more comes the next pull begins at the last change value again, unless too many rows have it."""
    return dict(cursor) if cursor.get("ties") is None else {**cursor, "after": None}
