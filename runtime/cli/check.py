"""`foyer check DIR`: what is wrong with a folder of metadata, by itself and without a database."""

from __future__ import annotations

import click

from metadata.files import read_folder
from metadata.model import component_id
from runtime.cli import options
from runtime.cli.intake import problems_of
from runtime.cli.output import Report, of_problems, reporting


@click.command("check")
@click.argument("folder", type=options.Folder(), metavar="DIR")
@reporting
def command(folder: str) -> Report:
    """Say what is wrong with a folder of metadata: everything at once, with file and line."""
    reading = read_folder(folder)
    problems = problems_of(reading, {component_id(component): component for component in reading.components})
    if problems:
        return of_problems(problems)
    number = len(reading.components)
    return Report((f"{number} components are in order.",), {"problems": [], "components": number})
