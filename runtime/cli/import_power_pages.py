"""`foyer import power-pages DIR`: a site of Power Pages becomes files of metadata, with a report on each of its records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click

from metadata.files import read_folder, write_folder
from metadata.model import Content, component_id
from metadata.text import counted
from runtime.cli import options
from runtime.cli.output import Report, of_problems, reporting
from runtime.dualwrite.source import APPROXIMATED, BY_HAND
from runtime.powerpages.converting import Conversion, convert
from runtime.powerpages.reading import read_export
from runtime.powerpages.report import counted as tallied

SHOWN = 3
"""Names that are told of each reason; --json tells all."""


@click.command("power-pages")
@click.argument("path", type=options.Folder(exists=True, file_okay=False), metavar="PATH")
@click.option("--to", "folder", type=options.Folder(file_okay=False), metavar="DIR", help="Write the files here.")
@click.option("--site", type=options.NAME, default="", help="Key of the site; that of its name without it.")
@click.option("--dry-run", is_flag=True, help="Report, and write nothing.")
@reporting
def command(path: str, *, folder: str | None, site: str, dry_run: bool) -> Report:
    """Make a site of what `pac pages download` wrote. Entities that are in DIR already are what its permissions stand on."""
    if folder is None and not dry_run:
        raise click.UsageError("Say where the files go with --to DIR, or --dry-run to see the report alone.")
    beside = read_folder(folder) if folder and Path(folder).is_dir() else None
    there = {component_id(item): item for item in beside.components} if beside else {}
    found = convert(read_export(Path(path)), there, site)
    problems = (*(beside.problems if beside else ()), *found.problems)
    if any(problem.severity == "error" for problem in problems):
        return of_problems(tuple(problems))
    written: tuple[str, ...] = ()
    if folder is not None and not dry_run:
        written = tuple(write_folder(found.components, folder, lambda content: _pieces(found, content)).changed)
    data = {
        "counts": tallied(list(found.outcomes)),
        "records": [outcome.as_data() for outcome in found.outcomes],
        "written": list(written),
    }
    return Report((*_lines(found), _last(found, folder, dry_run)), data)


def _pieces(found: Conversion, content: Content) -> Iterator[bytes]:
    yield found.pieces(content.sha256)


def _lines(found: Conversion) -> Iterator[str]:
    kinds = Counter((outcome.kind, outcome.verdict) for outcome in found.outcomes)
    yield from (f"{kind}: {number} {verdict}" for (kind, verdict), number in sorted(kinds.items()))
    told: dict[tuple[str, str, str], list[str]] = {}
    for outcome in found.outcomes:
        if outcome.verdict in (APPROXIMATED, BY_HAND):
            told.setdefault((outcome.verdict, outcome.kind, outcome.reason), []).append(outcome.name)
    for (verdict, kind, reason), names in told.items():
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        yield f"  {verdict}: {kind} {', '.join(names[:SHOWN])}{more}: {reason}"


def _last(found: Conversion, folder: str | None, dry_run: bool) -> str:
    number = len(found.components)
    made = counted(number, "component")
    if dry_run or folder is None:
        return f"The export would make {made}. Nothing is written."
    return f"The export made {made} in {folder}. Look at what is to do by hand, then `foyer publish {folder}`."
