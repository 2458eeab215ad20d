"""`foyer migrate`: what would change in the tables, and changing it."""

from __future__ import annotations

import click

from metadata.migrate import Plan
from metadata.store import MetadataStore, checked_snapshot
from metadata.text import counted
from runtime.cli import options
from runtime.cli.changes import plan_data
from runtime.cli.installation import open_installation
from runtime.cli.output import Report, reporting
from runtime.exchange.intake import take_in


@click.command("migrate")
@click.argument("folder", type=options.Folder(), metavar="[DIR]", required=False)
@click.option("--plan", "mode", flag_value="plan", default="plan", help="Print what would be done (the default).")
@click.option("--apply", "mode", flag_value="apply", help="Bring the tables in step with the current release.")
@options.allow_destructive
@reporting
def command(folder: str | None, *, mode: str, allow_destructive: bool) -> Report:
    """Plan or apply changes of the tables.

    The plan is that of publishing what has been saved, or of publishing DIR. Publishing applies it; --apply is for tables
    that were changed by hand, and with --allow-destructive for dropping what the current release no longer names.
    """
    store = open_installation().store
    if mode == "apply":
        if folder:
            raise click.UsageError("--apply is for the current release; foyer publish DIR releases a folder.")
        return _report(store.mend_tables(allow_destructive=allow_destructive), "The tables are in step.")
    plan = _plan(store, folder, drop=allow_destructive)
    return _report(
        plan, f"{counted(len(plan.steps), 'step')}; nothing has been changed." if plan else "The tables are in step."
    )


def _plan(store: MetadataStore, folder: str | None, *, drop: bool) -> Plan:
    before = store.working()
    result = take_in(folder, before).result if folder else before
    return store.plan_tables(checked_snapshot(result.values()), drop=drop)


def _report(plan: Plan, last: str) -> Report:
    return Report((*plan.lines, last), plan_data(plan))
