"""`foyer sync install-tracking` and `foyer sync backfill`: what tells changes in a database, and rows that it has not told."""

from __future__ import annotations

import dataclasses

import click

from connectors.errors import ConnectorError
from connectors.settings import read_settings
from connectors.sql.installing import Step, plan_tracking
from connectors.tablemap import compiled_maps
from metadata.text import counted
from runtime.cli import options
from runtime.cli.output import Report, reporting
from runtime.cli.sync_maps import chosen_maps, open_sync
from runtime.sync.homes import home_of
from runtime.sync.steering import NotPossible, read_again


@click.command("install-tracking")
@click.argument("connection", metavar="CONNECTION")
@click.option("--plan", is_flag=True, help="Only show the statements.")
@click.option("--remove", is_flag=True, help="Take out what was installed.")
@reporting
def install_tracking(connection: str, *, plan: bool, remove: bool) -> Report:
    """Put triggers, or a publication and a slot, into a database, for each map of a connection that names tracking."""
    _, snapshot = open_sync()
    maps = [item for item in compiled_maps(snapshot) if item.connection.key == connection and item.model.tracking]
    if not maps:
        known = sorted({item.connection.key for item in compiled_maps(snapshot) if item.model.tracking})
        named = ", ".join(known) or "none"
        raise click.ClickException(f"No active map of {connection} has tracking; connections with such maps: {named}.")
    try:
        settings = read_settings(maps[0].connection)
        steps = plan_tracking(connection, settings, maps, remove=remove, run=not plan)
    except ConnectorError as fault:
        raise click.ClickException(str(fault)) from None
    return Report(_lines(steps, plan=plan, remove=remove), {"steps": [dataclasses.asdict(step) for step in steps]})


def _lines(steps: list[Step], *, plan: bool, remove: bool) -> tuple[str, ...]:
    if not steps:
        return ("Nothing is installed." if remove else "Everything is there.",)
    if plan:
        return tuple(f"{step.statement};" for step in steps)
    done = sorted({step.map for step in steps})
    return (f"{'Taken out' if remove else 'Installed'} for {', '.join(done)}: {counted(len(steps), 'statement')}.",)


@click.command("backfill")
@click.argument("table_map", metavar="MAP")
@click.option("--column", type=options.NAME, default="", help="Outside column whose range is read; all rows without it.")
@click.option("--from", "low", default="", help="Lowest value.")
@click.option("--to", "high", default="", help="Highest value.")
@reporting
def backfill(table_map: str, *, column: str, low: str, high: str) -> Report:
    """Read rows again that a map was not told of, all or a range, beside what changes; the worker does it."""
    installation, snapshot = open_sync()
    (chosen,) = chosen_maps(snapshot, (table_map,))
    try:
        what = read_again(home_of(installation.engine, snapshot), chosen, column, low, high)
    except NotPossible as fault:
        raise click.ClickException(str(fault)) from None
    return Report((f"{chosen.key} reads {what} again with its next run, and goes on from now.",), {"map": chosen.key})


COMMANDS = (install_tracking, backfill)
