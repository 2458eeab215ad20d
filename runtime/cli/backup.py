"""`foyer backup`: all that the installation keeps, in one file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import click

from metadata.text import counted
from runtime.backup import BackupRefused
from runtime.backup.taking import back_up
from runtime.cli.installation import open_installation
from runtime.cli.output import Report, reporting
from runtime.files.places import make_store
from runtime.files.store import StoreFailed

SHOWN = 10
KEEP = "The secret key is not in it: keep FOYER_SECRET_KEY, or the file secret_key of the data folder, in another place."


def told_of(lost: Sequence[str], what: str) -> list[str]:
    """A warning for each of the first contents that are lost, and how many more there are."""
    lines = [f"warning: the content {key} of a file {what}" for key in lost[:SHOWN]]
    return lines + [f"warning: and {counted(len(lost) - SHOWN, 'more such content')}; --json names all"] * (len(lost) > SHOWN)


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--without-files", is_flag=True, help="Leave out the contents of files, where they are backed up in another way.")
@reporting
def command(file: Path, *, without_files: bool) -> Report:
    """Write rows, metadata with all its releases, people and files to one new FILE, while the portal is at work."""
    found = open_installation()
    store = None if without_files else make_store(found.config.files_url, found.config.files_folder)
    try:
        taken = back_up(found.engine, store, file, found.config.secret_key, dt.datetime.now(dt.UTC))
    except (BackupRefused, StoreFailed) as error:
        return Report((str(error),), {"error": str(error)}, ok=False)
    rows = sum(taken.rows.values())
    lines = [f"{file}: {counted(rows, 'row')} of {counted(len(taken.rows), 'table')}, {counted(taken.files, 'file')}.", KEEP]
    lines += told_of(taken.lost, "is not in the store")
    data = {"file": str(file), "rows": taken.rows, "files": taken.files, "bytes": taken.bytes, "lost": taken.lost}
    return Report(tuple(lines), data)
