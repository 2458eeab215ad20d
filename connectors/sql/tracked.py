"""Rows of a table whose changes are told by triggers or by the database's log: their keys, with which the rows are read.

What is read is always the row as it is now, so that the order in which changes were told does not matter, and what is told
twice is harmless. First all rows are loaded by key; what changes meanwhile is told afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Connection, Select, String, cast, literal

from connectors.errors import Fatal, meant
from connectors.protocol import Batch, Cursor
from connectors.sql.pulls import Pulls
from connectors.sql.shape import Shape
from connectors.tablemap import CompiledMap

FILL = "fill"
"""Cursor of a map that is to read rows again: all, or those whose column lies in a range."""
SMALLER = 10
"""Beside changes that come, pages of rows that are read again are so many times smaller: a change waits for one of them."""
Of = tuple[Shape, Pulls]


class Tracking(Protocol):
    """How changes of a table are told. `beside` says whether they can be asked for between two pages of rows at little cost."""

    beside: bool

    def begun(self, connection: Connection, table_map: CompiledMap, *, anew: bool) -> dict[str, Any]:
        """The place after which every change is told; with `anew` what was told before may be forgotten.

        Raises Fatal where nothing is installed.
        """
        ...

    def changed(self, connection: Connection, table_map: CompiledMap, of: Of, cursor: Cursor, limit: int) -> Batch:
        """The rows that have changed after a place, and the keys of those that are gone. Raises Gap."""
        ...

    def all_changed(
        self, connection: Connection, table_map: CompiledMap, of: Of, cursor: Cursor, limit: int
    ) -> Iterator[Batch]:
        """Pages of all of that, as a transaction that stands still sees it; the last one has the new place. Raises Gap."""
        ...

    def settle(self, connection: Connection, table_map: CompiledMap, cursor: Cursor) -> None:
        """What was told up to this place is committed on our side."""
        ...

    def waiting(self, table_map: CompiledMap) -> Select[Any] | None:
        """A statement that counts the changes that were not taken; None where they cannot be counted."""
        ...


def pull_tracked(
    tracking: Tracking,
    connection: Connection,
    table_map: CompiledMap,
    of: Of,
    cursor: Cursor | None,
    limit: int,
) -> Batch:
    """A page of the load, or of what has changed."""
    pulls = of[1]
    if cursor is None or cursor.get("phase") not in ("load", "tracked"):
        filling = cursor is not None and cursor.get("phase") == FILL
        between = cursor.get("range") if cursor is not None and filling else None
        place = tracking.begun(connection, table_map, anew=filling and between is None)
        total = None if between else connection.execute(pulls.highest_and_count()).one()[1]
        again = filling and tracking.beside
        cursor = {"phase": "load", "after": None, "place": place, "range": between, "total": total, "again": again}
    if cursor["phase"] == "tracked":
        return tracking.changed(connection, table_map, of, cursor, limit)
    if cursor.get("again"):
        if cursor.get("rows_are_next"):
            cursor, limit = {**cursor, "rows_are_next": False}, max(1, limit // SMALLER)
        elif (batch := _meanwhile(tracking, connection, table_map, of, cursor, limit)) is not None:
            return batch
    statement = pulls.by_key(cursor.get("after"), limit)
    if cursor.get("range"):
        statement = statement.where(*within(connection, of, cursor["range"]))
    records = [pulls.record(row) for row in connection.execute(statement)]
    if len(records) == limit:
        return Batch(records, {**cursor, "after": pulls.position(records[-1])}, True, total=cursor.get("total"))
    return Batch(records, {"phase": "tracked", **cursor["place"]}, total=cursor.get("total"))


def _meanwhile(
    tracking: Tracking, connection: Connection, table_map: CompiledMap, of: Of, cursor: Cursor, limit: int
) -> Batch | None:
    """What has changed since rows began to be read again, which need not wait for the end; None where nothing has."""
    batch = tracking.changed(connection, table_map, of, {"phase": "tracked", **cursor["place"]}, limit)
    if not (batch.records or batch.gone):
        return None
    place = {name: value for name, value in batch.cursor.items() if name != "phase"}
    return replace(batch, cursor={**cursor, "place": place, "rows_are_next": True}, more=True)


def fill_cursor(column: str, low: str, high: str) -> Mapping[str, Any]:
    """The cursor with which a map reads rows again, from `low` to `high` where they are given, and then goes on."""
    return {"phase": FILL, "range": [column, low, high] if column else None}


def within(connection: Connection, of: Of, between: tuple[str, str, str]) -> list[ColumnElement[bool]]:
    """The conditions that a column lies between two values, either of which may be missing. Raises Fatal for no column."""
    name, low, high = between
    if name not in of[0].table.c:
        raise Fatal(f"table {of[0].table.name} has no column {name}{meant(name, of[0].table.c.keys())}")
    column, kind = of[1].source.c[name], of[0].table.c[name].type

    def typed(text: str) -> Any:
        if connection.dialect.name == "postgresql":
            return cast(literal(text, String), kind)
        return literal(int(text) if text.lstrip("-").isdigit() else text)

    return [column >= typed(low)] * bool(low) + [column <= typed(high)] * bool(high)
