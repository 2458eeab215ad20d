"""`foyer check DIR`: what is wrong with a folder of metadata, by itself and without a database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import click

from metadata.checks import outcomes
from metadata.errors import Position, Problem
from metadata.files import read_folder
from metadata.model import component_id
from metadata.text import counted
from runtime.cli import options
from runtime.cli.output import Report, of_problems, reporting
from runtime.exchange.intake import problems_of

NOTHING = "there is no component here; name the folder of a site, whose components are .yaml files with a kind and a key"


@click.command("check")
@click.argument("folder", type=options.Folder(), metavar="DIR")
@click.option("--rules", "by_rule", is_flag=True, help="List every rule: passed, or what it found.")
@reporting
def command(folder: str, *, by_rule: bool) -> Report:
    """Say what is wrong with a folder of metadata: everything at once, with file and line."""
    reading = read_folder(folder)
    components = {component_id(component): component for component in reading.components}
    problems = problems_of(reading, components)
    number = len(reading.components)
    if not number and not problems:
        # What finds nothing to look at has not found it in order: most often it is not the folder that was meant.
        problems = (Problem(Position(folder), "", "file.none", NOTHING),)
    report = Report((f"{counted(number, 'component is', 'components are')} in order.",), {"problems": [], "components": number})
    report = of_problems(problems) if problems else report
    if not by_rule:
        return report
    found = outcomes(components, reading.positions)
    lines = tuple(f"{_state(problems):<8}{name}: {sentence}" for name, sentence, problems in found)
    rules = [
        {"rule": name, "state": _state(problems), "sentence": sentence, "problems": [str(problem) for problem in problems]}
        for name, sentence, problems in found
    ]
    return replace(report, lines=(*lines, *report.lines), data={**report.data, "rules": rules})


def _state(problems: Sequence[Problem]) -> str:
    """What a rule comes to: passed, warning or error."""
    if not problems:
        return "passed"
    return "error" if any(problem.severity == "error" for problem in problems) else "warning"
