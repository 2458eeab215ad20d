"""`foyer search rebuild`: the search indexes anew."""

from __future__ import annotations

import click

from metadata.text import counted
from runtime.cli.changes import plan_data
from runtime.cli.installation import open_installation
from runtime.cli.output import Report, reporting


@click.group("search")
def command() -> None:
    """Look after the indexes by which rows are found."""


@command.command("rebuild")
@reporting
def rebuild() -> Report:
    """Make every search index of the current release anew, such as after rows were restored, or pg_trgm was installed.

    Otherwise nobody needs it: the database itself keeps the indexes in step with the rows.
    """
    plan = open_installation().store.remake_searches()
    last = (
        f"{counted(len(plan.steps), 'search index has', 'search indexes have')} been made anew."
        if plan
        else "No search asks for an index."
    )
    return Report((*plan.lines, last), plan_data(plan))
