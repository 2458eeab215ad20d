"""`foyer sync`: run, watch, plan, retry, pause and resume table maps; single rows are mended by `sync_rejects`."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import click

from connectors import checkpoint as checkpoints
from connectors import outbox
from connectors.errors import ConnectorError, first_line
from connectors.history import Run, newest_run
from connectors.home import utc_now
from connectors.lease import LeaseLost
from connectors.rejects import read_rejects
from connectors.tablemap import CompiledMap
from runtime.cli import (
    sync_batches,
    sync_check,
    sync_compare,
    sync_conflicts,
    sync_plan,
    sync_rejects,
    sync_shape,
    sync_tracking,
)
from runtime.cli.installation import Installation
from runtime.cli.output import Report, reporting
from runtime.cli.sync_maps import chosen_maps, open_sync
from runtime.cli.sync_progress import words_of_load
from runtime.cli.sync_running import run_connection, with_loads
from runtime.cli.worker import summary
from runtime.loading import Later
from runtime.sync import steering
from runtime.sync.homes import home_of
from runtime.sync.pool import Adapters
from runtime.sync.state import MapState, map_states
from runtime.sync.worker import maps_by_connection

_metrics_text = Later("runtime.sync.metrics:metrics_text")
SHOWN_REJECTS = 5


@click.group("sync")
def command() -> None:
    """Keep rows in step with outside systems: run, watch and mend table maps."""


@command.command("run")
@click.argument("maps", nargs=-1, metavar="[MAP]...")
@click.option("--initial", is_flag=True, help="Load everything again from the beginning.")
@reporting
def run_maps(maps: tuple[str, ...], *, initial: bool) -> Report:
    """Pull what has changed, for all maps or those named, and deliver what is owed."""
    installation, snapshot = open_sync()
    wanted = chosen_maps(snapshot, maps)
    if initial:
        before = steering.load_again(home_of(installation.engine, snapshot), wanted)
    else:
        with installation.engine.connect() as reading:
            before = dict.fromkeys((item.key for item in wanted), newest_run(reading))
    runs: list[Run] = []
    faults: list[str] = []
    others: list[str] = []
    adapters = Adapters()
    try:
        for connection in maps_by_connection(snapshot):
            mine = [item for item in wanted if item.connection == connection]
            try:
                if mine:
                    done = run_connection(installation, snapshot, mine, adapters, loading=initial)
                    runs += done.runs if not done.worker else with_loads(installation, done.runs, before)
                    others += [connection.key] * (done.worker and bool(done.runs))
            except (ConnectorError, LeaseLost) as fault:
                faults.append(f"{connection.key}: {first_line(fault)}")
    finally:
        adapters.close()
    return _report(runs, faults, _paused(installation, wanted), others)


def _paused(installation: Installation, maps: Sequence[CompiledMap]) -> list[str]:
    with installation.engine.connect() as connection:
        states = checkpoints.read_checkpoints(connection)
    resting = {name for name, state in states.items() if state.paused_at is not None}
    return [item.key for item in maps if resting.intersection(item.unit)]


def _report(runs: Sequence[Run], faults: Sequence[str], paused: Sequence[str], others: Sequence[str]) -> Report:
    bad = [run for run in runs if run.outcome != "done"]
    lines = [summary(run) if run.outcome == "done" else f"{run.map}: {run.message}" for run in runs]
    lines += [f"{name} is served by a worker, which did this." for name in others]
    lines += [f"{name} is paused; foyer sync resume {name} lets it run." for name in paused]
    data: dict[str, Any] = {"runs": [dataclasses.asdict(run) for run in runs], "faults": list(faults), "paused": list(paused)}
    data["by_worker"] = list(others)
    return Report((*lines, *faults) or ("There are no table maps.",), data, ok=not bad and not faults)


@command.command("status")
@reporting
def status() -> Report:
    """Say how far each map is, what was rejected and what is owed."""
    installation, snapshot = open_sync()
    with installation.engine.connect() as connection:
        states = map_states(connection, snapshot)
        rejects = {item.map: read_rejects(connection, item.map, SHOWN_REJECTS) for item in states if item.rejects}
        parked = {item.map: outbox.parked(connection, item.map) for item in states if item.parked}
    labels = {item.key: item.label.in_language("en", "en") for item in snapshot.table_maps.values()}
    lines = [_line(state, labels.get(state.map, "")) for state in states]
    for name, found in rejects.items():
        lines += [f"  rejected {name} {reject.key}: {reject.reason}" for reject in found]
    for name, waiting in parked.items():
        lines += [f"  parked {name} {item.idempotency}: {item.reason}" for item in waiting]
    data = {
        "maps": [{**dataclasses.asdict(state), "label": labels.get(state.map, "")} for state in states],
        "rejects": [dataclasses.asdict(reject) for found in rejects.values() for reject in found],
        "parked": [dataclasses.asdict(item) for waiting in parked.values() for item in waiting],
    }
    return Report(tuple(lines) or ("There are no table maps.",), data)


@command.command("metrics")
@reporting
def metrics() -> Report:
    """Print the numbers of every map in the text format of Prometheus."""
    installation, snapshot = open_sync()
    with installation.engine.connect() as connection:
        text = _metrics_text(connection, snapshot, utc_now())
    return Report(tuple(text.splitlines()), {"text": text})


def _line(state: MapState, label: str) -> str:
    parts = [f"{state.map:<24} {state.state:<8} {state.rows_done:>9} rows taken"]
    parts += [label] * bool(label)
    if state.loading is not None and state.rows_done:
        parts.append(f"{state.loading.share:.0%}: {words_of_load(state.loading, twice=state.passes > 1)}")
    if state.succeeded_at:
        parts.append(f"as of {state.succeeded_at:%Y-%m-%d %H:%M:%S} UTC")
    parts += [f"group {state.group}"] * bool(state.group)
    parts += [f"{state.rejects} rejected"] * bool(state.rejects) + [f"{state.owed} owed"] * bool(state.owed)
    parts += [f"{state.conflicts} conflicts to decide"] * bool(state.conflicts)
    parts += [f"{state.parked} parked"] * bool(state.parked) + [state.problem] * bool(state.problem)
    return ", ".join(parts)


@command.command("pause")
@click.argument("table_map", metavar="MAP")
@reporting
def pause(table_map: str) -> Report:
    """Let a map rest, and those of its group, until it is resumed; what changes meanwhile comes then."""
    installation, snapshot = open_sync()
    (chosen,) = chosen_maps(snapshot, (table_map,))
    steering.pause(home_of(installation.engine, snapshot), chosen)
    lines = tuple(f"{name} is paused." for name in chosen.unit)
    return Report(lines, {"map": chosen.key, "state": "paused", "maps": list(chosen.unit)})


@command.command("resume")
@click.argument("table_map", metavar="MAP")
@reporting
def resume(table_map: str) -> Report:
    """Let a paused map run again, and those of its group."""
    installation, snapshot = open_sync()
    (chosen,) = chosen_maps(snapshot, (table_map,))
    steering.resume(home_of(installation.engine, snapshot), chosen)
    lines = tuple(f"{name} runs again." for name in chosen.unit)
    return Report(lines, {"map": chosen.key, "state": "current", "maps": list(chosen.unit)})


SINGLE = (sync_plan, sync_batches, sync_rejects, sync_conflicts, sync_compare, sync_shape, sync_check, sync_tracking)
for each in (single for module in SINGLE for single in module.COMMANDS):
    command.add_command(each)
