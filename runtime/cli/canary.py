"""`foyer canary`: a throw-away copy of a site with marked rows, asked for everything by everybody."""

from __future__ import annotations

import os
import tempfile
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import click
from sqlalchemy import Engine

from metadata.files import read_folder
from metadata.store.contents import contents_of, pieces
from metadata.text import counted
from runtime.canary.crawl import LATE, SURFACES, Outcome, Terms
from runtime.canary.together import crawl_together
from runtime.canary.worlds import release
from runtime.cli import options
from runtime.cli.installation import open_installation
from runtime.cli.output import Report, of_problems, reporting


@click.command("canary")
@click.option("--folder", type=options.Folder(), help="Metadata to look at; what would be released where missing.")
@click.option("--surface", "surfaces", multiple=True, type=click.Choice(SURFACES), help="Ask only there; may be given again.")
@click.option("--who", multiple=True, help="Ask only as these people, such as a web role; may be given again.")
@click.option(
    "--seconds", type=click.FloatRange(min=0), default=600.0, show_default=True, help="For how long; 0 for all of it."
)
@click.option("--most", type=click.IntRange(min=0), default=0, help="End after so many findings; 0 for all.")
@click.option(
    "--processes",
    type=click.IntRange(min=1),
    default=lambda: os.cpu_count() or 1,
    show_default="one for each processor",
    help="How many ask at the same time.",
)
@reporting
def command(
    folder: str | None, *, surfaces: tuple[str, ...], who: tuple[str, ...], seconds: float, most: int, processes: int
) -> Report:
    """Look for rows and values that people get to see and should not. Nothing of the installation is touched."""
    if folder is not None:
        reading = read_folder(folder)
        if any(problem.severity == "error" for problem in reading.problems):
            return of_problems(reading.problems)
        components, contents = reading.components, reading.contents
    else:
        installation = open_installation()
        components = tuple(installation.store.working().values())
        contents = {
            digest: partial(_opened, installation.engine, digest, one.size) for digest, one in contents_of(components).items()
        }
    terms = Terms(frozenset(surfaces), seconds, who, most)
    with tempfile.TemporaryDirectory(prefix="foyer-canary-") as place:
        release(components, Path(place), contents)
        return _told(crawl_together(Path(place), terms, processes, lambda line: click.echo(line, err=True)))


def _opened(engine: Engine, digest: str, size: int) -> BinaryIO:
    return BytesIO(b"".join(pieces(engine, digest, 0, size)))


def _told(outcome: Outcome) -> Report:
    found = outcome.findings
    lines = [str(one) for one in found.kept]
    people, requests = counted(outcome.people, "person", "people"), counted(outcome.asked, "request")
    lines.append(f"{people}, {requests}, {counted(found.number, 'finding')}.")
    lines += [f"Left out: {number} ({why})." for why, number in outcome.left.most_common()]
    if not outcome.is_whole:
        lines.append(
            f"Ended early: there was no time for {counted(outcome.left[LATE], 'request')}, nor for what they lead to. "
            "A leak there is not found, so this does not show that the site is clean; --seconds 0 asks for all of it."
        )
    data = {
        "complete": outcome.is_whole,
        "people": outcome.people,
        "requests": outcome.asked,
        "left_out": dict(outcome.left.most_common()),
        "number": found.number,
        "findings": [one.data for one in found.kept],
    }
    return Report(tuple(lines), data, ok=not found.kept)
