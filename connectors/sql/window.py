"""The window of an incremental pull: what may have been committed late is read again, and what was seen is left out.

A row takes its change value before its transaction commits, so that a lower value may appear after a higher one was read.
With `overlap` every round begins at the highest value that was known so many seconds before the round before began: whoever
had taken a lower value then and commits within that time is found. On PostgreSQL the window also stays open for
transactions that run longer, since the database tells of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, text

from connectors.protocol import Batch, Cursor, Record
from connectors.sql.pulls import Pulls
from connectors.tablemap import CompiledMap
from connectors.values import digest

SEEN = 5000
"""How many rows of the window are remembered. Where there are more, they are stored again, which changes nothing."""
GRAIN = 20
"""A mark is set so many times within the overlap at most."""
POLL_SECONDS = 0.05
_SNAPSHOT = text(
    "SELECT txid_snapshot_xmin(snapshot), txid_snapshot_xmax(snapshot) FROM (SELECT txid_current_snapshot()) AS now (snapshot)"
)
_RUNNING = text("SELECT virtualtransaction FROM pg_locks WHERE locktype = 'virtualxid' AND pid <> pg_backend_pid()")


def opened(change: Any, at: float) -> dict[str, Any]:
    """The cursor with which the changes begin after a load, for which `change` was the highest value."""
    return {"phase": "changes", "change": change, "floor": change, "marks": [[at, change, None]], "seen": []}


def pull_window(
    connection: Connection, pulls: Pulls, table_map: CompiledMap, cursor: Cursor, limit: int, clock: Callable[[], float]
) -> Batch:
    """A page of a round. A round reads from the floor to the end; what was seen in the round before is left out."""
    cursor = cursor if "floor" in cursor else {**opened(cursor["change"], clock()), "marks": []}
    turn = cursor.get("round") or {"begun": clock(), "oldest": _snapshot(connection)[0], "after": None, "seen": []}
    if turn["after"] is None:
        statement = pulls.changed_from(cursor["floor"], limit)
    else:
        statement = pulls.changed_after(turn["after"][0], turn["after"][1:], limit)
    records = [pulls.record(row) for row in connection.execute(statement)]
    known = None if cursor["seen"] is None else {mark for _, mark in cursor["seen"]}
    marked = [[record[table_map.model.change_column], digest(record.values())] for record in records]
    fresh = [record for record, (_, mark) in zip(records, marked, strict=True) if known is None or mark not in known]
    seen = None if turn["seen"] is None or len(turn["seen"]) + len(marked) > SEEN else [*turn["seen"], *marked]
    turn = {**turn, "seen": seen, "after": _place(pulls, table_map, records) or turn["after"]}
    if len(records) == limit:
        return Batch(fresh, {**cursor, "round": turn}, True)
    return Batch(fresh, _ended(cursor, turn, (clock(), _snapshot(connection)[1]), table_map.model.overlap))


def wait_for_running(connection: Connection, seconds: float) -> None:
    """Let the transactions that run outside now come to their end, for so many seconds at most.

    A load that begins afterwards sees their rows. SQLite has one writer at a time, so that there is nobody to wait for.
    """
    if connection.dialect.name == "sqlite":
        return
    if connection.dialect.name != "postgresql":
        time.sleep(seconds)
        return
    end = time.monotonic() + seconds
    running = set(connection.scalars(_RUNNING))
    while running and time.monotonic() < end:
        time.sleep(POLL_SECONDS)
        running &= set(connection.scalars(_RUNNING))


def _place(pulls: Pulls, table_map: CompiledMap, records: Sequence[Record]) -> list[Any] | None:
    return [records[-1][table_map.model.change_column], *pulls.position(records[-1])] if records else None


def _ended(cursor: Cursor, turn: dict[str, Any], now: tuple[float, int | None], overlap: float) -> dict[str, Any]:
    """The cursor after a whole round. Where nothing new came it is soon the same each time."""
    at, newest = now
    change = cursor["change"]
    if turn["after"] is not None and (change is None or turn["after"][0] > change):
        change = turn["after"][0]
    marks = list(cursor["marks"])
    if change is not None and (not marks or (marks[-1][1] != change and at - marks[-1][0] >= overlap / GRAIN)):
        marks.append([at, change, newest])
    settled = [mark for mark in marks if mark[0] <= turn["begun"] - overlap and _all_ended(mark[2], turn["oldest"])]
    floor = settled[-1][1] if settled else cursor["floor"]
    seen = turn["seen"]
    if seen is not None and floor is not None:
        seen = [pair for pair in seen if pair[0] >= floor]
    kept = marks[len(settled) - 1 :] if settled else marks
    return {"phase": "changes", "change": change, "floor": floor, "marks": kept, "seen": seen}


def _all_ended(newest: int | None, oldest: int | None) -> bool:
    """Whether every transaction that had begun at a mark has ended."""
    return newest is None or oldest is None or newest <= oldest


def _snapshot(connection: Connection) -> tuple[int | None, int | None]:
    """The oldest transaction that runs, and the next one to begin; None where the database does not tell."""
    if connection.dialect.name != "postgresql":
        return None, None
    row = connection.execute(_SNAPSHOT).one()
    return int(row[0]), int(row[1])
