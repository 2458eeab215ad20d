"""What each run did: one typed row for every run that did anything."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, RowMapping, delete, func, insert, select

from connectors import tables

KEPT = 500
_TABLE = tables.run


@dataclass(frozen=True, slots=True)
class Counts:
    """Numbers of records: taken from outside, and what became of them."""

    taken: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0
    rejected: int = 0

    def __add__(self, other: Counts) -> Counts:
        mine, theirs = asdict(self), asdict(other)
        return Counts(**{name: mine[name] + theirs[name] for name in mine})

    @property
    def quiet(self) -> bool:
        """Whether nothing happened at all."""
        return self == Counts()


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a map. `outcome` is done, failed or waiting."""

    map: str
    mode: str
    started_at: dt.datetime
    finished_at: dt.datetime
    outcome: str
    message: str
    counts: Counts


def keep_run(connection: Connection, run: Run) -> None:
    """Store a run, and forget the oldest ones of the map."""
    values = {"map": run.map, "mode": run.mode, "started_at": run.started_at, "finished_at": run.finished_at}
    values |= {"outcome": run.outcome, "message": run.message}
    added = connection.execute(insert(_TABLE).values(**values, **asdict(run.counts)))
    newest = added.inserted_primary_key[0] if added.inserted_primary_key else 0
    if newest % 50 == 0:
        kept = select(_TABLE.c.id).where(_TABLE.c.map == run.map).order_by(_TABLE.c.id.desc()).offset(KEPT).limit(1)
        oldest = connection.execute(kept).scalar()
        if oldest is not None:
            connection.execute(delete(_TABLE).where(_TABLE.c.map == run.map, _TABLE.c.id <= oldest))


def last_runs(connection: Connection) -> dict[str, Run]:
    """The latest run of each map."""
    newest = select(func.max(_TABLE.c.id)).group_by(_TABLE.c.map)
    rows = connection.execute(select(_TABLE).where(_TABLE.c.id.in_(newest))).mappings()
    return {row["map"]: _run(row) for row in rows}


def newest_run(connection: Connection) -> int:
    """The number of the run that was kept last, 0 where none was."""
    return int(connection.execute(select(func.coalesce(func.max(_TABLE.c.id), 0))).scalar_one())


def loads_since(connection: Connection, table_map: str, number: int) -> list[Run]:
    """The loads of a map, each pass by itself, that were kept after the run of a number."""
    mine = _TABLE.c.map == table_map, _TABLE.c.id > number, _TABLE.c.mode != "changes"
    return [_run(row) for row in connection.execute(select(_TABLE).where(*mine).order_by(_TABLE.c.id)).mappings()]


def read_runs(connection: Connection, table_map: str, limit: int) -> list[Run]:
    """The last runs of a map that did anything or failed, the newest first."""
    chosen = select(_TABLE).where(_TABLE.c.map == table_map).order_by(_TABLE.c.id.desc()).limit(limit)
    return [_run(row) for row in connection.execute(chosen).mappings()]


def _run(row: RowMapping) -> Run:
    counts = Counts(**{name: row[name] for name in asdict(Counts())})
    names = ("map", "mode", "started_at", "finished_at", "outcome", "message")
    return Run(**{name: row[name] for name in names}, counts=counts)
