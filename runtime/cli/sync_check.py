"""`foyer sync check`: what would go wrong with table maps, before they run."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

import click

from connectors.preflight.checking import Preflight
from connectors.preflight.findings import ERROR, Finding
from connectors.tablemap import CompiledMap, compiled_map
from metadata.migrate import plan
from metadata.snapshot import Snapshot
from metadata.text import counted
from runtime.cli.installation import Installation
from runtime.cli.output import Report, reporting
from runtime.cli.sync_maps import not_there, open_sync
from runtime.sync.homes import home_of
from runtime.sync.pool import Adapters


@click.command("check")
@click.argument("maps", nargs=-1, metavar="[MAP]...")
@click.option("--rows", type=click.IntRange(0, 10_000_000), default=2000, show_default=True, help="Rows of each side; 0: all.")
@reporting
def check_maps(maps: tuple[str, ...], *, rows: int) -> Report:
    """Look at maps before they run, inactive ones too: nothing is written on either side."""
    installation, snapshot = open_sync()
    wanted = _chosen(snapshot, maps)
    every = [compiled_map(snapshot, key) for key in snapshot.table_maps]
    adapters = Adapters()
    looking = Preflight(home_of(installation.engine, snapshot), snapshot, every, adapters.of, rows)
    try:
        findings = [*_tables(installation, snapshot, wanted), *(found for item in wanted for found in looking.look_at(item))]
    finally:
        adapters.close()
    return _report(findings, len(wanted))


def _chosen(snapshot: Snapshot, names: Sequence[str]) -> list[CompiledMap]:
    for name in names:
        if name not in snapshot.table_maps:
            raise not_there(name, snapshot.table_maps, "table map")
    return [compiled_map(snapshot, key) for key in snapshot.table_maps if not names or key in names]


def _tables(installation: Installation, snapshot: Snapshot, maps: Sequence[CompiledMap]) -> Iterator[Finding]:
    """Whether our tables are as the release says."""
    with installation.engine.connect() as connection:
        steps = plan(connection, snapshot).steps
    for item in maps:
        owing = [step for step in steps if step.table == item.entity.table.name]
        if owing:
            due = counted(len(owing), "change is", "changes are")
            what = f"the table of {item.entity.key} is not as the release says: {due} due."
            yield Finding(item.key, "table", ERROR, item.entity.key, what, "Run foyer migrate.")


def _report(findings: Sequence[Finding], number: int) -> Report:
    errors = sum(found.severity == ERROR for found in findings)
    told = f"{counted(errors, 'error')}, {counted(len(findings) - errors, 'warning')}"
    last = f"{counted(number, 'map')} looked at: {told}. Nothing was written."
    data = {"findings": [dataclasses.asdict(found) for found in findings], "maps": number}
    return Report((*map(str, findings), last), data, ok=errors == 0)


COMMANDS = (check_maps,)
