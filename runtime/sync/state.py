"""The state of all maps as values, for the command line and for whoever watches."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Connection

from connectors.checkpoint import Checkpoint, read_checkpoints
from connectors.conflicts import count_open
from connectors.errors import GAP
from connectors.history import Counts, last_runs
from connectors.outbox import PARKED, WAITING, count_owed
from connectors.rejects import count_rejects
from connectors.tablemap import compiled_maps
from metadata.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class MapState:
    """One map. `state` is never, loading, current, waiting (tried again soon), failed, gap (changes are lost) or paused."""

    map: str
    connection: str
    entity: str
    state: str
    loaded: bool
    rows_done: int
    rows_total: int | None
    succeeded_at: dt.datetime | None
    problem: str
    rejects: int
    owed: int
    parked: int
    conflicts: int
    last: Counts


def map_states(connection: Connection, snapshot: Snapshot) -> list[MapState]:
    """The states of all active maps, in the order of the metadata."""
    checkpoints, runs = read_checkpoints(connection), last_runs(connection)
    rejects, owed, undecided = count_rejects(connection), count_owed(connection), count_open(connection)
    found = []
    for item in compiled_maps(snapshot):
        at = checkpoints.get(item.key, Checkpoint(item.key))
        sending = owed.get(item.key, {})
        found.append(
            MapState(
                map=item.key,
                connection=item.connection.key,
                entity=item.entity.key,
                state=_word(at, at.failures),
                loaded=at.loaded,
                rows_done=at.rows_done,
                rows_total=at.rows_total,
                succeeded_at=at.succeeded_at,
                problem=at.problem or "",
                rejects=rejects.get(item.key, 0),
                owed=sending.get(WAITING, 0),
                parked=sending.get(PARKED, 0),
                conflicts=undecided.get(item.key, 0),
                last=runs[item.key].counts if item.key in runs else Counts(),
            )
        )
    return found


def _word(state: Checkpoint, failures: int) -> str:
    if state.paused_at is not None:
        return "paused"
    if state.problem and state.problem.startswith(GAP):
        return "gap"
    if state.problem:
        return "failed" if failures > 3 else "waiting"
    if state.loaded:
        return "current"
    return "loading" if state.rows_done else "never"
