"""`foyer import DIR`: a folder of metadata becomes drafts, all of it or nothing."""

from __future__ import annotations

import click

from runtime.cli import options
from runtime.cli.changes import of_differences, of_published, of_saved
from runtime.cli.installation import open_installation
from runtime.cli.intake import take_in
from runtime.cli.output import Report, reporting


@click.command("import")
@click.argument("folder", type=options.Folder(), metavar="DIR")
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@click.option("--publish", is_flag=True, help="Release it at once.")
@options.delete
@options.allow_destructive
@options.note
@options.author
@reporting
def command(folder: str, *, dry_run: bool, publish: bool, delete: bool, **how: str | bool) -> Report:
    """Save a folder of metadata as drafts: all of it, or nothing and every problem."""
    store = open_installation().store
    before = store.readable()
    intake = take_in(folder, before, delete=delete)
    if dry_run:
        return of_differences(intake.differences(before), "Nothing is changed; it would be:")
    author, note = str(how["author"]), str(how["note"])
    if not publish:
        saved = store.save(intake.components, author, note, intake.delete, contents=intake.contents)
        return of_saved(saved, intake.warnings)
    published = store.publish(
        author,
        note,
        components=intake.components,
        delete=intake.delete,
        contents=intake.contents,
        allow_destructive=bool(how["allow_destructive"]),
    )
    return of_published(published, intake.warnings)
