"""`foyer publish [DIR]`: drafts become a release; with a folder, its metadata does, in one transaction."""

from __future__ import annotations

import click

from runtime.cli import options
from runtime.cli.changes import of_published
from runtime.cli.installation import open_installation
from runtime.cli.intake import take_in
from runtime.cli.looks import require_looks
from runtime.cli.output import Report, reporting


@click.command("publish")
@click.argument("folder", type=options.Folder(), metavar="[DIR]", required=False)
@options.delete
@options.allow_destructive
@options.note
@options.author
@reporting
def command(folder: str | None, *, delete: bool, allow_destructive: bool, note: str, author: str) -> Report:
    """Release what has been saved, after importing a folder where one is named. What does not compile is not released."""
    store = open_installation().store
    if folder is None:
        if delete:
            raise click.UsageError("--delete needs a folder.")
        warnings = require_looks(store.working())
        return of_published(store.publish(author, note, allow_destructive=allow_destructive), warnings)
    intake = take_in(folder, store.readable(), delete=delete)
    published = store.publish(
        author,
        note,
        components=intake.components,
        delete=intake.delete,
        contents=intake.contents,
        allow_destructive=allow_destructive,
    )
    return of_published(published, intake.warnings)
