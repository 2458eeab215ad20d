"""`foyer sync plan`: in which order maps are loaded, and what a run would do."""

from __future__ import annotations

import dataclasses
from typing import Any

import click

from connectors.forecast import COMING, Forecast, Sample
from connectors.initial import plan_load
from connectors.tablemap import compiled_maps
from runtime.cli.output import Report, reporting
from runtime.cli.sync_maps import chosen_maps, open_sync
from runtime.sync.homes import home_of
from runtime.sync.steering import look_ahead

KINDS = ("insert", "update", "leave", "reject", "unchanged")


@click.command("plan")
@click.argument("maps", nargs=-1, metavar="[MAP]...")
@click.option("--initial", is_flag=True, help="What loading everything again would do, not what has changed since.")
@click.option("--samples", default=3, type=click.IntRange(0, 1000), help="How many rows of each kind are shown.")
@click.option("--order", is_flag=True, help="Only the order, without asking outside.")
@reporting
def plan(maps: tuple[str, ...], *, initial: bool, samples: int, order: bool) -> Report:
    """Say in which order maps are loaded, and what a run would insert, change, remove and refuse. Nothing is written."""
    installation, snapshot = open_sync()
    wanted = {item.key for item in chosen_maps(snapshot, maps)}
    steps = [step for step in plan_load(compiled_maps(snapshot)) if step.table_map.key in wanted]
    home = home_of(installation.engine, snapshot)
    found = {} if order else {item.map: item for item in look_ahead(home, steps, initial, samples)}
    lines: list[str] = []
    for number, step in enumerate(steps, 1):
        item = step.table_map
        later = f", later {', '.join(step.later)}" if step.later else ""
        adds = "" if item.creates else ", adds to rows that are there"
        lines.append(f"{number:>3}. {item.key}: {item.connection.key}.{item.model.table} to {item.entity.key}{later}{adds}")
        lines += _lines(found[item.key]) if item.key in found else ()
    data = [
        {
            "map": step.table_map.key,
            "later": list(step.later),
            "creates": step.table_map.creates,
            **({"forecast": dataclasses.asdict(found[step.table_map.key])} if step.table_map.key in found else {}),
        }
        for step in steps
    ]
    return Report(
        tuple(lines) or ("There are no table maps.",), {"steps": data}, ok=not any(item.problem for item in found.values())
    )


def _lines(forecast: Forecast) -> list[str]:
    if forecast.problem:
        return [f"     {forecast.problem}"]
    counted = ", ".join(f"{forecast.counts[kind]} {kind}" for kind in KINDS if forecast.counts.get(kind))
    return [f"     {counted or 'nothing to do'}", *(f"     {_line(sample)}" for sample in forecast.samples)]


def _line(sample: Sample) -> str:
    values = "; ".join(f"{name} {_shown(old)} -> {_shown(new)}" for name, (old, new) in sample.values.items())
    return f"  {sample.kind} {sample.key}: {values or sample.reason}"


def _shown(value: Any) -> str:
    return "empty" if value is None else "a new row" if value == COMING else str(value)


COMMANDS = (plan,)
