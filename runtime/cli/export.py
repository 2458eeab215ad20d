"""`foyer export DIR`: the metadata as a folder of YAML files."""

from __future__ import annotations

import click

from metadata.files import write_folder
from runtime.cli import options
from runtime.cli.installation import open_installation
from runtime.cli.output import Report, reporting


@click.command("export")
@click.argument("folder", type=options.Folder(file_okay=False), metavar="DIR")
@click.option("--release", type=click.IntRange(0, 2**62), help="Write this release; without it, what was saved last.")
@click.option("--prune", is_flag=True, help="Remove files of components that are no longer there.")
@reporting
def command(folder: str, *, release: int | None, prune: bool) -> Report:
    """Write the metadata to a folder, one readable file per component."""
    store = open_installation().store
    components = store.working() if release is None else store.released(release)
    written = write_folder(components.values(), folder, store.content, prune=prune)
    counts = {"files": len(written.files), "changed": list(written.changed), "removed": list(written.removed)}
    line = f"{len(written.files)} files, {len(written.changed)} of them new or changed, {len(written.removed)} removed."
    return Report((line,), counts)
