"""The state of all maps as values, for the command line and for whoever watches."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from connectors.checkpoint import Checkpoint, read_checkpoints
from connectors.conflicts import count_open
from connectors.errors import GAP
from connectors.history import Counts, last_runs
from connectors.initial import SECOND, plan_load
from connectors.outbox import PARKED, WAITING, count_owed, oldest
from connectors.pace import Cost, Loading, loading, second_cost
from connectors.rejects import count_rejects, oldest_rejects
from connectors.tablemap import CompiledMap, compiled_maps
from connectors.tally import ERROR, OUT, read_tally
from connectors.together import waits_for
from metadata.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class MapState:
    """One map. `state` is never, loading, current, waiting (tried again soon), failed, gap (changes are lost) or paused.

    `group` is that with which it waits and is paused. `behind` are rows that wait outside, None where that is not known;
    `owed_since` is when the oldest change that waits to go out was made, `refused_since` when the oldest row that one side
    would not take came. `loading` is how far its load is, in how many `passes`, and None once that is over.
    """

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
    direction: str = "in"
    behind: int | None = None
    began_at: dt.datetime | None = None
    updated_at: dt.datetime | None = None
    retry_at: dt.datetime | None = None
    paused_by: str = ""
    owed_since: dt.datetime | None = None
    refused_since: dt.datetime | None = None
    delivered_at: dt.datetime | None = None
    group: str = ""
    passes: int = 1
    loading: Loading | None = None


def second_costs(snapshot: Snapshot, states: Mapping[str, Checkpoint], dialect: str) -> dict[str, Cost]:
    """What a row costs in the second pass of a load, in rows of the first one, by map; those that have one only."""
    return {name: second_cost(states, name, dialect) for name in _twice(snapshot)}


def _twice(snapshot: Snapshot) -> frozenset[str]:
    """The maps that are loaded in two passes. All maps of a connection are loaded together."""

    def make() -> frozenset[str]:
        by_connection: dict[str, list[CompiledMap]] = {}
        for item in compiled_maps(snapshot):
            by_connection.setdefault(item.connection.key, []).append(item)
        steps = (step for maps in by_connection.values() for step in plan_load(maps))
        return frozenset(step.table_map.key for step in steps if step.later)

    return snapshot.derive("runtime.sync.twice", make)


def map_states(connection: Connection, snapshot: Snapshot) -> list[MapState]:
    """The states of all active maps, in the order of the metadata."""
    checkpoints, runs = read_checkpoints(connection), last_runs(connection)
    rejects, owed, undecided = count_rejects(connection), count_owed(connection), count_open(connection)
    waiting, parked, refused = oldest(connection, WAITING), oldest(connection, PARKED), oldest_rejects(connection)
    sent = {item.map: item.at for item in read_tally(connection) if item.direction == OUT and item.kind != ERROR}
    costs = second_costs(snapshot, checkpoints, connection.dialect.name)
    found = []
    for item in compiled_maps(snapshot):
        at = _within_group(item, checkpoints)
        load = loading(at, checkpoints.get(item.key + SECOND), costs.get(item.key)) if item.inward else None
        sending = owed.get(item.key, {})
        found.append(
            MapState(
                map=item.key,
                connection=item.connection.key,
                entity=item.entity.key,
                state=_word(at, load),
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
                direction=_direction(item),
                behind=_behind(at),
                began_at=at.began_at,
                updated_at=at.updated_at,
                retry_at=at.retry_at,
                paused_by=at.paused_by or "",
                owed_since=waiting.get(item.key),
                refused_since=min((found[item.key] for found in (parked, refused) if item.key in found), default=None),
                delivered_at=sent.get(item.key),
                group=item.model.group if item.together else "",
                passes=2 if item.key in costs else 1,
                loading=load,
            )
        )
    return found


def _within_group(table_map: CompiledMap, states: Mapping[str, Checkpoint]) -> Checkpoint:
    """How far a map is, and what keeps it waiting: its own fault or pause, else that of another one of its group."""
    at = states.get(table_map.key, Checkpoint(table_map.key))
    others = [states[name] for name in table_map.unit if name != table_map.key and name in states]
    for other in others:
        if other.paused_at is not None and at.paused_at is None:
            at = replace(at, paused_at=other.paused_at, paused_by=other.paused_by)
        if other.problem and not at.problem:
            problem = waits_for(other.map, other.problem)
            at = replace(at, problem=problem, retry_at=other.retry_at, failures=other.failures)
    return at


def _direction(table_map: CompiledMap) -> str:
    """in, out or both."""
    inward = any(item.direction in ("in", "both") for item in table_map.model.attributes)
    return "both" if inward and table_map.outward else "out" if table_map.outward else "in"


def _behind(state: Checkpoint) -> int | None:
    """Rows that wait outside: those of a load that are left, else as they were counted."""
    if not state.loaded and state.rows_total is not None:
        return max(0, state.rows_total - state.rows_done)
    return state.behind


def _word(state: Checkpoint, load: Loading | None) -> str:
    if state.paused_at is not None:
        return "paused"
    if state.problem and state.problem.startswith(GAP):
        return "gap"
    if state.problem:
        return "failed" if state.failures > 3 else "waiting"
    if state.loaded and load is None:
        return "current"
    return "loading" if state.rows_done else "never"
