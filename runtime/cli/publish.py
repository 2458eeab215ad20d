"""`foyer publish [DIR]`: drafts become a release; with a folder, its metadata does, in one transaction."""

from __future__ import annotations

import click

from runtime.cli import options
from runtime.cli.changes import of_published
from runtime.cli.installation import open_installation
from runtime.cli.output import Report, reporting
from runtime.cli.second_person import approved_note, radius
from runtime.exchange.intake import take_in
from runtime.exchange.looks import require_looks


@click.command("publish")
@click.argument("folder", type=options.Folder(), metavar="[DIR]", required=False)
@options.delete
@options.allow_destructive
@click.option("--dry-run", is_flag=True, help="Say what people would gain and lose by it, and change nothing.")
@options.approved_by
@options.note
@options.author
@reporting
def command(
    folder: str | None, *, delete: bool, allow_destructive: bool, dry_run: bool, approved_by: str, note: str, author: str
) -> Report:
    """Release what has been saved, after importing a folder where one is named. What does not compile is not released."""
    store = open_installation().store
    if folder is None:
        if delete:
            raise click.UsageError("--delete needs a folder.")
        working = store.working()
        warnings = require_looks(working) if not dry_run else ()
        refused = radius(store, working, (author, approved_by), dry_run=dry_run)
        if refused is not None:
            return refused
        return of_published(
            store.publish(author, approved_note(note, approved_by), allow_destructive=allow_destructive), warnings
        )
    intake = take_in(folder, store.readable(), delete=delete, drafts=dry_run)
    refused = radius(store, intake.result, (author, approved_by), dry_run=dry_run)
    if refused is not None:
        return refused
    published = store.publish(
        author,
        approved_note(note, approved_by),
        components=intake.components,
        delete=intake.delete,
        contents=intake.contents,
        allow_destructive=allow_destructive,
    )
    return of_published(published, intake.warnings)
