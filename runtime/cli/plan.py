"""`foyer plan`: what the statements of each page come to for each role, and what is too much."""

from __future__ import annotations

from dataclasses import asdict

import click

from metadata.text import counted
from runtime.cli.output import Report, reporting
from runtime.cli.persons import open_portal
from runtime.exposure.budget import LARGE, Budget, Cost, Limits


@click.command("plan")
@click.option("--budget", type=click.IntRange(1), help="Most rows that a statement may touch, by the database's estimate.")
@click.option("--large", type=click.IntRange(1), default=LARGE, show_default=True, help="Rows that make a table large.")
@click.option("--all", "everything", is_flag=True, help="Tell of each statement, not of those alone with findings.")
@reporting
def command(*, budget: int | None, large: int, everything: bool) -> Report:
    """Tell of the statements of every page and role which read a large table whole, or more than a budget allows."""
    portal = open_portal()
    with portal.engine.connect() as connection:
        costs = [
            cost
            for site in portal.snapshot.sites.values()
            for cost in Budget(connection, portal.snapshot, site, Limits(budget, large)).costs()
        ]
    found = [cost for cost in costs if cost.findings]
    lines = [line for cost in (costs if everything else found) for line in _lines(cost)]
    lines.append(f"{counted(len(costs), 'statement')}, {len(found)} with findings.")
    return Report(tuple(lines), {"statements": [asdict(cost) for cost in costs]}, ok=not found)


def _lines(cost: Cost) -> list[str]:
    indexes = ", ".join(f"{step.table} by {step.index or 'reading it whole'}" for step in cost.steps)
    said = [f"page {cost.page}, {cost.who}, {cost.what}: about {counted(cost.rows, 'row')}; {indexes}"]
    return said + [f"  {finding}" for finding in cost.findings]
