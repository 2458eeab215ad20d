"""`foyer sync batches` and `revert`: what each transaction of a map did, and one of them undone."""

from __future__ import annotations

import dataclasses

import click

from connectors.journal import Batch, read_batches
from connectors.reverting import CannotRevert, revert
from runtime.cli.output import Report, reporting
from runtime.cli.sync_maps import maps_named, open_sync
from runtime.sync.homes import home_of


@click.command("batches")
@click.argument("table_map", required=False, metavar="[MAP]")
@click.option("--limit", default=20, type=click.IntRange(1, 1000), help="How many of the newest are listed.")
@reporting
def batches(table_map: str | None, *, limit: int) -> Report:
    """List what the last transactions of maps did, and by which version of the map."""
    installation, snapshot = open_sync()
    maps = maps_named(snapshot, table_map)
    with installation.engine.connect() as connection:
        found = read_batches(connection, [item.key for item in maps], limit)
    data = {"batches": [dataclasses.asdict(item) for item in found]}
    return Report(tuple(_line(item) for item in found) or ("No map has changed any row yet.",), data)


@click.command("revert")
@click.argument("number", type=click.IntRange(1, 2**62), metavar="BATCH")
@reporting
def revert_batch(number: int) -> Report:
    """Undo a batch: every row that it changed is as it was before. Refused, with the rows, where any has changed since."""
    installation, snapshot = open_sync()
    try:
        done = revert(home_of(installation.engine, snapshot), number)
    except CannotRevert as fault:
        lines = [f"  {item.entity} {item.record_id}: {item.reason}" for item in fault.obstacles]
        data = {"batch": number, "reason": str(fault), "obstacles": [dataclasses.asdict(item) for item in fault.obstacles]}
        return Report((str(fault), *lines), data, ok=False)
    line = f"Batch {number} of {done.map} is undone: {done.inserted} new rows, {done.updated} changed, {done.deleted} deleted."
    return Report((line, "The rows come as they are outside when they change there again."), dataclasses.asdict(done))


def _line(item: Batch) -> str:
    did = f"{item.inserted} new, {item.updated} changed, {item.deleted} deleted"
    undone = ", undone" if item.reverted_at else "" if item.images else ", cannot be undone"
    return (
        f"{item.id:>6}  {item.at:%Y-%m-%d %H:%M:%S}  {item.map} of release {item.release} ({item.version[:8]}): {did}{undone}"
    )


COMMANDS = (batches, revert_batch)
