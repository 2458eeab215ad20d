"""How far each map got: one typed row per map, written in the transaction of the rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from connectors import tables
from connectors.protocol import Cursor
from connectors.values import dump_json, load_json

_TABLE = tables.checkpoint


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of a map. `loaded` says that the initial load is complete; `problem` is what went wrong last.

    `began_at` is when it was first tried since it was last told to begin anew, `behind` how many rows waited outside when
    that was last counted, `pace` the rows of a load in a second, as they lately came.
    """

    map: str
    cursor: Cursor | None = None
    loaded: bool = False
    rows_done: int = 0
    rows_total: int | None = None
    updated_at: dt.datetime | None = None
    succeeded_at: dt.datetime | None = None
    failed_at: dt.datetime | None = None
    problem: str | None = None
    retry_at: dt.datetime | None = None
    failures: int = 0
    paused_at: dt.datetime | None = None
    paused_by: str | None = None
    began_at: dt.datetime | None = None
    behind: int | None = None
    pace: float | None = None


def read_checkpoint(connection: Connection, table_map: str) -> Checkpoint:
    """The state of a map; a fresh one where it never ran."""
    row = connection.execute(select(_TABLE).where(_TABLE.c.map == table_map)).mappings().one_or_none()
    return Checkpoint(table_map) if row is None else _checkpoint(row)


def read_checkpoints(connection: Connection) -> dict[str, Checkpoint]:
    """The states of all maps that ever ran."""
    return {row["map"]: _checkpoint(row) for row in connection.execute(select(_TABLE)).mappings()}


def _checkpoint(row: RowMapping) -> Checkpoint:
    return Checkpoint(**{**row, "cursor": None if row["cursor"] is None else load_json(row["cursor"])})


class BegunAnew(Exception):
    """Somebody told the map to begin elsewhere while it ran: the next run does so, and what was read meanwhile is not kept."""


def advance(connection: Connection, checkpoint: Checkpoint, now: dt.datetime, *, since: Checkpoint, done: bool) -> None:
    """Store the cursor and the counts; `done` says that nothing more was to be read, which is a success.

    `since` is the state that the run went on from. Raises BegunAnew.
    """
    values: dict[str, Any] = {
        "cursor": None if checkpoint.cursor is None else dump_json(checkpoint.cursor),
        "loaded": checkpoint.loaded,
        "rows_done": checkpoint.rows_done,
        "rows_total": checkpoint.rows_total,
        "updated_at": now,
        "began_at": checkpoint.began_at or now,
        "pace": checkpoint.pace,
        "problem": None,
        "retry_at": None,
        "failures": 0,
    }
    if done:
        values["succeeded_at"] = now
    began = _TABLE.c.began_at.is_(None) if since.began_at is None else _TABLE.c.began_at == since.began_at
    if connection.execute(update(_TABLE).where(_TABLE.c.map == checkpoint.map, began).values(**values)).rowcount:
        return
    first = _insert(connection).values(map=checkpoint.map, **values).on_conflict_do_nothing()
    # Unless it is to be kept, the number of rows that an INSERT made is not told on PostgreSQL, and none looks like some.
    if connection.execute(first, execution_options={"preserve_rowcount": True}).rowcount < 1:
        raise BegunAnew(checkpoint.map)


def begin(connection: Connection, table_map: str, now: dt.datetime) -> Checkpoint:
    """Note that a map begins, before anything is read, and how far it got.

    Whoever tells it to begin elsewhere takes the note away: without one a first batch would be kept all the same.
    """
    _store(connection, table_map, {"began_at": now})
    return read_checkpoint(connection, table_map)


def fail(connection: Connection, table_map: str, problem: str, now: dt.datetime, retry_at: dt.datetime | None) -> None:
    """Store what went wrong; without `retry_at` the map waits for somebody to mend it."""
    before = read_checkpoint(connection, table_map)
    values = {"problem": problem, "failed_at": now, "retry_at": retry_at, "failures": before.failures + 1}
    values["began_at"] = before.began_at or now
    _store(connection, table_map, values)


def pause(connection: Connection, maps: Iterable[str], now: dt.datetime, by: str = "") -> None:
    """Let maps rest until they are resumed. `by` names who wanted that."""
    for name in maps:
        _store(connection, name, {"paused_at": now, "paused_by": by[:200]})


def resume(connection: Connection, maps: Iterable[str]) -> None:
    """Let maps run again, at once, also after a fault that stopped them."""
    for name in maps:
        _store(connection, name, {"paused_at": None, "paused_by": None, "problem": None, "retry_at": None, "failures": 0})


def retry_now(connection: Connection, table_map: str) -> None:
    """Do not wait any longer after a fault; nothing else changes, and nothing at all where the map never ran."""
    connection.execute(update(_TABLE).where(_TABLE.c.map == table_map).values(retry_at=None))


def restart(connection: Connection, table_map: str) -> None:
    """Forget how far the map got, so that it loads everything again."""
    _store(connection, table_map, {"cursor": None, "loaded": False, "rows_done": 0, "rows_total": None, "began_at": None})


def begin_at(connection: Connection, table_map: str, cursor: Cursor | None) -> None:
    """Have the map go on at another place, None for the beginning, at once, whatever went wrong before."""
    text = None if cursor is None else dump_json(dict(cursor))
    _store(connection, table_map, {"cursor": text, "problem": None, "retry_at": None, "failures": 0, "began_at": None})


def keep_behind(connection: Connection, table_map: str, rows: int) -> None:
    """How many rows wait outside; nothing where the map never ran."""
    connection.execute(update(_TABLE).where(_TABLE.c.map == table_map).values(behind=rows))


def keep_pace(connection: Connection, table_map: str, pace: float) -> None:
    """How many rows a second a map takes, as it was tried."""
    _store(connection, table_map, {"pace": pace})


def _store(connection: Connection, table_map: str, values: Mapping[str, Any]) -> None:
    # One statement: of two who write the first line of a map at once, a worker and a command, neither is refused.
    stored = _insert(connection).values(map=table_map, **values)
    connection.execute(stored.on_conflict_do_update(index_elements=[_TABLE.c.map], set_=dict(values)))


def _insert(connection: Connection) -> Any:
    return (sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert)(_TABLE)
