"""Wishes of one process that another one runs a map now, and what came of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import asdict

from sqlalchemy import Connection, delete, insert, select, update

from connectors import tables
from connectors.history import Counts, Run
from connectors.values import dump_json, load_json
from connectors.wake import wake

_TABLE = tables.wish
KEPT = dt.timedelta(hours=1)


def wish_for(connection: Connection, table_map: str, now: dt.datetime) -> int:
    """Ask for a run of a map; the number under which its outcome is found. Wishes that nobody came back for are forgotten."""
    connection.execute(delete(_TABLE).where(_TABLE.c.asked_at < now - KEPT))
    added = connection.execute(insert(_TABLE).values(map=table_map, asked_at=now).returning(_TABLE.c.id))
    number = int(added.scalar_one())
    wake(connection, table_map)
    return number


def wished(connection: Connection) -> dict[str, int]:
    """The maps that somebody waits for, each with the newest wish."""
    chosen = select(_TABLE.c.map, _TABLE.c.id).where(_TABLE.c.outcome.is_(None)).order_by(_TABLE.c.id)
    return {row.map: row.id for row in connection.execute(chosen)}


def fulfil(connection: Connection, run: Run, newest: int) -> None:
    """A map was run: the outcome of every wish for it up to the newest that was known when the run began."""
    mine = update(_TABLE).where(_TABLE.c.map == run.map, _TABLE.c.id <= newest, _TABLE.c.outcome.is_(None))
    connection.execute(mine.values(outcome=dump_json(asdict(run))))


def outcomes(connection: Connection, numbers: Iterable[int]) -> dict[int, Run]:
    """The runs that came of these wishes so far."""
    chosen = select(_TABLE.c.id, _TABLE.c.outcome).where(_TABLE.c.id.in_(list(numbers)), _TABLE.c.outcome.is_not(None))
    return {row.id: _run(load_json(row.outcome)) for row in connection.execute(chosen)}


def withdraw(connection: Connection, numbers: Iterable[int]) -> None:
    """Nobody waits for these any more."""
    connection.execute(delete(_TABLE).where(_TABLE.c.id.in_(list(numbers))))


def _run(told: dict[str, object]) -> Run:
    return Run(**{**told, "counts": Counts(**told["counts"])})  # type: ignore[arg-type]
