"""`foyer sync conflicts` and `resolve`: attributes that both sides have changed."""

from __future__ import annotations

import dataclasses

import click

from connectors.conflicts import OUTSIDE, PORTAL, Conflict, decide, find_conflict, read_conflicts
from connectors.home import Work, utc_now
from connectors.tablemap import compiled_maps
from runtime.cli.output import Report, reporting
from runtime.cli.sync_maps import chosen_maps, open_sync
from runtime.sync.homes import home_of


@click.command("conflicts")
@click.argument("table_map", required=False, metavar="[MAP]")
@reporting
def list_conflicts(table_map: str | None) -> Report:
    """List attributes that both sides have changed, with both values: first those that wait for somebody."""
    installation, snapshot = open_sync()
    maps = chosen_maps(snapshot, (table_map,) if table_map else ())
    with installation.engine.connect() as connection:
        found = read_conflicts(connection, [item.key for item in maps])
    data = {"conflicts": [dataclasses.asdict(item) for item in found]}
    return Report(tuple(_line(item) for item in found) or ("There are no conflicts.",), data)


def _line(item: Conflict) -> str:
    won = f"{item.winner} won" if item.winner else "to be decided"
    values = f"portal {item.ours}, outside {item.theirs}"
    return f"{item.id}  {item.map} {item.entity} {item.record_id} {item.attribute}: {values}, {won}"


@click.command("resolve")
@click.argument("number", type=int, metavar="NUMBER")
@click.argument("side", type=click.Choice((PORTAL, OUTSIDE)), metavar="portal|outside")
@reporting
def resolve(number: int, side: str) -> Report:
    """Decide which of two values stays; the change that waited for it goes on."""
    installation, snapshot = open_sync()
    home = home_of(installation.engine, snapshot)
    with home.begin() as connection:
        found = find_conflict(connection, number)
        table_map = next((item for item in compiled_maps(snapshot) if found is not None and item.key == found.map), None)
        if found is None or table_map is None or found.winner:
            raise click.ClickException(f"There is no conflict {number} to be decided; foyer sync conflicts lists them.")
        decide(Work(connection, home.rows(connection), table_map, utc_now()), found, side)
    return Report((f"{found.attribute} is as the {side} has it.",), {"conflict": number, "winner": side})


COMMANDS = (list_conflicts, resolve)
