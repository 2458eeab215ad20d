"""`foyer export DIR`: the metadata as a folder of YAML files."""

from __future__ import annotations

import click

from metadata.files import write_folder
from metadata.text import counted
from runtime.cli import options
from runtime.cli.installation import open_installation
from runtime.cli.output import Report, reporting
from runtime.exchange.since import changed_since, gone_since, write_deleted


@click.command("export")
@click.argument("folder", type=options.Folder(file_okay=False), metavar="DIR")
@click.option("--release", type=click.IntRange(0, 2**62), help="Write this release; without it, what was saved last.")
@click.option(
    "--since", type=click.IntRange(1, 2**62), help="Write only what changed since this release, and what was deleted."
)
@click.option("--prune", is_flag=True, help="Remove files of components that are no longer there.")
@reporting
def command(folder: str, *, release: int | None, since: int | None, prune: bool) -> Report:
    """Write the metadata to a folder, one readable file per component."""
    store = open_installation().store
    components = store.working() if release is None else store.released(release)
    before = store.released(since) if since is not None else {}
    written = write_folder(changed_since(before, components), folder, store.content, prune=prune)
    gone = gone_since(before, components)
    if since is not None:
        write_deleted(folder, gone, since)
    counts = {"files": len(written.files), "changed": list(written.changed), "removed": list(written.removed)}
    line = (
        f"{counted(len(written.files), 'file')}, {len(written.changed)} of them new or changed, {len(written.removed)} removed."
    )
    if since is None:
        return Report((line,), counts)
    deleted = f"{counted(len(gone), 'component')} deleted since release {since}."
    return Report((line, deleted), {**counts, "deleted": [str(name) for name in gone]})
