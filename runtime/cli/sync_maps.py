"""What every command of `foyer sync` begins with: the release, and the table maps that are meant."""

from __future__ import annotations

from collections.abc import Iterable

import click

from connectors.tablemap import CompiledMap, compiled_maps
from metadata.snapshot import Snapshot
from runtime.cli.installation import Installation, open_installation
from runtime.errors import NothingPublished
from runtime.snapshots import SnapshotHolder
from runtime.sync.worker import prepare

EMPTY = "The name of the table map is empty"


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
        raise not_there(unknown[0], every, "active table map")
    return [item for item in every.values() if not names or item.key in names]


def maps_named(snapshot: Snapshot, name: str | None) -> list[CompiledMap]:
    """The active map of a name, or all where None was given. Raises ClickException for a name that is none."""
    return chosen_maps(snapshot, () if name is None else (name,))


def not_there(name: str, there: Iterable[str], kind: str) -> click.ClickException:
    """What is said of a name that is none; an empty one, as of a variable that is not set in a script, is not taken for all."""
    known = ", ".join(there) or "none"
    return click.ClickException(f"There is no {kind} {name}; there are {known}." if name else f"{EMPTY}; there are {known}.")
