"""`foyer dump`: the compiled metadata as sorted JSON, to be compared and kept."""

from __future__ import annotations

import click
import orjson

from metadata.errors import MetadataError
from metadata.files import read_folder
from metadata.migrate.shapes import shape_of
from metadata.model import component_id
from metadata.schema import dump
from metadata.snapshot import CompiledSite, Snapshot
from metadata.store import checked_snapshot
from runtime.cli import options
from runtime.cli.installation import open_installation
from runtime.cli.output import EXPECTED, failure, show
from runtime.exchange.intake import problems_of


@click.command("dump")
@click.argument("folder", type=options.Folder(), metavar="[DIR]", required=False)
@click.option("--release", type=click.IntRange(0, 2**62), help="This release; without it, the current one.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document, which it always does.")
def command(folder: str | None, *, release: int | None, as_json: bool) -> None:
    """Print the compiled metadata of a release, or of a folder, as sorted JSON."""
    try:
        snapshot = _of_folder(folder) if folder is not None else _of_release(release)
    except EXPECTED as error:
        show(failure(error), as_json=as_json)
        click.get_current_context().exit(1)
    click.echo(orjson.dumps(as_data(snapshot), default=str, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode())


def as_data(snapshot: Snapshot) -> dict[str, object]:
    """A snapshot as plain data: components, tables, and the addresses of every site."""
    shapes = {name: shape_of(table) for name, table in snapshot.tables.tables.items()}
    return {
        "release": snapshot.release,
        "components": {str(name): dump(component) for name, component in snapshot.components.items()},
        "tables": {
            name: {"columns": dict(s.columns), "indexes": dict(s.indexes), "foreign_keys": dict(s.foreign_keys)}
            for name, s in shapes.items()
        },
        "sites": {key: _site(site) for key, site in snapshot.sites.items()},
    }


def _site(site: CompiledSite) -> dict[str, object]:
    return {"pages": {key: node.path for key, node in site.pages.items()}, "roles": sorted(site.roles)}


def _of_folder(folder: str) -> Snapshot:
    reading = read_folder(folder)
    problems = problems_of(reading, {component_id(component): component for component in reading.components})
    if any(problem.severity == "error" for problem in problems):
        raise MetadataError(problems)
    return checked_snapshot(reading.components)


def _of_release(release: int | None) -> Snapshot:
    store = open_installation().store
    number = store.current_release() if release is None else release
    return checked_snapshot(store.released(number).values(), number)
