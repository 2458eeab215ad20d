"""`foyer sync conflicts` and `resolve`: attributes that both sides have changed."""

from __future__ import annotations

import dataclasses

import click

from connectors.conflicts import BOTH, OUTSIDE, PORTAL, Conflict, read_conflicts
from connectors.tablemap import compiled_maps
from runtime.cli.output import Report, reporting
from runtime.cli.sync_maps import maps_named, open_sync
from runtime.sync.homes import home_of
from runtime.sync.steering import resolve as settle


@click.command("conflicts")
@click.argument("table_map", required=False, metavar="[MAP]")
@reporting
def list_conflicts(table_map: str | None) -> Report:
    """List attributes that both sides have changed, with both values: first those that wait for somebody."""
    installation, snapshot = open_sync()
    maps = maps_named(snapshot, table_map)
    with installation.engine.connect() as connection:
        found = read_conflicts(connection, [item.key for item in maps])
    data = {"conflicts": [dataclasses.asdict(item) for item in found]}
    return Report(tuple(_line(item) for item in found) or ("There are no conflicts.",), data)


def _line(item: Conflict) -> str:
    won = f"{item.winner} won" if item.winner else "to be decided"
    values = f"portal {item.ours}, outside {item.theirs}"
    if item.total is not None:
        values = f"from {item.base} {values}"
    if item.winner == BOTH:
        won = f"both count: {item.total}"
    elif item.total is not None and not item.winner:
        won = f"to be decided, since the sum {item.total} does not fit"
    return f"{item.id}  {item.map} {item.entity} {item.record_id} {item.attribute}: {values}, {won}"


@click.command("resolve")
@click.argument("number", type=click.IntRange(1, 2**62), metavar="NUMBER")
@click.argument("side", type=click.Choice((PORTAL, OUTSIDE)), metavar="portal|outside")
@reporting
def resolve(number: int, side: str) -> Report:
    """Decide which of two values stays; the change that waited for it goes on."""
    installation, snapshot = open_sync()
    found = settle(home_of(installation.engine, snapshot), compiled_maps(snapshot), number, side)
    if found is None:
        raise click.ClickException(f"There is no conflict {number} to be decided; foyer sync conflicts lists them.")
    return Report((f"{found.attribute} is as the {side} has it.",), {"conflict": number, "winner": side})


COMMANDS = (list_conflicts, resolve)
