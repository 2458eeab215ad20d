"""`foyer import dual-write PATH`: maps of dual-write become files of metadata, with a report on every part of every map."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from connectors.errors import ConnectorError
from metadata.checks import check
from metadata.files import read_folder, write_folder
from metadata.model import Component, Connection, component_id
from metadata.text import counted
from runtime.cli import options
from runtime.cli.output import Report, of_problems, reporting
from runtime.dualwrite.converting import Conversion, convert, read_maps
from runtime.dualwrite.definitions import Definitions, read_definitions, read_service
from runtime.dualwrite.source import APPROXIMATED, BY_HAND, VERDICTS, MapReport


@click.command("dual-write")
@click.argument("path", type=options.Folder(), metavar="PATH")
@click.option("--to", "folder", type=options.Folder(file_okay=False), metavar="DIR", help="Write the files here.")
@click.option("--cdm", type=options.Folder(file_okay=False), metavar="DIR", help="Entity definitions: three CSV files.")
@click.option("--service", type=options.Folder(dir_okay=False), metavar="FILE", help="The service's $metadata document.")
@click.option("--connection", default="dynamics", show_default=True, help="Key of the connection that the maps use.")
@click.option("--dry-run", is_flag=True, help="Report, and write nothing.")
@reporting
def command(path: str, *, folder: str | None, cdm: str | None, service: str | None, connection: str, dry_run: bool) -> Report:
    """Make table maps, entities and choices of dual-write's maps: the published ones (YAML), or an export (JSON)."""
    if folder is None and not dry_run:
        raise click.UsageError("Say where the files go with --to DIR, or --dry-run to see the report alone.")
    definitions = read_definitions(Path(cdm)) if cdm else Definitions()
    if service:
        definitions = dataclasses.replace(definitions, service=_service(Path(service)))
    found = convert(read_maps(Path(path)), definitions, connection)
    beside = read_folder(folder) if folder and Path(folder).is_dir() else None
    there = {component_id(item): item for item in beside.components} if beside else {}
    new = [item for item in found.components if not (isinstance(item, Connection) and component_id(item) in there)]
    problems = (*(beside.problems if beside else ()), *check({**there, **{component_id(item): item for item in new}}))
    if any(problem.severity == "error" for problem in problems):
        return of_problems(tuple(problems))
    written = () if dry_run or folder is None else write_folder(new, folder).changed
    return Report((*_lines(found), _last(found, new, folder, dry_run)), {**_data(found), "written": list(written)})


def _service(file: Path) -> Mapping[str, Mapping[str, str]]:
    try:
        return read_service(file)
    except ConnectorError as fault:
        raise click.ClickException(str(fault)) from None


def _data(found: Conversion) -> dict[str, object]:
    counts = Counter[str]()
    for report in found.reports:
        counts.update(report.counts)
    return {
        "counts": {verdict: counts[verdict] for verdict in VERDICTS},
        "maps": [report.as_data() for report in found.reports],
    }


def _lines(found: Conversion) -> Iterator[str]:
    for report in found.reports:
        told = ", ".join(f"{number} {verdict}" for verdict, number in report.counts.items())
        yield f"{report.name} -> {report.entity}: {told}{'' if report.active else '; inactive'}"
        yield from _remarks(report)


def _remarks(report: MapReport) -> Iterator[str]:
    """What is to do by hand, each by itself; what is approximated, by reason."""
    for part in report.parts:
        if part.verdict == BY_HAND:
            yield f"  by hand: {part.part} {part.outside or '-'} = {part.inside or '-'}: {part.reason}"
    reasons = Counter(part.reason for part in report.parts if part.verdict == APPROXIMATED)
    for reason, number in reasons.items():
        yield f"  approximated ({number}): {reason}"


def _last(found: Conversion, new: list[Component], folder: str | None, dry_run: bool) -> str:
    maps, made = counted(len(found.reports), "map"), counted(len(new), "component")
    if dry_run or folder is None:
        return f"{maps} would make {made}. Nothing is written."
    return f"{maps} made {made} in {folder}. Look at what is to do by hand, then `foyer check {folder}`."
