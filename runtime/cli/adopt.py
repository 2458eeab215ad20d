"""`foyer adopt CONNECTION`: tables of an outside database become drafts, or files of metadata, with a report on each part."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import click

from connectors.adapters import open_adapter
from connectors.described import Describing, OutsideTable
from connectors.errors import ConnectorError
from metadata.errors import MetadataError
from metadata.files import read_folder, write_folder
from metadata.model import Component, ComponentId, Connection, component_id
from metadata.store import Components, MetadataStore
from metadata.text import counted
from runtime.adopting.adopting import adopt, problems_of
from runtime.adopting.findings import LEFT_OUT, Adoption
from runtime.adopting.making import Wanted
from runtime.cli import options
from runtime.cli.installation import open_installation
from runtime.cli.output import Report, of_problems, reporting

DRAFTS = "drafts"


@click.command("adopt")
@click.argument("connection", metavar="CONNECTION")
@click.option(
    "--tables", "named", type=options.NAME, default="", metavar="A,B", help="These tables; all there are where missing."
)
@click.option(
    "--site", type=options.NAME, default="", metavar="SITE", help="Make lists, pages and entries of the menu for this site."
)
@click.option("--both-ways", is_flag=True, help="Changes made here go back outside; else rows only come in.")
@click.option("--into", default=DRAFTS, show_default=True, metavar="DIR", help="Write files to this folder instead of drafts.")
@click.option("--dry-run", is_flag=True, help="Report, and change nothing.")
@options.author
@reporting
def command(connection: str, *, named: str, site: str, both_ways: bool, into: str, dry_run: bool, author: str) -> Report:
    """Make entities, table maps, views and forms of tables that a connection's database has."""
    store = open_installation().store
    found = store.readable()
    existing = found if into == DRAFTS else _beside(into)
    outside = _connection(connection, existing) or _connection(connection, found)
    if outside is None:
        raise click.ClickException(f"There is no connection {connection}. Make one first, with the connector sql.")
    if site and ComponentId("site", site) not in existing:
        known = ", ".join(sorted(item.key for item in existing if item.kind == "site"))
        raise click.ClickException(f"There is no site {site}; there are {known}." if known else f"There is no site {site}.")
    tables = describe(outside)
    chosen = [name.strip() for name in named.split(",") if name.strip()] or [table.name for table in tables]
    tables = [*tables, *_elsewhere(outside, chosen, tables)]
    adoption = adopt(tables, chosen, existing, Wanted(connection, both_ways, site))
    wrong = problems_of(adoption, {component_id(outside): outside, **existing})
    if wrong:
        return of_problems(wrong)
    if not dry_run:
        _save(adoption, into, store, author, f"adopted from {connection}")
    return _report(adoption, into, dry_run=dry_run)


def describe(connection: Connection, names: Sequence[str] | None = None) -> list[OutsideTable]:
    """The tables of a connection. Raises click.ClickException with what is in the way."""
    try:
        with closing(open_adapter(connection)) as adapter:
            if not isinstance(adapter, Describing):
                said = f"The connection {connection.key} is {connection.connector}, which does not tell its tables; sql does."
                raise click.ClickException(said)
            return list(adapter.tables(names))
    except ConnectorError as fault:
        raise click.ClickException(str(fault)) from None


def _elsewhere(outside: Connection, chosen: Sequence[str], tables: Sequence[OutsideTable]) -> list[OutsideTable]:
    """Tables that are named with another schema than that of the connection."""
    there = {table.name for table in tables}
    named = [name for name in chosen if "." in name and name not in there]
    return describe(outside, named) if named else []


def _beside(folder: str) -> Components:
    """What a folder has. Raises MetadataError."""
    if not Path(folder).is_dir():
        return {}
    reading = read_folder(folder)
    if any(problem.severity == "error" for problem in reading.problems):
        raise MetadataError(reading.problems)
    return {component_id(item): item for item in reading.components}


def _connection(key: str, components: Components) -> Connection | None:
    found = components.get(ComponentId("connection", key))
    return found if isinstance(found, Connection) else None


def _save(adoption: Adoption, into: str, store: MetadataStore, author: str, note: str) -> None:
    components: tuple[Component, ...] = adoption.components
    if into == DRAFTS:
        store.save(components, author, note)
    elif components:
        write_folder(components, into)


def _report(adoption: Adoption, into: str, *, dry_run: bool) -> Report:
    names = [str(component_id(item)) for item in adoption.components]
    data = {
        "tables": [
            {"table": item.table, "entity": item.entity, "table_map": item.table_map, "new": item.is_new, "added": item.added}
            for item in adoption.adopted
        ],
        "components": names,
        "findings": [finding.as_data() for finding in adoption.findings],
        "written": not dry_run and bool(names),
    }
    return Report((*_lines(adoption), _last(len(names), into, dry_run=dry_run)), data)


def _lines(adoption: Adoption) -> Iterator[str]:
    for item in adoption.adopted:
        told = counted(len(item.added), "attribute" if item.is_new else "new attribute")
        yield f"{item.table} -> {item.entity}: {told}, table map {item.table_map}"
    ordered = sorted(adoption.findings, key=lambda finding: finding.verdict != LEFT_OUT)
    for finding in ordered:
        place = " ".join(part for part in (finding.table, finding.part and f"({finding.part})") if part)
        yield f"  {finding.verdict}: {place + ': ' if place else ''}{finding.reason}."


def _last(count: int, into: str, *, dry_run: bool) -> str:
    if not count:
        return "There is nothing new."
    if dry_run:
        return f"It would be {counted(count, 'component')}. Nothing is changed."
    if into == DRAFTS:
        saved = counted(count, "component is", "components are")
        return f"{saved} saved as drafts. Look at them in the studio; foyer publish releases them."
    return (
        f"{counted(count, 'component is', 'components are')} in {into}. Look at them; foyer import {into} saves them as drafts."
    )
