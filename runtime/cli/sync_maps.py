"""What every command of `foyer sync` begins with: the release, and the table maps that are meant."""

from __future__ import annotations

import click

from connectors.tablemap import CompiledMap, compiled_maps
from metadata.snapshot import Snapshot
from runtime.cli.installation import Installation, open_installation
from runtime.errors import NothingPublished
from runtime.snapshots import SnapshotHolder
from runtime.sync.worker import prepare


def open_sync() -> tuple[Installation, Snapshot]:
    """The installation with the newest release, and the tables of synchronisation. Raises ClickException."""
    installation = open_installation()
    prepare(installation.engine)
    try:
        return installation, SnapshotHolder(installation.engine).refresh()
    except NothingPublished:
        raise click.ClickException("Nothing has been published yet; foyer publish DIR releases a folder.") from None


def chosen_maps(snapshot: Snapshot, names: tuple[str, ...]) -> list[CompiledMap]:
    """The active maps of these names, or all where none is named. Raises ClickException for a name that is none."""
    every = {item.key: item for item in compiled_maps(snapshot)}
    unknown = [name for name in names if name not in every]
    if unknown:
        raise click.ClickException(f"There is no active table map {unknown[0]}; there are {', '.join(every) or 'none'}.")
    return [item for item in every.values() if not names or item.key in names]
