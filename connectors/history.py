"""What each run did: one typed row for every run that did anything."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass, replace

from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update

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


@dataclass(slots=True)
class Account:
    """What a run that is under way did so far, as it was committed; `number` is that of its line in the history, where it has
    one. Several pulls that go on with the same account are told as one run."""

    run: Run
    number: int | None = None

    @classmethod
    def begun(cls, table_map: str, mode: str, now: dt.datetime) -> Account:
        """The account of a run that begins now."""
        return cls(Run(table_map, mode, now, now, "done", "", Counts()))

    def grown(self, counts: Counts, now: dt.datetime) -> Run:
        """The run with more that it did."""
        return replace(self.run, counts=self.run.counts + counts, finished_at=now)

    def tells(self, run: Run) -> bool:
        """Whether the history has a line for the run as it is now: where it did anything, or was a load."""
        counts = run.counts
        did = counts.inserted or counts.updated or counts.deleted or counts.rejected
        return bool(did or run.mode != "changes")

    def keep(self, connection: Connection, run: Run) -> int | None:
        """Write its line in the transaction of what it did, so that neither is there without the other; the line's number.

        With the commit both are `settled`.
        """
        return keep_run(connection, run, self.number) if self.tells(run) else self.number

    def settled(self, run: Run, number: int | None) -> None:
        """What was kept has been committed."""
        self.run, self.number = run, number


def keep_run(connection: Connection, run: Run, number: int | None = None) -> int:
    """Store a run, in place of what was kept of it under a `number` so far, and forget the map's oldest ones; its number."""
    values = {"map": run.map, "mode": run.mode, "started_at": run.started_at, "finished_at": run.finished_at}
    values |= {"outcome": run.outcome, "message": run.message, **asdict(run.counts)}
    if number is not None and connection.execute(update(_TABLE).where(_TABLE.c.id == number).values(**values)).rowcount:
        return number
    newest = int(connection.execute(insert(_TABLE).values(**values).returning(_TABLE.c.id)).scalar_one())
    if newest % 50 == 0:
        kept = select(_TABLE.c.id).where(_TABLE.c.map == run.map).order_by(_TABLE.c.id.desc()).offset(KEPT).limit(1)
        oldest = connection.execute(kept).scalar()
        if oldest is not None:
            connection.execute(delete(_TABLE).where(_TABLE.c.map == run.map, _TABLE.c.id <= oldest))
    return newest


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
