"""`foyer sync compare`: the rows of both sides, one by one, and what is to be mended."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence

import click

from connectors.compare import DIFFERS, EXTRA, MISSING, Difference, compare, hand_over, remove_extra
from connectors.errors import ConnectorError
from connectors.wishes import wish_for
from runtime.cli.output import Report, reporting
from runtime.cli.sync_maps import chosen_maps, open_sync
from runtime.sync.homes import home_of
from runtime.sync.pool import Adapters

SHOWN = 20


@click.command("compare")
@click.argument("table_map", metavar="MAP")
@click.option("--repair", is_flag=True, help="Take what is missing or differs here; foyer sync run, or the worker, does it.")
@reporting
def compare_map(table_map: str, *, repair: bool) -> Report:
    """Compare every row of both sides, while both go on; with --repair have ours made as the outside is."""
    installation, snapshot = open_sync()
    (chosen,) = chosen_maps(snapshot, (table_map,))
    home, adapters = home_of(installation.engine, snapshot), Adapters()
    try:
        found = list(compare(home, adapters.of(chosen.connection), chosen))
    except ConnectorError as fault:
        raise click.ClickException(str(fault)) from None
    finally:
        adapters.close()
    deleted = 0
    if repair and found:
        hand_over(home, chosen, found)
        deleted = remove_extra(home, chosen, found)
        with home.begin() as connection:
            wish_for(connection, chosen.key, home.now())
    counted = Counter(item.kind for item in found)
    data = {"differences": [dataclasses.asdict(item) for item in found], "counts": dict(counted), "deleted": deleted}
    return Report(_lines(found, counted, repair=repair), data, ok=not found or repair)


def _lines(found: Sequence[Difference], counted: Counter[str], *, repair: bool) -> tuple[str, ...]:
    if not found:
        return ("Both sides are the same.",)
    lines = [_line(item) for item in found[:SHOWN]]
    lines.append(", ".join(f"{number} {kind}" for kind, number in sorted(counted.items())))
    if repair and (counted[MISSING] or counted[DIFFERS]):
        lines.append("What is missing or differs is taken by the next run of the map.")
    if counted[EXTRA]:
        lines.append("What is here only stays, unless the map's delete says otherwise and --repair is given.")
    return tuple(lines)


def _line(item: Difference) -> str:
    differing = "; ".join(f"{name} {ours} here, {theirs} outside" for name, (ours, theirs) in item.values.items())
    return f"{item.key}: {item.kind} {differing}{item.reason}".rstrip()


COMMANDS = (compare_map,)
