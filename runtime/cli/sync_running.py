"""The maps of one connection are run here, or by the worker that serves it already."""

from __future__ import annotations

import time
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

from connectors import checkpoint as checkpoints
from connectors.history import Run, loads_since
from connectors.home import utc_now
from connectors.initial import SECOND
from connectors.lease import LeaseLost
from connectors.pace import Cost
from connectors.tablemap import CompiledMap
from connectors.wishes import outcomes, wish_for, withdraw
from metadata.snapshot import Snapshot
from runtime.cli.installation import Installation
from runtime.cli.sync_progress import Progress
from runtime.database import writing
from runtime.sync.pool import Adapters
from runtime.sync.state import second_costs
from runtime.sync.worker import open_station

WORKER_WAIT_SECONDS = 60.0
"""So long a worker may do nothing for a map before it is given up; a load that goes on is waited for."""
WISH_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Done:
    """The runs of a connection's maps, and whether a `worker` did them."""

    runs: Sequence[Run]
    worker: bool = False


def run_connection(
    installation: Installation, snapshot: Snapshot, maps: Sequence[CompiledMap], adapters: Adapters, *, loading: bool
) -> Done:
    """Run the maps of one connection; `loading` where they were told to load. Raises ConnectorError, and LeaseLost where a
    worker that serves it does nothing."""

    def costs() -> dict[str, Cost]:
        with installation.engine.connect() as reading:
            return second_costs(snapshot, checkpoints.read_checkpoints(reading), reading.dialect.name)

    station = open_station(installation.engine, snapshot, maps[0].connection, adapters, Progress(costs))
    twice = frozenset(costs())
    wishes: dict[int, CompiledMap] = {}
    end, reached = time.monotonic() + WORKER_WAIT_SECONDS, 0
    try:
        while True:
            runs = station.pull(maps)
            if station.held:
                while station.deliver():
                    pass
                return Done(runs)
            wishes = wishes or _wish(installation, maps)
            with installation.engine.connect() as connection:
                done, states = outcomes(connection, wishes), checkpoints.read_checkpoints(connection)
            if _is_over(wishes, done, states, twice):
                # A run that began before the load answers a wish too. Once another is over, the load has been written down.
                again = {number: wishes[number] for number, run in done.items() if loading and run.mode == "changes"}
                if not again:
                    return Done(list(done.values()), worker=True)
                others = {number: item for number, item in wishes.items() if number not in again}
                loading, wishes = False, {**others, **_wish(installation, list(again.values()))}
            rows = sum(state.rows_done for state in states.values())
            end, reached = (time.monotonic() + WORKER_WAIT_SECONDS if rows != reached else end), rows
            if time.monotonic() > end:
                left = ", ".join(item.key for number, item in wishes.items() if number not in done)
                raise LeaseLost(f"the worker that serves this connection has not run {left} within {WORKER_WAIT_SECONDS:.0f} s")
            time.sleep(WISH_SECONDS)
    finally:
        station.close()
        if wishes:
            with writing(installation.engine).begin() as connection:
                withdraw(connection, wishes)


def with_loads(installation: Installation, runs: Iterable[Run], since: Mapping[str, int]) -> list[Run]:
    """What a worker did for these runs, with the loads that it has done since a run of each map's number: they may be over
    before anybody asked for one."""
    found: list[Run] = []
    with installation.engine.connect() as connection:
        for run in runs:
            loads = loads_since(connection, run.map, since[run.map])
            found += loads
            if not loads or (run.mode == "changes" and not run.counts.quiet):
                found.append(run)
    return found


def _is_over(
    wishes: dict[int, CompiledMap], done: dict[int, Run], states: dict[str, checkpoints.Checkpoint], twice: Container[str]
) -> bool:
    """Whether each map was run as somebody wished, and is loaded where that went well, also in the second pass of those that
    are loaded `twice`."""
    well = [run.map for run in done.values() if run.outcome == "done"]
    passes = [states.get(name) for key in well for name in (key, key + SECOND) if name == key or key in twice]
    return len(done) == len(wishes) and all(at is not None and at.loaded for at in passes)


def _wish(installation: Installation, maps: Sequence[CompiledMap]) -> dict[int, CompiledMap]:
    """Ask the worker for a run of each map that is not paused."""
    with writing(installation.engine).begin() as connection:
        states = checkpoints.read_checkpoints(connection)
        resting = {name for name, state in states.items() if state.paused_at is not None}
        wanted = [item for item in maps if item.inward and not resting.intersection(item.unit)]
        return {wish_for(connection, item.key, utc_now()): item for item in wanted}
